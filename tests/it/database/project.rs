//! The project in the current directory: its `manage.py`, its settings module and its `.env`.
//!
//! Tags such as `N13` name cases of `tests/CASES.md`.

use std::fs;

use crate::support::{Engine, Invocation, Outcome, Sandbox, Site, python};

/// Returns `manage.py` as `startproject` writes it, with more lines before the call.
fn manage_py(module: &str, more: &str) -> String {
    format!(
        "#!/usr/bin/env python\nimport os\nimport sys\n{more}\n\ndef main():\n    \
         os.environ.setdefault(\"DJANGO_SETTINGS_MODULE\", \"{module}\")\n    \
         from django.core.management import execute_from_command_line\n    \
         execute_from_command_line(sys.argv)\n\n\nif __name__ == \"__main__\":\n    main()\n"
    )
}

/// Creates a folder with these files and a `db.sqlite3` that the application does not use.
fn project(files: &[(&str, &str)]) -> Sandbox {
    let sandbox = Sandbox::stock();
    for (name, text) in files {
        fs::write(sandbox.dir().join(name), text).unwrap();
    }
    sandbox
}

fn call(sandbox: &Sandbox, words: &[&str]) -> Invocation {
    sandbox.drfctl(words).env("PYTHON", python()).env("PYTHONDONTWRITEBYTECODE", "1")
}

const SQLITE: &str = "'ENGINE': 'django.db.backends.sqlite3', 'NAME': ";

/// Asserts that Alice's new token is in the application's database, and that the database in the
/// folder has no token.
#[track_caller]
fn assert_token(folder: &Sandbox, application: &Sandbox, outcome: Outcome, note: &str) {
    assert_eq!(outcome.database_note.as_deref(), Some(note));
    let key = outcome.ok().key();
    assert_eq!(application.value("SELECT key FROM authtoken_token"), key);
    assert_eq!(folder.value("SELECT count(*) FROM authtoken_token"), "0");
}

/// N13
#[test]
fn the_settings_of_manage_py_name_the_database() {
    let application = Sandbox::stock();
    let database = application.db();
    let settings = format!("DATABASES = {{'default': {{{SQLITE}{database:?}}}}}");
    let folder = project(&[("manage.py", &manage_py("shop_settings", "")), ("shop_settings.py", &settings)]);
    let outcome = call(&folder, &["create-token", "alice"]).run();
    let note =
        format!("note: using sqlite:///{} (settings module shop_settings, named by ./manage.py)", database.display());
    assert_token(&folder, &application, outcome, &note);
    // Commands that only read do not print the note.
    let outcome = call(&folder, &["list", "--columns", "username", "--no-header"]).run();
    assert_eq!((outcome.database_note.clone(), outcome.ok().stdout.as_str()), (None, "alice\n"));
}

/// N13
#[test]
fn the_settings_of_manage_py_name_a_server() {
    let application = Sandbox::on(Engine::Postgres, Site::Stock);
    let url = application.database().into_string().unwrap();
    let (address, name) = url.rsplit_once('/').unwrap();
    let (user, host) = address.trim_start_matches("postgres://").split_once('@').unwrap();
    let (host, port) = host.split_once(':').unwrap();
    let settings = format!(
        "DATABASES = {{'default': {{'ENGINE': 'django_prometheus.db.backends.postgresql', 'NAME': '{name}',
         'USER': '{user}', 'HOST': '{host}', 'PORT': {port}}}}}"
    );
    let folder = project(&[("manage.py", &manage_py("shop_settings", "")), ("shop_settings.py", &settings)]);
    let outcome = call(&folder, &["create-token", "alice"]).run();
    let note = format!("note: using {url} (settings module shop_settings, named by ./manage.py)");
    assert_token(&folder, &application, outcome, &note);
}

/// N13
#[test]
fn the_settings_see_the_variables_that_manage_py_loads() {
    let application = Sandbox::stock();
    let settings = format!(
        "import os\nDATABASES = {{'default': {{{SQLITE}os.environ.get('SHOP_DB', 'db.sqlite3')}}}}\nassert os.environ['SHOP_MODE'] == 'outside'"
    );
    let dotenv = format!("# the shop\nexport SHOP_DB=\"{}\"\nSHOP_MODE=inside\n", application.db().display());
    let folder = project(&[
        ("manage.py", &manage_py("shop_settings", "import dotenv\ndotenv.load_dotenv()")),
        ("shop_settings.py", &settings),
        (".env", &dotenv),
    ]);
    let outcome = call(&folder, &["create-token", "alice"]).env("SHOP_MODE", "outside").run();
    let note = format!(
        "note: using sqlite:///{} (settings module shop_settings, named by ./manage.py)",
        application.db().display()
    );
    assert_token(&folder, &application, outcome, &note);
}

