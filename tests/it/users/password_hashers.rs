//! Which hasher a new password gets: one whose hash Django would not update.
//!
//! Tags such as `G17` name cases of `tests/CASES.md`.

use serde_json::{Value, json};

use crate::support::{Invocation, Sandbox};

/// Returns whether a site with that hasher accepts `pw`, and whether it would update the hash.
fn verifies_and_must_update(sandbox: &Sandbox, name: &str, hasher: &str, parameters: &Value) -> (bool, bool) {
    sandbox.ask(
        &json!([name, hasher, parameters]),
        r#"
from django.contrib.auth import hashers
from django.contrib.auth.models import User
from django.test import override_settings
name, hasher, parameters = table
base = getattr(hashers, hasher + "PasswordHasher")
hashers.Custom = type("Custom", (base,), parameters)
override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.Custom"]).enable()
answer = hashers.verify_password("pw", User.objects.get(username=name).password)
"#,
    )
}

fn create<'a>(sandbox: &Sandbox, args: impl IntoIterator<Item = &'a str>) -> Invocation {
    sandbox.drfctl(["create-user", "--password-stdin"]).args(args).stdin("pw")
}

/// Returns the warning about a weak hasher in use.
fn weak(hasher: &str, option: &str) -> String {
    format!(
        "warning: existing passwords use {hasher}, which is weak, and so will the new one: {option} selects a stronger hash\n"
    )
}

/// Runs the call, and asserts that it succeeds, with no other warning than the one for a weak hash
/// that begins with `start`.
#[track_caller]
fn assert_hasher(call: Invocation, start: &str) {
    let fields: Vec<_> = start.split('$').collect();
    let iterations = fields[1].parse::<u32>().ok().filter(|_| start.starts_with("pbkdf2"));
    let weak = iterations.filter(|iterations| *iterations < 100_000);
    let warning = weak.map(|iterations| weak_pbkdf2(fields[0], iterations)).unwrap_or_default();
    let outcome = call.run();
    assert_eq!((outcome.status.as_str(), outcome.stderr.as_str()), ("0", warning.as_str()), "{outcome}");
}

fn weak_pbkdf2(algorithm: &str, iterations: u32) -> String {
    weak(&format!("{algorithm} iterations={iterations}"), "--iterations")
}

/// Hashers with work factors that are not the default of any Django.
fn hashers() -> [(&'static str, Value, &'static str); 8] {
    [
        ("PBKDF2", json!({"iterations": 2600}), "pbkdf2_sha256$2600$"),
        ("PBKDF2", json!({"iterations": 260_000}), "pbkdf2_sha256$260000$"),
        ("PBKDF2SHA1", json!({"iterations": 1300}), "pbkdf2_sha1$1300$"),
        (
            "Argon2",
            json!({"memory_cost": 128, "time_cost": 3, "parallelism": 2}),
            "argon2$argon2id$v=19$m=128,t=3,p=2$",
        ),
        ("Scrypt", json!({"work_factor": 32, "block_size": 4, "parallelism": 2}), "scrypt$32$"),
        ("BCryptSHA256", json!({"rounds": 5}), "bcrypt_sha256$$2b$05$"),
        ("BCrypt", json!({"rounds": 5}), "bcrypt$$2b$05$"),
        ("MD5", json!({}), "md5$"),
    ]
}

/// G17
#[test]
fn a_new_hash_follows_the_newest_one_and_django_keeps_it() {
    for (hasher, parameters, start) in hashers() {
        let sandbox = Sandbox::stock();
        sandbox.add_newest_user("newest", hasher, &parameters);
        assert_hasher(create(&sandbox, ["carol"]), start);
        assert_hasher(sandbox.drfctl(["set-password", "alice", "--password-stdin"]).stdin("pw"), start);
        for name in ["carol", "alice"] {
            let encoded = sandbox.stored_password(name);
            assert!(encoded.starts_with(start) && encoded.len() <= 128, "{encoded}");
            assert_eq!(verifies_and_must_update(&sandbox, name, hasher, &parameters), (true, false), "{encoded}");
        }
        assert_ne!(sandbox.stored_password("carol"), sandbox.stored_password("alice"));
    }
}

