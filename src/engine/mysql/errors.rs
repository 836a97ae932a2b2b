//! Converts MySQL's errors: what failed, of which kind, and what to do.
//!
//! The server's message may contain values, which are redacted.

use mysql_async::{DriverError, IoError, ServerError};

use crate::engine::calls::CHECK_ADDRESS;
use crate::engine::mysql::client::Failure;
use crate::engine::mysql::relay::UntrustedKey;
use crate::engine::redact::without_values;
use crate::engine::server;
use crate::engine::value::Value;
use crate::error::{Error, Kind};
use crate::hint::{Action, Hint, Setting};

/// Returns whether the server has too many connections.
pub(super) fn is_full(error: &mysql_async::Error) -> bool {
    // 1226 is also returned for other limits of an account.
    matches!(error, mysql_async::Error::Server(said) if matches!(said.code, 1040 | 1203)
        || (said.code == 1226 && said.message.contains("max_user_connections")))
}

/// Returns whether another session holds a lock.
pub(super) fn is_locked(failure: &Failure) -> bool {
    matches!(failure, Failure::Driver(mysql_async::Error::Server(said)) if matches!(said.code, 1205 | 3572))
}

/// Returns whether a table is missing.
pub(super) fn is_missing_table(failure: &Failure) -> bool {
    matches!(failure, Failure::Driver(mysql_async::Error::Server(said)) if said.code == 1146)
}

/// Returns whether a privilege is missing.
pub(super) fn is_forbidden(failure: &Failure) -> bool {
    matches!(failure, Failure::Driver(mysql_async::Error::Server(said)) if matches!(said.code, 1142 | 1143))
}

/// Returns whether the server reported the error and the connection is still
/// usable.
pub(super) fn is_answer(failure: &Failure) -> bool {
    matches!(failure, Failure::Driver(mysql_async::Error::Server(said)) if !is_end(said.code))
}

/// Returns whether the server, or a proxy in front of it, closed the
/// connection.
fn is_end(code: u16) -> bool {
    matches!(code, 1053 | 1152 | 1158..=1161 | 1927 | 2000..=2999 | 3169 | 4031 | 9001)
}

/// Converts an error of the driver. `place` is the name of the database in
/// messages.
pub(super) fn classify(error: mysql_async::Error, place: &str, values: &[Value]) -> Error {
    let said = match error {
        mysql_async::Error::Server(said) if !is_end(said.code) => said,
        mysql_async::Error::Driver(DriverError::LocalInfile(_)) => {
            return Error::unusable(format!("{place} asks for a file of this machine")).hint(CHECK_ADDRESS);
        }
        other => {
            let words = without_values(&innermost(&other), values);
            return Error::unusable(format!("the connection to {place} was lost: {words}"))
                .hint("check that the server is running, then run the command again")
                .caused_by(anyhow::Error::msg(words));
        }
    };
    let words = without_values(&said.message, values);
    let cause = anyhow::Error::msg(format!("{words} (error {}, SQLSTATE {})", said.code, said.state));
    by_code(&said, &words, place).caused_by(cause)
}

