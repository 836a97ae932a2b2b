//! Statements on users and their groups.

use crate::engine::{Cell, Dialect, Folding, Lock, Row, Statement, Value, array};
use crate::error::Result;
use crate::query::builder::{Builder, Operand, locked, same};
use crate::query::row_check::{self, cell, check, leads_back, stored};
use crate::query::rows;
use crate::schema::layout::{ColumnRef, Membership, UserTable};

/// The alias of the user table.
///
/// Its parents have the aliases `u1`, `u2`, …
pub(super) const FIRST: &str = "u0";

/// Returns the user table, joined with its parents in multi-table inheritance.
pub(super) fn from(users: &UserTable, dialect: &Dialect) -> String {
    let mut from = format!("{} AS {FIRST}", dialect.name(users.name()));
    for (at, table) in users.chain.iter().enumerate().skip(1) {
        let child = &users.chain[at - 1];
        let key = Operand::column(dialect, &alias(at), &table.key, table.shape.column(&table.key));
        let child_key = Operand::column(dialect, &alias(at - 1), &child.key, child.shape.column(&child.key));
        let condition = same(dialect, &key, &child_key);
        let (name, alias) = (dialect.name(&table.shape.name), alias(at));
        from.extend([" JOIN ", &name, " AS ", &alias, " ON ", &condition]);
    }
    from
}

/// Returns the alias of a table of the user model.
fn alias(at: usize) -> String {
    format!("u{at}")
}

/// Returns a column of the user model.
pub(super) fn column(users: &UserTable, dialect: &Dialect, column_ref: &ColumnRef) -> Operand {
    Operand::column(dialect, &alias(column_ref.table), &column_ref.name, users.column(column_ref))
}

/// Returns the condition of [`row_check::is_as_indexed`] for a column of the
/// user model.
pub(super) fn is_as_indexed(users: &UserTable, dialect: &Dialect, column_ref: &ColumnRef) -> Option<String> {
    let table = &users.chain[column_ref.table].shape;
    row_check::is_as_indexed(dialect, &alias(column_ref.table), table, &column_ref.name)
}

/// Returns the column that tokens reference.
pub(super) fn key(users: &UserTable, dialect: &Dialect) -> Operand {
    Operand::column(dialect, FIRST, users.key(), users.key_column())
}

/// Returns the primary key in each table of the user model.
pub(super) fn keys<'a>(users: &'a UserTable, dialect: &'a Dialect) -> impl Iterator<Item = Operand> + 'a {
    users
        .chain
        .iter()
        .enumerate()
        .map(move |(at, table)| Operand::column(dialect, &alias(at), &table.key, table.shape.column(&table.key)))
}

/// Returns `is_active`, or NULL if the model has none.
pub(super) fn is_active(users: &UserTable, dialect: &Dialect) -> String {
    users.is_active.as_ref().map_or_else(|| "NULL".to_owned(), |column_ref| column(users, dialect, column_ref).sql)
}

/// Returns whether a user with this cell of `is_active` may log in.
///
/// Mirrors `AbstractBaseUser.is_active`, which is true without a column.
#[must_use]
pub fn may_log_in(users: &UserTable, is_active: &Cell<'_>) -> bool {
    users.is_active.is_none() || is_active.as_bool().unwrap_or_default()
}