/// N13: a variable that `load_dotenv` sets overrides the default in `manage.py`, and is not set for
/// other settings.
#[test]
fn a_settings_module_that_a_dotenv_names_is_used() {
    let (production, default) = (Sandbox::stock(), Sandbox::stock());
    let settings = |database: &Sandbox| format!("DATABASES = {{'default': {{{SQLITE}{:?}}}}}", database.db());
    let other = "import os\nDATABASES = {'default': {'ENGINE': 'django.db.backends.sqlite3', 'NAME': os.environ.get('SHOP_DB', 'db.sqlite3')}}";
    let dotenv = format!("DJANGO_SETTINGS_MODULE=production\nSHOP_DB={}\n", production.db().display());
    let folder = project(&[
        ("manage.py", &manage_py("default", "import dotenv\ndotenv.load_dotenv()")),
        ("production.py", &settings(&production)),
        ("default.py", &settings(&default)),
        ("other.py", other),
        (".env", &dotenv),
    ]);
    let key = call(&folder, &["create-token", "alice"]).run().ok().key();
    assert_eq!(production.value("SELECT key FROM authtoken_token"), key);
    assert_eq!(default.value("SELECT count(*) FROM authtoken_token"), "0");
    let key = call(&folder, &["--settings", "other", "create-token", "alice"]).run().ok().key();
    assert_eq!(folder.value("SELECT key FROM authtoken_token"), key);
}

/// N13: without a `manage.py`.
#[test]
fn the_url_in_a_dotenv_names_the_database() {
    let application = Sandbox::stock();
    let url = format!("sqlite:///{}", application.db().display());
    let folder = project(&[(".env", &format!("SECRET='a # b'\nDATABASE_URL={url}\n"))]);
    let outcome = call(&folder, &["create-token", "alice"]).run();
    assert_token(&folder, &application, outcome, &format!("note: using {url} (DATABASE_URL of ./.env)"));
    let folder = project(&[(".env", "DATABASE_URL=\n")]);
    let outcome = folder.drfctl(["create-token", "alice"]).run();
    assert_eq!(outcome.database_note.as_deref(), Some("note: using db.sqlite3 (the file in this directory)"));
    assert_eq!(outcome.ok().key(), folder.value("SELECT key FROM authtoken_token"));
}

#[test]
fn a_database_that_cannot_be_opened_is_reported_with_its_source() {
    let folder = Sandbox::empty();
    let url = "sqlite:////no/such/folder/db.sqlite3";
    let outcome = folder.drfctl(["create-token", "alice"]).env("DATABASE_URL", url).run();
    assert_eq!(
        outcome.database_note.as_deref(),
        Some("note: using sqlite:////no/such/folder/db.sqlite3 (DATABASE_URL)")
    );
    outcome.refused("6", &["/no/such/folder"]);
}

#[test]
fn a_database_on_the_command_line_gives_no_note() {
    let folder = project(&[("manage.py", &manage_py("no_such_settings", ""))]);
    for words in [["create-token", "alice", "-d", "db.sqlite3"], ["create-token", "bob", "-d", "sqlite:///db.sqlite3"]]
    {
        let outcome = folder.drfctl(words).run();
        assert_eq!((outcome.database_note.as_deref(), outcome.status.as_str()), (None, "0"), "{outcome}");
    }
}

#[test]
fn an_ambiguous_project_is_rejected() {
    let two = "os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.test' if 'test' in sys.argv else 'shop.prod')";
    let several = "if 'test' in sys.argv:\n    os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.test')";
    for (files, status, message) in [
        (
            &[("manage.py", two)][..],
            "2",
            "error: ./manage.py does not name its settings module as a string\nhint: name it, or the database: --settings MODULE or --database PATH\n",
        ),
        (
            &[("manage.py", manage_py("shop.prod", several).leak())],
            "2",
            "error: ./manage.py names several settings modules: shop.prod, shop.test\nhint: name the one in use, or the database: --settings MODULE or --database PATH\n",
        ),
        (
            &[(".env", "DATABASE_URL='unclosed\n")],
            "6",
            "error: ./.env cannot be read: line 1 is not NAME=value\nhint: name the database: --database PATH\n",
        ),
        (
            &[(".env", "DATABASE_URL=db.sqlite3\n")],
            "2",
            "error: DATABASE_URL does not hold a URL\nhint: sqlite:///relative/path or sqlite:////absolute/path; a plain path goes to --database\n",
        ),
    ] {
        let folder = project(files);
        let outcome = folder.unchanged(call(&folder, &["create-token", "alice"]));
        assert_eq!(outcome.to_string(), format!("exit: {status}\n--- stdout\n--- stderr\n{message}"));
    }
}

