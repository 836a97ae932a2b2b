//! Which users, or which of their tokens: the one filter of the program, and
//! its conditions in SQL.

use jiff::Timestamp;

use crate::django::timestamp::TimeKeeping;
use crate::django::token_key::TokenKey;
use crate::django::username::Username;
use crate::error::{Error, Result};
use crate::schema::layout::{TokenTable, UserTable};
use crate::sql::pattern::Pattern;
use crate::sql::users::column;
use crate::sql::{Dialect, Moments, Value};

/// How a time begins where it is text.
const TIME: &str = "[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9][ T][0-9]*";

/// Which tokens, or which users. Everything that is said has to hold; of names
/// and of keys, one.
#[derive(Clone, Debug, Default)]
pub struct TokenFilter {
    /// Users by their login name, exactly.
    pub names: Vec<Username>,
    /// Users by a pattern of their login name.
    pub patterns: Vec<Pattern>,
    /// Tokens by their key.
    pub keys: Vec<TokenKey>,
    /// What a token's key begins with.
    pub key_prefix: Option<String>,
    /// The token, or else the user, was made before this moment.
    pub older_than: Option<Timestamp>,
    /// The token, or else the user, was made at this moment or after it.
    pub newer_than: Option<Timestamp>,
    /// Whether the user may log in.
    pub is_active: Option<bool>,
    /// The user may log into the admin site.
    pub is_staff: bool,
    /// The user has all permissions.
    pub is_superuser: bool,
    /// The user has never logged in.
    pub never_logged_in: bool,
    /// Whether the user holds a token.
    pub holds_token: Option<bool>,
}

impl TokenFilter {
    /// Whether it lets everything pass.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.names.is_empty() && self.keys.is_empty() && !self.says_more()
    }

    /// Whether it says more than names and keys.
    #[must_use]
    pub fn says_more(&self) -> bool {
        !self.patterns.is_empty()
            || self.key_prefix.is_some()
            || self.older_than.is_some()
            || self.newer_than.is_some()
            || self.is_active.is_some()
            || self.is_staff
            || self.is_superuser
            || self.never_logged_in
            || self.holds_token.is_some()
    }

    /// The filter in parts of so many names and keys.
    pub fn chunks(&self, size: usize) -> impl Iterator<Item = Self> {
        let chunk = move |at: usize| Self {
            names: self.names.iter().skip(at * size).take(size).cloned().collect(),
            keys: self.keys.iter().skip(at * size).take(size).cloned().collect(),
            ..self.rest()
        };
        (0..self.names.len().max(self.keys.len()).div_ceil(size).max(1)).map(chunk)
    }

    /// All but names and keys, which may be very many.
    fn rest(&self) -> Self {
        Self {
            names: Vec::new(),
            keys: Vec::new(),
            patterns: self.patterns.clone(),
            key_prefix: self.key_prefix.clone(),
            older_than: self.older_than,
            newer_than: self.newer_than,
            is_active: self.is_active,
            is_staff: self.is_staff,
            is_superuser: self.is_superuser,
            never_logged_in: self.never_logged_in,
            holds_token: self.holds_token,
        }
    }
}

/// The rows that a filter is about: users, each with the token held.
pub struct Source<'a> {
    /// Where users are.
    pub users: &'a UserTable,
    /// Where tokens are, if there are any.
    pub tokens: Option<&'a TokenTable>,
    /// Whether the rows are tokens: a user without one is none.
    pub only_holders: bool,
    /// How times are kept.
    pub time: &'a TimeKeeping,
}

impl Source<'_> {
    /// `FROM`, with the token as `t`.
    pub(super) fn from(&self, dialect: &Dialect) -> String {
        self.joined_beyond(dialect, "")
    }

    /// The same, of tokens whose user's key is beyond another, as `> ?`: not
    /// every planner sees by itself that the keys it joins are the same.
    pub(super) fn joined_beyond(&self, dialect: &Dialect, beyond: &str) -> String {
        let users = super::users::from(self.users, dialect);
        let Some(tokens) = self.tokens else { return users };
        let join = if self.only_holders { "JOIN" } else { "LEFT JOIN" };
        let [table, user, key] = [&*tokens.name, &*tokens.user, self.users.key()].map(|name| dialect.name(name));
        let beyond = if beyond.is_empty() { String::new() } else { format!(" AND t.{user} {beyond}") };
        format!("{users} {join} {table} AS t ON t.{user} = u0.{key}{beyond}")
    }

    /// The column of a user's, or why there is none.
    pub(super) fn user_column(&self, dialect: &Dialect, name: &str) -> Result<String> {
        let place = self.users.place(name);
        place.map(|place| column(dialect, &place)).ok_or_else(|| {
            Error::rejected(format!("the user model {} has no column {name}", self.users.name()))
                .hint("drfctl inspect shows what was found")
        })
    }

    /// A column of the token's.
    pub(super) fn token_column(&self, dialect: &Dialect, name: fn(&TokenTable) -> &String) -> Result<String> {
        let tokens = self.tokens.ok_or_else(|| Error::rejected("there are no tokens in this database"))?;
        Ok(format!("t.{}", dialect.name(name(tokens))))
    }

    /// Whether every user has a login name.
    pub(super) fn has_logins(&self) -> bool {
        self.users.column(&self.users.login).is_some_and(|column| column.not_null)
    }

    /// Since when the row is there.
    pub(super) fn made(&self, dialect: &Dialect) -> Result<String> {
        if self.only_holders {
            self.token_column(dialect, |tokens| &tokens.created)
        } else {
            self.user_column(dialect, "date_joined")
        }
    }
}

