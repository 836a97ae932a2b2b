//! Looks up users by name.

use std::collections::{HashMap, HashSet};

use crate::admin::model::{StoredName, UserId};
use crate::admin::snapshot::Snapshot;
use crate::admin::users::unknown::none_found;
use crate::django::token_key;
use crate::django::username::Username;
use crate::engine::{Folding, Lock, Row, Statement, Value};
use crate::error::{Error, Result};
use crate::hint::{Action, Hint, Setting};
use crate::query;
use crate::query::names::{name_value, name_values};
use crate::query::users::FoundRow;
use crate::schema::layout::{ColumnRef, UserTable};

pub(in crate::admin) use crate::admin::users::unknown::not_found;

/// A user that was found.
#[derive(Clone)]
pub(in crate::admin) struct FoundUser {
    pub(in crate::admin) id: UserId,
    /// The displayed username.
    pub(in crate::admin) username: StoredName,
    /// Whether the user may log in.
    pub(in crate::admin) is_active: bool,
    /// The requested columns, with their values.
    columns: Vec<(ColumnRef, Value)>,
    /// The values of the username columns.
    names: Vec<StoredName>,
}

impl FoundUser {
    /// Returns the value of a column, if it was requested.
    pub(in crate::admin) fn value(&self, column_ref: &ColumnRef) -> Option<&Value> {
        self.columns.iter().find(|(known, _)| known == column_ref).map(|(_, value)| value)
    }
}

/// The users that a name matches.
enum Fit {
    None,
    One(FoundUser),
    Several,
}

