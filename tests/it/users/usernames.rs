//! New usernames, which drfctl accepts or rejects like Django, and Python's character classes over
//! all of Unicode.
//!
//! Tags such as `B20` name cases of `tests/CASES.md`.

use std::collections::BTreeMap;
use std::ffi::OsStr;

use drfctl::django::new_username::{Characters, NewUsername};
use drfctl::django::python_text::{is_digit, is_word, strip};
use unicode_normalization::UnicodeNormalization;

use crate::support::Sandbox;

/// Names without surrounding white space, which a form would strip.
#[rustfmt::skip]
const NAMES: &[&str] = &[
    // B16 to B18: equal after NFKC, or different only in case.
    "alice", "Alice", "ALICE", "fiona", "ﬁona", "ﬀ", "ſtraße", "\u{212a}", "\u{212b}", "Ⅷ", "ⅷ", "ａlice", "ｱﾘｽ", "①", "㎏",
    "ﷲ",
    // B19: composed and decomposed.
    "é", "e\u{301}", "josé", "jose\u{301}", "q\u{301}", "각", "\u{1100}\u{1161}\u{11a8}", "ǖ", "u\u{308}\u{304}",
    // B21: longer after NFKC, or with other characters.
    "\u{fdfa}", "½", "a½", "¼", "ª", "º", "´", "…", "x…", "ŉ", "℀", "㏂", "\u{2024}", "a\u{ff20}b", "＠", "＿", "－",
    // B22.
    "", " ", "\t", "\u{a0}", "\u{3000}", "\u{1c}", " \n ",
    // B23, B24: control characters inside.
    "a\0b", "a\nb", "a\tb", "a\rb", "a b", "\u{1b}[31m", "a\u{7f}b", "a\u{85}b", "a\u{9b}b", "a\u{2028}b",
    // B25: invisible characters.
    "a\u{202e}b", "a\u{200d}b", "a\u{ad}b", "\u{200b}a", "a\u{feff}", "a\u{2066}b", "a\u{180e}b", "a\u{fe0f}",
    "a\u{34f}b", "a\u{3164}b", "a\u{115f}b", "a\u{ffa0}b", "a\u{e0041}",
    // B26: valid, but similar to another name.
    "аdmin", "pаypal", "αlpha", "admin",
    // B27.
    "-rf", "@", ".", "..", "-", "--", "+", "_", "@/./+/-/_", "@.+-_", "alice@example.com", "a+b@x-y.z",
    // B28.
    "o'; DROP TABLE--", "%", "a%", "\"", "`", "$(id)", "a/b", "a\\b", "<b>", "a,b", "a:b", "a;b", "a#b", "a=b",
    "a*b",
    // B29.
    "😀", "a😀", "👩\u{200d}💻", "🇩🇪", "1️⃣", "☃",
    // B30: characters for which \w of Python and of Rust differ.
    "क्षि", "क", "หนึ่ง", "²", "x²", "¹", "₂", "Ⅻ", "௧", "௰", "〇", "一", "㊀", "༳", "٣", "۵", "𝟘", "𝒜", "🄀", "🅰",
    "Ⓐ", "ⅰ", "〡", "ൿ", "ⴰ", "ǅ", "ʰ", "ˆ", "ˈ", "ゝ", "々", "ー", "ﾞ", "\u{345}", "\u{903}", "\u{20dd}", "a\u{327}",
    "‿", "⁀", "﹏", "·", "ꙮ", "ⁿ", "№", "™", "°", "€", "µ", "ß", "ẞ", "İ", "ı", "ŀ", "שלום", "שָׁלוֹם", "سلام",
    "مُحَمَّد", "Ελλάδα", "Владимир", "Հայ", "ქართ", "한국", "日本", "かな", "カナ", "ไทย", "中文", "ᚠ", "ꦏ", "𐍈", "𠀀", "𖹠",
    // B31: unassigned, for private use, not a character.
    "\u{378}", "\u{e000}", "\u{ffff}", "\u{10ffff}", "a\u{f0000}",
];

