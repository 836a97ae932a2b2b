//! Which apps `migrate` applies: those of the settings, of the history, and of the labels on the
//! command line.
//!
//! Tags such as `N29` name cases of `tests/CASES.md`.

use std::fs;

use snapbox::{assert_data_eq, str};

use crate::support::{Engine, Invocation, Sandbox, Site, State, python};

/// The `INSTALLED_APPS` of all tests; each case adds its own.
const USERS: &str = "'django.contrib.auth', 'django.contrib.contenttypes', ";

/// Returns a call with settings that install these apps. The settings module is in the folder of
/// the sandbox, which can also contain packages.
fn with_apps(sandbox: &Sandbox, apps: &str, args: &[&str]) -> Invocation {
    let database = sandbox.db();
    let database = database.display();
    let settings = format!(
        "DATABASES = {{'default': {{'ENGINE': 'django.db.backends.sqlite3', 'NAME': '{database}'}}}}\n\
         INSTALLED_APPS = [{apps}]\n"
    );
    fs::write(sandbox.dir().join("apps_settings.py"), settings).unwrap();
    let call = sandbox.drfctl(args).args(["--settings", "apps_settings"]).env("PYTHON", python());
    call.env("PYTHONPATH", sandbox.dir()).env("PYTHONDONTWRITEBYTECODE", "1")
}

/// Returns the apps that `migrate --list` prints.
fn listed(call: Invocation) -> Vec<String> {
    let list = call.run().ok().stdout;
    list.lines().filter(|line| !line.starts_with(' ')).map(str::to_owned).collect()
}

