//! What other users have and a new user would lack, said before anything is
//! written.

use std::cell::{Cell, RefCell};

use crate::admin::users::{Companions, OtherUsers, RequiredColumn, UserData, WithToken};
use crate::admin::{Session, Snapshot};
use crate::cli::context::Context;
use crate::cli::hints::render;
use crate::error::Result;
use crate::hint::{Action, Hint, Setting};

/// The new users of one command. What several of them lack is said once.
pub(in crate::cli) struct NewUsers<'a> {
    others: &'a OtherUsers,
    with_token: WithToken,
    context: &'a Context,
    /// The notes and warnings that were given.
    said: RefCell<Vec<String>>,
    companions_are_compared: Cell<bool>,
}

impl<'a> NewUsers<'a> {
    /// New users in a database with these others.
    pub(in crate::cli) fn new(others: &'a OtherUsers, with_token: WithToken, context: &'a Context) -> Self {
        Self { others, with_token, context, said: RefCell::default(), companions_are_compared: Cell::new(false) }
    }

    /// Gives a new user the columns whose value is certain, and checks that the
    /// user could be saved. Warns of what the user lacks.
    ///
    /// # Errors
    /// Same as [`Snapshot::check_new_user`].
    pub(in crate::cli) fn check(&self, user: &mut UserData, snapshot: &Snapshot<'_>) -> Result<()> {
        for (column, value) in snapshot.certain_columns(user, self.others) {
            self.note(&format!("{column} is {value}, as for all users"));
            user.columns.push((column, value));
        }
        snapshot.check_new_user(user, self.others)?;
        let left = snapshot.columns_left_null(user, self.others);
        if !left.is_empty() {
            self.warn(&left_null(&left), &set_columns(&left));
        }
        Ok(())
    }

    /// Warns once of what nearly every other user has beside the own row.
    ///
    /// # Errors
    /// Unusable or busy if the database cannot be read.
    pub(in crate::cli) fn compare_companions(&self, session: &mut Session) -> Result<()> {
        if self.companions_are_compared.replace(true) {
            return Ok(());
        }
        let Companions { users, tables, groups, have_tokens } = session.snapshot()?.companions()?;
        if !tables.is_empty() {
            let tables = tables.join(", ");
            if users == 0 {
                self.note(&format!("the application may need a row for each user in {tables}"));
            } else {
                self.context.notes().warning(&format!(
                    "other users have a row in {tables}: the application may fail for a user without one"
                ));
            }
        }
        if !groups.is_empty() {
            let mut hint = Hint::advice("");
            for group in &groups {
                hint = hint.and(Action::option(Setting::Group, group));
            }
            self.warn(&format!("other users are in {}: {}", plural("group", groups.len()), groups.join(", ")), &hint);
        }
        if have_tokens && self.with_token == WithToken::No {
            self.note("other users have a token: --with-token creates one");
        }
        Ok(())
    }

    fn note(&self, text: &str) {
        if self.is_new(text) {
            self.context.notes().note(text);
        }
    }

    fn warn(&self, text: &str, hint: &Hint) {
        if self.is_new(text) {
            let notes = self.context.notes();
            notes.warning(text);
            notes.hint(&render(hint, self.context.invocation()));
        }
    }

    fn is_new(&self, text: &str) -> bool {
        let mut said = self.said.borrow_mut();
        let is_new = !said.iter().any(|earlier| earlier == text);
        if is_new {
            said.push(text.to_owned());
        }
        is_new
    }
}

fn left_null(left: &[RequiredColumn]) -> String {
    let names: Vec<&str> = left.iter().map(|column| column.name.as_str()).collect();
    format!("other users have a value in {}: the new user has none", names.join(", "))
}

fn set_columns(left: &[RequiredColumn]) -> Hint {
    let mut hint = Hint::advice("");
    for column in left {
        let value = column.shared.as_deref().unwrap_or("VALUE");
        hint = hint.and(Action::option(Setting::Column(column.name.clone()), value));
    }
    hint
}

fn plural(word: &str, count: usize) -> String {
    if count == 1 { format!("the {word}") } else { format!("the {word}s") }
}
