//! Issuing tokens: new ones, the ones that are there, and other keys for them.

use std::time::SystemTime;

use jiff::civil::DateTime;

use super::{Created, Store};
use crate::django::timestamp;
use crate::django::token_key::TokenKey;
use crate::django::username::{Shape, Username};
use crate::engine::CommitFailure;
use crate::error::{Error, Kind, Result};
use crate::schema::layout::Layout;
use crate::sql::{self, Value};

/// How many times a key that is taken is replaced by another.
const RETRIES: usize = 3;

/// The tokens that are wanted, all of them or none.
#[derive(Debug)]
pub struct Order {
    /// The users, in the order of the answer.
    pub usernames: Vec<Username>,
    /// Whether a token that is there gets another key.
    pub reset: bool,
    /// The key to give, where it is not to be random.
    pub preset: Option<TokenKey>,
    /// The wall clock.
    pub now: SystemTime,
}

/// The answer to an [`Order`].
#[derive(Debug)]
pub struct IssuedTokens {
    /// A token for every name.
    pub tokens: Vec<IssuedToken>,
    /// What is unusual in the database but does no harm.
    pub notices: Vec<String>,
    /// What a person should see to.
    pub warnings: Vec<String>,
}

/// A user's token.
#[derive(Clone, Debug)]
pub struct IssuedToken {
    /// The user, as asked for.
    pub username: Username,
    /// The key that authenticates.
    pub key: TokenKey,
    /// When the token was made.
    pub created: Created,
    /// What was done.
    pub outcome: Outcome,
    /// Whether the application would let the user in.
    pub is_active: bool,
}

/// What was done for a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// There was no token, and one was made.
    Created,
    /// There was a token, and it stays.
    Existing,
    /// The token has another key.
    Reset,
}

impl Outcome {
    /// The word in records.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Existing => "existing",
            Self::Reset => "reset",
        }
    }
}

/// A user as found, with the token held.
struct Holder {
    user: Value,
    is_active: bool,
    token: Option<(Value, Value)>,
}

/// A source of random keys.
type Keys<'a> = dyn FnMut() -> Result<TokenKey> + 'a;

impl Store {
    /// Gives every user of the order a token, in one transaction.
    ///
    /// # Errors
    /// Rejected, if a user does not exist; conflict, if a preset key is taken;
    /// busy or unusable, with nothing changed; unknown, if the database could
    /// not be asked whether the commit went through.
    pub fn issue_tokens(&mut self, order: &Order, keys: &mut Keys<'_>) -> Result<IssuedTokens> {
        let stored = self.time.stored(order.now)?;
        self.connection.begin()?;
        let issued = self.layout().and_then(|layout| {
            let tokens = self.issue_all(&layout, order, stored, keys)?;
            Ok((layout, tokens))
        });
        let (layout, tokens) = issued.inspect_err(|_| self.connection.roll_back())?;
        let doubt = match self.connection.commit() {
            Ok(()) => None,
            Err(CommitFailure::Undone(error)) => return Err(error),
            Err(CommitFailure::ForeignKey(error)) => {
                let reason = self.broken_reference(&layout, order, error);
                self.connection.roll_back();
                return Err(reason);
            }
            Err(CommitFailure::Unclear(error)) => Some(self.resolve(&layout, &tokens, error)?),
        };
        Ok(IssuedTokens { tokens, notices: layout.notices, warnings: doubt.into_iter().collect() })
    }

    fn issue_all(
        &mut self,
        layout: &Layout,
        order: &Order,
        stored: DateTime,
        keys: &mut Keys<'_>,
    ) -> Result<Vec<IssuedToken>> {
        let mut issued: Vec<IssuedToken> = Vec::with_capacity(order.usernames.len());
        let mut seen = std::collections::HashMap::new();
        for username in &order.usernames {
            let token = match seen.get(username.as_str()) {
                // A key once given in this answer has to stay good.
                Some(at) => IssuedToken::clone(&issued[*at]),
                None => self.issue(layout, order, username, stored, keys)?,
            };
            seen.insert(username.as_str(), issued.len());
            issued.push(token);
        }
        Ok(issued)
    }

    fn issue(
        &mut self,
        layout: &Layout,
        order: &Order,
        username: &Username,
        stored: DateTime,
        keys: &mut Keys<'_>,
    ) -> Result<IssuedToken> {
        let holder = self.holder(layout, username)?;
        if let (Some((key, created)), false) = (&holder.token, order.reset) {
            let key = standing_key(username, key)?;
            if order.preset.as_ref().is_some_and(|preset| *preset != key) {
                return Err(Error::new(Kind::Conflict, format!("user {username} has another token already"))
                    .hint("-r replaces it by the given key"));
            }
            let created = self.created(created);
            return Ok(IssuedToken {
                username: username.clone(),
                key,
                created,
                outcome: Outcome::Existing,
                is_active: holder.is_active,
            });
        }
        let outcome = if holder.token.is_some() { Outcome::Reset } else { Outcome::Created };
        let key = match &order.preset {
            Some(preset) => self.write(layout, outcome, preset.clone(), stored, &holder.user).map_err(|error| {
                if error.kind() == Kind::Conflict { taken(username).caused_by(error) } else { error }
            })?,
            None => self.write_random(layout, outcome, stored, &holder.user, keys)?,
        };
        Ok(IssuedToken {
            username: username.clone(),
            key,
            created: self.created(&Value::DateTime(stored)),
            outcome,
            is_active: holder.is_active,
        })
    }

