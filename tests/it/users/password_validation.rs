//! Weak passwords: the messages are those of the real Django's validators.
//!
//! Tags such as `G18` name cases of `tests/CASES.md`.

use drfctl::django::password_validation::{UserAttributes, validate};

use crate::support::Sandbox;

const COMMON: &str = "This password is too common.";

/// A password, and a user's username, first name, last name and e-mail address.
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
    // At and beside the ratio of 0.7, and at ten times the length.
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

fn ours((password, [username, first_name, last_name, email]): &Case) -> Vec<String> {
    let mut complaints = validate(password, &UserAttributes { username, first_name, last_name, email });
    complaints.retain(|complaint| complaint != COMMON);
    complaints
}

#[test]
fn a_password_is_answered_as_the_validators_of_a_new_project_answer_it() {
    let cases = cases();
    let theirs: Vec<Vec<String>> = Sandbox::stock().ask(
        &cases,
        r#"
import pathlib, re
import django.conf
from django.contrib.auth import get_user_model, password_validation
from django.core.exceptions import ValidationError
settings = pathlib.Path(django.conf.__file__).parent / "project_template/project_name/settings.py-tpl"
names = re.findall(r"django\.contrib\.auth\.password_validation\.\w+", settings.read_text())
assert len(names) == 4
# The list of common passwords is not ours.
validators = password_validation.get_password_validators([{"NAME": n} for n in names if "Common" not in n])
answer = []
for password, (username, first_name, last_name, email) in table:
    user = get_user_model()(username=username, first_name=first_name, last_name=last_name, email=email)
    try:
        password_validation.validate_password(password, user, validators)
        answer.append([])
    except ValidationError as error:
        answer.append(error.messages)
"#,
    );
    assert_eq!(cases.len(), theirs.len());
    let pairs = cases.iter().zip(theirs);
    let different: Vec<_> = pairs.map(|(case, theirs)| (case, ours(case), theirs)).filter(|(_, a, b)| a != b).collect();
    assert_eq!(different, Vec::new());
}

/// How much of Django's list is refused, and for being common.
#[test]
fn most_of_djangos_common_passwords_are_refused() {
    let sample: Vec<String> = Sandbox::stock().ask(
        &(),
        r#"
from django.contrib.auth.password_validation import CommonPasswordValidator
validator = CommonPasswordValidator()
assert str(validator.get_error_message()) == "This password is too common."
answer = sorted(validator.passwords)
assert max(map(len, answer)) == 33
answer = answer[::40]
"#,
    );
    let user = UserAttributes::default();
    let complaints: Vec<_> = sample.iter().map(|password| validate(password, &user)).collect();
    let refused = complaints.iter().filter(|complaints| !complaints.is_empty()).count();
    let common = complaints.iter().filter(|complaints| complaints.iter().any(|c| c == COMMON)).count();
    let percent = |count: usize| count * 100 / sample.len();
    assert!(percent(refused) >= 91, "{}% refused", percent(refused));
    assert!(percent(common) >= 87, "{}% common", percent(common));
}

#[test]
fn random_passwords_are_not_common() {
    let random: Vec<String> = Sandbox::stock().ask(
        &(),
        r#"
import random, string
source = random.Random(4)
answer = ["".join(source.choices(string.ascii_letters + string.digits, k=10 + n % 12)) for n in range(500)]
"#,
    );
    let user = UserAttributes::default();
    let refused: Vec<_> = random.iter().filter(|password| !validate(password, &user).is_empty()).collect();
    assert_eq!(refused, Vec::<&String>::new());
}

/// G18: Django's own words, for a script that asks for the checks.
#[test]
fn a_weak_password_is_refused_in_djangos_words_where_that_was_asked_for() {
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
        let expected = messages.join("\nhint: ");
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
fn a_weak_password_of_a_script_is_not_judged_unasked() {
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
fn a_password_like_what_is_stored_of_the_user_is_refused_as_django_refuses_it() {
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
