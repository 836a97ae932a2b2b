//! Email addresses, which drfctl accepts or rejects like Django.

use drfctl::django::email::{EmailAddress, normalize_email};

use crate::support::Sandbox;

/// Valid, invalid and borderline addresses.
#[rustfmt::skip]
const ADDRESSES: &[&str] = &[
    "a@b.co", "ada@example.com", "Ada@Example.COM", "ada.love+x@sub.example.org", "a-b_c@ex-ample.com", "1@2.com",
    "!#$%&'*+/=?^_`{}|~-@example.com", "a@b.c.d.e.fg", "x@xn--bcher-kva.example", "x@example.xn--p1ai",
    "x@example.XN--P1AI", "x@example.xn--1", "x@example.xn--", "x@example.xn--ſ1", "x@example.xn--é1",
    "x@bücher.de", "x@BÜCHER.DE", "x@例え.テスト", "x@ΣΑΣ.gr", "x@İstanbul.tr", "x@ab.çom", "x@𝒜.com", "x@a.𝒜b",
    "x@\u{a0}.com", "x@\u{a1}.com", "x@b.com\u{3000}", "x@b.\u{2028}\u{2028}", "x@b.com\u{a0}", "ı@b.com",
    "ſ@b.com", "\u{212a}@b.com", "é@b.com", "µ@b.com", "ß@b.com", "\"ı\"@b.com", "\"é\"@b.com", "", " ", "@", "a", "a@",
    "@b.com", "a@@b.com", "a@b@c.com", "a b@c.com", "a@b c.com", "a@b", "a@b.", "a@.com", "a@b..com", "a@b.c",
    "a@b.c1", "a@b.12", "a@b.com.", ".a@b.com", "a.@b.com", "a..b@c.com", "a@-b.com", "a@b-.com", "a@b.-com",
    "a@b.com-", "a@b.c-m", "a@b-c.d-e.com", "a@b.-c.com", "a@b.c-.com", "a@b_c.com", "a@b.co_m", "a,b@c.com",
    "a;b@c.com", "a:b@c.com", "(a)@b.com", "<a@b.com>", "Ada <a@b.com>", "a@b.com,c@d.com", "mailto:a@b.com",
    "a\\b@c.com", "a\"b@c.com", "a@localhost", "a@LOCALHOST", "a@localhost.", "a@LocalHost",
    "a@localhost.localdomain", "a@sub.localhost", "\"a\"@b.com", "\"\"@b.com", "\"@b.com", "\"\"\"@b.com",
    "\"a b\"@c.com", "\"a\\ b\"@c.com", "\"a@b\"@c.com", "\"a\\\"b\"@c.com", "\"a\"b\"@c.com", "\"a\\\"@c.com",
    "\"a\\\\\"@c.com", "\"\\\u{9}\"@c.com", "\"\u{9}\"@c.com", "\"\u{8}\u{b}\u{c}\u{1f}\u{7f}\"@c.com",
    "\"\\\u{a}\"@c.com", "\"\\\u{d}\"@c.com", "\"\u{a}\"@c.com", "\"\u{0}\"@c.com", "\"\\\u{0}\"@c.com",
    "\"\u{80}\"@c.com", "\"a\".b@c.com", "a.\"b\"@c.com", "\"a\"\"b\"@c.com", "\"!#[]~\"@c.com", "a\0@b.com",
    "a\n@b.com", "a@b.com\n", "\na@b.com", "a@b.com ", " a@b.com", "\t\"a\"@b.com", "a@b\n.com", "a@b.com\0",
    "a\u{202e}@b.com", "a@b\u{202e}.com", "a\u{200b}@b.com", "😀@b.com", "a@😀.com", "a@b.😀😀", "a@☃.com",
    "a@[127.0.0.1]", "a@[127.0.0.256]", "a@[127.0.0.01]", "a@[127.0.0]", "a@[0.0.0.0]", "a@[1.2.3.4.5]",
    "a@127.0.0.1", "a@[::1]", "a@[::]", "a@[1::]", "a@[1:2:3:4:5:6:7:8]", "a@[1:2:3:4:5:6:7]", "a@[1::2::3]",
    "a@[1:2:3:4:5:6:7::]", "a@[::2:3:4:5:6:7:8]", "a@[1::3:4:5:6:7:8]", "a@[1:2:3:4::5:6:7:8]", "a@[00001::]",
    "a@[g::]", "a@[ABCD::EF01]", "a@[::ffff:1.2.3.4]", "a@[::1.2.3]", "a@[1.2.3.4::]", "a@[IPv6:::1]",
    "a@[::1%eth0]", "a@[::1", "a@::1]", "a@[]", "a@[:]", "a@[:1]", "a@[::1]x", "a@[::1].com",
    "a@[1:2:3:4:5:6:1.2.3.4]", "a@[1:2:3:4:5:6:7:1.2.3.4]", "a@[0000:0000:0000:0000:0000:0000:0000:0001]",
    "a@[0000:0000:0000:0000:0000:ffff:255.255.255.255]", "a@[0:0:0:0:0:ffff:255.255.255.255]",
    "a@[\u{ff11}.2.3.4]", "a@[ 1.2.3.4]", "a@[1.2.3.4\n]",
];

