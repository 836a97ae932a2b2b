//! Password hashes compared with Django: each side verifies the hashes of the other, and does not
//! update them.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use drfctl::django::password::{Algorithm, Hasher, RANDOM_BYTES, must_update, unusable, verify};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

use crate::support::Sandbox;

/// Enables all hashers of Django, and defines `few`, which returns a hasher with little work.
const HASHERS: &str = r#"
import json
from django.contrib.auth.hashers import *
from django.test import override_settings
NAMES = ["PBKDF2", "PBKDF2SHA1", "Argon2", "Scrypt", "BCryptSHA256", "BCrypt", "MD5"]
override_settings(
    PASSWORD_HASHERS=[f"django.contrib.auth.hashers.{name}PasswordHasher" for name in NAMES]
).enable()
FEW = {
    "pbkdf2_sha256": {"iterations": 7},
    "pbkdf2_sha1": {"iterations": 7},
    "argon2": {"memory_cost": 64, "time_cost": 1, "parallelism": 2},
    "scrypt": {"work_factor": 16, "block_size": 2, "parallelism": 3},
    "bcrypt_sha256": {"rounds": 4},
    "bcrypt": {"rounds": 4},
    "md5": {},
}
def few(algorithm):
    hasher = type(get_hasher(algorithm))()
    vars(hasher).update(FEW[algorithm])
    return hasher
"#;

/// Returns what a program prints with `print(json.dumps(…))`. It can read the variable `given`.
fn run_django(given: &Value, program: &str) -> Value {
    let literal = Value::from(given.to_string());
    let stdout = Sandbox::stock().django(&format!("{HASHERS}\ngiven = json.loads({literal})\n{program}"));
    serde_json::from_str(&stdout).unwrap()
}

/// Passwords that are difficult for some hashers.
fn passwords() -> Vec<String> {
    let mut passwords: Vec<String> =
        ["secret", " secret ", "p\u{e4}ssw\u{f6}rd", "pa\u{308}sswo\u{308}rd", "\u{1f511}$!"].map(Into::into).into();
    passwords.extend(["nul\0inside".to_owned(), "x".repeat(72), "x".repeat(73), "\u{e9}".repeat(2048)]);
    passwords
}

/// Returns whether plain bcrypt rejects the password.
fn is_rejected(algorithm: Algorithm, password: &str) -> bool {
    algorithm == Algorithm::Bcrypt && (password.len() > 72 || password.contains('\0'))
}

/// Returns bytes that are random enough for a test, different for each `seed`.
fn random(seed: u8) -> [u8; RANDOM_BYTES] {
    std::array::from_fn(|index| u8::try_from(index).unwrap().wrapping_mul(37).wrapping_add(seed))
}

/// Returns every algorithm with every password that it accepts.
fn pairs() -> Vec<(Algorithm, String)> {
    let every = |algorithm| passwords().into_iter().map(move |password| (algorithm, password));
    Algorithm::ALL
        .into_iter()
        .flat_map(every)
        .filter(|(algorithm, password)| !is_rejected(*algorithm, password))
        .collect()
}

/// Returns a hash by Django for each of [`pairs`], with little work.
fn django_hashes() -> Vec<String> {
    let given: Vec<_> = pairs().iter().map(|(algorithm, password)| json!([algorithm.name(), password])).collect();
    let hashes = run_django(
        &given.into(),
        "print(json.dumps([make_password(password, hasher=few(algorithm)) for algorithm, password in given]))",
    );
    serde_json::from_value(hashes).unwrap()
}

#[test]
fn drfctl_verifies_hashes_of_django() {
    for ((algorithm, password), encoded) in pairs().iter().zip(django_hashes()) {
        assert!(verify(password.as_bytes(), &encoded), "{algorithm} {password:?} {encoded}");
        for wrong in passwords().iter().filter(|wrong| *wrong != password) {
            assert!(!verify(wrong.as_bytes(), &encoded), "{algorithm} {wrong:?} {encoded}");
        }
    }
}

#[test]
fn django_verifies_and_keeps_hashes_with_its_parameters() {
    let mut given = Vec::new();
    for ((algorithm, password), (like, seed)) in pairs().iter().zip(django_hashes().iter().zip(0..)) {
        let hasher = Hasher::of_encoded(like).unwrap();
        let encoded = hasher.hash(password.as_bytes(), &random(seed)).unwrap();
        given.push(json!([algorithm.name(), password, encoded.reveal()]));
    }
    let answers = run_django(
        &given.clone().into(),
        r#"
print(json.dumps([
    [verify_password(password, encoded, few(algorithm)), check_password("wrong", encoded)]
    for algorithm, password, encoded in given
]))"#,
    );
    for (case, answer) in given.iter().zip(answers.as_array().unwrap()) {
        assert_eq!(*answer, json!([[true, false], false]), "{case}");
    }
}

