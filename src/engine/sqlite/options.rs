//! The options in the URL of a file.

use crate::engine::url::DatabaseUrl;
use crate::engine::url_options::check_options;
use crate::error::Result;

/// Options of Django's database backend and of Python's `sqlite3.connect`, which
/// concern only the application's own connection.
const IGNORED: [&str; 9] = [
    "cached_statements",
    "check_same_thread",
    "detect_types",
    "factory",
    "init_command",
    "isolation_level",
    "timeout",
    "transaction_mode",
    "uri",
];

/// Checks the options of a URL: none changes how drfctl opens the file.
///
/// # Errors
/// Same as [`check_options`].
pub(super) fn check(url: &DatabaseUrl) -> Result<()> {
    check_options(url, &[], &IGNORED)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_option_that_would_change_how_the_file_is_opened_is_refused() {
        for (query, is_accepted) in [
            ("", true),
            ("?timeout=20&transaction_mode=IMMEDIATE&conn_max_age=60", true),
            ("?mode=ro", false),
            ("?timeut=20", false),
        ] {
            let url = DatabaseUrl::parse(&format!("sqlite:///db.sqlite3{query}")).unwrap();
            assert_eq!(check(&url).is_ok(), is_accepted, "{query}");
            assert!(check(&DatabaseUrl { is_typed: false, ..url }).is_ok(), "{query}");
        }
    }
}
