//! `verify --user`: whether the application accepts a password.

use snapbox::{assert_data_eq, str};

use crate::support::{Outcome, Sandbox, Site};

/// The outcome of a password that the application rejects.
const REJECTED: &str = "exit: 3\n--- stdout\n--- stderr\nerror: Unable to log in with provided credentials.\n";

fn password_of(sandbox: &Sandbox, name: &str, password: impl Into<Vec<u8>>) -> Outcome {
    sandbox.untouched(sandbox.drfctl(["verify", "--user", name, "--password-stdin"]).stdin(password))
}

#[test]
fn verify_accepts_a_valid_password_and_rejects_another() {
    let sandbox = Sandbox::stock();
    assert_data_eq!(
        password_of(&sandbox, "alice", "secret\n").to_string(),
        str![[r#"
exit: 0
--- stdout
Django's ModelBackend would accept this password of user alice
--- stderr

"#]]
    );
    for (password, expected) in [
        (
            "secret",
            str![[r#"
exit: 0
--- stdout
[
  {"username":"alice","outcome":"accepted","error":null}
]
--- stderr

"#]],
        ),
        (
            "Secret",
            str![[r#"
exit: 3
--- stdout
[
  {"username":"alice","outcome":"rejected","error":"Unable to log in with provided credentials."}
]
--- stderr
error: Unable to log in with provided credentials.

"#]],
        ),
    ] {
        let call = sandbox.drfctl(["verify", "--user", "alice", "--password-stdin", "--format", "json"]);
        assert_data_eq!(sandbox.untouched(call.stdin(password)).to_string(), expected);
    }
}

#[test]
fn verify_agrees_with_authenticate() {
    for site in Site::ALL {
        let sandbox = Sandbox::new(site);
        let alice = site.alice();
        let bob = alice.replace("alice", "bob");
        let _ = sandbox.drfctl(["set-password", &bob, "--no-password"]).run().ok();
        let unusable = sandbox.django(&format!(
            "from django.contrib.auth import get_user_model\nprint(get_user_model().objects.get_by_natural_key('{bob}').password)"
        ));
        let pairs = [
            (alice, "secret"),
            (alice, "Secret"),
            (alice, " secret"),
            (alice, ""),
            (alice, "s\u{435}cret"),
            ("nobody", "secret"),
            ("%", "secret"),
            ("Alice", "secret"),
            ("ina", "secret"),
            ("ina", "wrong"),
            (&bob, "secret"),
            (&bob, ""),
            (&bob, &unusable),
        ];
        let theirs: Vec<bool> = sandbox.ask(
            &pairs,
            "from django.contrib.auth import authenticate\n\
             answer = [authenticate(username=name, password=password) is not None for name, password in table]",
        );
        assert_eq!(theirs.iter().filter(|is_valid| **is_valid).count(), 1, "{site:?}");
        for ((name, password), is_valid) in pairs.into_iter().zip(theirs) {
            let words = ["verify", "--user", name, "--password-stdin"];
            let outcome = sandbox.unchanged(sandbox.with_settings(site.settings(), words).stdin(password));
            if is_valid {
                assert_eq!(
                    outcome.ok().stdout,
                    format!("Django's ModelBackend would accept this password of user {name}\n")
                );
            } else {
                assert_eq!(outcome.to_string(), REJECTED, "{site:?} {name} {password:?}");
            }
        }
    }
}

#[test]
fn verify_supports_every_hasher_of_django() {
    let sandbox = Sandbox::stock();
    sandbox.django(
        r#"
from django.contrib.auth import hashers
from django.contrib.auth.models import User
FEW = {"PBKDF2": {"iterations": 700}, "PBKDF2SHA1": {"iterations": 700}, "Argon2": {"memory_cost": 64}, "MD5": {},
    "Scrypt": {"work_factor": 16}, "BCryptSHA256": {"rounds": 4}, "BCrypt": {"rounds": 4}}
for name, parameters in FEW.items():
    hasher = getattr(hashers, name + "PasswordHasher")()
    vars(hasher).update(parameters)
    User.objects.create(username=name, password=hashers.make_password(" pä$$ ", hasher=hasher))
"#,
    );
    for name in ["PBKDF2", "PBKDF2SHA1", "Argon2", "MD5", "Scrypt", "BCryptSHA256", "BCrypt"] {
        // Two of them are not among Django's default hashers.
        let status = if matches!(name, "MD5" | "BCrypt") { "10" } else { "0" };
        assert_eq!(password_of(&sandbox, name, " pä$$ ").status, status, "{name}");
        assert_eq!(password_of(&sandbox, name, "pä$$").to_string(), REJECTED, "{name}");
    }
}

#[test]
fn verify_rejects_a_password_with_an_invalid_hash() {
    let sandbox = Sandbox::stock();
    for (hash, status) in [
        ("''", "3"),
        ("'!'", "3"),
        ("x'00ff'", "3"),
        ("7", "10"),
        // The application may have time to compute it.
        ("'pbkdf2_sha256$9999999999$a$b'", "10"),
        ("'md5$'", "10"),
        // The format of another hasher.
        ("'gibberish'", "10"),
    ] {
        sandbox.exec(&format!("UPDATE auth_user SET password = {hash} WHERE username = 'alice'"));
        let typed = ["secret", "gibberish", "!", "7", "nul\0"];
        // A check takes as long as one of Django's default hash, so one password is enough.
        for typed in if status == "10" { &typed[..1] } else { &typed } {
            let outcome = password_of(&sandbox, "alice", *typed);
            assert_eq!(outcome.status, status, "{hash} {typed}");
            assert!(status == "10" || outcome.to_string() == REJECTED, "{outcome}");
        }
    }
}