#[test]
fn django_keeps_hashes_with_its_default_parameters() {
    let iterations = run_django(&Value::Null, "print(get_hasher('pbkdf2_sha256').iterations)");
    let iterations = u32::try_from(iterations.as_u64().unwrap()).unwrap();
    let mut given = Vec::new();
    for algorithm in Algorithm::ALL {
        let newest = Hasher::newest(algorithm);
        // Since the Django version of the tests, only the iterations have changed.
        let hasher = newest.with_iterations(iterations).unwrap_or(newest);
        given.push(json!([algorithm.name(), hasher.hash(b"secret", &random(1)).unwrap().reveal()]));
    }
    let answers = run_django(
        &given.into(),
        "print(json.dumps([verify_password('secret', encoded, algorithm) for algorithm, encoded in given]))",
    );
    assert_eq!(answers, Value::from(vec![json!([true, false]); Algorithm::ALL.len()]));
}

#[test]
fn an_unusable_password_is_unusable_in_django() {
    let answer = run_django(
        &json!(unusable(&random(1)).unwrap()),
        "print(json.dumps([is_password_usable(given), check_password('', given), len(given) - len(make_password(None))]))",
    );
    assert_eq!(answer, json!([false, false, 0]));
}

/// Returns hashes for every case of `must_update`; the password does not matter.
fn stored() -> Vec<String> {
    let salt = |length| "Mk3Zr8Wq1TnB6vXc0YhJ5dA".get(..length).unwrap();
    let mut stored = Vec::new();
    for name in ["pbkdf2_sha256", "pbkdf2_sha1"] {
        for iterations in [1, 6, 7, 8, 1_000_000, 20_000_000] {
            stored.push(format!("{name}${iterations}${}$hash", salt(22)));
        }
        for length in [1, 12, 21, 22, 23] {
            stored.push(format!("{name}$7${}$hash", salt(length)));
        }
        for length in [21, 22] {
            stored.push(format!("{name}$7${}$hash", "\u{e9}".repeat(length)));
        }
    }
    let (good, short, bytes_32, bytes_16) =
        ("TWszWnI4V3ExVG5CNnZYYzBZaEo1ZA", "TWszWnI4V3ExVG5CNnZYYzBZaEo1", "A".repeat(43), "A".repeat(22));
    for costs in ["m=64,t=1,p=2", "m=63,t=1,p=2", "m=65,t=1,p=2", "m=64,t=2,p=2", "m=64,t=1,p=1", "m=4194304,t=1,p=2"] {
        stored.push(format!("argon2$argon2id$v=19${costs}${good}${bytes_32}"));
    }
    for (variety, version, salt, hash) in [
        ("argon2i", "v=19$", good, &bytes_32),
        ("argon2d", "v=19$", good, &bytes_32),
        ("argon2id", "v=16$", good, &bytes_32),
        ("argon2id", "", good, &bytes_32),
        ("argon2id", "v=19$", short, &bytes_32),
        ("argon2id", "v=19$", good, &bytes_16),
    ] {
        stored.push(format!("argon2${variety}${version}m=64,t=1,p=2${salt}${hash}"));
    }
    for (n, length, r, p) in [
        (16, 22, 2, 3),
        (16, 12, 2, 3),
        (8, 22, 2, 3),
        (32, 22, 2, 3),
        (16, 22, 1, 3),
        (16, 22, 2, 4),
        (1 << 30, 22, 8, 1),
    ] {
        stored.push(format!("scrypt${n}${}${r}${p}$hash", salt(length)));
    }
    for name in ["bcrypt_sha256", "bcrypt"] {
        for kind in ["2b$04", "2a$04", "2y$04", "2b$05", "2b$12", "2b$31"] {
            stored.push(format!("{name}$${kind}$Mk3Zr8Wq1TnB6vXc0YhJ5e{}", "A".repeat(31)));
        }
    }
    stored.extend([12, 21, 22, 23].map(|length| format!("md5${}$hash", salt(length))));
    stored.extend(
        ["", "!", "!md5$x$y", "gibberish", "sha1$salt$hash", "$", "md5", "md5$x", "pbkdf2_sha256$x$y$z"]
            .map(Into::into),
    );
    stored.extend(["md5$$21232f297a57a5a743894a0e4a801fc3", "21232f297a57a5a743894a0e4a801fc3"].map(Into::into));
    stored
}