impl Snapshot<'_> {
    /// Returns the users of these names, in their order. The error names all
    /// that are unknown.
    pub(in crate::admin) fn find_each(&mut self, usernames: &[Username], lock: Option<Lock>) -> Result<Vec<FoundUser>> {
        let names: Vec<&str> = usernames.iter().map(Username::as_str).collect();
        let found = self.find_users(&names, &[], lock)?;
        let mut users = Vec::with_capacity(found.len());
        let mut unknown = Vec::new();
        for (name, user) in names.iter().zip(found) {
            match user {
                Some(user) => users.push(user),
                None => unknown.push(*name),
            }
        }
        if unknown.is_empty() { Ok(users) } else { Err(none_found(&self.layout().users, &unknown)) }
    }

    /// Returns the user of a name, with the values of some columns.
    pub(in crate::admin) fn find_user(&mut self, name: &str, columns: &[&ColumnRef]) -> Result<Option<FoundUser>> {
        Ok(self.find_users(&[name], columns, None)?.pop().flatten())
    }

    /// Returns the users of these names, in their order, with the values of
    /// some columns; `None` for an unknown name.
    ///
    /// # Errors
    /// Rejected if a name matches several users.
    pub(in crate::admin) fn find_users(
        &mut self,
        names: &[&str],
        columns: &[&ColumnRef],
        lock: Option<Lock>,
    ) -> Result<Vec<Option<FoundUser>>> {
        let mut found = Vec::with_capacity(names.len());
        for some in names.chunks(self.dialect().many.asked()) {
            for (name, fit) in some.iter().zip(self.fits(some, columns, lock)?) {
                found.push(match fit {
                    Fit::None => None,
                    Fit::One(user) => Some(user),
                    Fit::Several => return Err(more_than_one(&self.layout().users, name)),
                });
            }
        }
        Ok(found)
    }

    /// Returns what each name matches in the database's own comparison. Where
    /// that comparison treats several spellings as equal, looks names up one at
    /// a time if another spelling could match.
    fn fits(&mut self, names: &[&str], columns: &[&ColumnRef], lock: Option<Lock>) -> Result<Vec<Fit>> {
        let users = &self.layout().users;
        let rows = self.rows_of(names, columns, lock)?;
        if let [_] = names {
            return Ok(vec![only(&rows)]);
        }
        let spelled = Spelled::of(&rows, users);
        let mut fits: Vec<Fit> = names.iter().map(|name| spelled.fit(&rows, users, name)).collect();
        let none: Vec<usize> = (0..names.len()).filter(|at| matches!(fits[*at], Fit::None)).collect();
        let rest: Vec<&str> = none.iter().map(|at| names[*at]).collect();
        let mut alone: Vec<usize> = if spelled.has_others(users, names) {
            (0..names.len()).collect()
        } else {
            let by_collation = self.dialect().folding == Folding::Collation;
            let is_doubtful =
                |name: &str| spelled.is_doubtful(users, name) || by_collation && may_have_equals(users, name);
            (0..names.len()).filter(|at| is_doubtful(names[*at])).collect()
        };
        if !rest.is_empty() && !self.rows_of(&rest, columns, lock)?.is_empty() {
            alone.extend(none);
        }
        for at in alone {
            fits[at] = only(&self.rows_of(&names[at..=at], columns, lock)?);
        }
        Ok(fits)
    }

    /// Returns the users who match one of these names.
    fn rows_of(&mut self, names: &[&str], columns: &[&ColumnRef], lock: Option<Lock>) -> Result<Vec<FoundUser>> {
        let users = &self.layout().users;
        let mut found: Vec<FoundUser> = Vec::new();
        if let Some(statement) = self.matching(names, columns, lock) {
            self.each(&statement, &mut |row| {
                found.extend(found_user(users, columns, row)?);
                Ok(())
            })?;
        }
        Ok(found)
    }

    /// Selects the users who match one of these names; `None` if none can.
    pub(super) fn matching(&self, names: &[&str], columns: &[&ColumnRef], lock: Option<Lock>) -> Option<Statement> {
        let users = &self.layout().users;
        let by = users.username.columns();
        let mut values: Vec<(&ColumnRef, Vec<Value>)> = Vec::with_capacity(by.len());
        for column_ref in by {
            let of_column = name_values(users, column_ref, names.iter().copied());
            if !of_column.is_empty() {
                values.push((column_ref, of_column));
            }
        }
        if values.is_empty() {
            return None;
        }
        Some(query::users::find(users, self.dialect(), &values, columns, lock))
    }

    /// Returns a statement that finds the user of a name after the commit. It
    /// locks the row, and so waits for the commit.
    pub(in crate::admin) fn find_statement(&self, name: &str) -> Statement {
        let users = &self.layout().users;
        let mut values: Vec<(&ColumnRef, Vec<Value>)> = Vec::new();
        for column_ref in users.username.columns() {
            values.extend(name_value(users, column_ref, name).map(|value| (column_ref, vec![value])));
        }
        query::users::find(users, self.dialect(), &values, &[], Some(Lock::Update))
    }

    /// Returns the names that no user has.
    ///
    /// # Errors
    /// Rejected if a name matches several users; busy or unusable if the
    /// database cannot be read.
    pub fn unknown<'a>(&mut self, names: &'a [Username]) -> Result<Vec<&'a Username>> {
        let texts: Vec<&str> = names.iter().map(Username::as_str).collect();
        let found = self.find_users(&texts, &[], None)?;
        Ok(names.iter().zip(found).filter(|(_, user)| user.is_none()).map(|(name, _)| name).collect())
    }

    /// Returns for each name whether a user has it.
    ///
    /// # Errors
    /// Same as [`Snapshot::unknown`].
    pub fn existing(&mut self, names: &[&str]) -> Result<Vec<bool>> {
        Ok(self.find_users(names, &[], None)?.iter().map(Option::is_some).collect())
    }
}

/// Returns the user of a row of [`Snapshot::matching`].
pub(super) fn found_user(users: &UserTable, columns: &[&ColumnRef], row: Row<'_>) -> Result<Option<FoundUser>> {
    let row = FoundRow::new(row)?;
    let Some(id) = UserId::of_cell(&row.user()?) else { return Ok(None) };
    let by = users.username.columns();
    let mut names = Vec::with_capacity(by.len());
    for n in 0..by.len() {
        names.push(StoredName::of_cell(&row.name(n)?));
    }
    let mut stored = Vec::with_capacity(columns.len());
    for (n, column_ref) in columns.iter().enumerate() {
        stored.push(((*column_ref).clone(), row.column(users, n)?.to_value()));
    }
    let username = StoredName::of_cell(&row.name(0)?);
    Ok(Some(FoundUser { id, username, is_active: row.is_active(users)?, columns: stored, names }))
}

