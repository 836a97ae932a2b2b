//! What the application keeps for its users outside their own row: rows of other
//! tables, groups, tokens. Its own code may create them for each user.

use crate::admin::snapshot::Snapshot;
use crate::admin::users::find::not_found;
use crate::admin::users::model::newest_by;
use crate::engine::{ColumnKind, Reference, Table};
use crate::error::{Kind, Result};
use crate::query::newest::{CompanionRow, Counted, Sample, companions};
use crate::schema::layout::UserTable;

/// How many users are looked at: the newest ones.
const LOOKED_AT: u32 = 200;

/// What the other users have outside their own row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Companions {
    /// The number of users that were looked at.
    pub users: u64,
    /// The tables in which nearly every user has a row. Without users, the tables
    /// that may have one for each.
    pub tables: Vec<String>,
    /// The groups that nearly every user is in.
    pub groups: Vec<String>,
    /// Whether nearly every user has a token.
    pub have_tokens: bool,
}

/// What nearly every user has: nullable columns of the application's own that are
/// filled (`column:NAME`), rows of other tables (`row:TABLE`), groups (`group:NAME`),
/// a token.
#[derive(Debug, Default)]
pub(in crate::admin) struct EachUser {
    /// What the users have.
    pub has: Vec<String>,
    /// Without users: the tables that may have a row for each, by the schema alone.
    pub may_need: Vec<String>,
}

/// What nearly all of the newest users have.
#[derive(Default)]
struct NearlyAll {
    /// The number of users that were looked at.
    users: u64,
    /// Tables with one row for each user. Without users, those that may have it.
    one_row: Vec<Reference>,
    /// Tables with any number of rows for each user.
    several_rows: Vec<Reference>,
    groups: Vec<String>,
    have_tokens: bool,
}

