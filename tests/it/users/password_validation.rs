//! Password validation: the messages are those of Django's validators.
//!
//! Tags such as `G18` name cases of `tests/CASES.md`.

use drfctl::django::password_validation::{UserAttributes, Validator, validate};

use crate::support::{Sandbox, python};

/// A password, and a user's username, first name, last name and email address.
type Case = (String, [&'static str; 4]);

#[rustfmt::skip]
const PASSWORDS: &[&str] = &[
    "a", "alice", "Alice123", "ecila", "alice-2024!", "xx-alice-xx", "liddell", "lleddil9", "exampleX",
    "ExAmPlE.com", "alice@example.com", "moc.elpmaxe@ecila", "gift-of-9-tongues", "Tr0ub4dor&3zebra", "1234567",
    "12345678", "123456789012", "٣٤٥٦٧٨٩٠", "²³¹²³¹²³¹", "①②③④⑤⑥⑦⑧", "½½½½½½½½", "ⅧⅧⅧⅧⅧⅧⅧⅧ", "1234567a",
    "12345 678", "-12345678", "jean", "luc-jean", "JEAN-LUC", "picardpicard", "enterprise1", "o'neill",
    "strasse!", "STRASSE!", "straße99", "i̇stanbul", "istanbul", "İSTANBUL", "σοφος", "ΣΟΦΟΣ123", "क्षिक्षि",
    "éééééééé", "e\u{301}e\u{301}e\u{301}e\u{301}", "😀😀😀😀😀😀😀", "😀😀😀😀😀😀😀😀", "        ", "\t\n\r ",
    "aaaaaaaaaaaaaaaaaaaa", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "bbbbbbbbbbbbbb", "x@y.zz!!",
    "zzyx1234", "password", "PASSWORD", " password ", "qwertyuiop",
];

fn cases() -> Vec<Case> {
    let users = [
        ["alice", "Alice", "Liddell", "alice@example.com"],
        ["", "", "", ""],
        ["jean-luc", "Jean Luc", "O'Neill Straße", "jl.picard+x@enterprise.example"],
        ["İSTANBUL", "ΣΟΦΟΣ", "क्षि", "²³@b.com"],
        ["-a-", "--", "..", "@"],
        ["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "1234567890", "٣٤٥٦٧٨٩٠", "x@y.zz"],
    ];
    let mut cases = Vec::new();
    for user in users {
        for password in PASSWORDS {
            cases.push(((*password).to_owned(), user));
        }
    }
    // At and near the similarity of 0.7, and at ten times the length.
    for shared in 1..=14 {
        for other in 0..=14 {
            cases.push((
                "abcdefghijklmn"[..shared].to_owned() + &"!".repeat(other),
                ["abcdefghijklmn", "", "", "abcde"],
            ));
        }
    }
    for length in 48..=52 {
        cases.push(("a".repeat(length), ["aaaaa", "", "", ""]));
    }
    cases
}

fn messages((password, user): &Case, validators: &[Validator]) -> Vec<String> {
    let names = ["username", "first_name", "last_name", "email"];
    let columns: Vec<_> =
        names.iter().zip(user).map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    validate(password, &UserAttributes::of(&columns), validators)
}

/// Validates `table["cases"]` with the validators in `table["validators"]`.
const DJANGO: &str = r#"
from django.contrib.auth import get_user_model, password_validation
from django.core.exceptions import ValidationError
module = "django.contrib.auth.password_validation."
validators = password_validation.get_password_validators(
    [{"NAME": module + name, "OPTIONS": options} for name, options in table["validators"]]
)
answer = []
for password, (username, first_name, last_name, email) in table["cases"]:
    user = get_user_model()(username=username, first_name=first_name, last_name=last_name, email=email)
    try:
        password_validation.validate_password(password, user, validators)
        answer.append([])
    except ValidationError as error:
        answer.append(error.messages)
"#;

fn assert_django_agrees(sandbox: &Sandbox, cases: &[Case], theirs: &serde_json::Value, ours: &[Validator]) {
    let theirs: Vec<Vec<String>> = sandbox.ask(&serde_json::json!({"cases": cases, "validators": theirs}), DJANGO);
    assert_eq!(cases.len(), theirs.len());
    for (case, theirs) in cases.iter().zip(theirs) {
        assert_eq!(messages(case, ours), theirs, "{case:?} {ours:?}");
    }
}

#[test]
fn the_validators_of_a_new_project_agree_with_django() {
    let sandbox = Sandbox::stock();
    let named: Vec<String> = sandbox.ask(
        &(),
        r#"
import pathlib, re
import django.conf
settings = pathlib.Path(django.conf.__file__).parent / "project_template/project_name/settings.py-tpl"
answer = re.findall(r"django\.contrib\.auth\.password_validation\.(\w+)", settings.read_text())
"#,
    );
    assert_eq!(named.len(), 4);
    let theirs: Vec<_> = named.iter().map(|name| (name, serde_json::json!({}))).collect();
    assert_django_agrees(&sandbox, &cases(), &serde_json::json!(theirs), &Validator::of_new_project());
}

#[test]
fn validators_with_options_agree_with_django() {
    let attributes =
        |names: &[&str], max| Validator::similarity(Some(names.iter().map(|name| (*name).to_owned()).collect()), max);
    let sandbox = Sandbox::stock();
    for (name, options, ours) in [
        ("MinimumLengthValidator", serde_json::json!({"min_length": 1}), Validator::MinimumLength(1)),
        ("MinimumLengthValidator", serde_json::json!({"min_length": 13}), Validator::MinimumLength(13)),
        (
            "UserAttributeSimilarityValidator",
            serde_json::json!({"max_similarity": 0.1}),
            Validator::similarity(None, Some(0.1)),
        ),
        (
            "UserAttributeSimilarityValidator",
            serde_json::json!({"max_similarity": 1.0, "user_attributes": ["email", "last_name"]}),
            attributes(&["email", "last_name"], Some(1.0)),
        ),
        ("UserAttributeSimilarityValidator", serde_json::json!({"user_attributes": []}), attributes(&[], None)),
    ] {
        assert_django_agrees(&sandbox, &cases(), &serde_json::json!([(name, options)]), &[ours]);
    }
}

#[test]
fn the_common_passwords_are_those_of_djangos_list() {
    // Each password of the list, and a variant that differs.
    let answers: Vec<(String, bool)> = Sandbox::stock().ask(
        &(),
        r#"
from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.exceptions import ValidationError
validator = CommonPasswordValidator()
changes = [str.upper, " {}\t".format, "{}1".format, lambda text: text[::-1], lambda text: text[1:]]
answer = []
for number, password in enumerate(sorted(validator.passwords)):
    for text in password, changes[number % len(changes)](password):
        try:
            validator.validate(text)
            answer.append((text, False))
        except ValidationError as error:
            assert error.messages == ["This password is too common."]
            answer.append((text, True))
"#,
    );
    assert!(answers.iter().filter(|(_, is_common)| *is_common).count() > 19_000);
    for (password, is_common) in answers {
        let messages = validate(&password, &UserAttributes::default(), &[Validator::CommonPassword]);
        assert_eq!(messages == ["This password is too common."], is_common, "{password:?}");
    }
}

const SKIPPED: &str = "warning: password validator shop.validators.Pronounceable is not supported and was skipped";

/// A password, and the messages of the validators.
type Answer = (&'static str, &'static [&'static str]);

/// N12
#[test]
fn validators_in_the_settings_are_used() {
    let database = "DATABASES = {'default': {'ENGINE': 'django.db.backends.sqlite3', 'NAME': 'db.sqlite3'}}";
    let module = "django.contrib.auth.password_validation";
    let cases: [(&str, &[Answer]); 6] = [
        ("", &[("1", &[])]),
        ("AUTH_PASSWORD_VALIDATORS = []", &[("1", &[])]),
        (
            "AUTH_PASSWORD_VALIDATORS = [{'NAME': f'{module}.MinimumLengthValidator', 'OPTIONS': {'min_length': 12}}]",
            &[
                ("12345678901", &["error: This password is too short. It must contain at least 12 characters."]),
                ("123456789012", &[]),
            ],
        ),
        (
            "AUTH_PASSWORD_VALIDATORS = [{'NAME': f'{module}.CommonPasswordValidator',
             'OPTIONS': {'password_list_path': 'list.txt'}}]",
            &[("password", &[]), ("Tulips", &["error: This password is too common."])],
        ),
        (
            "AUTH_PASSWORD_VALIDATORS = [{'NAME': f'{module}.UserAttributeSimilarityValidator',
             'OPTIONS': {'user_attributes': ('last_name',), 'max_similarity': 0.5}}]",
            &[("swordfish", &[]), ("liddellxxxxx", &["error: The password is too similar to the last name."])],
        ),
        (
            "AUTH_PASSWORD_VALIDATORS = [{'NAME': 'shop.validators.Pronounceable', 'OPTIONS': {'min_length': 'eight'}},
             {'NAME': f'{module}.NumericPasswordValidator'}]",
            &[("1", &[SKIPPED, "error: This password is entirely numeric."]), ("a", &[SKIPPED])],
        ),
    ];
    let sandbox = Sandbox::stock();
    sandbox.exec("UPDATE auth_user SET last_name = 'Liddell' WHERE username = 'alice'");
    std::fs::write(sandbox.dir().join("list.txt"), "roses\ntulips\n").unwrap();
    for (validators, answers) in cases {
        let text = format!("module = '{module}'\n{database}\n{validators}\n");
        std::fs::write(sandbox.dir().join("mine.py"), text).unwrap();
        for (password, expected) in answers {
            let call = sandbox.drfctl(["--settings", "mine", "set-password", "alice", "--password-stdin"]);
            let outcome = call.arg("--validate-password").env("PYTHON", python()).stdin(*password).run();
            let status = if expected.iter().any(|line| line.starts_with("error: ")) { "3" } else { "0" };
            let stderr: Vec<&str> = outcome.stderr.lines().collect();
            assert_eq!((outcome.status.as_str(), stderr.as_slice()), (status, *expected), "{validators} {password}");
        }
    }
}

