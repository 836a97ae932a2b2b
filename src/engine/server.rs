//! What all servers need: connecting, and the shape of tables from the
//! rows of a catalog query.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use crate::engine::options::{Options, REPORT_AFTER};
use crate::engine::row::Row;
use crate::engine::table::{Column, ColumnKind, ForeignKey, Reference, Table};
use crate::error::{Error, Kind, Result, Retry};
use crate::os::spawn_thread;

/// The first and the longest pause before another attempt where the server is
/// full. Each attempt costs it as much as a connection.
const BETWEEN_TRIES: [Duration; 2] = [Duration::from_millis(50), Duration::from_secs(1)];

/// How often an interrupt is checked for while drfctl connects.
const BETWEEN_CHECKS: Duration = Duration::from_millis(100);

/// Adds to an error about a lock how long drfctl has waited.
pub(super) fn waited(error: Error, options: &Options) -> Error {
    if error.kind() != Kind::Busy || error.retry() == Retry::Never {
        return error;
    }
    error.with_addition(&format!("; drfctl waited {:?}", options.busy_timeout))
}

/// Returns the message about a value that exists, with the name of the index.
pub(super) fn duplicate(index: Option<&str>) -> String {
    index.map_or_else(
        || "duplicate value for a unique index".to_owned(),
        |index| format!("duplicate value for unique index {index}"),
    )
}

/// Returns the message about a foreign key, with its name.
pub(super) fn missing_row(constraint: Option<&str>) -> String {
    let name = constraint.map(|constraint| format!(": {constraint}")).unwrap_or_default();
    format!("a foreign key references a missing row{name}")
}

/// Returns the error for a connection that failed, with what to check.
pub(super) fn unconnected(place: &str, words: &str) -> Error {
    let hint = if words.contains("certificate") {
        "name the trusted certificates with sslrootcert=FILE, or ssl_ca=FILE for MySQL, and connect to a host name of the certificate"
    } else if words.contains("channel binding") {
        "check that the server has TLS and authenticates with scram-sha-256, or omit channel_binding"
    } else {
        "check that the server is running and listens at this address"
    };
    Error::unusable(format!("cannot connect to {place}: {words}"))
        .hint(hint)
        .caused_by(anyhow::Error::msg(words.to_owned()))
}

/// Connects. Retries while the server has no free connection.
///
/// # Errors
/// Unusable if the server does not answer within `limit`; interrupted if a
/// signal came. The inner result is that of the last attempt.
pub(super) fn connect_patiently<T: Send + 'static, E: Send + 'static>(
    options: &Options,
    limit: Duration,
    place: &str,
    is_full: impl Fn(&E) -> bool,
    connect: impl Fn() -> Result<T, E> + Clone + Send + 'static,
) -> Result<Result<T, E>> {
    let started = Instant::now();
    let [mut pause, longest] = BETWEEN_TRIES;
    loop {
        let (answer, answered) = sync_channel(1);
        let once = connect.clone();
        // A server that accepts the connection may never answer.
        spawn_thread(move || answer.send(once()))?;
        let since = Instant::now();
        let outcome = loop {
            match answered.recv_timeout(BETWEEN_CHECKS) {
                Err(RecvTimeoutError::Timeout) if since.elapsed() < limit => options.interrupt.check()?,
                outcome => break outcome,
            }
        };
        match outcome {
            Ok(Err(error)) if is_full(&error) && started.elapsed() < options.busy_timeout => {}
            Ok(outcome) => return Ok(outcome),
            Err(RecvTimeoutError::Timeout) => return Err(unconnected(place, &format!("no answer within {limit:?}"))),
            // It panics if it cannot start a thread to look up the host.
            Err(RecvTimeoutError::Disconnected) => {
                return Err(Error::unusable(format!("cannot connect to {place}: the driver failed"))
                    .hint("check the limits of processes and of memory: ulimit -a"));
            }
        }
        options.interrupt.check()?;
        if started.elapsed() >= REPORT_AFTER {
            options.on_wait.report();
        }
        thread::sleep(pause);
        pause = (2 * pause).min(longest);
    }
}

/// Runs a statement outside of a transaction. While another session holds a
/// lock that it needs, runs it again, until the timeout. It does not run again
/// if `has_rows` says that it delivered rows.
///
/// # Errors
/// The error of the last attempt; interrupted if a signal came.
pub(super) fn run_patiently<T>(options: &Options, mut attempt: impl FnMut(&Cell<bool>) -> Result<T>) -> Result<T> {
    let started = Instant::now();
    loop {
        let has_rows = Cell::new(false);
        let error = match attempt(&has_rows) {
            Ok(outcome) => return Ok(outcome),
            Err(error) => error,
        };
        if has_rows.get() || error.retry() == Retry::Never || started.elapsed() >= options.busy_timeout {
            return Err(error);
        }
        options.interrupt.check()?;
        if started.elapsed() >= REPORT_AFTER {
            options.on_wait.report();
        }
        thread::sleep(BETWEEN_TRIES[0]);
    }
}

