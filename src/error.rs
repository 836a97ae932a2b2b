//! Errors, and the exit status of each kind.
//!
//! This is the only place where a [`Kind`] becomes a number. Nothing here
//! prints.

use std::fmt;

use crate::hint::Hint;

/// The result type of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a command failed, as far as a script needs to know.
///
/// The `# Errors` sections of this crate name these kinds: "Busy if …".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A bug in drfctl, or a failure of the system that no input causes.
    Internal,
    /// Migrations are not applied. `migrate --check` has Django's exit status.
    Unapplied,
    /// The command line is invalid, or a question could not be asked.
    Usage,
    /// The input is understood and rejected: invalid key, missing column.
    Rejected,
    /// No user has this name.
    NoSuchUser,
    /// Something already exists, or conflicts with existing data.
    Conflict,
    /// The lock was not obtained in time.
    Busy,
    /// The database cannot be used as it is.
    Unusable,
    /// The change is committed, but its result could not be delivered.
    Undelivered,
    /// The outcome of a commit is unknown.
    Unknown,
    /// A part of the work is committed and was delivered.
    Partial,
    /// It is unknown whether the application accepts a password.
    Undecided,
    /// A signal asked the program to end.
    Interrupted,
}

impl Kind {
    /// Returns the exit status of a command that failed with this kind.
    #[must_use]
    pub fn exit_status(self) -> u8 {
        match self {
            Self::Internal | Self::Unapplied => 1,
            Self::Usage => 2,
            Self::Rejected | Self::NoSuchUser => 3,
            Self::Conflict => 4,
            Self::Busy => 5,
            Self::Unusable => 6,
            Self::Undelivered => 7,
            Self::Unknown => 8,
            Self::Partial => 9,
            Self::Undecided => 10,
            // Where the signal itself cannot end it: 128 and SIGINT.
            Self::Interrupted => 130,
        }
    }
}

/// Whether the same work may succeed if it runs again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    /// It would fail again.
    Never,
    /// Another session held a lock, or the server rolled the transaction back.
    Soon,
}

/// An error: a message that says what failed and where, its cause, and hints.
///
/// Neither the message nor a hint may contain a secret: both are printed.
#[derive(Debug)]
pub struct Error(Box<Failure>);

#[derive(Debug)]
struct Failure {
    kind: Kind,
    message: String,
    /// The part of the input that caused it: `line 3`.
    location: Option<String>,
    /// How much of the work is committed, and how much there is.
    progress: Option<(u64, u64)>,
    /// Whether the whole change is committed.
    is_committed: bool,
    retry: Retry,
    source: Option<anyhow::Error>,
    hints: Vec<Hint>,
    /// What the message summarizes: a list for people.
    details: Vec<String>,
    unknown_users: Vec<String>,
}