/// Selects users by name; see [`FoundRow`]. `names` has the values for each
/// username column, `columns` the further columns to read. Locks the rows if
/// they are about to change.
///
/// Mirrors `BaseUserManager.get_by_natural_key`.
#[must_use]
pub fn find(
    users: &UserTable,
    dialect: &Dialect,
    names: &[(&ColumnRef, Vec<Value>)],
    columns: &[&ColumnRef],
    lock: Option<Lock>,
) -> Statement {
    let mut builder = Builder::new(dialect);
    let mut matching = Vec::with_capacity(names.len());
    for (column_ref, values) in names {
        let table = &users.chain[column_ref.table].shape;
        matching.push(stored(dialect, &alias(column_ref.table), table, |alias| {
            let operand = Operand::column(dialect, alias, &column_ref.name, users.column(column_ref));
            builder.one_of(&operand, values.clone())
        }));
    }
    let mut checks = vec![format!("({})", matching.join(" OR "))];
    // What follows finds the user by the primary key.
    checks.extend(leads_back(dialect, FIRST, &users.chain[0].shape, users.key()));
    let mut wanted = vec![key(users, dialect).sql, is_active(users, dialect), cell(&checks)];
    for column_ref in users.username.columns().iter().chain(columns.iter().copied()) {
        wanted.push(column(users, dialect, column_ref).sql);
    }
    let mut conditions = Vec::with_capacity(names.len());
    for (column_ref, values) in names {
        conditions.push(builder.one_of(&column(users, dialect, column_ref), values.clone()));
    }
    let from = from(users, dialect);
    let lock = locked(dialect, lock, FIRST);
    builder.statement(format!("SELECT {} FROM {from} WHERE {}{lock}", wanted.join(", "), conditions.join(" OR ")))
}

/// A row of [`find`].
#[derive(Clone, Copy)]
pub struct FoundRow<'a>(Row<'a>);

impl<'a> FoundRow<'a> {
    /// Returns the row.
    ///
    /// # Errors
    /// Unusable if a damaged index led to it.
    pub fn new(row: Row<'a>) -> Result<Self> {
        check(row, 2).map(|()| Self(row))
    }

    /// Returns the user's primary key.
    ///
    /// # Errors
    /// Internal if the cell cannot be decoded.
    pub fn user(&self) -> Result<Cell<'a>> {
        self.0.get(0)
    }

    /// Returns whether the user may log in.
    ///
    /// # Errors
    /// Same as [`FoundRow::user`].
    pub fn is_active(&self, users: &UserTable) -> Result<bool> {
        Ok(may_log_in(users, &self.0.get(1)?))
    }

    /// Returns the value of the `n`th username column.
    ///
    /// # Errors
    /// Same as [`FoundRow::user`].
    pub fn name(&self, n: usize) -> Result<Cell<'a>> {
        self.0.get(3 + n)
    }

    /// Returns the value of the `n`th further column.
    ///
    /// # Errors
    /// Same as [`FoundRow::user`].
    pub fn column(&self, users: &UserTable, n: usize) -> Result<Cell<'a>> {
        self.0.get(3 + users.username.columns().len() + n)
    }
}

/// Selects those of these primary keys that users have.
#[must_use]
pub fn of_keys(users: &UserTable, dialect: &Dialect, keys: Vec<Value>) -> Statement {
    let mut builder = Builder::new(dialect);
    let key = key(users, dialect);
    let these = builder.one_of(&key, keys);
    builder.statement(format!("SELECT {} FROM {} WHERE {these}", key.sql, from(users, dialect)))
}

/// Selects usernames that differ from one of these names at most in case; see
/// [`SimilarRow`]. The number of rows is limited.
///
/// Mirrors the `iexact` lookup of `UserCreationForm.clean_username`.
#[must_use]
pub fn similar(users: &UserTable, dialect: &Dialect, names: &[&str]) -> Statement {
    /// The maximum of spellings of a name: names that differ only in case are
    /// rare.
    const SPELLINGS: usize = 4;
    let mut builder = Builder::new(dialect);
    let stored = column(users, dialect, users.display_column());
    let values = || names.iter().map(|name| Value::text(name)).collect::<Vec<_>>();
    let limit = SPELLINGS * names.len();
    let condition = match dialect.folding {
        Folding::Collation => builder.one_of(&stored, values()),
        Folding::NoCase => {
            let mut marks = Vec::with_capacity(names.len());
            for name in names {
                marks.push(builder.bind(Value::text(name)));
                // NOCASE folds the case of ASCII letters only.
                if !name.is_ascii() {
                    marks.push(builder.bind(Value::text(&name.to_lowercase())));
                    marks.push(builder.bind(Value::text(&name.to_uppercase())));
                }
            }
            format!("{} COLLATE NOCASE IN ({})", stored.sql, marks.join(", "))
        }
        Folding::Upper => {
            let (upper, unnest, text) = (dialect.function("upper"), dialect.function("unnest"), dialect.text_cast());
            let (equal, names) = (dialect.operator("=", None), builder.bind(array(values().iter())));
            format!(
                "{upper}({}{text}) {equal} ANY (SELECT {upper}(n.name) FROM {unnest}({names}{text}[]) AS n (name))",
                stored.sql
            )
        }
    };
    let from = from(users, dialect);
    builder.statement(format!("SELECT {} FROM {from} WHERE {condition} LIMIT {limit}", stored.sql))
}