/// Writes files into the folder of the sandbox.
fn write(sandbox: &Sandbox, files: &[(&str, &str)]) {
    for (name, text) in files {
        let path = sandbox.dir().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

/// N29
#[test]
fn settings_decide_which_apps_are_migrated() {
    let sandbox = Sandbox::empty();
    let config = "from django.contrib.admin import apps\nfrom django.contrib.sites.apps import SitesConfig as Sites\n\
                  raise SystemExit('it is imported')\nclass Admin(apps.AdminConfig): default_site = 'shop.Site'\n\
                  class Pages(Sites): pass\nclass Shop(Other): pass\n";
    write(&sandbox, &[("shop/__init__.py", "raise SystemExit('it is imported')"), ("shop/apps.py", config)]);
    for (apps, labels) in [
        ("", &[][..]),
        ("'django.contrib.admin'", &["admin"]),
        ("'django.contrib.admin.apps.AdminConfig'", &["admin"]),
        ("'django.contrib.admin.apps.SimpleAdminConfig'", &["admin"]),
        ("'shop.apps.Admin', 'shop.apps.Pages', 'shop.apps.Shop'", &["admin", "sites"]),
        ("'shop.apps.Missing', 'nowhere.apps.Config', 'shop.sessions', 'Shop', ''", &[]),
        ("'rest_framework', 'rest_framework.authtoken'", &["authtoken"]),
        ("'rest_framework.authtoken.apps.AuthTokenConfig'", &["authtoken"]),
        ("'django.contrib.sessions', 'django.contrib.sites', 'django.contrib.messages'", &["sessions", "sites"]),
    ] {
        let mut expected = [&["auth", "contenttypes"], labels].concat();
        expected.sort_unstable();
        assert_eq!(listed(with_apps(&sandbox, &format!("{USERS}{apps}"), &["migrate", "--list"])), expected, "{apps}");
    }
    // Settings without any known app do not decide.
    assert_eq!(listed(with_apps(&sandbox, "", &["migrate", "--list"])), ["auth", "authtoken", "contenttypes"]);
}

/// N29
#[test]
fn apps_with_custom_migrations_are_left_to_the_application() {
    let sandbox = Sandbox::empty();
    let apps = format!("{USERS}'django.contrib.sites']\nMIGRATION_MODULES = {{'sites': 'shop.migrations'}}\nX = [");
    assert_eq!(listed(with_apps(&sandbox, &apps, &["migrate", "--list"])), ["auth", "contenttypes"]);
}

/// N29
#[test]
fn the_installed_versions_decide_which_migrations_exist() {
    let sandbox = Sandbox::stock();
    let older = "DELETE FROM django_migrations WHERE name IN ('0003_tokenproxy', '0004_alter_tokenproxy_options', \
                 '0012_alter_user_first_name_max_length')";
    sandbox.exec(older);
    let apps = format!("{USERS}'rest_framework.authtoken'");
    let check = with_apps(&sandbox, &apps, &["migrate", "--check"]).run();
    check.error_begins("1", "not applied: auth.0012_alter_user_first_name_max_length, authtoken.0003_tokenproxy, ");
    // Fake packages simulate another version: they have these migrations and no code.
    let mut files = vec![("django/__init__.py".to_owned(), ""), ("rest_framework/__init__.py".to_owned(), "")];
    let rows = sandbox.sql("SELECT app, name FROM django_migrations");
    for row in &rows {
        let package = if row[0] == "authtoken" { "rest_framework" } else { "django/contrib" };
        files.push((format!("{package}/{}/migrations/{}.py", row[0], row[1]), "raise SystemExit('it is imported')"));
    }
    let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (&**name, *text)).collect();
    write(&sandbox, &files);
    for args in [&["migrate", "--check"][..], &["migrate", "-v", "0"], &["migrate", "--check"]] {
        assert_eq!(with_apps(&sandbox, &apps, args).run().ok().stdout, "", "{args:?}");
        assert_eq!(sandbox.sql("SELECT app, name FROM django_migrations"), rows);
    }
    // A newer version, whose last migration only Django can apply.
    write(&sandbox, &[("django/contrib/auth/migrations/0013_future.py", "")]);
    assert_data_eq!(
        with_apps(&sandbox, &apps, &["migrate", "--check"]).run().to_string(),
        str![[r#"
exit: 1
--- stdout
--- stderr
error: not applied: auth.0013_future
hint: they are newer than drfctl; apply them with: python manage.py migrate

"#]]
    );
    assert_data_eq!(
        with_apps(&sandbox, &apps, &["migrate"]).run().to_string(),
        str![[r#"
exit: 0
--- stdout
Operations to perform:
  Apply all migrations: auth, authtoken, contenttypes
Running migrations:
  No migrations to apply.
--- stderr
warning: migrations newer than drfctl are not applied: auth.0013_future; python manage.py migrate applies them

"#]]
    );
    sandbox.exec("INSERT INTO django_migrations (app, name, applied) VALUES ('auth', '0013_future', '2031-01-01')");
    let check = with_apps(&sandbox, &apps, &["migrate", "--check"]).run();
    assert_eq!((check.status.as_str(), check.stdout.as_str()), ("0", ""), "{check}");
}

/// N29
#[test]
fn a_check_skips_tokens_that_the_history_does_not_have() {
    let sandbox = Sandbox::without_tokens(Site::Stock);
    let apps = format!("{USERS}'django.contrib.messages'");
    assert_eq!(sandbox.untouched(with_apps(&sandbox, &apps, &["migrate", "--check"])).ok().stdout, "");
    assert_data_eq!(
        sandbox.untouched(sandbox.drfctl(["migrate", "--check"])).to_string(),
        str![[r#"
exit: 0
--- stdout
--- stderr
note: authtoken is not in the migration history and was not checked; drfctl migrate --check authtoken checks it

"#]]
    );
    // The label, or settings that install the app, request the check.
    let apps = format!("{USERS}'rest_framework.authtoken'");
    for call in [
        sandbox.drfctl(["migrate", "--check", "authtoken"]),
        sandbox.drfctl(["migrate", "--check", "auth", "authtoken"]),
        with_apps(&sandbox, &apps, &["migrate", "--check"]),
    ] {
        sandbox.untouched(call).error_begins("1", "not applied: authtoken.0001_initial, ");
    }
    assert_eq!(sandbox.untouched(sandbox.drfctl(["migrate", "--check", "auth"])).ok().stdout, "");
    // Without the users' tables, nothing is skipped.
    let begun = State::after("contenttypes.0002_remove_content_type_name").sandbox();
    begun.untouched(begun.drfctl(["migrate", "--check"])).error_begins("1", "not applied: auth.0001_initial, ");
    // Without a settings module, authtoken is migrated anyway.
    let _ = sandbox.drfctl(["migrate"]).run().ok();
    sandbox.assert_migrated();
}

/// N29
#[test]
fn an_unknown_label_is_rejected_with_the_known_labels() {
    let sandbox = Sandbox::stock();
    for args in [&["migrate", "shop"][..], &["migrate", "--check", "auth", "0012"], &["migrate", "--plan", "Auth"]] {
        let outcome = sandbox.untouched(sandbox.drfctl(args));
        outcome.refused("2", &["possible values: admin, auth, authtoken, contenttypes, sessions, sites"]);
    }
    let apps = format!("{USERS}'django.contrib.sites'");
    for args in [&["migrate", "authtoken"][..], &["migrate", "--check", "authtoken"], &["migrate", "-l", "authtoken"]] {
        sandbox.untouched(with_apps(&sandbox, &apps, args)).reports(
            "2",
            str![[r#"
error: authtoken is not in INSTALLED_APPS of the settings; drfctl can migrate auth, contenttypes, sites
hint: name other settings: --settings MODULE

"#]],
        );
    }
    let absent = Sandbox::empty();
    for args in [&["migrate", "authtoken"][..], &["migrate", "--plan", "authtoken"], &["migrate", "-l", "authtoken"]] {
        with_apps(&absent, &apps, args).run().error_begins("2", "authtoken is not in INSTALLED_APPS of the settings; ");
        assert!(!absent.db().exists());
    }
}

/// N29
#[test]
fn labels_restrict_list_plan_migrate_and_fake() {
    let sandbox = Sandbox::stock();
    sandbox.exec("DELETE FROM django_migrations WHERE app = 'authtoken' AND name > '0002'");
    let list = sandbox.drfctl(["migrate", "--list", "contenttypes", "authtoken"]).run();
    assert_data_eq!(
        list.to_string(),
        str![[r#"
exit: 0
--- stdout
authtoken
 [X] 0001_initial
 [ ] 0002_auto_20160226_1747
 [ ] 0003_tokenproxy
 [ ] 0004_alter_tokenproxy_options
contenttypes
 [X] 0001_initial
 [X] 0002_remove_content_type_name
--- stderr

"#]]
    );
    let plan = sandbox.drfctl(["migrate", "--plan", "auth"]).run().ok();
    assert_eq!(plan, sandbox.manage(["migrate", "--plan", "auth"]));
    let ours = sandbox.copy();
    assert_eq!(ours.drfctl(["migrate", "authtoken"]).run(), sandbox.manage(["migrate", "authtoken"]));
    assert_eq!(ours.image(), sandbox.image());
    // Without settings, a label adds an app.
    let sites = sandbox.drfctl(["migrate", "sites", "sessions", "sites"]).run().ok();
    assert_eq!(sites.stdout.lines().nth(1), Some("  Apply all migrations: sessions, sites"));
    assert_eq!(sandbox.sql("SELECT * FROM django_site"), [["1", "example.com", "example.com"]]);
    let apps = format!("{USERS}'rest_framework.authtoken', 'django.contrib.sessions', 'django.contrib.sites'");
    for option in ["--fake-initial", "--fake"] {
        sandbox.exec("DELETE FROM django_migrations WHERE app IN ('sessions', 'sites')");
        let outcome = with_apps(&sandbox, &apps, &["migrate", option, "sites"]).run().ok();
        assert!(outcome.stdout.ends_with("Applying sites.0002_alter_domain_unique... FAKED\n"), "{outcome}");
        assert_eq!(sandbox.value("SELECT count(*) FROM django_migrations WHERE app = 'sessions'"), "0");
    }
    // The dependencies of an app are recorded if their tables match.
    let unrecorded = Sandbox::stock();
    unrecorded.exec("DELETE FROM django_migrations WHERE app <> 'contenttypes'");
    let _ = unrecorded.drfctl(["migrate", "-v", "0", "--fake-initial", "authtoken"]).run().ok();
    unrecorded.assert_migrated();
}

/// N6, N29: one of two apps with the label `sites` is Django's.
#[test]
fn without_settings_the_tables_identify_djangos_apps() {
    let theirs = Sandbox::new_project(Engine::Sqlite);
    theirs.add_to_settings("INSTALLED_APPS.insert(5, 'django.contrib.sites')");
    let _ = theirs.manage_py(["migrate", "-v", "0", "sites", "0001"]).ok();
    let ours = theirs.copy();
    let _ = theirs.manage_py(["migrate", "-v", "0", "sites"]).ok();
    let _ = theirs.manage_py(["migrate", "-v", "0", "admin"]).ok();
    for label in ["sites", "admin"] {
        let _ = ours.drfctl(["migrate", "-v", "0", label]).run().ok();
    }
    assert_eq!(ours.image(), theirs.image());
    assert_eq!(listed(ours.drfctl(["migrate", "--list"])), ["admin", "auth", "authtoken", "contenttypes", "sites"]);
    let other = Sandbox::stock();
    other.exec(
        "INSERT INTO django_migrations (app, name, applied) VALUES ('sites', '0001_initial', '2026-01-01'),
             ('sites', '0002_place', '2026-01-01'), ('admin', '0001_initial', '2026-01-01');
         CREATE TABLE django_site (id integer PRIMARY KEY, place text NOT NULL)",
    );
    let outcome = other.untouched(other.drfctl(["migrate"])).ok();
    assert_eq!(outcome.stdout.lines().nth(1), Some("  Apply all migrations: auth, authtoken, contenttypes"));
    assert_eq!(listed(other.drfctl(["migrate", "--list"])), ["auth", "authtoken", "contenttypes"]);
    other.untouched(other.drfctl(["migrate", "sites"])).refused("6", &["django_site"]);
}
