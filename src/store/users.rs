//! Making users and changing them: the order, and its transaction.

use std::time::SystemTime;

use jiff::civil::DateTime;
use zeroize::Zeroizing;

use super::Store;
use super::tokens::{IssuedToken, Keys};
use crate::engine::CommitFailure;
use crate::error::{Error, Kind, Result};
use crate::schema::detect;
use crate::schema::layout::{Layout, UserTable};
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
    /// The users, all or none.
    pub users: Vec<UserData>,
    /// What becomes of those that are there.
    pub existing: Existing,
    /// Whether a user who is not there is made.
    pub create: bool,
    /// Whether each is to have a token.
    pub with_token: bool,
    /// Whether a user who cannot be saved is left out, and the others saved.
    pub keep_going: bool,
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

/// What was done.
#[derive(Debug, Default)]
pub struct SavedUsers {
    /// The users, in the order given.
    pub users: Vec<SavedUser>,
    /// What a person may want to know.
    pub notices: Vec<String>,
    /// What a person should see to.
    pub warnings: Vec<String>,
}

/// Fills bytes with randomness.
pub type Random<'a> = dyn FnMut(&mut [u8]) -> Result<()> + 'a;

/// What saving needs beside the user.
pub(super) struct Saving<'a> {
    pub(super) users: &'a UserTable,
    pub(super) layout: Option<&'a Layout>,
    pub(super) order: &'a UserOrder,
    pub(super) stored: DateTime,
}

impl UserOrder {
    /// An order to change users who are there.
    #[must_use]
    pub fn changing(users: Vec<UserData>, now: SystemTime) -> Self {
        Self { users, existing: Existing::Updated, create: false, with_token: false, keep_going: false, now }
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
        keys: &mut Keys<'_>,
        random: &mut Random<'_>,
    ) -> Result<SavedUsers, (Error, Option<usize>)> {
        let stored = self.time.stored(order.now).map_err(of_none)?;
        self.connection.begin().map_err(of_none)?;
        let saved = self.save_all(order, stored, keys, random).inspect_err(|_| self.connection.roll_back())?;
        let (users, saved) = saved;
        self.commit_users(&users, saved).map_err(of_none)
    }

    fn commit_users(&mut self, users: &UserTable, mut saved: SavedUsers) -> Result<SavedUsers> {
        match self.connection.commit() {
            Ok(()) => {}
            Err(CommitFailure::Undone(error)) => return Err(error),
            Err(CommitFailure::ForeignKey(error)) => {
                self.connection.roll_back();
                return Err(error);
            }
            Err(CommitFailure::Unclear(error)) => saved.warnings.push(self.resolve_users(users, &saved, error)?),
        }
        Ok(saved)
    }

    fn save_all(
        &mut self,
        order: &UserOrder,
        stored: DateTime,
        keys: &mut Keys<'_>,
        random: &mut Random<'_>,
    ) -> Result<(UserTable, SavedUsers), (Error, Option<usize>)> {
        let (users, layout, notices) = self.users(order.with_token).map_err(of_none)?;
        let saving = Saving { users: &users, layout: layout.as_ref(), order, stored };
        let mut saved = SavedUsers { notices, ..SavedUsers::default() };
        for (at, user) in order.users.iter().enumerate() {
            let one = if order.keep_going {
                self.save_or_leave_out(&saving, user, keys, random)
            } else {
                self.save_one(&saving, user, keys, random)
            };
            saved.users.push(one.map_err(|error| (error, Some(at)))?);
        }
        Ok((users, saved))
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
        self.connection.execute(&Statement::savepoint())?;
        match self.save_one(saving, user, keys, random) {
            Ok(saved) => {
                self.connection.execute(&Statement::release())?;
                Ok(saved)
            }
            Err(error) if matches!(error.kind(), Kind::Conflict | Kind::Rejected | Kind::NoSuchUser) => {
                self.connection.execute(&Statement::go_back())?;
                self.connection.execute(&Statement::release())?;
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

    /// A commit failed midway: asks a new connection what became of it.
    fn resolve_users(&mut self, users: &UserTable, saved: &SavedUsers, error: Error) -> Result<String> {
        let created = saved.users.iter().filter(|user| user.outcome == UserOutcome::Created);
        let is_made = self.connection.reopen().and_then(|()| {
            let there = created.map(|user| Ok(self.key_of(users, &user.username)?.is_some()));
            there.collect::<Result<Vec<_>>>().map(|there| super::all_or_none(&there))
        });
        super::resolved(is_made.ok().flatten(), error, "run the command again with --update")
    }
}

/// An error that is about no user in particular.
fn of_none(error: Error) -> (Error, Option<usize>) {
    (error, None)
}
