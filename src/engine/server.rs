//! What both kinds of servers need: options, connecting, and the shape of a
//! table from the rows of a catalog.

use std::collections::BTreeMap;
use std::sync::mpsc::sync_channel;
use std::thread;
use std::time::{Duration, Instant};

use crate::engine::options::{Options, SAY_AFTER};
use crate::engine::row::Row;
use crate::engine::table::{Column, ColumnKind, ForeignKey, Table};
use crate::engine::url::DatabaseUrl;
use crate::error::{Error, Kind, Result, Retry};

/// How long is waited at first where the server is full, and how long at most:
/// every try costs it as much as a connection.
const BETWEEN_TRIES: [Duration; 2] = [Duration::from_millis(50), Duration::from_secs(1)];

/// The first option of these names.
pub(super) fn option<'a>(options: &'a [(String, String)], names: &[&str]) -> Option<&'a str> {
    options.iter().find(|(name, _)| names.contains(&name.as_str())).map(|(_, value)| value.as_str())
}

/// Refuses options that would be overlooked: a typing error could switch the
/// encryption off. Of an application's own, those that say where and how safely
/// to connect.
///
/// # Errors
/// Usage, if there is one that is neither served nor without harm.
pub(super) fn check_options(url: &DatabaseUrl, served: &[&str], harmless: &[&str]) -> Result<()> {
    let matters =
        |name: &str| ["ssl", "service", "hostaddr", "require_auth", "gss"].iter().any(|start| name.starts_with(start));
    let mut unknown = url
        .options
        .iter()
        .map(|(name, _)| name.as_str())
        .filter(|name| !served.contains(name) && !harmless.contains(name));
    match unknown.find(|name| url.is_typed || matters(name)) {
        Some(name) => Err(Error::usage(format!("drfctl does not know the database option {name}"))
            .hint(format!("it knows {}", served.join(", ")))),
        None => Ok(()),
    }
}

/// The error with how long was waited, where it is about a lock.
pub(super) fn waited(error: Error, options: &Options) -> Error {
    if error.kind() != Kind::Busy || error.retry() == Retry::Never {
        return error;
    }
    error.hint(format!("waited {:?}", options.busy_timeout))
}

/// What to look at where no connection came about.
pub(super) fn unconnected(place: &str, words: &str) -> Error {
    let hint = if words.contains("certificate") {
        "sslrootcert=FILE, or ssl_ca=FILE for MySQL, names whom to trust; the certificate has to be for this host"
    } else {
        "is the server there, and does it listen at this address?"
    };
    Error::unusable(format!("there is no connection to {place}: {words}"))
        .hint(hint)
        .caused_by(anyhow::Error::msg(words.to_owned()))
}

/// Connects, and waits where the server has no room for one more.
///
/// # Errors
/// Unusable, if the server says nothing for so long; what the last try said;
/// interrupted, if a signal came.
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
        // What accepts a connection may still say nothing, for ever.
        thread::spawn(move || answer.send(once()));
        match answered.recv_timeout(limit) {
            Ok(Err(error)) if is_full(&error) && started.elapsed() < options.busy_timeout => {}
            Ok(outcome) => return Ok(outcome),
            Err(_) => return Err(unconnected(place, &format!("there was no answer within {limit:?}"))),
        }
        options.interrupt.check()?;
        if started.elapsed() >= SAY_AFTER {
            options.on_wait.tell();
        }
        thread::sleep(pause);
        pause = (2 * pause).min(longest);
    }
}

/// The shapes of tables, from the rows of one query of the catalog, whose first
/// cells are the table and the kind of the row:
///
/// * `c`, a column: name, type, not null, has default, is of the primary key,
///   the schema of its type;
/// * `u`, a column of what is unique: index, column;
/// * `f`, a foreign key: column, table, column of that table, schema;
/// * `w`, something that watches the rows;
/// * `e`, what keeps the rows without transactions: its name.
///
/// The columns of an index follow each other.
#[derive(Default)]
pub(super) struct Described {
    tables: BTreeMap<String, Table>,
    /// The table and the index of the row before.
    last_index: Option<(String, String)>,
}

impl Described {
    /// Reads a row.
    ///
    /// # Errors
    /// Internal, if it has too few cells.
    pub(super) fn row(&mut self, row: Row<'_>) -> Result<()> {
        let name = row.text(0)?;
        let table = self.tables.entry(name.clone()).or_insert_with(|| Table { name: name.clone(), ..Table::default() });
        match row.text(1)?.as_str() {
            "c" => {
                let declared = row.text(3)?;
                table.columns.push(Column {
                    name: row.text(2)?,
                    kind: ColumnKind::of_declared(&declared),
                    declared,
                    type_schema: row.optional_text(7)?,
                    not_null: row.flag(4)?,
                    has_default: row.flag(5)?,
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
            "e" => table.without_transactions = row.optional_text(2)?,
            _ => table.is_watched = true,
        }
        Ok(())
    }

    /// The tables that have columns: others do not exist.
    pub(super) fn tables(self) -> Vec<Table> {
        self.tables.into_values().filter(|table| !table.columns.is_empty()).collect()
    }
}
