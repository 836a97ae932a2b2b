//! The filter of users and tokens that all commands share, and its conditions
//! in SQL.

use jiff::Timestamp;

use crate::django::authorization::PresentedKey;
use crate::django::password::{FEW_ITERATIONS, STRONG_PASSWORDS};
use crate::django::timestamp::TimeKeeping;
use crate::django::username::Username;
use crate::engine::{Dialect, Moments, Value};
use crate::error::{Error, Result};
use crate::hint::{Hint, Program};
use crate::query::builder::{Builder, Operand};
use crate::query::names::name_values;
use crate::query::pattern::Pattern;
use crate::query::{tokens, users};
use crate::schema::layout::{PerUser, TokenTable, UserTable};
use crate::schema::tables::TOKEN_ALIAS;

/// How a timestamp begins that is stored as text.
const TIME: &str = "[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9][ T][0-9]*";

/// Which tokens, or which users. All conditions must hold; a user matches by
/// any name or pattern, a token by any key.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Usernames.
    pub names: Vec<Username>,
    /// Patterns of usernames.
    pub patterns: Vec<Pattern>,
    /// Keys of tokens.
    pub keys: Vec<PresentedKey>,
    /// The beginning of a token's key.
    pub key_prefix: Option<String>,
    /// The token, or the listed user, was created before this time.
    pub older_than: Option<Timestamp>,
    /// The token, or the listed user, was created at this time or later.
    pub newer_than: Option<Timestamp>,
    /// Whether the user may log in.
    pub is_active: Option<bool>,
    /// The user may log into the admin site.
    pub is_staff: bool,
    /// The user has all permissions.
    pub is_superuser: bool,
    /// The user has never logged in.
    pub never_logged_in: bool,
    /// The user's password has no strong hash.
    pub has_weak_password: bool,
    /// Whether the user holds a token.
    pub has_token: Option<bool>,
}

impl Filter {
    /// Returns whether the creation time of a row matters.
    #[must_use]
    pub fn has_age(&self) -> bool {
        self.older_than.is_some() || self.newer_than.is_some()
    }

    /// Returns whether every row matches.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.names.is_empty() && self.keys.is_empty() && !self.has_conditions()
    }

    /// Returns whether it has conditions besides names and keys.
    #[must_use]
    pub fn has_conditions(&self) -> bool {
        let Self {
            names: _,
            patterns,
            keys: _,
            key_prefix,
            older_than,
            newer_than,
            is_active,
            is_staff,
            is_superuser,
            never_logged_in,
            has_weak_password,
            has_token,
        } = self;
        !patterns.is_empty()
            || key_prefix.is_some()
            || older_than.is_some()
            || newer_than.is_some()
            || is_active.is_some()
            || *is_staff
            || *is_superuser
            || *never_logged_in
            || *has_weak_password
            || has_token.is_some()
    }
}

/// What each row of a list is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A user, with its token, if it has one.
    Users,
    /// A token, with its user.
    Tokens,
}

/// The tables that a filter applies to.
#[derive(Clone, Copy)]
pub struct Source<'a> {
    /// The user table.
    pub users: &'a UserTable,
    /// The token table, if there is one.
    pub tokens: Option<&'a TokenTable>,
    /// What each row is.
    pub subject: Subject,
    /// How the application stores times.
    pub time: &'a TimeKeeping,
}

/// What identifies a row of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowKey {
    /// The user's primary key.
    User,
    /// The token's primary key: a user may have several.
    Token,
}

impl Source<'_> {
    /// Returns what identifies a row.
    #[must_use]
    pub fn row_key(&self) -> RowKey {
        let has_several = self.tokens.is_some_and(|tokens| tokens.per_user == PerUser::Several);
        if has_several && self.subject == Subject::Tokens { RowKey::Token } else { RowKey::User }
    }

    /// Returns the joined tables. Where a user may have several tokens, a list
    /// of users does not join them, so that each user is one row.
    pub(super) fn from(&self, dialect: &Dialect) -> String {
        self.joined(dialect, None)
    }

    /// Returns the joined tables, with a further condition in the join of the tokens.
    pub(super) fn joined(&self, dialect: &Dialect, bound: Option<&str>) -> String {
        let from = users::from(self.users, dialect);
        let Some(tokens) = self.joined_tokens() else { return from };
        let join = if self.subject == Subject::Tokens { "JOIN" } else { "LEFT JOIN" };
        let table = dialect.name(tokens.name());
        let condition = tokens::joined(self.users, tokens, dialect);
        let bound = bound.map(|bound| format!(" AND {bound}")).unwrap_or_default();
        format!("{from} {join} {table} AS {TOKEN_ALIAS} ON {condition}{bound}")
    }

    /// Returns the token table, if it is joined.
    pub(super) fn joined_tokens(&self) -> Option<&TokenTable> {
        self.tokens.filter(|tokens| self.subject == Subject::Tokens || tokens.per_user == PerUser::One)
    }

    /// Returns a column of the user model.
    pub(super) fn user_column(&self, dialect: &Dialect, name: &str) -> Result<Operand> {
        let column_ref = self.users.find_column(name);
        column_ref.map(|column_ref| users::column(self.users, dialect, &column_ref)).ok_or_else(|| {
            Error::rejected(format!("the user model {} has no column {name}", self.users.name()))
                .hint(Hint::run(Program::Inspect).lead("show what was detected"))
        })
    }

    /// Returns a column of the token table.
    pub(super) fn token_column(&self, dialect: &Dialect, name: fn(&TokenTable) -> &String) -> Result<Operand> {
        let tokens = self.tokens.ok_or_else(|| Error::rejected("this database has no token table"))?;
        Ok(tokens::column(tokens, dialect, name(tokens)))
    }

    /// Returns the username column to show.
    pub(super) fn username(&self, dialect: &Dialect) -> Operand {
        users::column(self.users, dialect, self.users.display_column())
    }

    /// Returns whether every user has a value in that column.
    pub(super) fn has_names(&self) -> bool {
        self.users.column(self.users.display_column()).is_some_and(|column| column.not_null)
    }

    /// Returns the column of the creation time.
    pub(super) fn created(&self, dialect: &Dialect) -> Result<Operand> {
        match self.subject {
            Subject::Tokens => self.token_column(dialect, |tokens| &tokens.created),
            Subject::Users => self.user_column(dialect, "date_joined"),
        }
    }

    /// Returns an expression for whether the user holds a token.
    pub(super) fn has_token(&self, dialect: &Dialect) -> Option<String> {
        if let Some(tokens) = self.joined_tokens() {
            return Some(format!("{} IS NOT NULL", tokens::column(tokens, dialect, &tokens.pk).sql));
        }
        let tokens = self.tokens?;
        let condition = tokens::joined(self.users, tokens, dialect);
        let table = dialect.name(tokens.name());
        Some(format!("EXISTS (SELECT 1 FROM {table} AS {TOKEN_ALIAS} WHERE {condition})"))
    }
}

