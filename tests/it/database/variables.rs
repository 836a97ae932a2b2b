//! Environment variables that set options.
//!
//! Tags such as `N29e` name cases of `tests/CASES.md`.

use std::fs;

use crate::support::{Sandbox, Site, python};

/// The beginning of a SQLite database in `DATABASES`.
const SQLITE: &str = "'ENGINE': 'django.db.backends.sqlite3', 'NAME': ";

/// N29e
#[test]
fn variables_set_options() {
    let sandbox = Sandbox::new(Site::Both);
    let other_folder = Sandbox::empty();
    let call = |words: &[&str]| other_folder.drfctl(words).env("DRFCTL_DATABASE", sandbox.db());
    let outcome = call(&["create-token", "alice@example.com"]).run();
    let note = format!("note: using {} (DRFCTL_DATABASE)", sandbox.db().display());
    assert_eq!((outcome.database_note.as_deref(), outcome.status.as_str()), (Some(note.as_str()), "0"), "{outcome}");
    // Bob's email address is Carol's username.
    for (field, email) in [("email", "bob@example.com\n"), ("username", "carol@example.com\n")] {
        let users = call(&["list", "users", "--columns", "email", "--no-header", "bob@example.com"]);
        assert_eq!(users.env("DRFCTL_USERNAME_FIELD", field).run().ok().stdout, email);
    }
    // The option overrides the variable.
    fs::write(other_folder.dir().join("typed.py"), format!("DATABASES = {{'default': {{{SQLITE}'typed.sqlite3'}}}}"))
        .unwrap();
    let typed = call(&["--settings", "typed", "list"]).env("PYTHON", python()).run();
    typed.refused("6", &["typed.sqlite3"]);
    let missing = call(&["list", "users"]).env("DRFCTL_USER_TABLE", "no_such_table").run();
    assert_eq!(missing.status, "3", "{missing}");
    let zone = call(&["list"]).env("DRFCTL_TIME_ZONE", "Mars/Phobos").run();
    assert_eq!(zone.status, "2", "{zone}");
}