/// G17: an older hash does not decide, whether it has more or less work.
#[test]
fn the_newest_work_factor_is_used() {
    for (hasher, older, newer, start) in [
        ("Argon2", json!({"memory_cost": 64}), json!({"memory_cost": 128}), "argon2$argon2id$v=19$m=128,"),
        ("Argon2", json!({"memory_cost": 128}), json!({"memory_cost": 64}), "argon2$argon2id$v=19$m=64,"),
        ("BCrypt", json!({"rounds": 4}), json!({"rounds": 5}), "bcrypt$$2b$05$"),
        ("BCryptSHA256", json!({"rounds": 5}), json!({"rounds": 4}), "bcrypt_sha256$$2b$04$"),
        ("Scrypt", json!({"work_factor": 16}), json!({"work_factor": 32}), "scrypt$32$"),
        ("PBKDF2", json!({"iterations": 1000}), json!({"iterations": 2000}), "pbkdf2_sha256$2000$"),
        ("PBKDF2SHA1", json!({"iterations": 1000}), json!({"iterations": 2000}), "pbkdf2_sha1$2000$"),
    ] {
        let sandbox = Sandbox::stock();
        sandbox.add_newest_user("older", hasher, &older);
        sandbox.add_newest_user("newer", hasher, &newer);
        assert_hasher(create(&sandbox, ["carol"]), start);
        let encoded = sandbox.stored_password("carol");
        assert!(encoded.starts_with(start), "{hasher} {older} {newer}: {encoded}");
    }
}

#[test]
fn the_algorithm_of_the_newest_user_is_used() {
    let sandbox = Sandbox::stock();
    sandbox.add_newest_user("older", "BCrypt", &json!({"rounds": 4}));
    sandbox.add_newest_user("newer", "PBKDF2", &json!({"iterations": 1200}));
    assert_hasher(create(&sandbox, ["carol"]), "pbkdf2_sha256$1200$");
    assert!(sandbox.stored_password("carol").starts_with("pbkdf2_sha256$1200$"));
    // The other algorithm, selected by name, with the work factor of its existing hashes.
    let _ = create(&sandbox, ["dora", "--hasher", "bcrypt"]).run().ok();
    assert!(sandbox.stored_password("dora").starts_with("bcrypt$$2b$04$"));
}

#[test]
fn the_hasher_option_selects_a_hasher_that_django_verifies() {
    let sandbox = Sandbox::stock();
    let hashers = [
        (&["pbkdf2_sha256", "--iterations", "1000"][..], "pbkdf2_sha256$1000$"),
        (&["pbkdf2_sha1", "--iterations", "1000"], "pbkdf2_sha1$1000$"),
        (&["argon2"], "argon2$argon2id$v=19$m=102400,t=2,p=8$"),
        (&["scrypt"], "scrypt$16384$"),
        (&["bcrypt_sha256"], "bcrypt_sha256$$2b$12$"),
        (&["bcrypt"], "bcrypt$$2b$12$"),
        (&["md5"], "md5$"),
    ];
    let names: Vec<String> = hashers.iter().map(|(hasher, _)| format!("by_{}", hasher[0])).collect();
    for (name, (hasher, start)) in names.iter().zip(hashers) {
        let _ = create(&sandbox, [name.as_str(), "--hasher"]).args(hasher).run().ok();
        assert!(sandbox.stored_password(name).starts_with(start), "{name} {}", sandbox.stored_password(name));
    }
    let pairs: Vec<_> = names.iter().flat_map(|name| [(name.as_str(), "pw"), (name, "pW")]).collect();
    assert_eq!(sandbox.passwords_match(&pairs), [true, false].repeat(7));
}

