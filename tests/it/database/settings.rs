//! Settings modules, which a real Python imports.
//!
//! Tags such as `N28` name cases of `tests/CASES.md`.

use std::fs;

use snapbox::{assert_data_eq, str};

use crate::support::{Outcome, Sandbox, Site, python, set_mode};

/// Runs drfctl with a settings module that has this text.
fn with(sandbox: &Sandbox, module: &str, args: &[&str]) -> Outcome {
    fs::write(sandbox.dir().join("mine.py"), module).unwrap();
    sandbox.drfctl(["--settings", "mine"]).args(args).env("PYTHON", python()).run()
}

const DATABASE: &str = "DATABASES = {'default': {'ENGINE': 'django.db.backends.sqlite3', 'NAME': 'db.sqlite3'}}";

#[test]
fn the_message_of_an_exception_does_not_show_a_password() {
    let module = "raise ValueError('cannot parse postgres://bob:s3cret@db/x')";
    assert_data_eq!(
        with(&Sandbox::stock(), module, &["--traceback", "inspect"]).to_string(),
        str![[r#"
exit: 3
--- stdout
--- stderr
error: the settings module mine cannot be imported: ValueError: cannot parse postgres://bob:[redacted]@db/x
caused by: Traceback (most recent call last):
...
caused by: ValueError: cannot parse postgres://bob:[redacted]@db/x
hint: name the database to skip the settings: --database PATH

"#]]
    );
}

#[test]
fn a_module_that_prints_or_has_unusual_options_is_read() {
    let sandbox = Sandbox::stock();
    let module = format!("print('noise')\n{DATABASE}\nDATABASES['default']['OPTIONS'] = {{(1, 2): object()}}");
    let key = with(&sandbox, &module, &["create-token", "alice"]).ok().key();
    assert_eq!(sandbox.value("SELECT key FROM authtoken_token"), key);
}

#[test]
fn no_file_is_left_next_to_the_settings_module() {
    let sandbox = Sandbox::stock();
    let _ = with(&sandbox, DATABASE, &["create-token", "alice"]).ok();
    let mut names: Vec<_> = fs::read_dir(sandbox.dir()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["db.sqlite3", "mine.py"]);
}

#[test]
fn drfctl_does_not_wait_for_processes_of_the_module() {
    let sandbox = Sandbox::stock();
    // The process ends after drfctl, when the folder is removed.
    let module = format!(
        "import subprocess\n{DATABASE}\nsubprocess.Popen(['sh', '-c', 'while [ -e mine.py ]; do sleep 0.1; done'])"
    );
    let key = with(&sandbox, &module, &["create-token", "alice"]).ok().key();
    assert_eq!(sandbox.value("SELECT key FROM authtoken_token"), key);
}

#[test]
fn settings_without_a_database_are_rejected() {
    for module in ["", "DATABASES = {}", "DATABASES = {'default': {}}"] {
        assert_data_eq!(
            with(&Sandbox::stock(), module, &["inspect"]).to_string(),
            str![[r#"
exit: 2
--- stdout
--- stderr
error: the settings module mine has no ENGINE in DATABASES['default']

"#]]
        );
    }
}

#[test]
fn local_time_without_a_zone_is_rejected() {
    let module = format!("{DATABASE}\nUSE_TZ = False\nTIME_ZONE = None");
    assert_data_eq!(
        with(&Sandbox::stock(), &module, &["create-token", "alice"]).to_string(),
        str![[r#"
exit: 2
--- stdout
--- stderr
error: the settings have USE_TZ = False and no TIME_ZONE
hint: name the zone of stored times: --time-zone Europe/Berlin

"#]]
    );
}

#[test]
fn the_settings_set_the_time_zone_of_a_named_database() {
    let sandbox = Sandbox::new(Site::Local);
    let module = format!("{DATABASE}\nUSE_TZ = False\nTIME_ZONE = 'Asia/Kolkata'");
    let line = with(&sandbox, &module, &["-d", "db.sqlite3", "create-token", "--format", "tsv", "alice"]).ok();
    let utc = line.stdout.split('\t').nth(5).unwrap().trim_end_matches('Z').replace('T', " ");
    let difference = "CAST(round((julianday(created) - julianday('UTC')) * 1440) AS integer)".replace("UTC", &utc);
    assert_eq!(sandbox.value(&format!("SELECT {difference} FROM authtoken_token")), "330");
}

/// Asserts the exit status and standard error of a call with settings that contain these lines.
#[track_caller]
fn assert_stderr(lines: &str, args: &[&str], status: &str, stderr: &str) {
    let sandbox = Sandbox::stock();
    sandbox.give_numbered_tokens();
    set_mode(&sandbox.db(), 0o640);
    let outcome = with(&sandbox, &format!("{DATABASE}\n{lines}"), args);
    assert_eq!((outcome.status.as_str(), outcome.stderr.as_str()), (status, stderr), "{lines}\n{args:?}\n{outcome}");
}

/// N28
#[test]
fn settings_without_token_authentication_are_noted() {
    const INSTALLED: &str = "INSTALLED_APPS = ['django.contrib.auth', 'rest_framework', 'rest_framework.authtoken']";
    let not_installed = "note: INSTALLED_APPS of the settings does not have rest_framework.authtoken: the application \
                         may accept none of these tokens\n";
    let not_default = |classes: &str| {
        format!(
            "note: DEFAULT_AUTHENTICATION_CLASSES of the settings does not have DRF's TokenAuthentication (it {classes}): \
             only views that set authentication_classes accept these tokens\n"
        )
    };
    let classes =
        |classes: &str| format!("{INSTALLED}\nREST_FRAMEWORK = {{'DEFAULT_AUTHENTICATION_CLASSES': {classes}}}");
    let defaults: Vec<String> = Sandbox::stock()
        .ask(&(), "from rest_framework.settings import DEFAULTS\nanswer = DEFAULTS['DEFAULT_AUTHENTICATION_CLASSES']");
    for (lines, note) in [
        ("INSTALLED_APPS = ['rest_framework', 'knox']".to_owned(), not_installed.to_owned()),
        (INSTALLED.to_owned(), not_default(&format!("has {}", defaults.join(", ")))),
        (classes("('knox.auth.TokenAuthentication',)"), not_default("has knox.auth.TokenAuthentication")),
        (classes("[]"), not_default("is empty")),
        (classes("['rest_framework.authentication.TokenAuthentication']"), String::new()),
        (format!("class MyTokens: pass\n{}", classes("[MyTokens]")), String::new()),
        (String::new(), String::new()),
    ] {
        for (args, status, error) in [
            (&["inspect"][..], "0", ""),
            (&["create-token", "alice", "-d", "db.sqlite3"], "0", ""),
            (&["create-token", "-r", "*b*", "--yes", "-d", "db.sqlite3"], "0", ""),
            (&["verify"], "3", "error: Invalid token header. No credentials provided.\n"),
            (&["list"], "0", ""),
        ] {
            let note = if matches!(args, ["verify" | "list", ..]) { "" } else { note.as_str() };
            assert_stderr(&lines, args, status, &format!("{note}{error}"));
        }
    }
}

/// N27
#[test]
fn a_caching_package_warns_once_before_a_change() {
    let warning = |package: &str| {
        format!(
            "warning: the application caches what it reads ({package}) and may accept old keys and passwords until that \
             expires"
        )
    };
    let cachalot = format!("{}; to clear it: python manage.py invalidate_cachalot\n", warning("django-cachalot"));
    for (app, warned) in [
        ("cachalot", cachalot.clone()),
        ("cacheops", format!("{}; to clear it: python manage.py invalidate all\n", warning("django-cacheops"))),
        ("johnny", format!("{}\n", warning("johnny-cache"))),
        ("shop.cachalot", String::new()),
    ] {
        let lines = format!(
            "INSTALLED_APPS = ['rest_framework.authtoken', '{app}']\n\
             REST_FRAMEWORK = {{'DEFAULT_AUTHENTICATION_CLASSES': ['rest_framework.authentication.TokenAuthentication']}}"
        );
        for words in [
            "revoke alice",
            "revoke --all --yes",
            "create-token -r alice",
            "create-token -r *b* --yes",
            "drf_create_token -r alice",
            "deactivate alice bob",
            "activate ina",
            "set-password alice --no-password",
            "create-user alice --update --staff",
        ] {
            let mut args: Vec<&str> = words.split(' ').collect();
            args.extend(["-d", "db.sqlite3"]);
            assert_stderr(&lines, &args, "0", &warned);
        }
        for words in
            ["revoke alice --dry-run", "create-token alice", "list", "create-user carol --no-password --with-token"]
        {
            assert_stderr(&lines, &words.split(' ').chain(["-d", "db.sqlite3"]).collect::<Vec<_>>(), "0", "");
        }
    }
}

/// N35, N84: an option that drfctl cannot obey is never ignored if it says where or how safely to
/// connect.
#[test]
fn options_that_cannot_be_obeyed_are_refused_by_name() {
    let sandbox = Sandbox::empty();
    for (engine, options, says) in [
        ("postgresql", "'gssencmode': 'require'", "gssencmode=require"),
        ("postgresql", "'require_auth': 'scram-sha-256'", "require_auth=scram-sha-256"),
        ("postgresql", "'sslcrldir': '/etc/ssl'", "sslcrldir=/etc/ssl"),
        ("postgresql", "'ssl_new_option': 1", "ssl_new_option"),
        ("mysql", "'ssl': __import__('ssl').create_default_context()", "ssl=SSLContext"),
        ("mysql", "'ssl': {'ca': '/ca.pem', 'capath': '/etc/ssl'}", "ssl_capath"),
        ("mysql", "'tls_version': 'TLSv1.3'", "tls_version=TLSv1.3"),
        ("mysql", "'server_public_key_path': '/key.pem'", "server_public_key_path"),
    ] {
        let module = format!(
            "DATABASES = {{'default': {{'ENGINE': 'django.db.backends.{engine}', 'NAME': 'shop', \
             'HOST': '127.0.0.1', 'PORT': '1', 'OPTIONS': {{{options}}}}}}}"
        );
        let outcome = with(&sandbox, &module, &["list"]);
        outcome.error_is("2", &format!("the database option {says} is not supported"));
    }
    // Those of Django itself do not matter here: nothing listens on port 1.
    for (engine, options) in [
        ("postgresql", "'isolation_level': 2, 'pool': {'min_size': 2}, 'server_side_binding': True"),
        (
            "mysql",
            "'init_command': 'SET sql_mode=0', 'isolation_level': 'read committed', 'conv': {}, 'compress': True",
        ),
    ] {
        let module = format!(
            "DATABASES = {{'default': {{'ENGINE': 'django.db.backends.{engine}', 'NAME': 'shop', \
             'HOST': '127.0.0.1', 'PORT': 1, 'OPTIONS': {{{options}}}}}}}"
        );
        with(&sandbox, &module, &["list"]).refused("6", &["cannot connect to"]);
    }
}