fn by_code(said: &ServerError, words: &str, place: &str) -> Error {
    match said.code {
        // The message begins with the value.
        1062 | 1169 | 1586 => {
            let index = said.message.rsplit_once("for key ").map(|(_, index)| index.trim_matches('\''));
            Error::new(Kind::Conflict, server::duplicate(index))
        }
        1216 | 1217 | 1451 | 1452 => {
            let after = said.message.split_once("CONSTRAINT `").and_then(|(_, after)| after.split_once('`'));
            Error::new(Kind::Conflict, server::missing_row(after.map(|(constraint, _)| constraint)))
        }
        1205 | 1213 | 3572 => Error::busy(format!("{place} is locked by another session"))
            .hint(Hint::action(Action::option(Setting::BusyTimeout, "2m")).lead("wait longer")),
        1045 | 1698 => Error::unusable(format!("authentication failed for {place}: {words}"))
            .hint("give the password in MYSQL_PWD, ~/.my.cnf or DATABASE_URL"),
        1049 => Error::unusable(format!("{place}: {words}")).hint("run SHOW DATABASES to list the databases"),
        1044 | 1142 | 1143 | 1227 | 1370 => {
            Error::unusable(format!("{place}: {words}")).hint("connect as the application's own user")
        }
        1290 | 1836 => Error::unusable(format!("{place} cannot be written: {words}"))
            .hint("connect to the primary, because a replica is read-only"),
        1792 => Error::unusable(format!("{place} cannot be written: transaction_read_only is on: {words}"))
            .hint("turn it off for the server or the session, or connect as a user that may write"),
        1267 | 1270 | 1271 | 3854 | 3988 => Error::rejected(format!(
            "the character set of a column does not support every character of a value: {words}"
        )),
        1048 | 1136 | 1264 | 1265 | 1292 | 1364 | 1366 | 1406 | 1644 | 3819 | 4025 => {
            Error::rejected(format!("the database rejected the change: {words}"))
        }
        _ if said.state == "45000" => Error::rejected(format!("the database rejected the change: {words}")),
        _ => Error::unusable(format!("{place} cannot be used: {words}")),
    }
}

/// Returns the error for a call that failed.
pub(super) fn failed(failure: Failure, place: &str) -> Error {
    failure.into_error(place, |error| classify(error, place, &[]))
}

/// Returns the error for a connection that failed.
pub(super) fn unconnected(failure: Failure, place: &str, values: &[Value]) -> Error {
    let Failure::Driver(error) = failure else { return failed(failure, place) };
    if let mysql_async::Error::Server(_) = &error {
        return classify(error, place, values);
    }
    let words = without_values(&innermost(&error), values);
    match error {
        mysql_async::Error::Other(why) if why.is::<UntrustedKey>() => {
            Error::unusable(format!("authentication failed for {place}: {words}"))
                .hint("turn on TLS on the server, or trust its key for the password: get_server_public_key=1")
        }
        _ => server::unconnected(place, &words),
    }
}

