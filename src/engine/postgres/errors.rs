//! Converts PostgreSQL's errors: what failed, of which kind, and what to do.
//!
//! The server's message may contain values, which are redacted.

use tokio_postgres::error::{DbError, Severity, SqlState};

use crate::engine::postgres::client::Failure;
use crate::engine::redact::without_values;
use crate::engine::server;
use crate::engine::value::Value;
use crate::error::{Error, Kind};
use crate::hint::{Action, Hint, Setting};

/// Returns whether the server has too many connections.
pub(super) fn is_full(error: &tokio_postgres::Error) -> bool {
    error.code() == Some(&SqlState::TOO_MANY_CONNECTIONS)
}

/// Returns whether a table is missing.
pub(super) fn is_missing_table(error: &tokio_postgres::Error) -> bool {
    error.code() == Some(&SqlState::UNDEFINED_TABLE)
}

/// Returns whether a foreign key references a missing row.
pub(super) fn is_foreign_key(error: &tokio_postgres::Error) -> bool {
    error.code() == Some(&SqlState::FOREIGN_KEY_VIOLATION)
}

/// Returns whether the server reported the error and the connection is still
/// usable.
pub(super) fn is_answer(error: &tokio_postgres::Error) -> bool {
    // A server that shuts down reports it.
    let Some(said) = error.as_db_error() else { return false };
    !is_end(said) && !matches!(said.parsed_severity(), Some(Severity::Fatal | Severity::Panic))
}

/// Returns whether the server closed the connection, as it does after a failed
/// authentication.
fn is_end(said: &DbError) -> bool {
    said.code().code().starts_with("57P") || said.code().code().starts_with("08")
}

/// Converts an error of the driver. `place` is the name of the database in
/// messages.
pub(super) fn classify(error: &tokio_postgres::Error, place: &str, values: &[Value]) -> Error {
    let Some(said) = error.as_db_error().filter(|said| !is_end(said)) else {
        return Error::unusable(format!("the connection to {place} was lost: {}", innermost(error)))
            .hint("check that the server is running, then run the command again")
            .caused_by(anyhow::Error::msg(innermost(error)));
    };
    let words = without_values(said.message(), values);
    // drfctl has the server fail instead of hiding rows.
    if *said.code() == SqlState::INSUFFICIENT_PRIVILEGE && said.routine() == Some("check_enable_rls") {
        return Error::unusable(format!("{place}: row level security hides rows from this role: {words}"))
            .hint("connect as the owner of the table, or as a role with BYPASSRLS")
            .caused_by(cause(&words, said.code()));
    }
    // The session is given a role or a time zone that the server does not know.
    if *said.code() == SqlState::INVALID_PARAMETER_VALUE && said.routine() == Some("call_string_check_hook") {
        return Error::unusable(format!("{place} cannot be used: {words}"))
            .hint("check assume_role and the time zone of the settings or the URL")
            .caused_by(cause(&words, said.code()));
    }
    by_code(said.code(), &words, said.constraint(), place).caused_by(cause(&words, said.code()))
}

fn cause(words: &str, code: &SqlState) -> anyhow::Error {
    anyhow::Error::msg(format!("{words} (SQLSTATE {})", code.code()))
}

fn by_code(code: &SqlState, words: &str, constraint: Option<&str>, place: &str) -> Error {
    match *code {
        SqlState::UNIQUE_VIOLATION => Error::new(Kind::Conflict, server::duplicate(constraint)),
        SqlState::FOREIGN_KEY_VIOLATION | SqlState::RESTRICT_VIOLATION => {
            Error::new(Kind::Conflict, server::missing_row(constraint))
        }
        SqlState::LOCK_NOT_AVAILABLE | SqlState::T_R_DEADLOCK_DETECTED | SqlState::T_R_SERIALIZATION_FAILURE => {
            Error::busy(format!("{place} is locked by another session"))
                .hint(Hint::action(Action::option(Setting::BusyTimeout, "2m")).lead("wait longer"))
        }
        SqlState::QUERY_CANCELED => Error::new(Kind::Busy, format!("{place} canceled a statement: {words}"))
            .hint("check statement_timeout of the server and of the role"),
        SqlState::INVALID_PASSWORD => Error::unusable(format!("authentication failed for {place}: {words}"))
            .hint("give the password in PGPASSWORD, ~/.pgpass or DATABASE_URL"),
        // The role is missing or may not log in, or pg_hba.conf rejects the client.
        SqlState::INVALID_AUTHORIZATION_SPECIFICATION => {
            Error::unusable(format!("authentication failed for {place}: {words}"))
                .hint("check the user of the URL or PGUSER, and the server's pg_hba.conf")
        }
        SqlState::INVALID_CATALOG_NAME => {
            Error::unusable(format!("{place}: {words}")).hint("run psql -l to list the databases")
        }
        SqlState::INSUFFICIENT_PRIVILEGE => {
            Error::unusable(format!("{place}: {words}")).hint("connect as the application's own role")
        }
        SqlState::READ_ONLY_SQL_TRANSACTION => Error::unusable(format!("{place} cannot be written: {words}")),
        _ if code.code().starts_with("22") => {
            Error::rejected(format!("{place} rejected a value, or has stored text in an invalid encoding: {words}"))
        }
        _ if code.code().starts_with("23") || code.code().starts_with("P0") => {
            Error::rejected(format!("the database rejected the change: {words}"))
        }
        _ => Error::unusable(format!("{place} cannot be used: {words}")),
    }
}

