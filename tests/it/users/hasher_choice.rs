//! Which hasher drfctl chooses for a new password, by the settings, the hashes of other users and
//! the hash that it replaces.
//!
//! Tags such as `N9` name cases of `tests/CASES.md`.

use serde_json::json;

use crate::support::{Invocation, Sandbox, python};

/// Which of a site's hashers drfctl knows.
#[derive(Clone, Copy, Debug)]
enum Settings {
    /// Settings are not read.
    Unread,
    /// Settings without `PASSWORD_HASHERS`.
    Default,
    /// `PASSWORD_HASHERS` with these classes of Django's.
    Listed(&'static [&'static str]),
}

impl Settings {
    fn write(self, sandbox: &Sandbox) {
        let hashers = match self {
            Self::Unread | Self::Default => String::new(),
            Self::Listed(classes) => {
                let paths = classes.iter().map(|class| format!("'django.contrib.auth.hashers.{class}PasswordHasher',"));
                format!("PASSWORD_HASHERS = [{}]", paths.collect::<String>())
            }
        };
        let database = "{'default': {'ENGINE': 'django.db.backends.sqlite3', 'NAME': 'db.sqlite3'}}";
        let module = format!("DATABASES = {database}\n{hashers}\n");
        std::fs::write(sandbox.dir().join("site_settings.py"), module).unwrap();
    }

    fn drfctl(self, sandbox: &Sandbox, words: &[&str]) -> Invocation {
        let call = sandbox.drfctl(words);
        match self {
            Self::Unread => call,
            _ => call.args(["--settings", "site_settings"]).env("PYTHON", python()).env("PYTHONDONTWRITEBYTECODE", "1"),
        }
    }
}

/// N9, N10, N11: with every kind of settings, and with or without logins, Django accepts the hash
/// that drfctl writes, and `verify` agrees with Django.
#[test]
fn django_accepts_new_hashes_and_verify_agrees() {
    let few = json!({"iterations": 200_000});
    for (settings, hashers) in [
        (Settings::Unread, None),
        (Settings::Default, None),
        (Settings::Listed(&["PBKDF2"]), Some(&["PBKDF2"][..])),
        (Settings::Listed(&["BCryptSHA256", "PBKDF2", "MD5"]), Some(&["BCryptSHA256", "PBKDF2", "MD5"])),
    ] {
        for has_logged_in in [true, false] {
            let sandbox = Sandbox::stock();
            settings.write(&sandbox);
            sandbox.exec("UPDATE auth_user SET password = '!', last_login = NULL");
            sandbox.add_newest_user("older", "PBKDF2", &few);
            sandbox.add_newest_user("md5", "MD5", &json!({}));
            let condition = if has_logged_in { "WHERE username = 'md5'" } else { "" };
            sandbox.exec(&format!("UPDATE auth_user SET last_login = NULL {condition}"));
            let mut attempts = Vec::new();
            for (words, name) in [
                (&["create-user", "carol", "--password-stdin"][..], "carol"),
                (&["set-password", "alice", "--password-stdin"], "alice"),
                (&["set-password", "md5", "--password-stdin"], "md5"),
            ] {
                let outcome = settings.drfctl(&sandbox, words).stdin("pw").run();
                assert_eq!(outcome.status, "0", "{settings:?} {has_logged_in} {words:?} {outcome}");
                let stored = sandbox.stored_password(name);
                assert!(!stored.starts_with("md5$"), "{settings:?} {has_logged_in} {words:?} {stored}");
                for password in if name == "alice" { &["pw", "wrong"][..] } else { &["pw"] } {
                    let call = settings.drfctl(&sandbox, &["verify", "--user", name, "--password-stdin"]);
                    attempts.push((name, *password, call.stdin(*password).run().status));
                }
            }
            let theirs: Vec<bool> = sandbox.ask(
                &json!([hashers, attempts]),
                r#"
from django.contrib.auth import authenticate, hashers
from django.test import override_settings
from django.conf import global_settings
classes, attempts = table
# The iterations that the hashes already have; more would be slow.
hashers.PBKDF2PasswordHasher.iterations = 200_000
hashers.BCryptSHA256PasswordHasher.rounds = 12
paths = [f"django.contrib.auth.hashers.{name}PasswordHasher" for name in classes or ()]
override_settings(PASSWORD_HASHERS=paths or global_settings.PASSWORD_HASHERS).enable()
answer = [authenticate(username=name, password=password) is not None for name, password, _ in attempts]
"#,
            );
            for ((name, password, status), accepts) in attempts.iter().zip(theirs) {
                assert_eq!(
                    (*password == "pw", status.as_str()),
                    (accepts, if accepts { "0" } else { "3" }),
                    "{settings:?} {name}"
                );
            }
        }
    }
}

/// N9: a hash with many iterations is not replaced by one with fewer.
#[test]
fn a_new_hash_has_at_least_the_work_factor_of_the_old_one() {
    let sandbox = Sandbox::stock();
    sandbox.add_newest_user("strong", "PBKDF2", &json!({"iterations": 300_000}));
    sandbox.add_newest_user("newest", "PBKDF2", &json!({"iterations": 150_000}));
    let _ = sandbox.drfctl(["set-password", "strong", "--password-stdin"]).stdin("pw").run().ok();
    assert!(sandbox.stored_password("strong").starts_with("pbkdf2_sha256$300000$"));
}

