//! The groups that users join.

use std::borrow::Borrow;
use std::collections::{HashMap, HashSet};

use crate::admin::model::{GroupId, UserId};
use crate::admin::snapshot::Snapshot;
use crate::admin::transaction::Transaction;
use crate::admin::users::data::{OnMissingGroup, UserData};
use crate::engine::Value;
use crate::error::{Error, Result};
use crate::hint::{Hint, Setting};
use crate::query;
use crate::query::users::{GroupRow, MemberRow};
use crate::schema::layout::UserTable;
use crate::schema::tables::GROUP_TABLE;

/// The number of groups or memberships that one statement looks up.
const AT_A_TIME: usize = 250;

/// The maximum length of a name.
///
/// Mirrors `Group.name`.
const LONGEST_NAME: usize = 150;

/// The groups of one transaction.
#[derive(Clone, Default)]
pub(super) struct Groups {
    /// The primary keys by name, as far as they were looked up.
    known: HashMap<String, GroupId>,
    /// The names of those that were created.
    pub(super) created: Vec<String>,
}

impl Groups {
    /// Looks up the groups that users join. Returns the names of missing ones.
    ///
    /// # Errors
    /// Rejected if the user model has no groups.
    pub(super) fn find<'a>(&mut self, snapshot: &mut Snapshot<'_>, users: &[&'a UserData]) -> Result<Vec<&'a str>> {
        let table = &snapshot.layout().users;
        let names = || users.iter().flat_map(|user| &user.groups).map(String::as_str);
        if names().any(|name| name.trim() != name || name.is_empty()) {
            return Err(Error::rejected("the name of a group is empty, or has a space at its beginning or end"));
        }
        if names().next().is_some() && table.membership.is_none() {
            return Err(Error::rejected(format!("the user model {} has no groups", table.name())));
        }
        let mut new: Vec<&str> = names().filter(|name| !self.known.contains_key(*name)).collect();
        new.sort_unstable();
        new.dedup();
        self.look_up(snapshot, &new)?;
        new.retain(|name| !self.known.contains_key(*name));
        Ok(new)
    }

    fn look_up(&mut self, snapshot: &mut Snapshot<'_>, names: &[&str]) -> Result<()> {
        for some in names.chunks(AT_A_TIME) {
            for (name, id) in groups(snapshot, some)? {
                self.known.insert(name, id);
            }
        }
        for name in names {
            // A collation may match a name with another spelling.
            if !self.known.contains_key(*name)
                && let Some((_, id)) = groups(snapshot, &[name])?.pop()
            {
                self.known.insert((*name).to_owned(), id);
            }
        }
        Ok(())
    }

    /// Creates groups.
    ///
    /// # Errors
    /// Same as [`check_missing`]; conflict if another session creates one.
    pub(super) fn create(&mut self, transaction: &mut Transaction<'_>, names: &[&str]) -> Result<()> {
        let Some(membership) = &transaction.layout().users.membership else { return Ok(()) };
        for name in names {
            // A collation may match the name with a group created just before.
            self.look_up(&mut transaction.snapshot(), &[name])?;
            if self.known.contains_key(*name) {
                continue;
            }
            let insert = query::users::create_group(transaction.dialect(), membership, Value::text(name));
            transaction.write(&insert, 1, &membership.groups)?;
            self.look_up(&mut transaction.snapshot(), &[name])?;
            self.created.push((*name).to_owned());
        }
        Ok(())
    }

    /// Adds users to their groups, unless they are members already.
    pub(super) fn join(&self, transaction: &mut Transaction<'_>, users: &[(UserId, &[String])]) -> Result<()> {
        let Some(membership) = &transaction.layout().users.membership else { return Ok(()) };
        let mut wanted: Vec<(UserId, GroupId)> = Vec::new();
        let mut seen = HashSet::new();
        for (user, names) in users {
            for group in names.iter().filter_map(|name| self.known.get(name)) {
                let pair = (user.clone(), group.clone());
                if seen.insert(pair.clone()) {
                    wanted.push(pair);
                }
            }
        }
        for some in wanted.chunks(AT_A_TIME) {
            let existing = members(&mut transaction.snapshot(), some)?;
            let mut new = Vec::with_capacity(some.len());
            for (user, group) in some.iter().filter(|pair| !existing.contains(*pair)) {
                new.push(vec![user.to_value(), group.to_value()]);
            }
            if !new.is_empty() {
                let rows = new.len();
                let join = query::users::join(transaction.dialect(), membership, new);
                transaction.write(&join, rows, &membership.table)?;
            }
        }
        Ok(())
    }
}

/// Returns the error for unknown groups.
#[must_use]
pub fn no_such_groups(names: &[impl Borrow<str>]) -> Error {
    let message = match names {
        [name] => format!("group {} does not exist", name.borrow()),
        names => format!("{} groups do not exist: {}", names.len(), names.join(", ")),
    };
    Error::rejected(message).hint(Hint::option(Setting::CreateGroups).trail("creates missing groups"))
}

/// Checks that groups which do not exist can be created, if they are to be.
///
/// # Errors
/// Rejected if they are not, if the application has its own model of groups, or
/// if a name is too long.
pub(super) fn check_missing(users: &UserTable, names: &[&str], on_missing: OnMissingGroup) -> Result<()> {
    if names.is_empty() {
        return Ok(());
    }
    if on_missing == OnMissingGroup::Refuse {
        return Err(no_such_groups(names));
    }
    if let Some(table) = users.membership.as_ref().map(|membership| &membership.groups)
        && !table.eq_ignore_ascii_case(GROUP_TABLE)
    {
        let name = names.join(", ");
        return Err(Error::rejected(format!("{table} is not Django's table of groups, and has no group {name}"))
            .hint("create the group in the application"));
    }
    match names.iter().find(|name| name.chars().count() > LONGEST_NAME) {
        None => Ok(()),
        Some(name) => {
            Err(Error::rejected(format!("the name of group {name} is longer than {LONGEST_NAME} characters")))
        }
    }
}

/// Returns the groups of these names, with their names.
fn groups(snapshot: &mut Snapshot<'_>, names: &[&str]) -> Result<Vec<(String, GroupId)>> {
    let Some(membership) = &snapshot.layout().users.membership else { return Ok(Vec::new()) };
    let statement = query::users::groups(snapshot.dialect(), membership, names);
    let mut groups = Vec::with_capacity(names.len());
    snapshot.each(&statement, &mut |row| {
        let row = GroupRow(row);
        if let Some(id) = GroupId::of_cell(&row.id()?) {
            groups.push((row.name()?, id));
        }
        Ok(())
    })?;
    Ok(groups)
}

/// Returns which of these users are in which of these groups.
fn members(snapshot: &mut Snapshot<'_>, pairs: &[(UserId, GroupId)]) -> Result<HashSet<(UserId, GroupId)>> {
    let mut existing = HashSet::new();
    let Some(membership) = &snapshot.layout().users.membership else { return Ok(existing) };
    let (users, groups): (HashSet<&UserId>, HashSet<&GroupId>) =
        pairs.iter().map(|(user, group)| (user, group)).unzip();
    let users: Vec<Value> = users.into_iter().map(UserId::to_value).collect();
    let groups: Vec<Value> = groups.into_iter().map(GroupId::to_value).collect();
    let statement = query::users::members(snapshot.dialect(), membership, users, groups);
    snapshot.each(&statement, &mut |row| {
        let row = MemberRow(row);
        if let (Some(user), Some(group)) = (UserId::of_cell(&row.user()?), GroupId::of_cell(&row.group()?)) {
            existing.insert((user, group));
        }
        Ok(())
    })?;
    Ok(existing)
}
