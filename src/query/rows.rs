//! Statements on rows of any table.

use crate::engine::{Column, Dialect, Lock, Row, Statement, Table, Value};
use crate::error::{Error, Result};
use crate::query::builder::{Builder, Operand, filtered, locked};

/// The alias of the table.
const ROW: &str = "r";

/// Inserts a row.
#[must_use]
pub fn insert(dialect: &Dialect, table: &str, columns: &[&str], row: Vec<Value>) -> Statement {
    insert_many(dialect, table, columns, vec![row])
}

/// Inserts rows.
#[must_use]
pub fn insert_many(dialect: &Dialect, table: &str, columns: &[&str], rows: Vec<Vec<Value>>) -> Statement {
    let mut builder = Builder::new(dialect);
    let mut tuples = Vec::with_capacity(rows.len());
    for row in rows {
        let marks: Vec<String> = row.into_iter().map(|value| builder.bind(value)).collect();
        tuples.push(format!("({})", marks.join(", ")));
    }
    let names: Vec<String> = columns.iter().map(|name| dialect.name(name)).collect();
    let text = format!("INSERT INTO {} ({}) VALUES {}", dialect.name(table), names.join(", "), tuples.join(", "));
    builder.statement(text)
}

/// Updates the rows with these keys.
#[must_use]
pub fn update(dialect: &Dialect, table: &Table, values: &[(&str, Value)], key: &str, keys: Vec<Value>) -> Statement {
    let mut builder = Builder::new(dialect);
    let mut sets = Vec::with_capacity(values.len());
    for (column, value) in values {
        sets.push(format!("{} = {}", dialect.name(column), builder.bind(value.clone())));
    }
    let these = of_keys(&mut builder, table.column(key), key, keys);
    builder.statement(format!("UPDATE {} SET {} WHERE {these}", dialect.name(&table.name), sets.join(", ")))
}

/// Selects the row of a key if it has these values, none of them NULL. Waits
/// for other transactions that are changing it.
#[must_use]
pub fn has(dialect: &Dialect, table: &Table, key: &(&str, Value), values: &[(&str, Value)]) -> Statement {
    let mut builder = Builder::new(dialect);
    let mut conditions = Vec::with_capacity(1 + values.len());
    for (column, value) in std::iter::once(key).chain(values) {
        let operand = Operand::column(dialect, ROW, column, table.column(column));
        conditions.push(builder.equal(&operand, value.clone()));
    }
    let (name, lock) = (dialect.name(&table.name), locked(dialect, Some(Lock::Update), ROW));
    builder.statement(format!("SELECT 1 FROM {name} AS {ROW}{}{lock}", filtered(&conditions)))
}

/// Counts the rows of a table; see [`CountRow`].
#[must_use]
pub fn count(dialect: &Dialect, table: &str) -> Statement {
    Statement::plain(format!("SELECT {}(*) FROM {}", dialect.function("count"), dialect.name(table)))
}

/// A row of [`count`], or of [`listing::count`](crate::query::listing::count).
#[derive(Clone, Copy)]
pub struct CountRow<'a>(pub Row<'a>);

impl CountRow<'_> {
    /// Returns the number.
    ///
    /// # Errors
    /// Internal if it is none.
    pub fn count(&self) -> Result<u64> {
        let count = self.0.get(0)?.as_integer().and_then(|count| u64::try_from(count).ok());
        count.ok_or_else(|| Error::internal("a count returned no number"))
    }
}

/// Selects whether each of these tables has a row; see [`PresenceRow`].
#[must_use]
pub fn presence(dialect: &Dialect, tables: &[String]) -> Statement {
    let cells = tables.iter().map(|table| {
        let table = dialect.name(table);
        format!("CASE WHEN EXISTS (SELECT 1 FROM {table}) THEN 1 ELSE 0 END")
    });
    Statement::plain(format!("SELECT {}", cells.collect::<Vec<_>>().join(", ")))
}

/// A row of [`presence`].
#[derive(Clone, Copy)]
pub struct PresenceRow<'a>(pub Row<'a>);

impl PresenceRow<'_> {
    /// Returns whether the table at this place has a row.
    ///
    /// # Errors
    /// Internal if the cell cannot be decoded.
    pub fn has_rows(&self, at: usize) -> Result<bool> {
        self.0.flag(at)
    }
}

/// Returns the condition that a row has one of these keys.
fn of_keys(builder: &mut Builder<'_>, shape: Option<&Column>, key: &str, keys: Vec<Value>) -> String {
    let operand = Operand::bare(builder.dialect, key, shape);
    match <[Value; 1]>::try_from(keys) {
        Ok([one]) => builder.equal(&operand, one),
        Err(several) => builder.one_of(&operand, several),
    }
}