fn addresses() -> Vec<String> {
    let mut addresses: Vec<String> = ADDRESSES.iter().map(ToString::to_string).collect();
    for count in [59, 60, 61, 63, 64] {
        let label = "b".repeat(count);
        addresses.push(format!("a@{label}.com"));
        addresses.push(format!("a@x.{label}.com"));
        addresses.push(format!("a@x.{label}"));
        addresses.push(format!("a@x.xn--{label}"));
        addresses.push(format!("a@x.xn--{}1", "b".repeat(count - 1)));
        addresses.push(format!("a@{}.com", "ü".repeat(count)));
    }
    for count in [64, 242, 243, 308, 309, 400] {
        addresses.push(format!("{}@example.com", "a".repeat(count)));
        addresses.push(format!("{} @example.com", "é".repeat(count)));
    }
    addresses
}

/// Returns whether drfctl accepts an address, and the stored address or the message.
fn ours(address: &str) -> (bool, String) {
    match EmailAddress::parse(address, Some(254)) {
        Ok(address) => (true, address.as_str().to_owned()),
        Err(error) => (false, error.to_string()),
    }
}

#[test]
fn addresses_are_accepted_and_stored_like_createsuperuser() {
    let addresses = addresses();
    assert!(addresses.len() > 200);
    let theirs: Vec<(bool, String)> = Sandbox::stock().ask(
        &addresses,
        r#"
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
User, answer = get_user_model(), []
field = User._meta.get_field("email")
for address in table:
    try:
        # The column may be empty; an address may not.
        value = field.clean(address, None) if address else validate_email(address)
        answer.append((True, User.objects.normalize_email(value)))
    except ValidationError as error:
        answer.append((False, "; ".join(error.messages)))
"#,
    );
    assert_eq!(addresses.len(), theirs.len());
    let pairs = addresses.iter().map(|address| (address, ours(address))).zip(theirs);
    let different: Vec<_> = pairs.filter(|((_, ours), theirs)| ours != theirs).collect();
    assert_eq!(different, Vec::new());
}

#[test]
fn normalize_email_agrees_with_djangos_manager() {
    let addresses = addresses();
    let program = "from django.contrib.auth.base_user import BaseUserManager\n\
                   answer = [BaseUserManager.normalize_email(address) for address in table]";
    let theirs: Vec<String> = Sandbox::stock().ask(&addresses, program);
    let ours: Vec<String> = addresses.iter().map(|address| normalize_email(address)).collect();
    assert_eq!(ours, theirs);
}

/// The positions of a character in an address: local part, quoted, escaped, domain label, top-level
/// domain and Punycode.
const POSITIONS: [&str; 6] = ["{}@b.com", "\"{}\"@b.com", "\"\\{}\"@b.com", "a@{}.com", "a@b.c{}m", "a@b.xn--1{}"];

#[test]
fn every_character_is_accepted_where_django_accepts_it() {
    let theirs: Vec<Vec<(u32, u32)>> = Sandbox::stock().ask(
        &POSITIONS,
        r#"
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
answer = []
for position in table:
    found = []
    for c in [*range(0xD800), *range(0xE000, 0x11000), *range(0x1F600, 0x1F700), 0x10FFFF]:
        try:
            validate_email(position.replace("{}", chr(c)))
        except ValidationError:
            continue
        if found and found[-1][1] == c - 1:
            found[-1][1] = c
        else:
            found.append([c, c])
    answer.append(found)
"#,
    );
    for (position, theirs) in POSITIONS.iter().zip(theirs) {
        let is_theirs = |c: char| theirs.iter().any(|(first, last)| (*first..=*last).contains(&u32::from(c)));
        let asked = ('\0'..'\u{11000}').chain('\u{1f600}'..'\u{1f700}').chain([char::MAX]);
        let different: Vec<char> = asked
            .filter(|c| EmailAddress::parse(&position.replace("{}", &c.to_string()), None).is_ok() != is_theirs(*c))
            .collect();
        assert_eq!(different, Vec::new(), "{position}");
    }
}
