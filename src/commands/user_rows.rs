//! The rows of a file of users: how they wait between the steps that are taken
//! with all of them, and what is said of each in the end.

use zeroize::Zeroizing;

use crate::commands::password::Password;
use crate::commands::told::Told;
use crate::error::{Error, Result};
use crate::output::{Field, Record};
use crate::sql::Value;
use crate::store::{SavedUser, UserData, UserOutcome};

/// A user of the file, on the way into the database.
pub(super) struct Pending {
    /// The line of the file.
    pub(super) line: u64,
    pub(super) data: UserData,
    /// What is to be hashed.
    pub(super) password: Option<Password>,
    /// Why the user is left out.
    pub(super) error: Option<String>,
}

/// What became of a row.
pub(super) struct FileResult {
    line: u64,
    pub(super) username: String,
    outcome: UserOutcome,
    /// A generated password that is the user's now.
    password: Option<Zeroizing<String>>,
    pub(super) key: Option<Zeroizing<String>>,
    /// Whether the application takes the token.
    pub(super) is_active: bool,
    /// Why it was refused.
    pub(super) error: Option<String>,
}

impl Pending {
    /// A row that is left out.
    pub(super) fn refused(line: u64, username: String, error: &Error) -> Self {
        let data = UserData { username, ..UserData::default() };
        Self { line, data, password: None, error: Some(error.message().to_owned()) }
    }

    /// What [`Pending::of_values`] reads.
    pub(super) fn values(&self) -> Vec<Value> {
        let (kind, password) = match &self.password {
            None => (Value::Null, Value::Null),
            Some(Password::Given(given)) => (Value::Integer(0), Value::text(given)),
            Some(Password::Generated(generated)) => (Value::Integer(1), Value::text(generated)),
            Some(Password::Unusable) => (Value::Integer(2), Value::Null),
        };
        let data = &self.data;
        let groups = i64::try_from(data.groups.len()).unwrap_or(i64::MAX);
        let mut values = vec![
            number(self.line),
            Value::text(&data.username),
            optional(self.error.as_deref()),
            kind,
            password,
            optional(data.password.as_ref().map(|encoded| encoded.as_str())),
            Value::Integer(groups),
        ];
        values.extend(data.groups.iter().map(|group| Value::text(group)));
        values.extend(data.columns.iter().flat_map(|(name, value)| [Value::text(name), Value::text(value)]));
        values
    }

    /// Reads a row of [`Pending::values`].
    pub(super) fn of_values(values: Vec<Value>) -> Result<Self> {
        let mut values = Values(values.into_iter());
        let (line, username, error) = (values.number()?, values.text()?, values.optional()?);
        let (kind, password, encoded) = (values.next()?, values.optional()?, values.optional()?);
        let given = password.unwrap_or_default();
        let password = match kind.as_integer() {
            Some(0) => Some(Password::Given(given)),
            Some(1) => Some(Password::Generated(given)),
            Some(_) => Some(Password::Unusable),
            None => None,
        };
        let mut data = UserData { username: username.to_string(), password: encoded, ..UserData::default() };
        for _ in 0..values.number()? {
            data.groups.push(values.text()?.to_string());
        }
        while let Some(name) = values.0.next() {
            data.columns.push((text_of(&name)?.to_string(), values.text()?.to_string()));
        }
        Ok(Self { line, data, password, error: error.map(|error| error.to_string()) })
    }
}

impl FileResult {
    /// Of a row that was saved, or left out at the last moment.
    pub(super) fn new(row: Pending, saved: SavedUser) -> Self {
        let is_new = saved.outcome != UserOutcome::Existing;
        Self {
            line: row.line,
            username: saved.username,
            outcome: saved.outcome,
            password: row.password.and_then(Password::into_told).filter(|_| is_new),
            is_active: saved.token.as_ref().is_none_or(|token| token.is_active),
            key: saved.token.map(|token| Zeroizing::new(token.key.reveal().to_owned())),
            error: saved.refused,
        }
    }

    /// Of a row that was left out before.
    pub(super) fn of_refused(row: Pending) -> Self {
        Self {
            line: row.line,
            username: row.data.username,
            outcome: UserOutcome::Existing,
            password: None,
            key: None,
            is_active: true,
            error: row.error,
        }
    }