    fn write_random(
        &mut self,
        layout: &Layout,
        outcome: Outcome,
        stored: DateTime,
        user: &Value,
        keys: &mut Keys<'_>,
    ) -> Result<TokenKey> {
        for _ in 0..=RETRIES {
            match self.write(layout, outcome, keys()?, stored, user) {
                Err(error) if error.kind() == Kind::Conflict => {}
                done => return done,
            }
        }
        Err(Error::internal("every new key is taken: the operating system's random numbers are not random"))
    }

    fn write(
        &mut self,
        layout: &Layout,
        outcome: Outcome,
        key: TokenKey,
        stored: DateTime,
        user: &Value,
    ) -> Result<TokenKey> {
        let dialect = self.connection.dialect();
        let build = if outcome == Outcome::Reset { sql::tokens::rotate } else { sql::tokens::insert };
        let statement = build(layout, dialect, &key, Value::DateTime(stored), user.clone());
        match self.connection.execute(&statement)? {
            1 => Ok(key),
            rows => Err(Error::rejected(format!("one token was to be written, but a trigger made it {rows}"))),
        }
    }

    /// The one user of a name.
    fn holder(&mut self, layout: &Layout, username: &Username) -> Result<Holder> {
        let statement = sql::tokens::holder(layout, self.connection.dialect(), username);
        let mut rows = self.rows(&statement)?;
        let row = rows.pop();
        if !rows.is_empty() {
            return Err(Error::rejected(format!("more than one user is named {username}"))
                .hint("name a column that tells them apart: --username-field COLUMN"));
        }
        let Some(Ok([user, is_active, key, created])) = row.map(<[Value; 4]>::try_from) else {
            return Err(no_such_user(layout, username));
        };
        let token = (!matches!(key, Value::Null)).then_some((key, created));
        Ok(Holder { user, is_active: is_active.as_integer() != Some(0), token })
    }

    fn created(&self, stored: &Value) -> Created {
        let read = match stored {
            Value::DateTime(stored) => Some(*stored),
            other => other.as_str().and_then(timestamp::from_text),
        };
        let moment = read.and_then(|stored| self.time.moment(stored));
        Created(moment.or_else(|| stored.as_str().map(str::to_owned)).unwrap_or_default())
    }

    /// Which foreign key broke: a user's, or one that refers to a token.
    fn broken_reference(&mut self, layout: &Layout, order: &Order, error: Error) -> Error {
        let gone = order.usernames.iter().find_map(|username| self.holder(layout, username).err());
        match gone {
            Some(missing) if missing.kind() == Kind::NoSuchUser => missing.caused_by(error),
            _ => error.hint("another table refers to the old key: replace it in the application"),
        }
    }

    /// A commit failed midway: asks a new connection what became of it.
    fn resolve(&mut self, layout: &Layout, tokens: &[IssuedToken], error: Error) -> Result<String> {
        let changed: Vec<_> = tokens.iter().filter(|token| token.outcome != Outcome::Existing).collect();
        let mut there = 0;
        let asked = self.connection.reopen().and_then(|()| {
            for token in &changed {
                let statement = sql::tokens::user_of_key(layout, self.connection.dialect(), &token.key);
                there += usize::from(!self.rows(&statement)?.is_empty());
            }
            Ok(())
        });
        match asked {
            Ok(()) if there == changed.len() => {
                Ok(format!("the change is made, but a power cut in this moment could undo it: {}", error.message()))
            }
            Ok(()) if there == 0 => Err(error),
            _ => Err(Error::new(Kind::Unknown, "whether the change was made cannot be told")
                .caused_by(error)
                .hint("run the command again without -r: it prints the token that is valid")),
        }
    }
}

/// The key of a token that is there, if it is of any use.
fn standing_key(username: &Username, key: &Value) -> Result<TokenKey> {
    let key = key.as_str().map(TokenKey::stored).filter(TokenKey::is_sendable);
    key.ok_or_else(|| {
        Error::new(Kind::Conflict, format!("the token of user {username} has a key that no client can send"))
            .hint("-r gives it another key")
    })
}

fn taken(username: &Username) -> Error {
    Error::new(Kind::Conflict, format!("the key given for user {username} is another user's token"))
}

fn no_such_user(layout: &Layout, username: &Username) -> Error {
    let users = &layout.users;
    let error = Error::new(Kind::NoSuchUser, format!("user {username} does not exist"));
    let shape = username.shape();
    let meant = users.other_logins.iter().find(|column| Shape::of_column(column) == shape);
    match meant {
        Some(column) if Shape::of_column(&users.login.column) != shape => error.hint(format!(
            "users were looked up by {}; to look by {column}: --username-field {column}",
            users.login.column
        )),
        _ => error,
    }
}
