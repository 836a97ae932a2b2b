//! Making users and changing them: the order, and its transaction.

use std::cell::RefCell;
use std::time::SystemTime;

use jiff::civil::DateTime;
use zeroize::Zeroizing;

use super::Store;
use super::bulk::Summary;
use super::tokens::{IssuedToken, Keys};
use crate::engine::CommitFailure;
use crate::error::{Error, Kind, Result};
use crate::process;
use crate::schema::detect;
use crate::schema::layout::{Layout, TOKEN_TABLE, UserTable};
use crate::sql::{self, Statement, Value};

/// What becomes of a user who is there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Existing {
    /// It is an error.
    Refused,
    /// It stays as it is.
    Kept,
    /// It gets what was given.
    Updated,
}

/// What a user is to have. What is not given stays as it is, or gets Django's
/// default in a new user.
#[derive(Clone, Default)]
pub struct UserData {
    /// The login name.
    pub username: String,
    /// The encoded password.
    pub password: Option<Zeroizing<String>>,
    /// Other columns, as typed.
    pub columns: Vec<(String, String)>,
    /// The names of groups to join.
    pub groups: Vec<String>,
}

/// Which users to make or to change.
pub struct UserOrder {
    /// What becomes of those that are there.
    pub existing: Existing,
    /// Whether a user who is not there is made.
    pub create: bool,
    /// Whether each is to have a token.
    pub with_token: bool,
    /// Whether a user who cannot be saved is left out, and the others saved.
    pub keep_going: bool,
    /// Whether they are so many that memory must not grow with them.
    pub are_many: bool,
    /// The time that is stored.
    pub now: SystemTime,
}

/// What became of a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UserOutcome {
    /// There is a new user.
    Created,
    /// There was one already.
    Existing,
    /// There was one, who is changed.
    Updated,
}

/// A user as ordered.
#[derive(Clone, Debug)]
pub struct SavedUser {
    /// The login name.
    pub username: String,
    /// What became of it.
    pub outcome: UserOutcome,
    /// The token, where one was ordered.
    pub token: Option<IssuedToken>,
    /// Why the user was left out.
    pub refused: Option<String>,
}

/// The users of an order as they come, and where those go that are saved.
pub struct Passage<'a> {
    /// The users.
    pub users: &'a mut dyn Iterator<Item = Result<UserData>>,
    /// Is handed each user; nothing is durable before the end.
    pub on_saved: &'a mut dyn FnMut(SavedUser) -> Result<()>,
}

/// Fills bytes with randomness.
pub type Random<'a> = dyn FnMut(&mut [u8]) -> Result<()> + 'a;

/// What saving needs beside the user.
pub(super) struct Saving<'a> {
    pub(super) users: &'a UserTable,
    pub(super) layout: Option<&'a Layout>,
    pub(super) order: &'a UserOrder,
    pub(super) stored: DateTime,
    /// Finds a row where the transaction is committed, and none where it is not.
    pub(super) witness: RefCell<Option<Statement>>,
}

/// What a transaction has done, before its commit.
struct Saved {
    users: UserTable,
    /// See [`Saving::witness`].
    witness: Option<Statement>,
    summary: Summary,
}

impl UserOrder {
    /// An order to change users who are there.
    #[must_use]
    pub fn changing(now: SystemTime) -> Self {
        Self { existing: Existing::Updated, create: false, with_token: false, keep_going: false, are_many: false, now }
    }
}

impl UserOutcome {
    /// The word in records.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Existing => "existing",
            Self::Updated => "updated",
        }
    }
}

impl Store {
    /// Makes or changes every user of the order, in one transaction. An error
    /// comes with the index of the user that it is about.
    ///
    /// # Errors
    /// Conflict, if a user is there or a value is taken; rejected, if a user
    /// or a group is not there, or a column does not fit; busy or unusable,
    /// with nothing changed; unknown, if the database could not be asked
    /// whether the commit went through.
    pub fn save_users(
        &mut self,
        order: &UserOrder,
        passage: &mut Passage<'_>,
        keys: &mut Keys<'_>,
        random: &mut Random<'_>,
    ) -> Result<Summary, (Error, Option<usize>)> {
        let stored = self.time.stored(order.now).map_err(of_none)?;
        if order.are_many {
            self.connection.expect_much().map_err(of_none)?;
        }
        process::hold_signals();
        let _unstopped = process::hold_stops();
        self.connection.begin().map_err(of_none)?;
        let saved = self.save_all(order, stored, passage, keys, random).inspect_err(|_| self.connection.roll_back())?;
        let hint = if order.create { "run the command again with --update" } else { "run the command again" };
        self.commit_users(saved, hint).map_err(of_none)
    }

    fn commit_users(&mut self, saved: Saved, hint: &str) -> Result<Summary> {
        let mut summary = saved.summary;
        match self.connection.commit() {
            Ok(()) => {}
            Err(CommitFailure::Undone(error)) => return Err(error),
            Err(CommitFailure::ForeignKey(error)) => {
                self.connection.roll_back();
                return Err(error);
            }
            Err(CommitFailure::Unclear(error)) => {
                let is_made = self.is_saved(&saved.users, saved.witness.as_ref());
                summary.warnings.push(super::resolved(is_made, error, hint)?);
            }
        }
        Ok(summary)
    }

