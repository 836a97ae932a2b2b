//! The options of a database URL, which Django names `OPTIONS`: which are
//! supported, ignored or refused.

use crate::engine::url::DatabaseUrl;
use crate::error::{Error, Result};

/// The beginnings of the names of options that say where or how safely to
/// connect.
const OF_SAFETY: [&str; 11] = [
    "bind_address",
    "failover",
    "gss",
    "host",
    "option_files",
    "require",
    "server_public_key",
    "service",
    "ssl",
    "target_session",
    "tls",
];

/// Django's settings that django-environ reads from a URL, in any case. drfctl
/// ignores them.
const OF_DJANGO: [&str; 5] =
    ["atomic_requests", "autocommit", "conn_health_checks", "conn_max_age", "disable_server_side_cursors"];

/// Refuses unknown options that a person typed: a typing error could turn off
/// encryption. In a URL from the application, refuses only those that say where
/// or how safely to connect.
///
/// # Errors
/// Usage if an option is neither supported nor ignored.
pub(super) fn check_options(url: &DatabaseUrl, supported: &[&str], ignored: &[&str]) -> Result<()> {
    let matters = |name: &str| OF_SAFETY.iter().any(|start| name.starts_with(start));
    let is_of_django = |name: &str| OF_DJANGO.iter().any(|setting| name.eq_ignore_ascii_case(setting));
    let mut unknown = url
        .options
        .iter()
        .map(|(name, _)| name.as_str())
        .filter(|name| !supported.contains(name) && !ignored.contains(name) && !is_of_django(name));
    match unknown.find(|name| url.is_typed || matters(name)) {
        Some(name) => Err(unsupported(name).hint("drfctl-databases(7) lists the supported options")),
        None => Ok(()),
    }
}

/// Returns the error for an option, or a value of it, that drfctl cannot obey.
pub(super) fn unsupported(option: &str) -> Error {
    Error::usage(format!("the database option {option} is not supported"))
}

/// Returns the first option with one of these names.
#[cfg(any(feature = "mysql", feature = "postgres"))]
pub(super) fn option<'a>(options: &'a [(String, String)], names: &[&str]) -> Option<&'a str> {
    options.iter().find(|(name, _)| names.contains(&name.as_str())).map(|(_, value)| value.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_option_is_refused_if_it_was_typed_or_concerns_safety() {
        for (query, typed, of_application) in [
            ("", true, true),
            ("known=1&other=2&CONN_MAX_AGE=60&Autocommit=1", true, true),
            ("unknown=1", false, true),
            ("ssl_unknown=1", false, false),
            ("known=1&hostaddr=1", false, false),
        ] {
            let url = DatabaseUrl::parse(&format!("postgres://u@h/db?{query}")).unwrap();
            let check =
                |is_typed| check_options(&DatabaseUrl { is_typed, ..url.clone() }, &["known"], &["other"]).is_ok();
            assert_eq!([check(true), check(false)], [typed, of_application], "{query}");
        }
    }

    #[cfg(any(feature = "mysql", feature = "postgres"))]
    #[test]
    fn the_first_option_of_several_names_counts() {
        let options = [("a", "1"), ("b", "2"), ("a", "3")].map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(
            [&["a"][..], &["b", "a"], &["c"]].map(|names| option(&options, names)),
            [Some("1"), Some("1"), None]
        );
    }
}
