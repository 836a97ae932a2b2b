//! Names and email addresses: an accepted text is normalized, within its limit and accepted again; no
//! input causes a panic. The same for keys and times.
//!
//! The input: a limit, then a text.

#![no_main]

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use drfctl::django::authorization;
use drfctl::django::email::{EmailAddress, normalize_email};
use drfctl::django::new_username::{Characters, NewUsername, is_ordinary};
use drfctl::django::token_key::{KeyKind, TokenKey, as_name, shortened};
use drfctl::django::username::{Shape, Username};
use drfctl::engine::moment;
use drfctl_fuzz::assert_harmless;
use libfuzzer_sys::fuzz_target;
use unicode_normalization::UnicodeNormalization;

fuzz_target!(|input: &[u8]| {
    let Some((limit, typed)) = input.split_first() else { return };
    let typed = OsStr::from_bytes(typed);
    let limit = Some(usize::from(*limit)).filter(|limit| *limit < 255);
    for characters in [Characters::Validated, Characters::Any] {
        let Ok(name) = NewUsername::parse(typed, characters, limit) else { continue };
        let text = name.username().as_str();
        assert_eq!(text.nfkc().collect::<String>(), text);
        assert!(limit.is_none_or(|limit| text.chars().count() <= limit));
        assert_eq!(Username::parse(OsStr::new(text)).as_ref().ok(), Some(name.username()));
        let _ = name.mixes_scripts();
        if characters == Characters::Validated {
            assert!(is_ordinary(text), "{text:?}");
            assert_harmless(text);
            assert_eq!(NewUsername::parse(OsStr::new(text), characters, limit).ok(), Some(name));
        }
    }
    let Some(text) = typed.to_str() else {
        assert!(Username::parse(typed).is_err());
        return;
    };
    if let Some(name) = NewUsername::offered(text, limit) {
        assert!(name.username().as_str().is_ascii());
    }
    if let Ok(address) = EmailAddress::parse(text, limit) {
        let stored = address.as_str();
        assert_eq!(stored, normalize_email(text));
        assert_eq!(Shape::of_value(stored), Shape::Email);
        assert!(limit.is_none_or(|limit| stored.chars().count() <= limit));
        assert_eq!(EmailAddress::parse(stored, limit).ok(), Some(address));
    }
    let shown = shortened(text);
    assert!(shown.chars().count() <= 1 + text.chars().count().min(32) / 4);
    assert!(KeyKind::of(text) != KeyKind::Drf || !as_name(text).contains(text));
    if let Ok(key) = TokenKey::preset(text) {
        assert!(key.is_sendable() && key.reveal() == text);
    }
    let _ = (TokenKey::bytes(text), TokenKey::stored(text).looks_weak());
    // The text of a time has no nanoseconds, and years before 0 cannot be parsed.
    if let Some(stored) = moment::from_text(text)
        && stored.subsec_nanosecond() % 1_000 == 0
        && stored.year() >= 0
    {
        assert_eq!(moment::from_text(&moment::to_text(stored)), Some(stored));
    }
    if let Ok(key) = authorization::key_in(text.as_bytes()) {
        assert_eq!(authorization::key_in(format!("Authorization: Token {}", key.reveal()).as_bytes()).ok(), Some(key));
    }
});
