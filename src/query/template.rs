//! Statements on the user that new users copy from.

use crate::engine::{Dialect, Reference, Row, Statement, Value};
use crate::error::{Error, Result};
use crate::query::builder::{Builder, Operand, same};
use crate::query::newest::readable;
use crate::query::users;
use crate::schema::layout::{ColumnRef, Membership, UserTable};

/// The alias of a table with rows of users.
const ROW: &str = "r";

/// The alias of the groups.
const GROUP: &str = "g";

/// Selects columns of a user.
#[must_use]
pub fn columns(users: &UserTable, dialect: &Dialect, columns: &[&ColumnRef], user: Value) -> Statement {
    let mut builder = Builder::new(dialect);
    let condition = builder.equal(&users::key(users, dialect), user);
    let wanted: Vec<String> = columns.iter().map(|column_ref| readable(users, dialect, column_ref)).collect();
    builder.statement(format!("SELECT {} FROM {} WHERE {condition}", wanted.join(", "), users::from(users, dialect)))
}

/// Selects the names of the groups of a user.
#[must_use]
pub fn groups(users: &UserTable, dialect: &Dialect, membership: &Membership, user: Value) -> Statement {
    let mut builder = Builder::new(dialect);
    let member = builder.equal(&Operand::column(dialect, ROW, &membership.user, users.key_column()), user);
    let [id, name] = ["id", "name"].map(|name| Operand::column(dialect, GROUP, name, None));
    let joined = same(dialect, &id, &Operand::column(dialect, ROW, &membership.group, None));
    let [table, groups] = [&membership.table, &membership.groups].map(|name| dialect.name(name));
    builder.statement(format!(
        "SELECT {name} FROM {table} AS {ROW} JOIN {groups} AS {GROUP} ON {joined} WHERE {member} ORDER BY {name}",
        name = name.sql
    ))
}

/// Counts the rows that a user has in each of these tables; see [`TableOfUser`].
#[must_use]
pub fn tables(users: &UserTable, dialect: &Dialect, tables: &[Reference], user: &Value) -> Statement {
    let mut builder = Builder::new(dialect);
    let mut parts = Vec::with_capacity(tables.len());
    for (n, reference) in tables.iter().enumerate() {
        let operand = Operand::column(dialect, ROW, &reference.column, users.key_column());
        let condition = builder.equal(&operand, user.clone());
        parts.push(format!(
            "SELECT {n}, {}(*) FROM {} AS {ROW} WHERE {condition}",
            dialect.function("count"),
            dialect.name(&reference.table)
        ));
    }
    builder.statement(parts.join(" UNION ALL "))
}

/// A row of [`tables`].
#[derive(Clone, Copy)]
pub struct TableOfUser<'a>(pub Row<'a>);

impl TableOfUser<'_> {
    /// Returns the index of the table.
    ///
    /// # Errors
    /// Internal if the cell cannot be decoded.
    pub fn index(&self) -> Result<usize> {
        Ok(self.0.get(0)?.as_integer().and_then(|index| usize::try_from(index).ok()).unwrap_or(usize::MAX))
    }

    /// Returns the number of rows.
    ///
    /// # Errors
    /// Internal if the cell cannot be decoded.
    pub fn count(&self) -> Result<u64> {
        let count = self.0.get(1)?.as_integer().and_then(|count| u64::try_from(count).ok());
        count.ok_or_else(|| Error::internal("a count came back without a number"))
    }
}

/// The rows that a user has in one table, and how they are copied.
#[derive(Clone, Debug)]
pub struct Copied<'a> {
    /// The table, and its column of the user.
    pub reference: &'a Reference,
    /// The columns that are copied.
    pub columns: &'a [String],
    /// The columns that get a value.
    pub values: Vec<(&'a str, Value)>,
    /// Only one of the rows.
    pub only: Option<NthRow<'a>>,
}

/// One row of a user, by its place in the order of a unique column.
#[derive(Clone, Copy, Debug)]
pub struct NthRow<'a> {
    /// The column.
    pub by: &'a str,
    /// The place, from 0.
    pub n: u64,
}

/// Copies the rows of one user for another.
#[must_use]
pub fn copy(users: &UserTable, dialect: &Dialect, row: &Copied<'_>, from: Value, to: Value) -> Statement {
    let mut builder = Builder::new(dialect);
    let mut names = vec![dialect.name(&row.reference.column)];
    let mut wanted = vec![builder.bind(to)];
    for (column, value) in &row.values {
        names.push(dialect.name(column));
        wanted.push(builder.bind(value.clone()));
    }
    for column in row.columns {
        names.push(dialect.name(column));
        wanted.push(format!("{ROW}.{}", dialect.name(column)));
    }
    let operand = Operand::column(dialect, ROW, &row.reference.column, users.key_column());
    let condition = builder.equal(&operand, from);
    let table = dialect.name(&row.reference.table);
    let only = row.only.map_or_else(String::new, |NthRow { by, n }| {
        format!(" ORDER BY {ROW}.{} LIMIT 1 OFFSET {n}", dialect.name(by))
    });
    builder.statement(format!(
        "INSERT INTO {table} ({}) SELECT {} FROM {table} AS {ROW} WHERE {condition}{only}",
        names.join(", "),
        wanted.join(", "),
    ))
}
