//! Statements on the newest users.

use crate::engine::{Cell, ColumnKind, Dialect, Reference, Row, Statement};
use crate::error::{Error, Result};
use crate::query::builder::{Operand, same};
use crate::query::users::{column, from, key};
use crate::schema::layout::{ColumnRef, Membership, UserTable};

/// How many characters of a value are read.
const BEGINNING: u32 = 200;

/// The alias of the newest users, and of their primary key.
const NEWEST: &str = "n";
const KEY: &str = "pk";

/// The alias of a table with rows of users.
const ROW: &str = "r";

/// The alias of the groups.
const GROUP: &str = "g";

/// Which users to look at, and how.
#[derive(Clone, Copy, Debug)]
pub struct Newest<'a> {
    /// The column of the password.
    pub password: &'a ColumnRef,
    /// The column of the last login. Without it, every user counts as logged in.
    pub last_login: Option<&'a ColumnRef>,
    /// A column that grows.
    pub by: &'a ColumnRef,
    /// The number of users.
    pub limit: u32,
}

/// Selects the password hashes, the last logins and further columns of the newest
/// users, newest first; see [`NewestRow`].
#[must_use]
pub fn rows(users: &UserTable, dialect: &Dialect, newest: &Newest<'_>, columns: &[&ColumnRef]) -> Statement {
    let mut wanted = vec![
        column(users, dialect, newest.password).sql,
        newest.last_login.map_or_else(|| "1".to_owned(), |place| column(users, dialect, place).sql),
    ];
    for column_ref in columns {
        let value = readable(users, dialect, column_ref);
        // A beginning is enough to tell values apart.
        wanted.push(match users.column(column_ref).map(|column| &column.kind) {
            Some(ColumnKind::Text | ColumnKind::Json | ColumnKind::Other(_) | ColumnKind::Unknown(_)) => {
                format!("{}({value}, 1, {BEGINNING})", dialect.function("substr"))
            }
            _ => value,
        });
    }
    Statement::plain(format!(
        "SELECT {} FROM {} ORDER BY {} DESC LIMIT {}",
        wanted.join(", "),
        from(users, dialect),
        column(users, dialect, newest.by).sql,
        newest.limit,
    ))
}

/// Returns a column as something that the cell of a row can hold: text, where
/// drfctl does not know the type's own form.
pub(super) fn readable(users: &UserTable, dialect: &Dialect, column_ref: &ColumnRef) -> String {
    let operand = column(users, dialect, column_ref);
    match users.column(column_ref).map(|column| &column.kind) {
        Some(
            ColumnKind::Date
            | ColumnKind::Time
            | ColumnKind::Decimal
            | ColumnKind::IpAddress
            | ColumnKind::Json
            | ColumnKind::Other(_),
        ) => format!("{}{}", operand.sql, dialect.text_cast()),
        _ => operand.sql,
    }
}

/// A row of [`rows`].
#[derive(Clone, Copy)]
pub struct NewestRow<'a>(pub Row<'a>);

impl<'a> NewestRow<'a> {
    /// Returns the encoded password.
    ///
    /// # Errors
    /// Internal if the cell cannot be decoded.
    pub fn encoded(&self) -> Result<Cell<'a>> {
        self.0.get(0)
    }

    /// Returns whether the user has logged in.
    ///
    /// # Errors
    /// Internal if the cell cannot be decoded.
    pub fn has_logged_in(&self) -> Result<bool> {
        Ok(!self.0.get(1)?.is_null())
    }

    /// Returns the value of the `n`th further column.
    ///
    /// # Errors
    /// Internal if the cell cannot be decoded.
    pub fn column(&self, n: usize) -> Result<Cell<'a>> {
        self.0.get(2 + n)
    }
}

/// A part of the newest users.
#[derive(Clone, Copy, Debug)]
pub struct Sample<'a> {
    /// A column that grows.
    pub by: &'a ColumnRef,
    /// How many of the newest are not counted.
    pub skip: usize,
    /// The number of users.
    pub limit: u32,
}

/// Counts the newest users, those of them who have a row in each table, and those
/// who are in each group; see [`CompanionRow`].
#[must_use]
pub fn companions(users: &UserTable, dialect: &Dialect, sample: Sample<'_>, tables: &[Reference]) -> Statement {
    let Sample { by, skip, limit } = sample;
    let newest = format!(
        "WITH {NEWEST} AS (SELECT {} AS {} FROM {} ORDER BY {} DESC LIMIT {limit} OFFSET {skip})",
        key(users, dialect).sql,
        dialect.name(KEY),
        from(users, dialect),
        column(users, dialect, by).sql,
    );
    let count = format!("{}(*)", dialect.function("count"));
    let user = Operand::column(dialect, NEWEST, KEY, users.key_column());
    let mut parts = vec![format!("SELECT 0, NULL, {count} FROM {NEWEST}")];
    for (n, reference) in tables.iter().enumerate() {
        let table = dialect.name(&reference.table);
        let is_of_user = same(dialect, &Operand::column(dialect, ROW, &reference.column, users.key_column()), &user);
        parts.push(format!(
            "SELECT {}, NULL, {count} FROM {NEWEST} WHERE EXISTS (SELECT 1 FROM {table} AS {ROW} WHERE {is_of_user})",
            n + 1
        ));
    }
    if let Some(Membership { table, user: member, group, groups }) = &users.membership {
        let [table, groups] = [table, groups].map(|name| dialect.name(name));
        let member = same(dialect, &Operand::column(dialect, ROW, member, users.key_column()), &user);
        let [id, name] = ["id", "name"].map(|name| Operand::column(dialect, GROUP, name, None));
        let group = same(dialect, &id, &Operand::column(dialect, ROW, group, None));
        parts.push(format!(
            "SELECT -1, {name}{text}, {count} FROM {NEWEST} JOIN {table} AS {ROW} ON {member} \
             JOIN {groups} AS {GROUP} ON {group} GROUP BY {name}",
            name = name.sql,
            text = dialect.text_cast(),
        ));
    }
    Statement::plain(format!("{newest} {}", parts.join(" UNION ALL ")))
}

/// A row of [`companions`].
#[derive(Clone, Copy)]
pub struct CompanionRow<'a>(pub Row<'a>);

/// What a row of [`companions`] counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Counted {
    /// The users.
    Users,
    /// The users with a row in the table of this index.
    Table(usize),
    /// The users in the group of this name.
    Group(String),
}

impl CompanionRow<'_> {
    /// Returns what is counted.
    ///
    /// # Errors
    /// Internal if the cell cannot be decoded.
    pub fn counted(&self) -> Result<Counted> {
        let index = self.0.get(0)?.as_integer().unwrap_or_default();
        Ok(match usize::try_from(index) {
            Ok(0) => Counted::Users,
            Ok(n) => Counted::Table(n - 1),
            Err(_) => Counted::Group(self.0.text(1)?),
        })
    }

    /// Returns the number.
    ///
    /// # Errors
    /// Internal if it is none.
    pub fn count(&self) -> Result<u64> {
        let count = self.0.get(2)?.as_integer().and_then(|count| u64::try_from(count).ok());
        count.ok_or_else(|| Error::internal("a count came back without a number"))
    }
}