    fn save_all(
        &mut self,
        order: &UserOrder,
        stored: DateTime,
        passage: &mut Passage<'_>,
        keys: &mut Keys<'_>,
        random: &mut Random<'_>,
    ) -> Result<Saved, (Error, Option<usize>)> {
        let (users, layout, notices) = self.users(order.with_token).map_err(of_none)?;
        // Who looks first and then makes what is missing, has to be alone; but
        // nobody can log in meanwhile, so not for very many.
        let looks = order.existing != Existing::Refused && !order.are_many;
        let tables = [(order.with_token, TOKEN_TABLE), (looks, users.name())];
        let wanted: Vec<_> = tables.into_iter().filter_map(|(is_wanted, table)| is_wanted.then_some(table)).collect();
        if !wanted.is_empty() {
            self.lock(&wanted).map_err(of_none)?;
        }
        let saving = Saving { users: &users, layout: layout.as_ref(), order, stored, witness: RefCell::default() };
        for (at, user) in passage.users.enumerate() {
            process::heed_signals().map_err(of_none)?;
            let user = user.map_err(of_none)?;
            let one = if order.keep_going {
                self.save_or_leave_out(&saving, &user, keys, random)
            } else {
                self.save_one(&saving, &user, keys, random)
            };
            let one = one.map_err(|error| (error, Some(at)))?;
            if one.outcome == UserOutcome::Created && saving.witness.borrow().is_none() {
                let is_there = sql::users::is_there(&users, self.connection.dialect(), &one.username);
                saving.witness.replace(Some(is_there));
            }
            (passage.on_saved)(one).map_err(of_none)?;
        }
        let witness = self.standing(saving.witness.take()).map_err(of_none)?;
        Ok(Saved { users, witness, summary: Summary { notices, warnings: Vec::new() } })
    }

    /// The witness, if it tells what will be committed: a trigger of the
    /// application, or a later row about the same user, may have made it false.
    fn standing(&mut self, witness: Option<Statement>) -> Result<Option<Statement>> {
        let stands = witness.as_ref().map(|witness| Ok(!self.rows(witness)?.is_empty())).transpose()?;
        Ok(witness.filter(|_| stands == Some(true)))
    }

    fn save_one(
        &mut self,
        saving: &Saving<'_>,
        user: &UserData,
        keys: &mut Keys<'_>,
        random: &mut Random<'_>,
    ) -> Result<SavedUser> {
        let outcome = self.save(saving, user, random)?;
        let token = if saving.order.with_token { Some(self.token_of(saving, user, keys)?) } else { None };
        Ok(SavedUser { username: user.username.clone(), outcome, token, refused: None })
    }

    /// Saves a user wholly, or nothing of it.
    fn save_or_leave_out(
        &mut self,
        saving: &Saving<'_>,
        user: &UserData,
        keys: &mut Keys<'_>,
        random: &mut Random<'_>,
    ) -> Result<SavedUser> {
        let had_witness = saving.witness.borrow().is_some();
        self.connection.execute(&Statement::savepoint())?;
        match self.save_one(saving, user, keys, random) {
            Ok(saved) => {
                self.connection.execute(&Statement::release())?;
                Ok(saved)
            }
            Err(error) if matches!(error.kind(), Kind::Conflict | Kind::Rejected | Kind::NoSuchUser) => {
                self.connection.execute(&Statement::go_back())?;
                self.connection.execute(&Statement::release())?;
                if !had_witness {
                    saving.witness.take();
                }
                let refused = Some(error.message().to_owned());
                Ok(SavedUser { username: user.username.clone(), outcome: UserOutcome::Existing, token: None, refused })
            }
            Err(error) => Err(error),
        }
    }

    /// Where users are; and tokens, where they are wanted.
    pub(super) fn users(&mut self, with_tokens: bool) -> Result<(UserTable, Option<Layout>, Vec<String>)> {
        let mut catalog = self.catalog()?;
        let history = self.history(&catalog)?;
        self.follow(&mut catalog, detect::wanted_for_users)?;
        let users = detect::detect_users(&catalog, &history, &self.overrides)?;
        if !with_tokens {
            return Ok((users, None, history.notice().into_iter().collect()));
        }
        let layout = self.fit(&catalog, &history)?;
        let notices = layout.notices.clone();
        Ok((users, Some(layout), notices))
    }

    /// The key of the one user of a name.
    pub(super) fn key_of(&mut self, users: &UserTable, name: &str) -> Result<Option<Value>> {
        let mut rows = self.rows(&sql::users::named(users, self.connection.dialect(), name, &[]))?;
        if rows.len() > 1 {
            return Err(super::issuing::more_than_one(name));
        }
        Ok(rows.pop().and_then(|mut row| row.pop()))
    }

    /// A commit failed midway: asks a new connection what became of it. It is
    /// one transaction: what became of one row, became of all.
    fn is_saved(&mut self, users: &UserTable, witness: Option<&Statement>) -> Option<bool> {
        // The server may still be at it: whoever has the lock sees how it ended.
        let reached = self.connection.reopen().and_then(|()| self.lock(&[users.name()]));
        let is_made = reached.and_then(|()| witness.map(|witness| Ok(!self.rows(witness)?.is_empty())).transpose());
        self.connection.roll_back();
        is_made.ok().flatten()
    }
}

/// An error that is about no user in particular.
fn of_none(error: Error) -> (Error, Option<usize>) {
    (error, None)
}
