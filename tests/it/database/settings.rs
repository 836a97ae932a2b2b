//! Settings modules as people write them, read by a real Python.

use std::fs;

use snapbox::{assert_data_eq, str};

use crate::support::{Outcome, Sandbox, Site, python};

/// drfctl on a settings module of this text.
fn with(sandbox: &Sandbox, module: &str, args: &[&str]) -> Outcome {
    fs::write(sandbox.dir().join("mine.py"), module).unwrap();
    sandbox.drfctl(["--settings", "mine"]).args(args).env("PYTHON", python()).run()
}

const DATABASE: &str = "DATABASES = {'default': {'ENGINE': 'django.db.backends.sqlite3', 'NAME': 'db.sqlite3'}}";

#[test]
fn an_exceptions_words_do_not_show_a_password() {
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
hint: to skip the settings, name the database: --database PATH

"#]]
    );
}

#[test]
fn a_module_that_prints_and_has_odd_options_is_read() {
    let sandbox = Sandbox::stock();
    let module = format!("print('noise')\n{DATABASE}\nDATABASES['default']['OPTIONS'] = {{(1, 2): object()}}");
    let key = with(&sandbox, &module, &["create-token", "alice"]).ok().key();
    assert_eq!(sandbox.value("SELECT key FROM authtoken_token"), key);
}

#[test]
fn nothing_is_left_beside_the_module() {
    let sandbox = Sandbox::stock();
    let _ = with(&sandbox, DATABASE, &["create-token", "alice"]).ok();
    let mut names: Vec<_> = fs::read_dir(sandbox.dir()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["db.sqlite3", "mine.py"]);
}

#[test]
fn what_the_module_leaves_running_is_not_waited_for() {
    let sandbox = Sandbox::stock();
    // It ends with the test's folder, not before drfctl does.
    let module = format!(
        "import subprocess\n{DATABASE}\nsubprocess.Popen(['sh', '-c', 'while [ -e mine.py ]; do sleep 0.1; done'])"
    );
    let key = with(&sandbox, &module, &["create-token", "alice"]).ok().key();
    assert_eq!(sandbox.value("SELECT key FROM authtoken_token"), key);
}

#[test]
fn settings_without_a_database_are_refused() {
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
fn local_time_without_a_zone_is_refused() {
    let module = format!("{DATABASE}\nUSE_TZ = False\nTIME_ZONE = None");
    assert_data_eq!(
        with(&Sandbox::stock(), &module, &["create-token", "alice"]).to_string(),
        str![[r#"
exit: 2
--- stdout
--- stderr
error: the settings keep local time, but TIME_ZONE does not say of which zone
hint: name it: --time-zone Europe/Berlin

"#]]
    );
}

#[test]
fn the_settings_tell_the_time_beside_a_database_that_is_named() {
    let sandbox = Sandbox::new(Site::Local);
    let module = format!("{DATABASE}\nUSE_TZ = False\nTIME_ZONE = 'Asia/Kolkata'");
    let line = with(&sandbox, &module, &["-d", "db.sqlite3", "create-token", "--format", "tsv", "alice"]).ok();
    let utc = line.stdout.split('\t').nth(5).unwrap().trim_end_matches('Z').replace('T', " ");
    let apart = "CAST(round((julianday(created) - julianday('UTC')) * 1440) AS integer)".replace("UTC", &utc);
    assert_eq!(sandbox.value(&format!("SELECT {apart} FROM authtoken_token")), "330");
}