#[test]
fn must_update_agrees_with_django() {
    let answers = run_django(
        &stored().into(),
        r#"
def updates(encoded, preferred):
    try:
        changed = identify_hasher(encoded).algorithm != preferred.algorithm
    except ValueError:
        return False
    try:
        return changed or preferred.must_update(encoded)
    except ValueError:
        return True  # but verify() fails, too
print(json.dumps([
    [few(name).encode("x", few(name).salt()), [updates(encoded, few(name)) for encoded in given]]
    for name in FEW
]))"#,
    );
    let (mut ours, mut theirs) = (String::new(), String::new());
    for answer in answers.as_array().unwrap() {
        let preferred = Hasher::of_encoded(answer[0].as_str().unwrap()).unwrap();
        for (encoded, answer) in stored().iter().zip(answer[1].as_array().unwrap()) {
            writeln!(ours, "{preferred} {encoded}: {}", must_update(encoded, &preferred)).unwrap();
            writeln!(theirs, "{preferred} {encoded}: {answer}").unwrap();
        }
    }
    snapbox::assert_data_eq!(ours, theirs);
}

#[test]
fn a_hash_with_extreme_parameters_is_rejected_quickly() {
    let start = Instant::now();
    let salt = "A".repeat(22);
    for encoded in [
        format!("pbkdf2_sha256$4294967295${salt}$hash"),
        format!("argon2$argon2id$v=19$m=4294967295,t=4294967295,p=1${salt}$AAAAAA"),
        format!("scrypt$1073741824${salt}$1024$1024$hash"),
        format!("bcrypt$$2b$31${}{}", "O".repeat(22), "O".repeat(31)),
        format!("md5${}", "x$".repeat(1 << 20)),
        "$".repeat(1 << 20),
    ] {
        assert!(!verify(b"secret", &encoded));
    }
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
}

/// Returns a hash of `secret` for every algorithm, with little work.
fn hashes() -> Vec<String> {
    let salt = "$2b$04$Mk3Zr8Wq1TnB6vXc0YhJ5e";
    let of = |like: &str| Hasher::of_encoded(like).unwrap().hash(b"secret", &random(1)).unwrap().reveal().to_owned();
    vec![
        of("pbkdf2_sha256$7$x$"),
        of("pbkdf2_sha1$7$x$"),
        of("argon2$argon2id$v=19$m=16,t=1,p=1$TWszWnI4V3ExVG5CNnZYYw$AAAAAA"),
        of("scrypt$16$x$2$3$"),
        of(&format!("bcrypt_sha256${salt}")),
        of(&format!("bcrypt${salt}")),
        of("md5$x$"),
    ]
}

/// Fields that look like those of a hash with little work.
fn fields() -> impl Strategy<Value = String> {
    let field = prop_oneof![
        "[0-9]{0,3}",
        "[A-Za-z0-9+/=.]{0,60}",
        "m=[0-9]{1,3},t=[0-9],p=[0-9]",
        "v=1[0-9]",
        "argon2i?d?",
        "2[abxy]",
        any::<String>(),
    ];
    prop::collection::vec(field, 0..8).prop_map(|fields| fields.join("$"))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn an_invalid_hash_never_verifies(garbage in any::<String>(), algorithm in select(&Algorithm::ALL[..]), fields in fields()) {
        for encoded in [garbage, format!("{algorithm}${fields}")] {
            for password in ["", "secret"] {
                prop_assert!(!verify(password.as_bytes(), &encoded));
            }
            let _ = must_update(&encoded, &Hasher::newest(algorithm));
        }
    }

    #[test]
    fn a_hash_with_one_changed_character_never_verifies(
        encoded in select(hashes()),
        position in any::<prop::sample::Index>(),
                // Not a, x or y: both sides treat 2a, 2x and 2y of bcrypt like 2b.
        character in "[0-9A-Zb-wz$./+=,!\u{e9}]",
    ) {
        let position = position.index(encoded.len());
        let changed = format!("{}{character}{}", &encoded[..position], &encoded[position + 1..]);
        prop_assert_eq!(verify(b"secret", &changed), changed == encoded);
    }
}