/// Returns the error for a generated primary key that already exists: a
/// restored dump may leave a sequence behind its table. `text` is the
/// statement.
pub(super) fn sequence_behind_table(error: &tokio_postgres::Error, text: &str) -> Option<Error> {
    let said = error.as_db_error().filter(|said| *said.code() == SqlState::UNIQUE_VIOLATION)?;
    let (column, _) = said.detail()?.strip_prefix("Key (")?.split_once(")=(")?;
    let (table, schema) = (said.table()?, said.schema().unwrap_or("public"));
    // Only the sequence of a primary key is checked.
    if said.constraint() != Some(format!("{table}_pkey").as_str()) {
        return None;
    }
    if text.contains(&format!("\"{column}\"")) || !text.starts_with("INSERT") {
        return None;
    }
    let sequence = format!("pg_get_serial_sequence('\"{schema}\".\"{table}\"', '{column}')");
    Some(
        Error::unusable(format!("the sequence of {table}.{column} is behind the table: its next value already exists"))
            .hint(format!("advance the sequence: SELECT setval({sequence}, (SELECT max(\"{column}\") FROM \"{schema}\".\"{table}\"))"))
            .caused_by(anyhow::Error::msg(said.message().to_owned())),
    )
}

/// Returns the error for a server that may only be read.
pub(super) fn standby(place: &str) -> Error {
    Error::unusable(format!("{place} cannot be written: it is a standby")).hint("connect to the primary")
}

/// Returns the error for a role that may only read.
pub(super) fn read_only(place: &str) -> Error {
    Error::unusable(format!("{place} cannot be written: default_transaction_read_only is on"))
        .hint("turn it off for this role, or connect as a role that may write")
}

/// Returns the error for a call that failed.
pub(super) fn failed(failure: Failure, place: &str) -> Error {
    failure.into_error(place, |error| classify(&error, place, &[]))
}

/// Returns whether the role may not run a statement.
pub(super) fn is_forbidden(error: &Error) -> bool {
    let code = format!("SQLSTATE {}", SqlState::INSUFFICIENT_PRIVILEGE.code());
    error.causes().any(|cause| cause.contains(&code))
}

/// Returns the error for a connection that failed.
pub(super) fn unconnected(failure: Failure, place: &str, values: &[Value]) -> Error {
    let Failure::Driver(error) = failure else { return failed(failure, place) };
    let error = &error;
    if error.as_db_error().is_some() {
        return classify(error, place, values);
    }
    let words = innermost(error);
    let known = server::unconnected(place, &words);
    if words.contains("password") {
        return known.hint("give the password in PGPASSWORD, ~/.pgpass or DATABASE_URL");
    }
    known
}

