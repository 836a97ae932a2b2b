//! Which database a command uses: every way to name it, their order, and what is rejected.

use snapbox::{assert_data_eq, str};

use crate::support::{IN_MEMORY, Invocation, Outcome, Sandbox, django_project, python};

/// Returns `create-token --format raw alice` in a folder without a database.
fn in_empty_folder(sandbox: &Sandbox) -> Invocation {
    let folder = sandbox.dir().join("empty");
    std::fs::create_dir_all(&folder).unwrap();
    sandbox
        .drfctl(["create-token", "--format", "raw", "alice"])
        .cwd(folder)
        .env("PYTHON", python())
        .env("PYTHONDONTWRITEBYTECODE", "1")
}

/// Asserts that the printed key is in this sandbox's database.
#[track_caller]
fn assert_printed(sandbox: &Sandbox, outcome: Outcome, context: &str) {
    assert_eq!(outcome.ok().stdout, format!("{}\n", sandbox.value("SELECT key FROM authtoken_token")), "{context}");
}

/// Returns the URL of the database, with four slashes.
fn url(sandbox: &Sandbox) -> String {
    let url = format!("sqlite:///{}", sandbox.db().display());
    assert!(url.starts_with("sqlite:////"));
    url
}

#[test]
fn the_file_of_startproject_is_found_in_the_current_directory() {
    let sandbox = Sandbox::stock();
    assert_printed(&sandbox, sandbox.drfctl(["create-token", "--format", "raw", "alice"]).run(), "the current folder");
}

/// Adds arguments or variables that name the database of a sandbox.
type Way = fn(Invocation, &Sandbox) -> Invocation;

/// Adds `--settings` of the real project.
fn by_settings(call: Invocation, sandbox: &Sandbox) -> Invocation {
    call.args(["--settings", "shop.settings", "--pythonpath"])
        .arg(django_project())
        .env("DRFCTL_TEST_DATABASE", sandbox.db())
}

#[test]
fn every_way_to_name_the_database_works() {
    let ways: [(&str, Way); 7] = [
        ("an absolute path", |call, sandbox| call.arg("-d").arg(sandbox.db())),
        ("a relative path", |call, _| call.args(["--database", "../db.sqlite3"])),
        ("a URL with four slashes, which is absolute", |call, sandbox| call.args(["-d", &url(sandbox)])),
        ("a relative URL that leads upward, as for dj-database-url", |call, _| {
            call.args(["-d", "sqlite:///../db.sqlite3"])
        }),
        ("DATABASE_URL", |call, sandbox| call.env("DATABASE_URL", url(sandbox))),
        ("--settings", by_settings),
        ("DJANGO_SETTINGS_MODULE", |call, sandbox| {
            call.env("DJANGO_SETTINGS_MODULE", "shop.settings")
                .env("DRFCTL_TEST_DATABASE", sandbox.db())
                .arg("--pythonpath")
                .arg(django_project())
        }),
    ];
    for (name, way) in ways {
        let sandbox = Sandbox::stock();
        assert_printed(&sandbox, way(in_empty_folder(&sandbox), &sandbox).run(), name);
    }
}

#[test]
fn a_url_with_three_slashes_is_relative() {
    let sandbox = Sandbox::stock();
    assert_printed(
        &sandbox,
        sandbox.drfctl(["create-token", "--format", "raw", "alice"]).args(["-d", "sqlite:///db.sqlite3"]).run(),
        "a URL with three slashes",
    );
}

#[test]
fn the_name_in_a_url_is_percent_decoded_and_a_bare_path_is_literal() {
    for (name, database) in [("the shop?.db", "sqlite:///the%20shop%3F.db"), ("the%20shop?.db", "the%20shop?.db")] {
        let sandbox = Sandbox::stock();
        std::fs::rename(sandbox.db(), sandbox.dir().join(name)).unwrap();
        let outcome = sandbox.drfctl(["create-token", "-q", "alice", "-d", database]).run();
        assert_eq!(outcome.status, "0", "{database}");
    }
}

#[test]
fn settings_are_imported_from_the_current_directory() {
    let sandbox = Sandbox::stock();
    std::fs::write(
        sandbox.dir().join("plain.py"),
        "DATABASES = {'default': {'ENGINE': 'django.db.backends.sqlite3', 'NAME': 'db.sqlite3'}}\n",
    )
    .unwrap();
    assert_printed(
        &sandbox,
        in_empty_folder(&sandbox).cwd(sandbox.dir()).args(["--settings", "plain"]).run(),
        "a settings module of the current folder",
    );
}