impl Builder<'_> {
    /// Returns the conditions of a filter, all of which must hold.
    pub(super) fn conditions(&mut self, filter: &Filter, source: &Source<'_>) -> Result<Vec<String>> {
        let Filter {
            names,
            patterns,
            keys,
            key_prefix,
            older_than,
            newer_than,
            is_active,
            is_staff,
            is_superuser,
            never_logged_in,
            has_weak_password,
            has_token,
        } = filter;
        let dialect = self.dialect;
        let mut all = Vec::new();
        let mut named = Vec::new();
        for column_ref in source.users.username.columns() {
            let values = name_values(source.users, column_ref, names.iter().map(Username::as_str));
            if !values.is_empty() {
                named.push(self.one_of(&users::column(source.users, dialect, column_ref), values));
            }
        }
        for pattern in patterns {
            named.push(self.fits(&source.username(dialect).into_text(dialect), pattern));
        }
        if !named.is_empty() {
            all.push(format!("({})", named.join(" OR ")));
        } else if !names.is_empty() {
            // No username column could hold one of these names.
            all.push(NEVER.to_owned());
        }
        if !keys.is_empty() {
            let key = source.token_column(dialect, |tokens| &tokens.key)?;
            let values = keys.iter().map(|key| Value::text(key.reveal())).collect();
            all.push(self.one_of(&key, values));
        }
        if let Some(prefix) = key_prefix {
            let key = source.token_column(dialect, |tokens| &tokens.key)?;
            all.push(self.fits(&key, &Pattern::beginning_with(prefix)));
        }
        for (moment, than) in [(older_than, "<"), (newer_than, ">=")] {
            if let Some(moment) = moment {
                let stored = Value::DateTime(source.time.stored_at(*moment));
                let created = source.created(dialect)?;
                if dialect.moments == Moments::Text {
                    // Rows without a valid timestamp match neither filter.
                    let sql = &created.sql;
                    all.push(format!("{sql} GLOB '{TIME}'"));
                    let mark = self.bind(stored);
                    all.push(format!("replace({sql}, 'T', ' ') {than} {mark}"));
                } else {
                    all.push(self.compare(&created, than, stored));
                }
            }
        }
        match (is_active, &source.users.is_active) {
            (Some(wanted), Some(column_ref)) => {
                let column = users::column(source.users, dialect, column_ref);
                all.push(self.equal(&column, Value::Integer(i64::from(*wanted))));
            }
            // Without the column all users are active, as in Django.
            (Some(false), None) => all.push(NEVER.to_owned()),
            _ => {}
        }
        for (is_wanted, name) in [(is_staff, "is_staff"), (is_superuser, "is_superuser")] {
            if *is_wanted {
                let column = source.user_column(dialect, name)?;
                all.push(self.equal(&column, Value::Integer(1)));
            }
        }
        if *never_logged_in {
            all.push(format!("{} IS NULL", source.user_column(dialect, "last_login")?.sql));
        }
        if *has_weak_password {
            all.push(self.weak_password(source)?);
        }
        if let (Some(wanted), Subject::Users) = (has_token, source.subject) {
            let exists = source.has_token(dialect);
            let exists = exists.ok_or_else(|| Error::rejected("this database has no token table"))?;
            all.push(if *wanted { exists } else { format!("NOT ({exists})") });
        }
        Ok(all)
    }

    /// Returns the condition that a password has a hash, and no strong one.
    fn weak_password(&mut self, source: &Source<'_>) -> Result<String> {
        let password = source.user_column(self.dialect, "password")?;
        let any = |builder: &mut Self, patterns: &[&str]| {
            let mut fits = Vec::with_capacity(patterns.len());
            for pattern in patterns.iter().filter_map(|pattern| Pattern::parse(pattern)) {
                fits.push(builder.fits(&password, &pattern));
            }
            fits.join(" OR ")
        };
        // In the order of the text.
        let empty = self.equal(&password, Value::text(""));
        let (strong, few) = (any(self, &STRONG_PASSWORDS), any(self, &FEW_ITERATIONS));
        Ok(format!("(NOT ({empty} OR {strong}) OR {few})"))
    }
}

/// A condition that is false for every row, without an operator.
const NEVER: &str = "FALSE";

#[cfg(test)]
mod tests;