/// A row of [`similar`].
#[derive(Clone, Copy)]
pub struct SimilarRow<'a>(pub Row<'a>);

impl<'a> SimilarRow<'a> {
    /// Returns the username.
    ///
    /// # Errors
    /// Internal if the cell cannot be decoded.
    pub fn username(&self) -> Result<Cell<'a>> {
        self.0.get(0)
    }
}

/// Selects the groups of these names; see [`GroupRow`].
#[must_use]
pub fn groups(dialect: &Dialect, membership: &Membership, names: &[&str]) -> Statement {
    let mut builder = Builder::new(dialect);
    let [id, table] = ["id", &membership.groups].map(|name| dialect.name(name));
    let name = Operand::bare(dialect, "name", None);
    let condition = builder.one_of(&name, names.iter().map(|name| Value::text(name)).collect());
    builder.statement(format!("SELECT {id}, {} FROM {table} WHERE {condition}", name.sql))
}

/// A row of [`groups`].
#[derive(Clone, Copy)]
pub struct GroupRow<'a>(pub Row<'a>);

impl<'a> GroupRow<'a> {
    /// Returns the group's primary key.
    ///
    /// # Errors
    /// Internal if the cell cannot be decoded.
    pub fn id(&self) -> Result<Cell<'a>> {
        self.0.get(0)
    }

    /// Returns the group's name.
    ///
    /// # Errors
    /// Same as [`GroupRow::id`].
    pub fn name(&self) -> Result<String> {
        self.0.text(1)
    }
}

/// Selects which of these users are in which of these groups; see [`MemberRow`].
#[must_use]
pub fn members(dialect: &Dialect, membership: &Membership, users: Vec<Value>, groups: Vec<Value>) -> Statement {
    let mut builder = Builder::new(dialect);
    let user = Operand::bare(dialect, &membership.user, None);
    let group = Operand::bare(dialect, &membership.group, None);
    let these = [builder.one_of(&user, users), builder.one_of(&group, groups)].join(" AND ");
    let table = dialect.name(&membership.table);
    builder.statement(format!("SELECT {}, {} FROM {table} WHERE {these}", user.sql, group.sql))
}

/// A row of [`members`].
#[derive(Clone, Copy)]
pub struct MemberRow<'a>(pub Row<'a>);

impl<'a> MemberRow<'a> {
    /// Returns the user's primary key.
    ///
    /// # Errors
    /// Internal if the cell cannot be decoded.
    pub fn user(&self) -> Result<Cell<'a>> {
        self.0.get(0)
    }

    /// Returns the group's primary key.
    ///
    /// # Errors
    /// Same as [`MemberRow::user`].
    pub fn group(&self) -> Result<Cell<'a>> {
        self.0.get(1)
    }
}

/// Creates a group.
#[must_use]
pub fn create_group(dialect: &Dialect, membership: &Membership, name: Value) -> Statement {
    rows::insert_many(dialect, &membership.groups, &["name"], vec![vec![name]])
}

/// Adds users to groups. Each pair is a user and a group.
#[must_use]
pub fn join(dialect: &Dialect, membership: &Membership, pairs: Vec<Vec<Value>>) -> Statement {
    rows::insert_many(dialect, &membership.table, &[&membership.user, &membership.group], pairs)
}