/// Returns the message of the innermost error, which the driver wraps in its
/// own.
fn innermost(error: &mysql_async::Error) -> String {
    match error {
        mysql_async::Error::Driver(DriverError::NoClientSslFlagFromServer) => "the server has no TLS".to_owned(),
        mysql_async::Error::Driver(why) => why.to_string(),
        mysql_async::Error::Io(IoError::Io(why)) => why.to_string(),
        mysql_async::Error::Io(IoError::Tls(why)) => why.to_string(),
        mysql_async::Error::Other(why) => why.to_string(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use mysql_async::LocalInfileError;

    use super::*;
    use crate::error::Retry;

    #[test]
    fn the_code_decides_the_kind_and_the_message() {
        const DUPLICATE: &str = "Duplicate entry 'x' for key 'a_key'";
        const REFERENCED: &str = "a foreign key constraint fails (`db`.`t`, CONSTRAINT `t_fk` FOREIGN KEY (`a`))";
        for (code, state, said, kind, retry, message) in [
            (1062, "23000", DUPLICATE, Kind::Conflict, Retry::Never, "duplicate value for unique index a_key"),
            (1586, "23000", "", Kind::Conflict, Retry::Never, "duplicate value for a unique index"),
            (1452, "23000", REFERENCED, Kind::Conflict, Retry::Never, "a foreign key references a missing row: t_fk"),
            (1451, "23000", "", Kind::Conflict, Retry::Never, "a foreign key references a missing row"),
            (1205, "HY000", "", Kind::Busy, Retry::Soon, "db is locked by another session"),
            (1213, "40001", "", Kind::Busy, Retry::Soon, "db is locked by another session"),
            (1045, "28000", "", Kind::Unusable, Retry::Never, "authentication failed for db: words"),
            (1049, "42000", "", Kind::Unusable, Retry::Never, "db: words"),
            (1044, "42000", "", Kind::Unusable, Retry::Never, "db: words"),
            (1290, "HY000", "", Kind::Unusable, Retry::Never, "db cannot be written: words"),
            (
                1792,
                "25006",
                "",
                Kind::Unusable,
                Retry::Never,
                "db cannot be written: transaction_read_only is on: words",
            ),
            (
                1267,
                "HY000",
                "",
                Kind::Rejected,
                Retry::Never,
                "the character set of a column does not support every character of a value: words",
            ),
            (1406, "22001", "", Kind::Rejected, Retry::Never, "the database rejected the change: words"),
            (30001, "45000", "", Kind::Rejected, Retry::Never, "the database rejected the change: words"),
            (1114, "HY000", "", Kind::Unusable, Retry::Never, "db cannot be used: words"),
        ] {
            let error = ServerError { code, state: state.to_owned(), message: said.to_owned() };
            let error = by_code(&error, "words", "db");
            assert_eq!((error.kind(), error.retry(), error.to_string().as_str()), (kind, retry, message), "{code}");
        }
    }

    #[test]
    fn a_server_error_is_classified_by_its_code() {
        let failure = |code| {
            let (state, message) = ("HY000".to_owned(), "max_user_connections".to_owned());
            Failure::Driver(mysql_async::Error::Server(ServerError { code, state, message }))
        };
        let all = |code| {
            let failure = failure(code);
            let Failure::Driver(error) = &failure else { unreachable!("a driver error") };
            [
                is_full(error),
                is_locked(&failure),
                is_missing_table(&failure),
                is_forbidden(&failure),
                is_answer(&failure),
            ]
        };
        for (code, expected) in [
            (1040, [true, false, false, false, true]),
            (1203, [true, false, false, false, true]),
            (1226, [true, false, false, false, true]),
            (1205, [false, true, false, false, true]),
            (3572, [false, true, false, false, true]),
            (1146, [false, false, true, false, true]),
            (1142, [false, false, false, true, true]),
            (1143, [false, false, false, true, true]),
            (1053, [false, false, false, false, false]),
            (2006, [false, false, false, false, false]),
        ] {
            assert_eq!(all(code), expected, "{code}");
        }
    }

    #[test]
    fn a_connection_that_failed_says_why() {
        use std::io::{Error as SystemError, ErrorKind};
        let server = ServerError { code: 1045, state: "28000".to_owned(), message: "denied".to_owned() };
        let refused = IoError::Io(SystemError::new(ErrorKind::ConnectionRefused, "refused"));
        for (error, beginning, end, hint) in [
            (
                mysql_async::Error::Other(Box::new(UntrustedKey)),
                "authentication failed for db: ",
                "the server asks for the password itself, and the connection has no TLS",
                "get_server_public_key=1",
            ),
            (mysql_async::Error::Other("broken".into()), "cannot connect to db: ", "broken", "is running"),
            (mysql_async::Error::Server(server), "authentication failed for db: denied", "", "MYSQL_PWD"),
            (mysql_async::Error::Io(refused), "cannot connect to db: refused", "", "is running"),
            (
                mysql_async::Error::Driver(DriverError::NoClientSslFlagFromServer),
                "cannot connect to db: the server has no TLS",
                "",
                "is running",
            ),
        ] {
            let error = unconnected(Failure::Driver(error), "db", &[]);
            let message = error.to_string();
            assert!(message.starts_with(beginning) && message.ends_with(end), "{message}");
            assert!(format!("{:?}", error.hints()).contains(hint), "{message}: {:?}", error.hints());
        }
        assert_eq!(unconnected(Failure::NoAnswer, "db", &[]).to_string(), "db does not answer");
    }

    #[test]
    fn a_server_that_asks_for_a_file_is_not_a_lost_connection() {
        let error = classify(LocalInfileError::NoHandler.into(), "db", &[]);
        assert_eq!(error.to_string(), "db asks for a file of this machine");
        assert_eq!(error.hints(), [Hint::advice(CHECK_ADDRESS)]);
    }
}