/// Whether the changes of a connection survive a power failure.
#[derive(Default)]
pub(super) struct Durability {
    /// The setting because of which they do not, with its value.
    pub(super) weakness: Option<String>,
    /// Whether the open transaction has changed something.
    has_changed: bool,
    has_committed: bool,
}

impl Durability {
    pub(super) fn changed(&mut self) {
        self.has_changed = true;
    }

    pub(super) fn committed(&mut self) {
        self.has_committed |= std::mem::take(&mut self.has_changed);
    }

    pub(super) fn rolled_back(&mut self) {
        self.has_changed = false;
    }

    /// Returns the warning, if a committed change may be lost.
    pub(super) fn warning(&self) -> Option<String> {
        let weakness = self.weakness.as_ref().filter(|_| self.has_committed)?;
        Some(format!("{weakness} on the server: a power failure could undo this change"))
    }
}

/// The shapes of tables, from the rows of one catalog query. The first cells of
/// a row are the table and the kind of the row:
///
/// * `c`, a column: name, type, not null, has default, is part of the primary
///   key, schema of its type;
/// * `u`, a column of a unique index: index, column;
/// * `f`, a foreign key: column, table, column of that table, schema;
/// * `w`, a trigger or a foreign key that depends on the rows;
/// * `e`, a storage engine without transactions: its name.
///
/// The columns of an index are consecutive.
#[derive(Default)]
pub(super) struct Described {
    tables: BTreeMap<String, Table>,
    /// The table and the index of the previous row.
    last_index: Option<(String, String)>,
}

impl Described {
    /// Adds a row.
    ///
    /// # Errors
    /// Internal if it has too few cells.
    pub(super) fn row(&mut self, row: Row<'_>) -> Result<()> {
        let name = row.text(0)?;
        let table = self.tables.entry(name.clone()).or_insert_with(|| Table { name: name.clone(), ..Table::default() });
        match row.text(1)?.as_str() {
            "c" => {
                let declared = row.text(3)?;
                table.columns.push(Column {
                    name: row.text(2)?,
                    kind: ColumnKind::of_declared(&declared),
                    range: integer_range(&declared),
                    declared,
                    type_schema: row.optional_text(7)?,
                    not_null: row.flag(4)?,
                    has_default: row.text(5)? != "0",
                    is_generated: row.text(5)? == "generated",
                    primary_key: row.flag(6)?,
                });
            }
            "u" => {
                let (index, column) = (Some((name, row.text(2)?)), row.text(3)?);
                match table.unique.last_mut().filter(|_| self.last_index == index) {
                    Some(columns) => columns.push(column),
                    None => table.unique.push(vec![column]),
                }
                self.last_index = index;
            }
            "f" => table.foreign_keys.push(ForeignKey {
                column: row.text(2)?,
                table: row.text(3)?,
                to: row.optional_text(4)?,
                schema: row.optional_text(5)?,
            }),
            "e" => table.non_transactional_engine = row.optional_text(2)?,
            _ => table.has_dependents = true,
        }
        Ok(())
    }

    /// Returns the tables that have columns: others do not exist.
    pub(super) fn tables(self) -> Vec<Table> {
        self.tables.into_values().filter(|table| !table.columns.is_empty()).collect()
    }
}

/// Returns a foreign key from a row of a catalog query.
///
/// # Errors
/// Internal if it has too few cells.
pub(super) fn reference(row: Row<'_>) -> Result<Reference> {
    Ok(Reference {
        table: row.text(0)?,
        column: row.text(1)?,
        to_table: row.text(2)?,
        to_column: row.text(3)?,
        is_unique: row.flag(4)?,
        prevents_deletion: row.flag(5)?,
        is_indexed: row.flag(6)?,
    })
}

/// Returns the integers that a type holds; `None` for other types.
fn integer_range(declared: &str) -> Option<RangeInclusive<i64>> {
    let words = declared.to_ascii_lowercase();
    let bits = match words.split([' ', '(']).next()? {
        "tinyint" => 8,
        "smallint" => 16,
        "mediumint" => 24,
        "int" | "integer" => 32,
        "bigint" => 64,
        _ => return None,
    };
    let [least, most] = [i64::MIN, i64::MAX].map(|limit| limit >> (i64::BITS - bits));
    let is_unsigned = words.split(' ').any(|word| word == "unsigned");
    Some(if is_unsigned { 0..=most.saturating_mul(2).saturating_add(1) } else { least..=most })
}

#[cfg(test)]
mod tests;