/// G18: a script that requests validation gets Django's messages.
/// N76: several messages are printed as a list.
#[test]
fn validate_password_rejects_with_djangos_messages() {
    let sandbox = Sandbox::stock();
    let weak = [
        "x9#Qv2",
        "12345678",
        "93847561029",
        "password",
        "carolus.1",
        "Carolus99",
        "wonderland",
        "1234",
        "carol@example.com",
    ];
    let theirs: Vec<Vec<String>> = sandbox.ask(
        &weak,
        r#"
from django.contrib.auth import password_validation
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
NAMES = ["UserAttributeSimilarity", "MinimumLength", "CommonPassword", "NumericPassword"]
config = [{"NAME": f"django.contrib.auth.password_validation.{name}Validator"} for name in NAMES]
validators = password_validation.get_password_validators(config)
user = User(username="carolus", email="carol@example.com", first_name="Carol", last_name="Wonderland")
answer = []
for password in table:
    try:
        password_validation.validate_password(password, user, validators)
        answer.append([])
    except ValidationError as error:
        answer.append(error.messages)
"#,
    );
    let user = ["carolus", "--email", "carol@example.com", "--first-name", "Carol", "--last-name", "Wonderland"];
    for (password, messages) in weak.iter().zip(theirs) {
        assert!(!messages.is_empty(), "{password}");
        let call =
            sandbox.drfctl(["create-user", "--password-stdin", "--validate-password"]).args(user).stdin(*password);
        let expected = match messages.as_slice() {
            [only] => only.clone(),
            several => {
                format!("the password is rejected for {} reasons\n  - {}", several.len(), several.join("\n  - "))
            }
        };
        assert_eq!(
            sandbox.unchanged(call).to_string(),
            format!("exit: 3\n--- stdout\n--- stderr\nerror: {expected}\n"),
            "{password}"
        );
    }
    let call = sandbox.drfctl(["create-user", "--password-stdin", "--validate-password"]).args(user);
    let _ = call.stdin("korrektes pferd 7!").run().ok();
}