/// Returns the message of the innermost error, because the driver's own only
/// says that something failed.
fn innermost(error: &tokio_postgres::Error) -> String {
    let mut words = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(inner) = source {
        words = inner.to_string();
        source = inner.source();
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Retry;

    #[test]
    fn the_code_decides_the_kind_and_the_message() {
        for (code, kind, retry, message) in [
            ("23505", Kind::Conflict, Retry::Never, "duplicate value for unique index a_key"),
            ("23503", Kind::Conflict, Retry::Never, "a foreign key references a missing row: a_key"),
            ("23001", Kind::Conflict, Retry::Never, "a foreign key references a missing row: a_key"),
            ("55P03", Kind::Busy, Retry::Soon, "db is locked by another session"),
            ("40P01", Kind::Busy, Retry::Soon, "db is locked by another session"),
            ("40001", Kind::Busy, Retry::Soon, "db is locked by another session"),
            ("57014", Kind::Busy, Retry::Never, "db canceled a statement: words"),
            ("28P01", Kind::Unusable, Retry::Never, "authentication failed for db: words"),
            ("28000", Kind::Unusable, Retry::Never, "authentication failed for db: words"),
            ("3D000", Kind::Unusable, Retry::Never, "db: words"),
            ("42501", Kind::Unusable, Retry::Never, "db: words"),
            ("25006", Kind::Unusable, Retry::Never, "db cannot be written: words"),
            (
                "22021",
                Kind::Rejected,
                Retry::Never,
                "db rejected a value, or has stored text in an invalid encoding: words",
            ),
            ("23514", Kind::Rejected, Retry::Never, "the database rejected the change: words"),
            ("P0001", Kind::Rejected, Retry::Never, "the database rejected the change: words"),
            ("53100", Kind::Unusable, Retry::Never, "db cannot be used: words"),
        ] {
            let error = by_code(&SqlState::from_code(code), "words", Some("a_key"), "db");
            assert_eq!((error.kind(), error.retry(), error.to_string().as_str()), (kind, retry, message), "{code}");
        }
    }

    /// Returns the driver's error for an answer of the server with these fields.
    fn answer(fields: &[(u8, &str)]) -> tokio_postgres::Error {
        let mut body: Vec<u8> = Vec::new();
        for (field, text) in fields {
            body.extend([&[*field], text.as_bytes(), &[0]].concat());
        }
        body.push(0);
        let length = u32::try_from(4 + body.len()).unwrap().to_be_bytes();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let (driver, mut server) = tokio::io::duplex(4096);
        let connected = runtime.block_on(async {
            tokio::io::AsyncWriteExt::write_all(&mut server, &[&b"E"[..], &length, &body].concat()).await.unwrap();
            tokio_postgres::Config::new().user("u").connect_raw(driver, tokio_postgres::NoTls).await
        });
        connected.err().unwrap()
    }

    fn of_code(severity: &str, code: &str) -> tokio_postgres::Error {
        answer(&[(b'S', severity), (b'V', severity), (b'C', code), (b'M', "words")])
    }

    #[test]
    fn an_unknown_role_or_time_zone_is_not_a_rejected_value() {
        for (routine, kind) in [("call_string_check_hook", Kind::Unusable), ("exec_stmt_raise", Kind::Rejected)] {
            let error = answer(&[(b'S', "ERROR"), (b'C', "22023"), (b'M', "words"), (b'R', routine)]);
            assert_eq!(classify(&error, "db", &[]).kind(), kind, "{routine}");
        }
    }

    #[test]
    fn an_answer_of_the_server_is_recognized_by_its_code() {
        for (severity, code, expected) in [
            ("ERROR", "53300", [true, false, false, true]),
            ("ERROR", "42P01", [false, true, false, true]),
            ("ERROR", "23503", [false, false, true, true]),
            ("ERROR", "23505", [false, false, false, true]),
            ("FATAL", "53300", [true, false, false, false]),
            ("PANIC", "XX000", [false, false, false, false]),
            ("ERROR", "57P01", [false, false, false, false]),
            ("ERROR", "08006", [false, false, false, false]),
        ] {
            let error = of_code(severity, code);
            let found = [is_full(&error), is_missing_table(&error), is_foreign_key(&error), is_answer(&error)];
            assert_eq!(found, expected, "{severity} {code}");
        }
    }

    #[test]
    fn an_error_that_ends_the_connection_is_a_lost_connection() {
        for (code, message, is_rejected) in [
            ("57P01", "the connection to db was lost: FATAL: words", false),
            ("42501", "db: words", true),
            ("53100", "db cannot be used: words", false),
        ] {
            let error = classify(&of_code("FATAL", code), "db", &[]);
            assert_eq!((error.to_string().as_str(), is_forbidden(&error)), (message, is_rejected), "{code}");
        }
        let hidden = [(b'S', "ERROR"), (b'C', "42501"), (b'M', "words"), (b'R', "check_enable_rls")];
        let error = classify(&answer(&hidden), "db", &[]);
        assert_eq!(error.to_string(), "db: row level security hides rows from this role: words");
    }

    #[test]
    fn only_a_generated_primary_key_that_exists_blames_the_sequence() {
        const KEY: &str = "Key (id)=(7) already exists.";
        let fields = |code, detail, constraint| {
            let table = [(b'D', detail), (b't', "shop"), (b's', "public"), (b'n', constraint)];
            [&[(b'S', "ERROR"), (b'C', code), (b'M', "words")][..], &table].concat()
        };
        for (fields, text, is_behind) in [
            (fields("23505", KEY, "shop_pkey"), "INSERT INTO shop (name)", true),
            (fields("23503", KEY, "shop_pkey"), "INSERT INTO shop (name)", false),
            (fields("23505", KEY, "shop_id_key"), "INSERT INTO shop (name)", false),
            (fields("23505", "", "shop_pkey"), "INSERT INTO shop (name)", false),
            (fields("23505", KEY, "shop_pkey"), r#"INSERT INTO shop ("id")"#, false),
            (fields("23505", KEY, "shop_pkey"), "UPDATE shop", false),
        ] {
            let error = sequence_behind_table(&answer(&fields), text);
            let message = "the sequence of shop.id is behind the table: its next value already exists".to_owned();
            assert_eq!(error.map(|error| error.to_string()), is_behind.then_some(message), "{fields:?} {text}");
        }
    }
}