/// N9b: also if no user has logged in, and in files with `--iterations`.
#[test]
fn hashes_of_unknown_formats_count_without_logins() {
    for own in [
        "mine$0123456789",
        "pbkdf2_sha256_wrapped_md5$260000$salt$hash",
        "5f4dcc3b5aa765d61d8327deb882cf99",
        "{SSHA}abc=",
    ] {
        let sandbox = Sandbox::stock();
        sandbox.exec(&format!("UPDATE auth_user SET password = '{own}', last_login = NULL"));
        std::fs::write(sandbox.dir().join("users"), "username,password\nalice,pw\n").unwrap();
        for words in [
            &["create-user", "carol", "--password-stdin"][..],
            &["set-password", "alice", "--password-stdin", "--iterations", "300000"],
            &["create-user", "--from", "users", "--update", "--iterations", "300000"],
        ] {
            let outcome = sandbox.unchanged(sandbox.drfctl(words).stdin("pw"));
            outcome.refused("3", &["unknown hash format (", "--hasher NAME"]);
        }
        let verify = sandbox.drfctl(["verify", "--user", "alice", "--password-stdin"]).stdin("pw");
        assert_eq!(sandbox.unchanged(verify).status, "10", "{own}");
        // Without a new password, no hasher is needed.
        let words = ["create-user", "alice", "--update", "--set", "first_name=A", "--noinput"];
        let _ = sandbox.drfctl(words).run().ok();
        let _ = sandbox.drfctl(["create-user", "alice", "--if-not-exists", "--password-stdin"]).stdin("pw").run().ok();
    }
}

/// N9b: a hash in a format that only the application knows.
const OWN_FORMAT: &str = "{SHA512-CRYPT}$6$rounds=70000$0123456789abcdef$VqLqjLhWQm0P9gYFFQpKZcA1tQhWb5qUeS9V3DgJcU1";

/// N9b
#[test]
fn a_hash_in_a_custom_format_is_not_replaced_by_default() {
    let sandbox = Sandbox::stock();
    sandbox.exec(&format!("UPDATE auth_user SET password = '{OWN_FORMAT}', last_login = '2026-01-01'"));
    let hint = "hint: set the password in the application, or choose a hasher of its PASSWORD_HASHERS: --hasher NAME\n";
    let users = "the user's password has an unknown hash format (unknown, {SHA512-CRYPT})";
    let site = "existing passwords use an unknown hash format (unknown, {SHA512-CRYPT})";
    for (words, message) in [
        (&["set-password", "alice", "--password-stdin"][..], users),
        (&["changepassword", "alice", "--password-stdin"], users),
        (&["create-user", "alice", "--update", "--password-stdin"], users),
        (&["create-user", "carol", "--password-stdin"], site),
    ] {
        let outcome = sandbox.unchanged(sandbox.drfctl(words).stdin("pw"));
        assert_eq!(outcome.to_string(), format!("exit: 3\n--- stdout\n--- stderr\nerror: {message}\n{hint}"));
    }
    let outcome = sandbox.unchanged(sandbox.drfctl(["verify", "--user", "alice", "--password-stdin"]).stdin("pw"));
    let cannot = "it is not known whether the application accepts the password: drfctl cannot verify a hash of this format \
                  (unknown, {SHA512-CRYPT})";
    let hint = "hint: name the settings, which list the hashers: --settings MODULE";
    assert_eq!(outcome.to_string(), format!("exit: 10\n--- stdout\n--- stderr\nerror: {cannot}\n{hint}\n"));
    // The same with settings that list Django's hashers: the user model may hash passwords itself.
    let with_settings = |words: &[&str]| {
        Settings::Default.write(&sandbox);
        sandbox.unchanged(Settings::Default.drfctl(&sandbox, words).stdin("pw"))
    };
    with_settings(&["create-user", "carol", "--password-stdin"]).refused("3", &[site, "--hasher NAME"]);
    with_settings(&["set-password", "alice", "--password-stdin"]).refused("3", &[users, "--hasher NAME"]);
    with_settings(&["verify", "--user", "alice", "--password-stdin"])
        .refused("10", &[cannot, "log in to the application"]);
    // The same for a file in which only some users have such a hash.
    sandbox.exec("UPDATE auth_user SET password = '!' WHERE username <> 'alice'");
    sandbox.add_newest_user("newest", "PBKDF2", &json!({"iterations": 200_000}));
    std::fs::write(sandbox.dir().join("users"), "username,password\nbob,pw\nalice,pw\n").unwrap();
    let outcome = sandbox.unchanged(sandbox.drfctl(["create-user", "--from", "users", "--update"]));
    outcome.refused("3", &[&format!("line 3: {users}"), "--hasher NAME"]);
    // A user without a password has no format, and --hasher overrides the check.
    let _ = sandbox.drfctl(["create-user", "erin", "--no-password"]).run().ok();
    let words = ["set-password", "alice", "--password-stdin", "--hasher", "pbkdf2_sha256"];
    let _ = sandbox.drfctl(words).stdin("pw").run().ok();
    assert_eq!(sandbox.passwords_match(&[("alice", "pw")]), [true]);
}

/// N10
#[test]
fn verify_cannot_decide_for_an_algorithm_that_is_out_of_use() {
    let sandbox = Sandbox::stock();
    sandbox.add_newest_user("newest", "PBKDF2", &json!({"iterations": 200_000}));
    let verify = |settings: Settings, password: &str| {
        settings.write(&sandbox);
        let call = settings.drfctl(&sandbox, &["verify", "--user", "alice", "--password-stdin"]);
        sandbox.unchanged(call.stdin(password)).status
    };
    // Alice's hash is MD5.
    for (settings, status) in [
        (Settings::Unread, "10"),
        (Settings::Default, "3"),
        (Settings::Listed(&["PBKDF2"]), "3"),
        (Settings::Listed(&["PBKDF2", "MD5"]), "0"),
    ] {
        assert_eq!(
            (verify(settings, "secret").as_str(), verify(settings, "wrong").as_str()),
            (status, "3"),
            "{settings:?}"
        );
    }
}
