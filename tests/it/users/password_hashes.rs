//! Password hashes compared with the real Django: each side verifies, and keeps, what the other
//! makes.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use drfctl::django::password::{Algorithm, Hasher, RANDOM_BYTES, must_update, unusable, verify};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

use crate::support::Sandbox;

/// Django with all its hashers, and `few`: a hasher that does little work.
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

/// What a program says with `print(json.dumps(…))`, given values as `given`.
fn ask(given: &Value, program: &str) -> Value {
    let literal = Value::from(given.to_string());
    let said = Sandbox::stock().django(&format!("{HASHERS}\ngiven = json.loads({literal})\n{program}"));
    serde_json::from_str(&said).unwrap()
}

/// Passwords that a hasher could get wrong.
fn passwords() -> Vec<String> {
    let mut passwords: Vec<String> =
        ["secret", " secret ", "p\u{e4}ssw\u{f6}rd", "pa\u{308}sswo\u{308}rd", "\u{1f511}$!"].map(Into::into).into();
    passwords.extend(["nul\0inside".to_owned(), "x".repeat(72), "x".repeat(73), "\u{e9}".repeat(2048)]);
    passwords
}

/// Whether plain bcrypt has no answer of its own for the password.
fn is_refused(algorithm: Algorithm, password: &str) -> bool {
    algorithm == Algorithm::Bcrypt && (password.len() > 72 || password.contains('\0'))
}

/// Bytes as good as random for a test, another set for each `seed`.
fn random(seed: u8) -> [u8; RANDOM_BYTES] {
    std::array::from_fn(|index| u8::try_from(index).unwrap().wrapping_mul(37).wrapping_add(seed))
}

/// What both sides are asked about: every algorithm with every password that it takes.
fn pairs() -> Vec<(Algorithm, String)> {
    let every = |algorithm| passwords().into_iter().map(move |password| (algorithm, password));
    Algorithm::ALL
        .into_iter()
        .flat_map(every)
        .filter(|(algorithm, password)| !is_refused(*algorithm, password))
        .collect()
}

/// One hash by Django for each of [`pairs`], with little work.
fn made_there() -> Vec<String> {
    let given: Vec<_> = pairs().iter().map(|(algorithm, password)| json!([algorithm.name(), password])).collect();
    let made = ask(
        &given.into(),
        "print(json.dumps([make_password(password, hasher=few(algorithm)) for algorithm, password in given]))",
    );
    serde_json::from_value(made).unwrap()
}

#[test]
fn a_hash_that_django_made_verifies_here() {
    for ((algorithm, password), encoded) in pairs().iter().zip(made_there()) {
        assert!(verify(password.as_bytes(), &encoded), "{algorithm} {password:?} {encoded}");
        for wrong in passwords().iter().filter(|wrong| *wrong != password) {
            assert!(!verify(wrong.as_bytes(), &encoded), "{algorithm} {wrong:?} {encoded}");
        }
    }
}

#[test]
fn a_hash_made_like_django_s_verifies_there_and_is_kept() {
    let mut given = Vec::new();
    for ((algorithm, password), (like, seed)) in pairs().iter().zip(made_there().iter().zip(0..)) {
        let hasher = Hasher::of_encoded(like).unwrap();
        let encoded = hasher.hash(password.as_bytes(), &random(seed)).unwrap();
        given.push(json!([algorithm.name(), password, encoded.reveal()]));
    }
    let answers = ask(
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
fn a_hash_with_the_defaults_of_django_is_kept_there() {
    let iterations = ask(&Value::Null, "print(get_hasher('pbkdf2_sha256').iterations)");
    let iterations = u32::try_from(iterations.as_u64().unwrap()).unwrap();
    let mut given = Vec::new();
    for algorithm in Algorithm::ALL {
        let newest = Hasher::newest(algorithm);
        // Django has raised only this since the Django of the tests.
        let hasher = newest.with_iterations(iterations).unwrap_or(newest);
        given.push(json!([algorithm.name(), hasher.hash(b"secret", &random(1)).unwrap().reveal()]));
    }
    let answers = ask(
        &given.into(),
        "print(json.dumps([verify_password('secret', encoded, algorithm) for algorithm, encoded in given]))",
    );
    assert_eq!(answers, Value::from(vec![json!([true, false]); Algorithm::ALL.len()]));
}

#[test]
fn an_unusable_password_is_one_there() {
    let answer = ask(
        &json!(unusable(&random(1)).unwrap()),
        "print(json.dumps([is_password_usable(given), check_password('', given), len(given) - len(make_password(None))]))",
    );
    assert_eq!(answer, json!([false, false, 0]));
}

/// Stored hashes of every kind that `must_update` tells apart, whether or not a password matches.
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
fn must_update_answers_as_django_does() {
    let answers = ask(
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
    let (mut here, mut there) = (String::new(), String::new());
    for answer in answers.as_array().unwrap() {
        let preferred = Hasher::of_encoded(answer[0].as_str().unwrap()).unwrap();
        for (encoded, answer) in stored().iter().zip(answer[1].as_array().unwrap()) {
            writeln!(here, "{preferred} {encoded}: {}", must_update(encoded, &preferred)).unwrap();
            writeln!(there, "{preferred} {encoded}: {answer}").unwrap();
        }
    }
    snapbox::assert_data_eq!(here, there);
}

#[test]
fn a_hostile_hash_is_answered_at_once() {
    let began = Instant::now();
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
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
}

/// A hash of `secret` by every algorithm, with little work.
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

/// Fields that look like those of a hash, at little work.
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
    fn garbage_is_never_valid(garbage in any::<String>(), algorithm in select(&Algorithm::ALL[..]), fields in fields()) {
        for encoded in [garbage, format!("{algorithm}${fields}")] {
            for password in ["", "secret"] {
                prop_assert!(!verify(password.as_bytes(), &encoded));
            }
            let _ = must_update(&encoded, &Hasher::newest(algorithm));
        }
    }

    #[test]
    fn a_hash_with_another_character_is_never_valid(
        encoded in select(hashes()),
        place in any::<prop::sample::Index>(),
        // Not a, x or y: the kinds 2a, 2x and 2y of bcrypt are computed as 2b is, there and here.
        character in "[0-9A-Zb-wz$./+=,!\u{e9}]",
    ) {
        let place = place.index(encoded.len());
        let changed = format!("{}{character}{}", &encoded[..place], &encoded[place + 1..]);
        prop_assert_eq!(verify(b"secret", &changed), changed == encoded);
    }
}