/// B20, B21: at the limit, before and after NFKC.
#[rustfmt::skip]
const REPEATED: [(&str, usize); 22] = [
    ("a", 149), ("a", 150), ("a", 151), ("a", 1000), ("é", 150), ("é", 151), ("e\u{301}", 75), ("e\u{301}", 76),
    ("ﬁ", 75), ("ﬁ", 76), ("ﬁ", 150), ("ﬁ", 151), ("ﷺ", 9), ("½", 50), ("½", 51), ("𠀀", 150), ("𠀀", 151),
    (".", 151), (" ", 151), ("\0", 151), ("😀", 151), ("%", 151),
];

fn names() -> Vec<String> {
    let mut names: Vec<String> = NAMES.iter().map(ToString::to_string).collect();
    for (text, count) in REPEATED {
        names.push(text.repeat(count));
    }
    names.push(format!("{}\u{fdfa}", "a".repeat(132)));
    names.push(format!("{}\u{fdfa}", "a".repeat(140)));
    names.push(format!("{}\0", "a".repeat(150)));
    names
}

/// Returns whether drfctl accepts a name, and the stored name or the message.
fn parse(name: &str, characters: Characters) -> (bool, String) {
    match NewUsername::parse(OsStr::new(name), characters, Some(150)) {
        Ok(name) => (true, name.username().to_string()),
        Err(error) => (false, error.to_string()),
    }
}

/// Returns the names for which drfctl and Django differ, with both results.
fn differences(characters: Characters, names: &[String], theirs: &[(bool, String)]) -> Vec<String> {
    assert_eq!(names.len(), theirs.len());
    let answers = names.iter().map(|name| parse(name, characters));
    let pairs = names.iter().zip(answers.zip(theirs));
    pairs.filter(|(_, (ours, theirs))| ours != *theirs).map(|(name, both)| format!("{name:?}: {both:?}")).collect()
}

/// B19, B21, B22, B23, B24, B25, B28, B29, B31
#[test]
fn a_new_username_is_validated_like_djangos_form() {
    let names = names();
    assert!(names.len() > 200);
    let sandbox = Sandbox::stock();
    // Otherwise the form would reject alice as a duplicate.
    sandbox.exec("DELETE FROM auth_user");
    let theirs: Vec<(bool, String)> = sandbox.ask(
        &names,
        r#"
from django.contrib.auth.forms import BaseUserCreationForm
answer = []
for name in table:
    form = BaseUserCreationForm({"username": name, "password1": "x", "password2": "x"})
    errors = form.errors.get("username", [])
    # A form reports a missing value in other words than a model.
    errors = [error.replace("is required", "cannot be blank") for error in errors]
    answer.append((not errors, "; ".join(errors) or form.cleaned_data["username"]))
"#,
    );
    assert_eq!(differences(Characters::Validated, &names, &theirs), Vec::<String>::new());
}

/// B22, B24: with each command that creates a user.
#[test]
fn a_blank_name_or_control_characters_are_rejected() {
    let sandbox = Sandbox::stock();
    let blank = ["", " ", "   ", "\u{a0}"];
    let controls = ["al\nice", "alice\n", "al\tice", "\u{1b}[31malice", "al\u{7f}ice", "al\u{9b}ice", "al\rice"];
    for name in blank.into_iter().chain(controls) {
        let row = format!("{}\n", serde_json::json!({ "username": name }));
        for call in [
            sandbox.drfctl(["create-user", "--no-password", "--", name]),
            sandbox.drfctl(["createsuperuser", "--noinput", "--email", "a@example.com", "--username", name]),
            sandbox.drfctl(["create-user", "--no-password", "--from", "-"]).stdin(row),
        ] {
            let outcome = sandbox.unchanged(call);
            assert_eq!((outcome.status.as_str(), outcome.stdout.as_str()), ("3", ""), "{name:?}\n{outcome}");
            let is_plain = |c: char| c == '\n' || !c.is_control();
            assert!(outcome.stderr.chars().all(is_plain), "{name:?}\n{outcome}");
        }
    }
}