/// A statement that is being put together.
pub(super) struct Query<'a> {
    pub(super) dialect: &'a Dialect,
    pub(super) parameters: Vec<Value>,
}

impl<'a> Query<'a> {
    pub(super) fn new(dialect: &'a Dialect) -> Self {
        Self { dialect, parameters: Vec::new() }
    }

    /// A parameter of that value.
    pub(super) fn bind(&mut self, value: Value) -> String {
        self.parameters.push(value);
        self.dialect.parameter(self.parameters.len())
    }

    /// Whether a text fits a pattern.
    fn fits(&mut self, text: &str, pattern: &Pattern) -> String {
        let (beginning, pattern, end) = pattern.comparison(text, self.dialect.matching);
        format!("{beginning}{}{end}", self.bind(pattern))
    }

    pub(super) fn one_of(&mut self, column: &str, values: impl Iterator<Item = Value>) -> String {
        let values: Vec<_> = values.map(|value| self.bind(value)).collect();
        format!("{column} IN ({})", values.join(", "))
    }

    /// The conditions of a filter, all of which have to hold.
    pub(super) fn conditions(&mut self, filter: &TokenFilter, source: &Source<'_>) -> Result<Vec<String>> {
        let dialect = self.dialect;
        let mut all = Vec::new();
        let login = column(dialect, &source.users.login);
        let mut names = Vec::new();
        if !filter.names.is_empty() {
            names.push(self.one_of(&login, filter.names.iter().map(|name| Value::text(name.as_str()))));
        }
        names.extend(filter.patterns.iter().map(|pattern| self.fits(&login, pattern)));
        if !names.is_empty() {
            all.push(format!("({})", names.join(" OR ")));
        }
        if !filter.keys.is_empty() {
            let key = source.token_column(dialect, |tokens| &tokens.key)?;
            all.push(self.one_of(&key, filter.keys.iter().map(|key| Value::text(key.reveal()))));
        }
        if let Some(prefix) = &filter.key_prefix {
            let key = source.token_column(dialect, |tokens| &tokens.key)?;
            all.push(self.fits(&key, &Pattern::beginning_with(prefix)));
        }
        for (moment, than) in [(filter.older_than, "<"), (filter.newer_than, ">=")] {
            if let Some(moment) = moment {
                let mut made = source.made(dialect)?;
                if dialect.moments == Moments::Text {
                    // What is no time is neither older nor newer than another.
                    all.push(format!("{made} GLOB '{TIME}'"));
                    made = format!("replace({made}, 'T', ' ')");
                }
                let stored = self.bind(Value::DateTime(source.time.stored_at(moment)));
                all.push(format!("{made} {than} {stored}"));
            }
        }
        match (filter.is_active, &source.users.is_active) {
            (Some(wanted), Some(place)) => {
                let wanted = self.bind(Value::Integer(i64::from(wanted)));
                all.push(format!("{} = {wanted}", column(dialect, place)));
            }
            // Without the column everybody is, as `AbstractBaseUser.is_active` says.
            (Some(false), None) => all.push("1 = 0".to_owned()),
            _ => {}
        }
        for (wanted, name) in [(filter.is_staff, "is_staff"), (filter.is_superuser, "is_superuser")] {
            if wanted {
                let yes = self.bind(Value::Integer(1));
                all.push(format!("{} = {yes}", source.user_column(dialect, name)?));
            }
        }
        if filter.never_logged_in {
            all.push(format!("{} IS NULL", source.user_column(dialect, "last_login")?));
        }
        if let (Some(holds), false) = (filter.holds_token, source.only_holders) {
            let key = source.token_column(dialect, |tokens| &tokens.key)?;
            all.push(format!("{key} IS {}NULL", if holds { "NOT " } else { "" }));
        }
        Ok(all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_keys_are_cut_into_chunks_and_nothing_is_lost() {
        let name = |n: usize| Username::parse(n.to_string().as_ref()).unwrap();
        let filter = TokenFilter { names: (0..5).map(name).collect(), is_staff: true, ..TokenFilter::default() };
        let chunks: Vec<_> = filter.chunks(2).collect();
        assert_eq!(chunks.iter().map(|chunk| chunk.names.len()).collect::<Vec<_>>(), [2, 2, 1]);
        assert!(chunks.iter().all(|chunk| chunk.is_staff));
        assert_eq!(TokenFilter::default().chunks(2).count(), 1);
    }
}
