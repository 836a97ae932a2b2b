//! `verify --user`: the answer that the application would give to a password.

use snapbox::{assert_data_eq, str};

use crate::support::{Outcome, Sandbox, Site};

/// The outcome where the application would not let the user log in.
const REFUSED: &str = "exit: 3\n--- stdout\n--- stderr\nerror: Unable to log in with provided credentials.\n";

fn password_of(sandbox: &Sandbox, name: &str, password: impl Into<Vec<u8>>) -> Outcome {
    sandbox.untouched(sandbox.drfctl(["verify", "--user", name, "--password-stdin"]).stdin(password))
}

#[test]
fn a_password_that_the_application_accepts_is_told() {
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
    let call = sandbox.drfctl(["verify", "--user", "alice", "--password-stdin", "--format", "json"]).stdin("secret");
    assert_data_eq!(
        sandbox.untouched(call).to_string(),
        str![[r#"
exit: 0
--- stdout
[
  {"username":"alice","outcome":"accepted"}
]
--- stderr

"#]]
    );
}

#[test]
fn a_password_is_judged_as_authenticate_judges_it() {
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
        assert_eq!(theirs.iter().filter(|right| **right).count(), 1, "{site:?}");
        for ((name, password), right) in pairs.into_iter().zip(theirs) {
            let words = ["verify", "--user", name, "--password-stdin"];
            let outcome = sandbox.unchanged(sandbox.with_settings(site.settings(), words).stdin(password));
            if right {
                assert_eq!(
                    outcome.ok().stdout,
                    format!("Django's ModelBackend would accept this password of user {name}\n")
                );
            } else {
                assert_eq!(outcome.to_string(), REFUSED, "{site:?} {name} {password:?}");
            }
        }
    }
}

#[test]
fn a_hash_of_every_hasher_of_django_is_verified() {
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
        // Django's default hashers lack two of them.
        let status = if matches!(name, "MD5" | "BCrypt") { "10" } else { "0" };
        assert_eq!(password_of(&sandbox, name, " pä$$ ").status, status, "{name}");
        assert_eq!(password_of(&sandbox, name, "pä$$").to_string(), REFUSED, "{name}");
    }
}

#[test]
fn a_garbage_hash_is_nobodys_password() {
    let sandbox = Sandbox::stock();
    for (garbage, status) in [
        ("''", "3"),
        ("'!'", "3"),
        ("x'00ff'", "3"),
        ("7", "10"),
        // Another program may have the time for it.
        ("'pbkdf2_sha256$9999999999$a$b'", "10"),
        ("'md5$'", "10"),
        // The format of another hasher.
        ("'gibberish'", "10"),
    ] {
        sandbox.exec(&format!("UPDATE auth_user SET password = {garbage} WHERE username = 'alice'"));
        let typed = ["secret", "gibberish", "!", "7", "nul\0"];
        // drfctl takes as long as for a hash of Django's default, and needs that but once.
        for typed in if status == "10" { &typed[..1] } else { &typed } {
            let outcome = password_of(&sandbox, "alice", *typed);
            assert_eq!(outcome.status, status, "{garbage} {typed}");
            assert!(status == "10" || outcome.to_string() == REFUSED, "{outcome}");
        }
    }
}