#[test]
fn an_empty_user_table_gets_the_newest_default_hasher() {
    let sandbox = Sandbox::stock();
    sandbox.exec("DELETE FROM auth_user");
    let _ = create(&sandbox, ["carol"]).run().ok();
    assert!(
        sandbox.stored_password("carol").starts_with("pbkdf2_sha256$1500000$"),
        "{}",
        sandbox.stored_password("carol")
    );
    assert_eq!(sandbox.passwords_match(&[("carol", "pw")]), [true]);
}

#[test]
fn a_weak_work_factor_is_warned_about_once() {
    let sandbox = Sandbox::stock();
    sandbox.add_newest_user("newest", "PBKDF2", &json!({"iterations": 99_999}));
    std::fs::write(sandbox.dir().join("users"), "username,password\nerin,pw\nfred,pw\n").unwrap();
    for (args, stdout) in [
        (&["create-user", "carol", "--password-stdin"][..], "Created user carol\n"),
        (&["create-user", "dora", "--password-stdin", "--hasher", "pbkdf2_sha256"], "Created user dora\n"),
        (&["create-user", "--from", "users"], "Created user erin\nCreated user fred\n"),
        (&["set-password", "alice", "--password-stdin"], "Password changed successfully for user 'alice'\n"),
        (&["changepassword", "bob", "--password-stdin"], "Password changed successfully for user 'bob'\n"),
    ] {
        let warning = weak_pbkdf2("pbkdf2_sha256", 99_999);
        let outcome = sandbox.drfctl(args).stdin("pw").run();
        assert_eq!(outcome.to_string(), format!("exit: 0\n--- stdout\n{stdout}--- stderr\n{warning}"));
    }
}

#[test]
fn an_explicit_or_sufficient_work_factor_gives_no_warning() {
    for (name, hasher, parameters, args) in [
        ("explicit", "PBKDF2", json!({"iterations": 1000}), &["--password-stdin", "--iterations", "1000"][..]),
        ("unused", "PBKDF2", json!({"iterations": 1000}), &["--no-password"]),
        ("sufficient", "PBKDF2", json!({"iterations": 100_000}), &["--password-stdin"]),
        ("explicit", "PBKDF2", json!({"iterations": 1000}), &["--password-stdin", "--hasher", "md5"]),
        ("for_tests", "MD5", json!({}), &["--password-stdin"]),
    ] {
        let sandbox = Sandbox::stock();
        sandbox.add_newest_user("newest", hasher, &parameters);
        let outcome = sandbox.drfctl(["create-user", name]).args(args).stdin("pw").run();
        assert_eq!(outcome.to_string(), format!("exit: 0\n--- stdout\nCreated user {name}\n--- stderr\n"));
    }
}