/// N14, N15, N16: two databases; one of the SQLite databases has settings of a server.
#[test]
fn an_alias_selects_a_database_of_the_settings() {
    let (shop, users) = (Sandbox::stock(), Sandbox::stock());
    let settings = format!(
        "DATABASES = {{'default': {{{SQLITE}{:?}}}, 'users': {{{SQLITE}{:?}, 'HOST': 'db', 'PORT': '5432', 'USER': 'u'}}}}",
        shop.db(),
        users.db()
    );
    let folder = project(&[("shop_settings.py", &settings)]);
    let settings = &["--settings", "shop_settings"];
    for (words, application) in [
        (&["create-token", "alice"][..], &shop),
        (&["create-token", "alice", "--alias", "users"], &users),
        (&["drf_create_token", "bob", "--database", "users"], &users),
        (&["drf_create_token", "bob", "--database", "default"], &shop),
    ] {
        let key = call(&folder, settings).args(words).run().ok().key();
        assert_eq!(application.sql(&format!("SELECT count(*) FROM authtoken_token WHERE key = '{key}'")), [["1"]]);
    }
    assert_eq!(folder.value("SELECT count(*) FROM authtoken_token"), "0");
    let outcome =
        call(&folder, settings).args(["changepassword", "--database", "users", "alice", "--no-password"]).run();
    assert_eq!(outcome.status, "0", "{outcome}");
    assert!(users.value("SELECT password FROM auth_user WHERE username = 'alice'").starts_with('!'));
    for (words, status, message) in [
        (
            &["--settings", "shop_settings", "list", "--alias", "other"][..],
            "2",
            "error: the settings module shop_settings has no ENGINE in DATABASES['other']\nhint: name the database: --alias default or --alias users\n",
        ),
        (
            &["migrate", "--database", "users"],
            "2",
            "error: --database users is an alias, which needs a settings module\nhint: name the settings module: --settings mysite.settings; for a file, write --database ./users\n",
        ),
    ] {
        let outcome = folder.unchanged(call(&folder, words));
        assert_eq!(outcome.to_string(), format!("exit: {status}\n--- stdout\n--- stderr\n{message}"));
    }
    assert!(!folder.dir().join("users").exists());
}

/// N15
#[test]
fn databases_with_routers_require_an_alias() {
    let shop = Sandbox::stock();
    let default = format!("'default': {{{SQLITE}{:?}}}", shop.db());
    for (databases, routers, message) in [
        (
            "'default': {}, 'users': ".to_owned() + "{'ENGINE': 'django.db.backends.mysql', 'NAME': 'x'}",
            "[]",
            Some(
                "error: the settings module shop_settings has no ENGINE in DATABASES['default']\nhint: name the database: --alias users\n",
            ),
        ),
        (
            format!("{default}, 'replica': {{{SQLITE}'x'}}"),
            "['shop.Router']",
            Some(
                "error: the settings module shop_settings has several databases, and its DATABASE_ROUTERS choose between them\nhint: name the database: --alias default or --alias replica\n",
            ),
        ),
        (format!("{default}, 'replica': {{{SQLITE}'x'}}"), "[]", None),
        (default.clone(), "['shop.Router']", None),
    ] {
        let settings = format!("DATABASES = {{{databases}}}\nDATABASE_ROUTERS = {routers}");
        let folder = project(&[("manage.py", &manage_py("shop_settings", "")), ("shop_settings.py", &settings)]);
        let outcome = call(&folder, &["create-token", "alice"]).run();
        match message {
            Some(message) => assert_eq!(outcome.to_string(), format!("exit: 2\n--- stdout\n--- stderr\n{message}")),
            None => assert_eq!(outcome.ok().key(), shop.value("SELECT key FROM authtoken_token")),
        }
    }
}

/// N17: Django is set up like in the project's manage.py.
#[test]
fn settings_in_a_class_are_read() {
    let application = Sandbox::stock();
    let settings = format!(
        "from configurations import Configuration\n\nclass Base(Configuration):\n    USE_TZ = True\n\n\
         class Production(Base):\n    DATABASES = {{'default': {{{SQLITE}{:?}}}}}\n",
        application.db()
    );
    let configuration = "os.environ.setdefault('DJANGO_CONFIGURATION', 'Production')";
    let folder = project(&[("manage.py", &manage_py("shop_settings", configuration)), ("shop_settings.py", &settings)]);
    let note = format!(
        "note: using sqlite:///{} (settings module shop_settings, named by ./manage.py)",
        application.db().display()
    );
    assert_token(&folder, &application, call(&folder, &["create-token", "alice"]).run(), &note);
}

/// N18
#[test]
fn an_error_in_the_settings_has_a_hint() {
    let set = "hint: set the variables that the application runs with, or name the database: --database PATH\n";
    let python =
        "hint: set PYTHON to the application's interpreter, and name the project's directory: --pythonpath DIR\n";
    let none = "hint: name the database to skip the settings: --database PATH\n";
    for (module, error, hint) in [
        ("import os\nos.environ['SHOP_KEY']", "KeyError: 'SHOP_KEY'", set),
        (
            "from django.core.exceptions import ImproperlyConfigured\nraise ImproperlyConfigured('Set the SHOP_KEY environment variable')",
            "django.core.exceptions.ImproperlyConfigured: Set the SHOP_KEY environment variable",
            set,
        ),
        ("import no_such_module", "ModuleNotFoundError: No module named 'no_such_module'", python),
        ("1 / 0", "ZeroDivisionError: division by zero", none),
    ] {
        let folder = project(&[("shop_settings.py", module)]);
        let outcome = folder.unchanged(call(&folder, &["--settings", "shop_settings", "create-token", "alice"]));
        let expected = format!("error: the settings module shop_settings cannot be imported: {error}\n{hint}");
        assert_eq!(outcome.to_string(), format!("exit: 3\n--- stdout\n--- stderr\n{expected}"));
    }
}
