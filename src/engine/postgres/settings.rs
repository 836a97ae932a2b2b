//! The settings of a transaction. None outlives it: a pooler gives the session
//! to the application afterwards.

use crate::engine::options::Options;
use crate::engine::postgres::dialect::DIALECT;

/// The migration lock.
const MIGRATING: i64 = 0x6472_6663_746c;

/// What a transaction needs of the session.
pub(super) struct Settings {
    /// `SET LOCAL` of what every transaction needs. A row that row level
    /// security hides is an error. Locks are waited for in slices, so that
    /// sessions queued behind do not wait long.
    shared: String,
}

/// Bounds two timeouts, unless they are shorter: the slices of waiting for a
/// lock, and how long a session whose client has died holds its locks.
const BOUND_TIMEOUTS: &str = "SELECT pg_catalog.set_config(s.name, CASE
    WHEN s.setting OPERATOR(pg_catalog.=) '0' THEN bound.most
    WHEN s.setting::pg_catalog.int8 OPERATOR(pg_catalog.>) bound.most::pg_catalog.int8 THEN bound.most
    ELSE s.setting END, true)
    FROM pg_catalog.pg_settings AS s JOIN (VALUES ('lock_timeout', '200'), ('idle_in_transaction_session_timeout', '60000'))
    AS bound (name, most) ON s.name OPERATOR(pg_catalog.=) bound.name";

/// Makes the commit durable, and returns what is known of the transaction: whether
/// it may only read, whether the server is a standby, its number, and `fsync`.
const STATE: &str = "SELECT pg_catalog.current_setting('transaction_read_only'), pg_catalog.pg_is_in_recovery(),
    CASE WHEN pg_catalog.current_setting('transaction_read_only') OPERATOR(pg_catalog.=) 'off'
        THEN pg_catalog.txid_current() END,
    pg_catalog.current_setting('fsync'),
    pg_catalog.set_config('synchronous_commit', CASE
        WHEN pg_catalog.current_setting('synchronous_commit') OPERATOR(pg_catalog.=) 'remote_apply'
        THEN 'remote_apply' ELSE 'on' END, true)";

impl Settings {
    pub(super) fn of(options: &Options, role: Option<&str>) -> Self {
        let zone = options.time_zone.as_deref().unwrap_or("UTC").replace('\'', "''");
        let role = role.map(|role| format!("SET LOCAL ROLE {}; ", DIALECT.name(role))).unwrap_or_default();
        Self { shared: format!("{role}SET LOCAL TIME ZONE '{zone}'; SET LOCAL row_security = off") }
    }

    /// Returns the statements that begin a transaction of one reading statement.
    pub(super) fn begin_alone(&self) -> String {
        format!("BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY; {}; SET LOCAL lock_timeout = '200ms'", self.shared)
    }

    /// Returns the statements that begin a transaction that reads one consistent
    /// state.
    pub(super) fn begin_reading(&self) -> String {
        format!("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; {}; SET LOCAL lock_timeout = '200ms'", self.shared)
    }

    /// Returns the statements that begin a transaction that writes, if the
    /// session may write. The last row is a [`State`].
    pub(super) fn begin_writing(&self) -> String {
        format!(
            "BEGIN ISOLATION LEVEL READ COMMITTED; {}; SET LOCAL standard_conforming_strings = on; {BOUND_TIMEOUTS}; {STATE}",
            self.shared
        )
    }

    /// The same, after another migration has ended.
    pub(super) fn begin_migrating(&self) -> String {
        format!("{}; SELECT pg_catalog.pg_advisory_xact_lock({MIGRATING}); {STATE}", self.begin_writing())
    }
}

/// What is known of a transaction that was begun to write.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum State {
    /// It may write. The server knows its outcome by its number. A commit survives
    /// a power failure if `fsync` is on.
    Writable { number: String, fsync: String },
    /// The server is a standby.
    Standby,
    /// The server, the role or the database makes transactions read-only.
    ReadOnly,
}

impl State {
    /// Returns the state from the last row of [`Settings::begin_writing`].
    pub(super) fn of_row(cells: &[String]) -> Option<Self> {
        let [read_only, standby, number, fsync, _] = cells else { return None };
        Some(match (read_only.as_str(), standby.as_str()) {
            ("off", _) => Self::Writable { number: number.clone(), fsync: fsync.clone() },
            (_, "t") => Self::Standby,
            _ => Self::ReadOnly,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_last_row_says_whether_the_transaction_may_write() {
        let writable = || State::Writable { number: "7".to_owned(), fsync: "on".to_owned() };
        for (row, state) in [
            (&["off", "f", "7", "on", "on"][..], Some(writable())),
            (&["on", "t", "", "on", "on"], Some(State::Standby)),
            (&["on", "f", "", "on", "on"], Some(State::ReadOnly)),
            (&["off", "f", "7", "on"], None),
            (&[], None),
        ] {
            let cells: Vec<String> = row.iter().map(|cell| (*cell).to_owned()).collect();
            assert_eq!(State::of_row(&cells), state, "{row:?}");
        }
    }

    #[test]
    fn the_zone_and_the_role_of_a_transaction_are_quoted() {
        let options = Options { time_zone: Some("A'b".to_owned()), ..Options::for_test(Duration::ZERO) };
        let settings = Settings::of(&options, Some("a\"b"));
        let begin = "; SET LOCAL ROLE \"a\"\"b\"; SET LOCAL TIME ZONE 'A''b'; SET LOCAL row_security = off; ";
        for text in [settings.begin_alone(), settings.begin_reading(), settings.begin_writing()] {
            assert!(text.starts_with("BEGIN ISOLATION LEVEL ") && text.contains(begin), "{text}");
        }
        let plain = Settings::of(&Options::for_test(Duration::ZERO), None).begin_alone();
        assert!(plain.contains("READ ONLY; SET LOCAL TIME ZONE 'UTC'; "), "{plain}");
    }
}