/// G18
#[test]
fn without_a_terminal_weak_passwords_are_accepted_by_default() {
    let sandbox = Sandbox::stock();
    for (name, args) in [("alice1", &[][..]), ("alice2", &["--skip-validation"])] {
        let _ = sandbox.drfctl(["create-user", name, "--password-stdin"]).args(args).stdin("1").run().ok();
    }
    let call = sandbox.drfctl(["create-user", "carol", "--no-password", "--skip-validation", "--validate-password"]);
    assert_eq!(sandbox.unchanged(call).status, "2");
    assert_eq!(sandbox.passwords_match(&[("alice1", "1"), ("alice2", "1")]), [true, true]);
}

/// G18
#[test]
fn a_password_similar_to_a_stored_attribute_is_rejected() {
    let sandbox = Sandbox::stock();
    sandbox.exec(
        "UPDATE auth_user SET last_name = 'Wonderland', email = 'jabberwocky@example.com' WHERE username = 'alice'",
    );
    for call in [&["set-password", "alice"][..], &["create-user", "alice", "--update"]] {
        for (password, attribute) in
            [("wonderland7", "last name"), ("jabberwocky7", "email address"), ("alice-ali", "username")]
        {
            let call = sandbox.drfctl(call).args(["--password-stdin", "--validate-password"]).stdin(password);
            assert_eq!(
                sandbox.unchanged(call).to_string(),
                format!("exit: 3\n--- stdout\n--- stderr\nerror: The password is too similar to the {attribute}.\n")
            );
        }
    }
}