/// B37
#[test]
fn unusable_and_invalid_hashes_are_skipped() {
    let sandbox = Sandbox::stock();
    sandbox.add_newest_user("usable", "PBKDF2", &json!({"iterations": 1300}));
    let long = "x".repeat(500);
    let garbage = [
        "",
        "!",
        "!notausablepassword",
        "gibberish",
        "pbkdf2_sha256",
        "pbkdf2_sha256$",
        "pbkdf2_sha256$x$y$z",
        "pbkdf2_sha256$99999999999$salt$hash",
        "sha1$salt$hash",
        "argon2$argon2id$v=19$m=4294967295,t=1,p=1$c2FsdA$aGFzaA",
        "scrypt$1048576$salt$4294967295$1$hash",
        "bcrypt$$2b$31$",
        "\u{1b}[31m",
        "md5$$21232f297a57a5a743894a0e4a801fc3",
        &long,
    ];
    let insert = |name: &str, value: &str| {
        sandbox.exec(&format!(
            "INSERT INTO auth_user (username, password, is_superuser, first_name, last_name, email, is_staff, is_active, date_joined) \
             VALUES ('{name}', {value}, 0, '', '', '', 0, 1, '2001-02-03 04:05:06')"
        ));
    };
    for (number, text) in garbage.iter().enumerate() {
        insert(&format!("g{number}"), &format!("'{text}'"));
    }
    for (name, value) in [
        ("blob", "x'ff00fe'"),
        ("integer", "42"),
        ("nul", "'gib' || char(0) || 'berish'"),
        ("wild", "CAST(x'6d6435ff' AS TEXT)"),
    ] {
        insert(name, value);
    }
    let start = "pbkdf2_sha256$1300$";
    assert_hasher(create(&sandbox, ["carol"]), start);
    let words = ["set-password", "g3", "--password-stdin", "--hasher", "pbkdf2_sha256"];
    assert_hasher(sandbox.drfctl(words).stdin("pw"), start);
    assert_hasher(sandbox.drfctl(["set-password", "blob", "--password-stdin"]).stdin("pw"), start);
    for name in ["carol", "g3", "blob"] {
        let encoded = sandbox.stored_password(name);
        assert!(encoded.starts_with(start), "{name} {encoded}");
    }
    assert_eq!(sandbox.passwords_match(&[("carol", "pw"), ("g3", "pw"), ("blob", "pw")]), [true, true, true]);
}

#[test]
fn the_settings_override_existing_hashes() {
    let sandbox = Sandbox::stock();
    sandbox.add_newest_user("newest", "PBKDF2", &json!({"iterations": 1300}));
    let outcome =
        sandbox.with_settings("shop.settings", ["create-user", "--password-stdin", "carol"]).stdin("pw").run();
    // Because other hashes exist, the use of MD5 is not attributed to a test suite.
    let warning = weak("md5", "--hasher");
    assert_eq!(outcome.to_string(), format!("exit: 0\n--- stdout\nCreated user carol\n--- stderr\n{warning}"));
    assert!(sandbox.stored_password("carol").starts_with("md5$"), "{}", sandbox.stored_password("carol"));
    assert_eq!(verifies_and_must_update(&sandbox, "carol", "MD5", &json!({})), (true, false));
    // The application would reject another hasher.
    for words in [["create-user", "dora"], ["set-password", "carol"]] {
        let call =
            sandbox.with_settings("shop.settings", words).args(["--password-stdin", "--hasher", "pbkdf2_sha256"]);
        sandbox.unchanged(call.stdin("pw")).refused(
            "3",
            &[
                "PASSWORD_HASHERS of the settings does not have pbkdf2_sha256",
                "choose one that the settings have: --hasher NAME",
            ],
        );
    }
}

#[test]
fn iterations_are_rejected_for_hashers_without_them() {
    let sandbox = Sandbox::stock();
    for (args, words) in [
        (&["--iterations", "5"][..], "the hasher md5 has no iterations"),
        (&["--hasher", "argon2", "--iterations", "5"], "the hasher argon2 has no iterations"),
        (&["--hasher", "pbkdf2_sha256", "--iterations", "0"], "invalid number of iterations 0: expected 1 to 10000000"),
        (
            &["--hasher", "pbkdf2_sha256", "--iterations", "10000001"],
            "invalid number of iterations 10000001: expected 1 to 10000000",
        ),
    ] {
        let outcome = sandbox.unchanged(create(&sandbox, ["carol"]).args(args));
        assert_eq!(outcome.to_string(), format!("exit: 2\n--- stdout\n--- stderr\nerror: {words}\n"));
    }
    for args in [["--hasher", "sha1"], ["--hasher", "MD5"], ["--iterations", "-1"], ["--iterations", "many"]] {
        let outcome = sandbox.unchanged(create(&sandbox, ["carol"]).args(args));
        assert_eq!((outcome.status.as_str(), outcome.stdout.as_str()), ("2", ""), "{outcome}");
    }
}