impl Snapshot<'_> {
    /// Returns the rows, groups and tokens that nearly every user has.
    ///
    /// # Errors
    /// Unusable or busy if the database cannot be read.
    pub fn companions(&mut self) -> Result<Companions> {
        let NearlyAll { users, one_row, several_rows, groups, have_tokens } = self.nearly_all_have(0)?;
        let mut tables: Vec<String> = one_row.into_iter().map(|reference| reference.table).collect();
        tables.extend(self.of_each_user(several_rows)?.into_iter().map(|reference| reference.table));
        Ok(Companions { users, tables, groups, have_tokens })
    }

    /// Returns the rows (`row of TABLE`) and groups (`group NAME`) that nearly every
    /// other user has and this one lacks; nothing if there are no others. Does not
    /// count the `created` newest users, which include this one.
    ///
    /// # Errors
    /// No such user, or rejected if several users have the name, if there are others
    /// to compare with; unusable or busy if the database cannot be read.
    pub fn lacks(&mut self, username: &str, created: usize) -> Result<Vec<String>> {
        let users = &self.layout().users;
        let NearlyAll { users: others, one_row: mut tables, several_rows, groups, .. } =
            self.nearly_all_have(created)?;
        if others == 0 {
            return Ok(Vec::new());
        }
        tables.extend(self.of_each_user(several_rows)?);
        let user = self.find_user(username, &[])?.ok_or_else(|| not_found(users, username))?.id;
        let (has_rows, joined) = (self.related_rows(&user, &tables)?, self.groups_of(&user)?);
        let is_missing = |table: &&Reference| !has_rows.iter().any(|(other, _)| other.table == table.table);
        let mut lacks: Vec<String> =
            tables.iter().filter(is_missing).map(|reference| format!("row of {}", reference.table)).collect();
        lacks.extend(groups.iter().filter(|name| !joined.contains(name)).map(|name| format!("group {name}")));
        Ok(lacks)
    }

    /// Returns the tables with several rows for each user in which nearly every
    /// user has one.
    pub(super) fn several_rows(&mut self) -> Result<Vec<Reference>> {
        let several_rows = self.nearly_all_have(0)?.several_rows;
        self.of_each_user(several_rows)
    }

    fn nearly_all_have(&mut self, skip: usize) -> Result<NearlyAll> {
        let layout = self.layout();
        let users = &layout.users;
        let token_table = layout.tokens_if_any().ok().flatten().map(|tokens| tokens.name().to_owned());
        let references = self.references_to_users(users)?;
        let sample = Sample { by: &newest_by(users), skip, limit: LOOKED_AT };
        let statement = companions(users, self.dialect(), sample, &references);
        let mut counts = Vec::new();
        self.each(&statement, &mut |row| {
            let row = CompanionRow(row);
            counts.push((row.counted()?, row.count()?));
            Ok(())
        })?;
        let users = counts.iter().find(|(counted, _)| *counted == Counted::Users).map_or(0, |(_, count)| *count);
        // What a single user has is no evidence, except where a row belongs to one user.
        let are_several = users > 1;
        let mut found = NearlyAll { users, ..NearlyAll::default() };
        for (counted, _) in counts.into_iter().filter(|(_, count)| is_nearly_all(*count, users)) {
            match counted {
                Counted::Group(name) if are_several => found.groups.push(name),
                Counted::Table(n) if token_table.as_ref() == Some(&references[n].table) => {
                    found.have_tokens = are_several;
                }
                Counted::Table(n) if references[n].is_unique => found.one_row.push(references[n].clone()),
                Counted::Table(n) if are_several => found.several_rows.push(references[n].clone()),
                Counted::Users | Counted::Table(_) | Counted::Group(_) => {}
            }
        }
        // An engine may return them in any order.
        found.groups.sort();
        Ok(found)
    }

    /// Returns those of these tables whose rows an application creates for each
    /// user, by their shape.
    fn of_each_user(&mut self, mut references: Vec<Reference>) -> Result<Vec<Reference>> {
        if references.is_empty() {
            return Ok(references);
        }
        let names: Vec<String> = references.iter().map(|reference| reference.table.clone()).collect();
        let shapes = self.describe(&names)?;
        references.retain(|reference| {
            shapes.iter().any(|shape| shape.name == reference.table && is_of_each_user(shape, reference))
        });
        Ok(references)
    }

    /// Returns what nearly every user has.
    pub(in crate::admin) fn each_user_has(&mut self) -> Result<EachUser> {
        let others = self.user_model_with_others()?.others;
        let mut has: Vec<String> =
            others.always_filled(&self.layout().users).map(|name| format!("column:{name}")).collect();
        let companions = match self.companions() {
            Err(error) if error.kind() == Kind::Unusable => Companions::default(),
            companions => companions?,
        };
        let rows = companions.tables.iter().map(|table| format!("row:{table}"));
        if companions.users == 0 {
            return Ok(EachUser { has, may_need: rows.collect() });
        }
        has.extend(rows);
        has.extend(companions.groups.iter().map(|group| format!("group:{group}")));
        has.extend(companions.have_tokens.then(|| "token".to_owned()));
        Ok(EachUser { has, may_need: Vec::new() })
    }

    /// Returns the tables of which each row belongs to one user, except those of
    /// the user model itself.
    pub(super) fn one_to_ones(&mut self, users: &UserTable) -> Result<Vec<Reference>> {
        let mut references = self.references_to_users(users)?;
        references.retain(|reference| reference.is_unique);
        Ok(references)
    }

    /// Returns the tables that may have a row for each user: those of which a row
    /// belongs to one user, and those with one indexed column that refers to users.
    /// The tables of the user model itself and of its groups are not among them.
    fn references_to_users(&mut self, users: &UserTable) -> Result<Vec<Reference>> {
        let names: Vec<String> = users.chain.iter().map(|table| table.shape.name.clone()).collect();
        let all = self.referring(&names)?;
        let mut found = Vec::new();
        for reference in &all {
            let to = users.chain.iter().find(|table| table.shape.name == reference.to_table);
            let is_membership = users.membership.as_ref().is_some_and(|groups| groups.table == reference.table);
            if to.is_none_or(|table| table.key != reference.to_column)
                || names.contains(&reference.table)
                || is_membership
            {
                continue;
            }
            let is_only = all.iter().filter(|other| other.table == reference.table).count() == 1;
            if reference.is_unique || (reference.is_indexed && is_only) {
                found.push(reference.clone());
            }
        }
        Ok(found)
    }
}

