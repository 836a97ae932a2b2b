//! Database URLs: a password in them is never printed, and percent-encoded parts are decoded correctly.
//!
//! The input is a URL, in which `\x01` is replaced by a secret. In addition, its parts
//! between NULs are a user, a password and a name.

#![no_main]

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;

use drfctl::engine::{self, DatabaseUrl, Target};
use drfctl_fuzz::{SECRET, error_text, with_secrets};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let typed = with_secrets(input);
    match Target::parse(&OsString::from_vec(typed.clone())) {
        Err(error) => assert!(!error_text(&error).contains(SECRET), "{error:?}"),
        Ok(Target::File(path)) => assert_eq!(path.into_os_string().into_vec(), typed),
        Ok(Target::Url(url)) => assert_password_hidden(&url),
    }
    assert_round_trip(&String::from_utf8_lossy(input));
});

fn assert_password_hidden(url: &DatabaseUrl) {
    let target = Target::Url(url.clone());
    assert_eq!(target.holds_password(), url.password.is_some());
    let Some(password) = &url.password else { return };
    let mut other = url.clone();
    other.password = Some("another".to_owned().into());
    assert_eq!((url.to_string(), format!("{url:?}")), (other.to_string(), format!("{other:?}")));
    let is_shown = url.to_string().contains(SECRET);
    if password.contains(SECRET)
        && !is_shown
        && let Err(error) = engine::is_absent(&target)
    {
        assert!(!error_text(&error).contains(SECRET), "{error:?}");
    }
}

fn assert_round_trip(text: &str) {
    let mut parts = text.split('\0');
    let mut part = || parts.next().filter(|part| !part.is_empty()).unwrap_or("x");
    let (user, password, name) = (part(), part(), part());
    let encoded = |part: &str| part.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>();
    let url = format!("postgres://{}:{}@db:5433/{}?a=b", encoded(user), encoded(password), encoded(name));
    match DatabaseUrl::parse(&url) {
        Ok(url) => {
            assert_eq!(url.user.as_deref(), Some(user));
            assert_eq!(url.password.as_ref().map(|password| password.as_str()), Some(password));
            assert_eq!((url.host.as_deref(), url.port.as_deref()), (Some("db"), Some("5433")));
            assert_eq!(url.name.to_str(), Some(name));
        }
        Err(error) => assert_eq!(name, ":memory:", "{error:?}"),
    }
}