/// B19: Django does not create such names, but a database may contain them.
#[test]
fn of_two_similar_names_the_exact_one_is_selected() {
    let (composed, decomposed) = ("jos\u{e9}", "jose\u{301}");
    let sandbox = Sandbox::stock();
    sandbox.add_user("501", &format!("'{decomposed}'"));
    let alone = sandbox.unchanged(sandbox.drfctl(["create-token", composed]));
    assert_eq!((alone.status.as_str(), alone.stdout.as_str()), ("3", ""), "{alone}");
    sandbox.add_user("502", &format!("'{composed}'"));
    for (name, id) in [(composed, "502"), (decomposed, "501")] {
        let key = sandbox.drfctl(["create-token", name]).run().ok().key();
        assert_eq!(sandbox.value(&format!("SELECT key FROM authtoken_token WHERE user_id = {id}")), key);
        let _ = sandbox.drfctl(["revoke", name]).run().ok();
        assert_eq!(sandbox.value("SELECT count(*) FROM authtoken_token"), "0");
    }
}

#[test]
fn another_username_field_is_validated_like_its_form_field() {
    let names = names();
    let theirs: Vec<(bool, String)> = Sandbox::stock().ask(
        &names,
        r#"
from django.contrib.auth.forms import UsernameField
from django.core.exceptions import ValidationError
field, answer = UsernameField(max_length=150), []
for name in table:
    try:
        answer.append((True, field.clean(name)))
    except ValidationError as error:
        answer.append((False, "; ".join(error.messages).replace("is required", "cannot be blank")))
"#,
    );
    assert_eq!(differences(Characters::Any, &names, &theirs), Vec::<String>::new());
}

#[test]
fn surrounding_white_space_is_rejected_like_createsuperuser() {
    let names =
        [" alice", "alice ", "alice\n", "\talice", "\u{a0}alice", "alice\u{2003}", "\u{1f}alice", "alice\u{85}"];
    let theirs: Vec<(bool, String)> = Sandbox::stock().ask(
        &names,
        r#"
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
field, answer = get_user_model()._meta.get_field("username"), []
for name in table:
    try:
        answer.append((True, field.clean(name, None)))
    except ValidationError as error:
        answer.append((False, "; ".join(error.messages)))
"#,
    );
    assert_eq!(differences(Characters::Validated, &names.map(str::to_owned), &theirs), Vec::<String>::new());
}

/// Python's classification of all characters: ranges and NFKC forms.
#[derive(serde::Deserialize)]
struct Unicode {
    words: Vec<(u32, u32)>,
    digits: Vec<(u32, u32)>,
    spaces: Vec<(u32, u32)>,
    unassigned: Vec<(u32, u32)>,
    nfkc: BTreeMap<u32, String>,
}

fn has(ranges: &[(u32, u32)], c: char) -> bool {
    let after = ranges.partition_point(|(first, _)| *first <= u32::from(c));
    after > 0 && u32::from(c) <= ranges[after - 1].1
}

/// B30, B31: characters that Python's older tables do not contain are not compared.
#[test]
fn character_classes_agree_with_python() {
    let python: Unicode = Sandbox::stock().ask(
        &(),
        r#"
import re, unicodedata
def ranges(holds):
    found = []
    for c in range(0x110000):
        if holds(chr(c)):
            if found and found[-1][1] == c - 1:
                found[-1][1] = c
            else:
                found.append([c, c])
    return found
characters = map(chr, [*range(0xD800), *range(0xE000, 0x110000)])
normal = ((c, unicodedata.normalize("NFKC", c)) for c in characters)
answer = {
    "words": ranges(re.compile(r"\w").match),
    "digits": ranges(str.isdigit),
    "spaces": ranges(str.isspace),
    "unassigned": ranges(lambda c: unicodedata.category(c) == "Cn"),
    "nfkc": {ord(c): n for c, n in normal if c != n},
}
"#,
    );
    assert!(python.words.len() > 500 && python.nfkc.len() > 4000);
    let mut different = Vec::new();
    let mut newer = 0;
    for c in '\0'..=char::MAX {
        let theirs = (
            has(&python.words, c),
            has(&python.digits, c),
            has(&python.spaces, c),
            python.nfkc.get(&u32::from(c)).cloned().unwrap_or_else(|| c.into()),
        );
        let text = c.to_string();
        let ours = (is_word(c), is_digit(c), strip(&text).is_empty(), text.nfkc().collect::<String>());
        if theirs != ours && has(&python.unassigned, c) {
            newer += 1;
        } else if theirs != ours {
            different.push(format!("{c:?}: {ours:?}, in Python {theirs:?}"));
        }
    }
    assert_eq!(different, Vec::<String>::new());
    assert!(newer < 40_000, "Python's tables know {newer} characters fewer than ours");
}