/// Returns whether an application may create rows of a table for each of its users:
/// a user has one row for each value of other columns, as permissions or limits have,
/// or the rows have only references, flags and times, as memberships have. Logs and
/// what users write have other columns.
fn is_of_each_user(shape: &Table, reference: &Reference) -> bool {
    if shape.unique.iter().any(|set| set.len() > 1 && set.contains(&reference.column)) {
        return true;
    }
    let mut refers_elsewhere = false;
    for column in shape.columns.iter().filter(|column| column.name != reference.column && !column.primary_key) {
        let refers = shape.references(&column.name).next().is_some();
        refers_elsewhere |= refers;
        if !refers && !matches!(column.kind, ColumnKind::Boolean | ColumnKind::DateTime | ColumnKind::Date) {
            return false;
        }
    }
    refers_elsewhere
}

/// Returns whether nearly all users are counted: at most one in ten is missing,
/// or a single one.
fn is_nearly_all(count: u64, users: u64) -> bool {
    let missing = users.saturating_sub(count);
    missing == 0 || (count > 1 && missing <= (users / 10).max(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{Column, ForeignKey};

    fn table(columns: &[(&str, &str)], references: &[&str], unique: &[&[&str]]) -> Table {
        let column = |(name, declared): &(&str, &str)| Column {
            name: (*name).to_owned(),
            kind: ColumnKind::of_declared(declared),
            declared: (*declared).to_owned(),
            type_schema: None,
            range: None,
            not_null: true,
            has_default: false,
            is_generated: false,
            primary_key: *name == "id",
        };
        let foreign_key =
            |name: &&str| ForeignKey { column: (*name).to_owned(), table: "other".to_owned(), schema: None, to: None };
        Table {
            columns: columns.iter().map(column).collect(),
            foreign_keys: references.iter().map(foreign_key).collect(),
            unique: unique.iter().map(|set| set.iter().map(|name| (*name).to_owned()).collect()).collect(),
            ..Table::default()
        }
    }

    #[test]
    fn memberships_and_settings_differ_from_logs_by_their_shape() {
        let reference = Reference {
            table: "table".to_owned(),
            column: "user_id".to_owned(),
            to_table: "auth_user".to_owned(),
            to_column: "id".to_owned(),
            is_unique: false,
            prevents_deletion: true,
            is_indexed: true,
        };
        let (id, user, team) = (("id", "bigint"), ("user_id", "bigint"), ("team_id", "bigint"));
        let (joined, text) = (("joined", "datetime"), ("text", "varchar(40)"));
        let both = &["user_id", "team_id"][..];
        for (shape, expected) in [
            (table(&[id, user, team], both, &[both]), true),
            (table(&[id, user, team, joined], both, &[]), true),
            (table(&[id, user, text], &["user_id"], &[&["text", "user_id"]]), true),
            (table(&[id, user, team, text], both, &[]), false),
            (table(&[id, user, joined], &["user_id"], &[]), false),
            (table(&[id, user, text], &["user_id"], &[&["id"]]), false),
        ] {
            assert_eq!(is_of_each_user(&shape, &reference), expected, "{:?}", shape.columns);
        }
    }

    #[test]
    fn one_user_in_ten_may_be_missing() {
        for (count, users) in [(0, 0), (1, 1), (2, 3), (9, 10), (18, 20), (901, 1_000)] {
            assert!(is_nearly_all(count, users), "{count} of {users}");
        }
        for (count, users) in [(0, 1), (1, 2), (8, 10), (899, 1_000)] {
            assert!(!is_nearly_all(count, users), "{count} of {users}");
        }
    }
}