#[test]
fn settings_that_cannot_be_imported_are_rejected() {
    let sandbox = Sandbox::stock();
    assert_data_eq!(
        in_empty_folder(&sandbox)
            .args(["--settings", "shop.nowhere", "--pythonpath"])
            .arg(django_project())
            .run()
            .to_string(),
        str![[r#"
exit: 3
--- stdout
--- stderr
error: the settings module shop.nowhere cannot be imported: [..]No module named 'shop.nowhere'
hint: [..]
...
"#]]
    );
}

#[test]
fn a_missing_python_is_named() {
    let sandbox = Sandbox::stock();
    assert_data_eq!(
        sandbox
            .drfctl(["create-token", "--settings", "shop.settings", "alice"])
            .env("PYTHON", "/nowhere/python")
            .run()
            .to_string(),
        str![[r#"
exit: 3
--- stdout
--- stderr
error: /nowhere/python cannot be started to read the settings: [..]
hint: [..]PYTHON[..]
...
"#]]
    );
}

#[test]
fn sources_of_the_database_are_tried_in_order() {
    let ways: [(&str, Way); 3] = [
        ("--database before DATABASE_URL and DJANGO_SETTINGS_MODULE", |call, sandbox| {
            call.arg("-d")
                .arg(sandbox.db())
                .env("DATABASE_URL", "sqlite:////nowhere/db.sqlite3")
                .env("DJANGO_SETTINGS_MODULE", "nowhere.settings")
        }),
        ("--settings before DATABASE_URL", |call, sandbox| {
            by_settings(call, sandbox).env("DATABASE_URL", "sqlite:////nowhere/db.sqlite3")
        }),
        ("DATABASE_URL before DJANGO_SETTINGS_MODULE", |call, sandbox| {
            call.env("DATABASE_URL", url(sandbox)).env("DJANGO_SETTINGS_MODULE", "nowhere.settings")
        }),
    ];
    for (name, way) in ways {
        let sandbox = Sandbox::stock();
        assert_printed(&sandbox, way(in_empty_folder(&sandbox), &sandbox).run(), name);
    }
}

#[test]
fn database_url_overrides_the_current_directory() {
    let folder = Sandbox::stock();
    let named = Sandbox::stock();
    let outcome = folder.drfctl(["create-token", "--format", "raw", "alice"]).env("DATABASE_URL", url(&named)).run();
    assert_printed(&named, outcome, "DATABASE_URL before the current folder");
}

#[test]
fn a_missing_database_lists_the_sources_and_creates_no_file() {
    let sandbox = Sandbox::empty();
    assert_data_eq!(
        sandbox.drfctl(["create-token", "alice"]).run().to_string(),
        str![[r#"
exit: 6
--- stdout
--- stderr
error: no database selected, and there is no db.sqlite3 in this directory
hint: tried, in this order: --database, DRFCTL_DATABASE, --settings, DATABASE_URL, DJANGO_SETTINGS_MODULE, ./manage.py, ./.env, ./db.sqlite3
hint: select one: --database path/to/db.sqlite3, or --settings mysite.settings

"#]]
    );
    assert_eq!(std::fs::read_dir(sandbox.dir()).unwrap().count(), 0);
}

#[test]
fn a_database_in_memory_is_a_usage_error() {
    for given in IN_MEMORY {
        let sandbox = Sandbox::stock();
        assert_data_eq!(
            sandbox.drfctl(["create-token", "alice", "-d", given]).run().to_string(),
            str![[r#"
exit: 2
--- stdout
--- stderr
error: the database must be a file that exists, not a database in memory
hint: name the application's file: --database path/to/db.sqlite3

"#]]
        );
    }
}

#[test]
fn an_unknown_scheme_is_a_usage_error_that_names_it() {
    assert_data_eq!(
        Sandbox::stock().drfctl(["create-token", "alice", "-d", "oracle://host/name"]).run().to_string(),
        str![[r#"
exit: 2
--- stdout
--- stderr
error: [..]oracle[..]
...
"#]]
    );
}

#[test]
fn a_password_in_a_url_is_not_repeated() {
    for url in [
        "oracle://scott:tiger-secret@host/name",
        "postgres://scott:tiger-secret@host/name",
        "oracle://scott:tiger-secret@ho st:x/name",
    ] {
        let outcome = Sandbox::stock().drfctl(["--traceback", "create-token", "alice"]).env("DATABASE_URL", url).run();
        assert!(outcome.status != "0" && !outcome.to_string().contains("tiger-secret"), "{outcome}");
    }
}

#[test]
fn a_busy_timeout_requires_a_unit() {
    for given in ["500ms", "30s", "2m"] {
        let sandbox = Sandbox::stock();
        assert_printed(
            &sandbox,
            sandbox.drfctl(["create-token", "--format", "raw", "alice"]).args(["--busy-timeout", given]).run(),
            given,
        );
    }
}

#[test]
fn an_invalid_busy_timeout_is_a_usage_error() {
    for given in ["abc", "", "30", "-1s", "99999999999999999999s"] {
        let outcome = Sandbox::stock().drfctl(["create-token", "alice"]).arg(format!("--busy-timeout={given}")).run();
        assert_eq!(outcome.status, "2", "{given}: {outcome}");
    }
}