/// Returns the only one of the users who match a name, if there is one.
///
/// # Errors
/// Rejected if there are several.
pub(super) fn only_one(users: &UserTable, name: &str, found: &[FoundUser]) -> Result<Option<FoundUser>> {
    match only(found) {
        Fit::None => Ok(None),
        Fit::One(user) => Ok(Some(user)),
        Fit::Several => Err(more_than_one(users, name)),
    }
}

/// Rows of users, by the spelling of their names.
struct Spelled<'a> {
    exact: HashMap<&'a StoredName, Vec<usize>>,
    folded: HashMap<FoldedName, Vec<usize>>,
}

/// A username in lower case, without spaces at its end.
#[derive(PartialEq, Eq, Hash)]
struct FoldedName(String);

impl FoldedName {
    fn of(name: &str) -> Self {
        Self(name.trim_end().to_lowercase())
    }
}

/// Returns whether a collation may take the name for that of another user, too:
/// it ignores accents and control characters, and no unique index, which would
/// have the same collation, keeps such users apart.
fn may_have_equals(users: &UserTable, name: &str) -> bool {
    if name.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return false;
    }
    match users.username.columns() {
        [only] => !users.is_unique(only),
        _ => true,
    }
}

impl<'a> Spelled<'a> {
    fn of(rows: &'a [FoundUser], users: &UserTable) -> Self {
        let mut spelled = Self { exact: HashMap::with_capacity(rows.len()), folded: HashMap::new() };
        for (at, row) in rows.iter().enumerate() {
            let names = row.names.iter().take(users.username.columns().len());
            for name in names.filter(|name| **name != StoredName::Missing) {
                for same in [
                    spelled.exact.entry(name).or_default(),
                    spelled.folded.entry(FoldedName::of(&name.readable())).or_default(),
                ] {
                    if same.last() != Some(&at) {
                        same.push(at);
                    }
                }
            }
        }
        spelled
    }

    /// Returns the rows with exactly this name.
    fn rows(&self, users: &UserTable, name: &str) -> Vec<usize> {
        let mut rows = Vec::new();
        for column_ref in users.username.columns() {
            let value = name_value(users, column_ref, name);
            let spelling = value.map(|value| StoredName::of_cell(&value.as_cell()));
            for at in spelling.and_then(|spelling| self.exact.get(&spelling)).into_iter().flatten() {
                if !rows.contains(at) {
                    rows.push(*at);
                }
            }
        }
        rows
    }

    /// Returns whether the database's comparison may match another row, too.
    fn is_doubtful(&self, users: &UserTable, name: &str) -> bool {
        let folded = self.folded.get(&FoldedName::of(name)).map_or(0, Vec::len);
        folded > self.rows(users, name).len()
    }

    fn fit(&self, rows: &[FoundUser], users: &UserTable, name: &str) -> Fit {
        match self.rows(users, name).as_slice() {
            [] => Fit::None,
            [at] => Fit::One(rows[*at].clone()),
            _ => Fit::Several,
        }
    }

    /// Returns whether a row has none of these names exactly.
    fn has_others(&self, users: &UserTable, names: &[&str]) -> bool {
        let claimed: HashSet<usize> = names.iter().flat_map(|name| self.rows(users, name)).collect();
        self.exact.values().flatten().any(|at| !claimed.contains(at))
    }
}

/// Returns the only user, if there is one.
fn only(rows: &[FoundUser]) -> Fit {
    match rows {
        [] => Fit::None,
        [user] => Fit::One(user.clone()),
        _ => Fit::Several,
    }
}

fn more_than_one(users: &UserTable, name: &str) -> Error {
    let mut hint = Hint::advice("name a column that identifies the user");
    match users.username.columns() {
        [_] => hint = hint.or(Action::Option(Setting::UsernameField, None)),
        columns => {
            for column_ref in columns {
                hint = hint.or(Action::option(Setting::UsernameField, &*column_ref.name));
            }
        }
    }
    Error::rejected(format!("more than one user is named {}", token_key::as_name(name))).hint(hint)
}