    /// What [`FileResult::of_values`] reads.
    pub(super) fn values(&self) -> Vec<Value> {
        let outcome = match self.outcome {
            UserOutcome::Created => 0,
            UserOutcome::Existing => 1,
            UserOutcome::Updated => 2,
        };
        vec![
            number(self.line),
            Value::text(&self.username),
            Value::Integer(outcome),
            optional(self.password.as_ref().map(|password| password.as_str())),
            optional(self.key.as_ref().map(|key| key.as_str())),
            Value::Integer(i64::from(self.is_active)),
            optional(self.error.as_deref()),
        ]
    }

    /// Reads a row of [`FileResult::values`].
    pub(super) fn of_values(values: Vec<Value>) -> Result<Self> {
        let mut values = Values(values.into_iter());
        let (line, username) = (values.number()?, values.text()?.to_string());
        let outcome = match values.number()? {
            0 => UserOutcome::Created,
            1 => UserOutcome::Existing,
            _ => UserOutcome::Updated,
        };
        let (password, key) = (values.optional()?, values.optional()?);
        let is_active = values.number()? != 0;
        let error = values.optional()?.map(|error| error.to_string());
        Ok(Self { line, username, outcome, password, key, is_active, error })
    }

    fn told(&self) -> Told<'_> {
        Told {
            username: &self.username,
            outcome: self.outcome,
            password: self.password.as_ref().map(|password| password.as_str()),
            key: self.key.as_ref().map(|key| key.as_str()),
        }
    }
}

impl Record for FileResult {
    fn fields(&self) -> Vec<(&'static str, Field<'_>)> {
        let told = self.told();
        vec![
            ("line", Field::Number(i64::try_from(self.line).unwrap_or(i64::MAX))),
            ("username", Field::text(self.username.as_str())),
            ("outcome", Field::text(if self.error.is_some() { "refused" } else { self.outcome.as_str() })),
            ("password", Field::optional(told.password)),
            ("key", Field::optional(told.key)),
            ("error", Field::optional(self.error.as_deref())),
        ]
    }

    fn sentences(&self) -> Vec<Zeroizing<String>> {
        let Some(error) = &self.error else { return self.told().sentences() };
        vec![Zeroizing::new(format!("Refused user {} of line {}: {error}", self.username, self.line))]
    }

    fn key(&self) -> Option<&str> {
        self.key.as_ref().or(self.password.as_ref()).map(|secret| secret.as_str())
    }
}

/// The values of a row, one after the other.
struct Values(std::vec::IntoIter<Value>);

impl Values {
    fn next(&mut self) -> Result<Value> {
        self.0.next().ok_or_else(broken)
    }

    fn number(&mut self) -> Result<u64> {
        self.next()?.as_integer().and_then(|number| u64::try_from(number).ok()).ok_or_else(broken)
    }

    fn text(&mut self) -> Result<Zeroizing<String>> {
        text_of(&self.next()?)
    }

    fn optional(&mut self) -> Result<Option<Zeroizing<String>>> {
        match self.next()? {
            Value::Null => Ok(None),
            value => text_of(&value).map(Some),
        }
    }
}

fn text_of(value: &Value) -> Result<Zeroizing<String>> {
    value.as_str().map(|text| Zeroizing::new(text.to_owned())).ok_or_else(broken)
}

fn number(number: u64) -> Value {
    Value::Integer(i64::try_from(number).unwrap_or(i64::MAX))
}

fn optional(text: Option<&str>) -> Value {
    text.map_or(Value::Null, Value::text)
}

fn broken() -> Error {
    Error::internal("a row that waited is not what it was")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_waits_as_it_is() {
        let data = UserData {
            username: "alice".to_owned(),
            password: Some(Zeroizing::new("md5$a$b".to_owned())),
            columns: vec![("email".to_owned(), String::new()), ("is_staff".to_owned(), "true".to_owned())],
            groups: vec!["a".to_owned()],
        };
        for password in [None, Some(Password::Unusable), Some(Password::Generated(Zeroizing::new("pw".to_owned())))] {
            let row = Pending { line: 7, data: data.clone(), password, error: None };
            let values = row.values();
            let again = Pending::of_values(values.clone()).unwrap().values();
            let identities = |values: &[Value]| values.iter().map(Value::identity).collect::<Vec<_>>();
            assert_eq!(identities(&again), identities(&values));
        }
    }
}
