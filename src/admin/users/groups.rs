//! The groups that users join.

use std::collections::{HashMap, HashSet};

use crate::admin::model::{GroupId, UserId};
use crate::admin::snapshot::Snapshot;
use crate::admin::transaction::Transaction;
use crate::admin::users::data::UserData;
use crate::engine::Value;
use crate::error::{Error, Result};
use crate::query;
use crate::query::users::{GroupRow, MemberRow};

/// The number of groups or memberships that one statement looks up.
const AT_A_TIME: usize = 250;

/// The primary keys of groups by name, as far as they were looked up.
#[derive(Default)]
pub(super) struct Groups(HashMap<String, GroupId>);

impl Groups {
    /// Looks up the groups that users join.
    ///
    /// # Errors
    /// Rejected if a group does not exist, or the user model has no groups.
    pub(super) fn find(&mut self, snapshot: &mut Snapshot<'_>, users: &[&UserData]) -> Result<()> {
        let table = &snapshot.layout().users;
        let names = || users.iter().flat_map(|user| &user.groups).map(String::as_str);
        if names().next().is_some() && table.membership.is_none() {
            return Err(Error::rejected(format!("the user model {} has no groups", table.name())));
        }
        let mut new: Vec<&str> = names().filter(|name| !self.0.contains_key(*name)).collect();
        new.sort_unstable();
        new.dedup();
        for some in new.chunks(AT_A_TIME) {
            for (name, id) in groups(snapshot, some)? {
                self.0.insert(name, id);
            }
        }
        for name in new {
            // A collation may match a name with another spelling.
            if !self.0.contains_key(name)
                && let Some((_, id)) = groups(snapshot, &[name])?.pop()
            {
                self.0.insert(name.to_owned(), id);
            }
        }
        match names().find(|name| !self.0.contains_key(*name)) {
            None => Ok(()),
            Some(name) => {
                Err(Error::rejected(format!("group {name} does not exist")).hint("groups are made in the application"))
            }
        }
    }

    /// Adds users to their groups, unless they are members already.
    pub(super) fn join(&self, transaction: &mut Transaction<'_>, users: &[(UserId, &[String])]) -> Result<()> {
        let Some(membership) = &transaction.layout().users.membership else { return Ok(()) };
        let mut wanted: Vec<(UserId, GroupId)> = Vec::new();
        let mut seen = HashSet::new();
        for (user, names) in users {
            for group in names.iter().filter_map(|name| self.0.get(name)) {
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
