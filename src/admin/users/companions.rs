//! What the application keeps beside its users: rows of other tables, groups,
//! tokens. Its own code may create them for each user.

use crate::admin::snapshot::Snapshot;
use crate::admin::users::model::{LOOKED_AT, newest_by};
use crate::engine::Reference;
use crate::error::{Kind, Result};
use crate::query::newest::{CompanionRow, Counted, companions};
use crate::schema::layout::UserTable;

/// What the other users have beside their own row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Companions {
    /// The number of users that were looked at: the newest ones.
    pub users: u64,
    /// The tables in which nearly every user has a row. Without users, the tables
    /// that may have one for each.
    pub tables: Vec<String>,
    /// The groups that nearly every user is in.
    pub groups: Vec<String>,
    /// Whether nearly every user has a token.
    pub have_tokens: bool,
}

impl Snapshot<'_> {
    /// Returns the rows, groups and tokens that nearly every user has.
    ///
    /// # Errors
    /// Unusable or busy if the database cannot be read.
    pub fn companions(&mut self) -> Result<Companions> {
        let layout = self.layout();
        let references = self.one_to_ones(&layout.users)?;
        let token_table = layout.tokens_if_any().ok().flatten().map(|tokens| tokens.name().to_owned());
        let statement = companions(&layout.users, self.dialect(), &newest_by(&layout.users), LOOKED_AT, &references);
        let mut counts = Vec::new();
        self.each(&statement, &mut |row| {
            let row = CompanionRow(row);
            counts.push((row.counted()?, row.count()?));
            Ok(())
        })?;
        let users = counts.iter().find(|(counted, _)| *counted == Counted::Users).map_or(0, |(_, count)| *count);
        let mut found = Companions { users, ..Companions::default() };
        for (counted, count) in counts {
            match counted {
                Counted::Table(n) if token_table.as_ref() == Some(&references[n].table) => {
                    found.have_tokens = users > 1 && is_nearly_all(count, users);
                }
                Counted::Table(n) if is_nearly_all(count, users) => found.tables.push(references[n].table.clone()),
                Counted::Group(name) if users > 1 && is_nearly_all(count, users) => found.groups.push(name),
                Counted::Users | Counted::Table(_) | Counted::Group(_) => {}
            }
        }
        Ok(found)
    }

    /// Returns what nearly every user has: nullable columns of the application's own
    /// that are filled (`column:NAME`), rows of other tables (`row:TABLE`), groups
    /// (`group:NAME`), a token.
    pub(in crate::admin) fn each_user_has(&mut self) -> Result<Vec<String>> {
        let others = self.user_model_with_others()?.others;
        let mut has: Vec<String> =
            others.always_filled(&self.layout().users).map(|name| format!("column:{name}")).collect();
        let companions = match self.companions() {
            Err(error) if error.kind() == Kind::Unusable => Companions::default(),
            companions => companions?,
        };
        if companions.users > 0 {
            has.extend(companions.tables.iter().map(|table| format!("row:{table}")));
        }
        has.extend(companions.groups.iter().map(|group| format!("group:{group}")));
        has.extend(companions.have_tokens.then(|| "token".to_owned()));
        Ok(has)
    }

    /// Returns the tables of which each row belongs to one user, except those of
    /// the user model itself.
    pub(super) fn one_to_ones(&mut self, users: &UserTable) -> Result<Vec<Reference>> {
        let names: Vec<String> = users.chain.iter().map(|table| table.shape.name.clone()).collect();
        let mut references = self.referring(&names)?;
        references.retain(|reference| {
            if !reference.is_unique {
                return false;
            }
            let to = users.chain.iter().find(|table| table.shape.name == reference.to_table);
            to.is_some_and(|table| table.key == reference.to_column) && !names.contains(&reference.table)
        });
        Ok(references)
    }
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