impl Error {
    /// Returns an error of `kind` whose `message` says what failed and where.
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self(Box::new(Failure {
            kind,
            message: message.into(),
            location: None,
            progress: None,
            is_committed: false,
            retry: Retry::Never,
            source: None,
            hints: Vec::new(),
            details: Vec::new(),
            unknown_users: Vec::new(),
        }))
    }

    /// Returns an error for a bug in drfctl or a failure of the system.
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(Kind::Internal, message)
    }

    /// Returns an error for an invalid command line.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(Kind::Usage, message)
    }

    /// Returns an error for input that is rejected.
    pub fn rejected(message: impl Into<String>) -> Self {
        Self::new(Kind::Rejected, message)
    }

    /// Returns an error for a database that cannot be used as it is.
    pub fn unusable(message: impl Into<String>) -> Self {
        Self::new(Kind::Unusable, message)
    }

    /// Returns a retryable error for a lock that another session holds.
    pub fn busy(message: impl Into<String>) -> Self {
        Self::new(Kind::Busy, message).retry_soon()
    }

    /// Returns an error for unknown users. Keeps their names for hints.
    pub fn no_such_users(message: impl Into<String>, names: &[&str]) -> Self {
        let mut error = Self::new(Kind::NoSuchUser, message);
        error.0.unknown_users = names.iter().map(|&name| name.to_owned()).collect();
        error
    }

    /// Returns an error for a result that could not be delivered after the
    /// commit.
    pub fn undelivered(message: impl Into<String>) -> Self {
        let mut error = Self::new(Kind::Undelivered, message);
        error.0.is_committed = true;
        error
    }

    /// Converts the error into one for a result that could not be delivered
    /// after the commit.
    #[must_use]
    pub fn after_commit(self, again: impl Into<Hint>) -> Self {
        if self.0.kind == Kind::Undelivered {
            return self;
        }
        let mut undelivered = Self::undelivered(format!("the result could not be written: {self}"));
        undelivered.0.source = self.0.source;
        undelivered.0.hints = self.0.hints;
        undelivered.hint(again)
    }

    /// Adds how much of the work was committed before the error.
    #[must_use]
    pub fn stopped(mut self, done: u64, of: u64) -> Self {
        let is_kept = matches!(self.0.kind, Kind::Internal | Kind::Undelivered | Kind::Unknown | Kind::Interrupted);
        if !is_kept {
            self.0.kind = Kind::Partial;
        }
        self.0.progress = Some((done, of));
        self.0.retry = Retry::Never;
        self
    }

    /// Adds the part of the input that caused it.
    #[must_use]
    pub fn at(mut self, location: impl fmt::Display) -> Self {
        self.0.location = Some(match self.0.location {
            Some(inner) => format!("{location}: {inner}"),
            None => location.to_string(),
        });
        self
    }

    /// Adds text to the end of the message.
    #[must_use]
    pub fn with_addition(mut self, text: &str) -> Self {
        self.0.message.push_str(text);
        self
    }

    /// Adds a hint.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<Hint>) -> Self {
        self.0.hints.push(hint.into());
        self
    }

    /// Sets the list that the message summarizes.
    #[must_use]
    pub fn with_details(mut self, details: Vec<String>) -> Self {
        self.0.details = details;
        self
    }

    /// Sets the cause.
    #[must_use]
    pub fn caused_by(mut self, source: impl Into<anyhow::Error>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// Marks the error as retryable.
    #[must_use]
    pub fn retry_soon(mut self) -> Self {
        self.0.retry = Retry::Soon;
        self
    }

    /// Returns whether the same work may succeed if it runs again.
    #[must_use]
    pub fn retry(&self) -> Retry {
        self.0.retry
    }

    /// Returns the kind.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.0.kind
    }

    /// Returns the names that the error calls unknown.
    #[must_use]
    pub fn unknown_users(&self) -> &[String] {
        &self.0.unknown_users
    }

    /// Returns the hints, best first.
    #[must_use]
    pub fn hints(&self) -> &[Hint] {
        &self.0.hints
    }

    /// Returns the list that the message summarizes.
    #[must_use]
    pub fn details(&self) -> &[String] {
        &self.0.details
    }

    /// Returns the message with its details, for a place that has no list.
    #[must_use]
    pub fn in_one_line(&self) -> String {
        if self.0.details.is_empty() { self.to_string() } else { format!("{self}: {}", self.0.details.join(" ")) }
    }

    /// Returns the chain of causes, outermost first.
    pub fn causes(&self) -> impl Iterator<Item = String> {
        self.0.source.iter().flat_map(anyhow::Error::chain).map(ToString::to_string)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((done, of)) = self.0.progress {
            write!(f, "stopped after {done} of {of}: ")?;
        } else if self.0.is_committed {
            f.write_str("committed, but ")?;
        }
        if let Some(location) = &self.0.location {
            write!(f, "{location}: ")?;
        }
        f.write_str(&self.0.message)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source.as_ref().map(|source| source.as_ref() as &(dyn std::error::Error + 'static))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_shows_its_progress_and_location() {
        let refused = || Error::rejected("no such group").at("groups").at("line 3");
        assert_eq!(refused().to_string(), "line 3: groups: no such group");
        assert_eq!(refused().stopped(2, 9).to_string(), "stopped after 2 of 9: line 3: groups: no such group");
        let lost = || Error::undelivered("the pipe is closed");
        assert_eq!(lost().to_string(), "committed, but the pipe is closed");
        assert_eq!(lost().stopped(2, 9).to_string(), "stopped after 2 of 9: the pipe is closed");
        let told = Error::rejected("no room").after_commit("look again");
        assert_eq!(
            (told.kind(), told.to_string().as_str()),
            (Kind::Undelivered, "committed, but the result could not be written: no room")
        );
    }

    #[test]
    fn the_source_of_an_error_is_its_cause() {
        let error = Error::internal("a fault").caused_by(anyhow::Error::msg("the reason"));
        assert_eq!(std::error::Error::source(&error).map(ToString::to_string).as_deref(), Some("the reason"));
    }

    #[test]
    fn one_line_has_the_details() {
        assert_eq!(Error::rejected("no room").in_one_line(), "no room");
        let detailed = Error::rejected("2 rows are wrong").with_details(vec!["line 3".to_owned(), "line 5".to_owned()]);
        assert_eq!(detailed.in_one_line(), "2 rows are wrong: line 3 line 5");
    }
}
