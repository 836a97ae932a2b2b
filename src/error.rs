//! What can go wrong, and the exit status that says so.
//!
//! The one place where a [`Kind`] becomes a number. Nothing here prints.

use std::fmt;

/// The result of everything in this crate that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a command failed, as far as a script needs to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A fault of drfctl or of its surroundings that is nobody's input.
    Internal,
    /// Migrations are not applied: `migrate --check` has Django's status.
    Unapplied,
    /// The command line is wrong, or a question could not be asked.
    Usage,
    /// The input is understood and refused: no such user, invalid key.
    Rejected,
    /// There is no user of this name.
    NoSuchUser,
    /// It exists already, or stands against something that does.
    Conflict,
    /// The lock was not obtained in time.
    Busy,
    /// The database cannot be used as it is.
    Unusable,
    /// The change is durable, but its result could not be handed over.
    Undelivered,
    /// Whether the change was made cannot be told.
    Unknown,
    /// A part of the work is durable, and was handed over.
    InPart,
    /// A signal asked the program to end.
    Interrupted,
}

/// An exit status and its meaning, as `--help` and README print them.
#[derive(Debug)]
pub struct ExitStatus {
    /// The number, or the rule for it.
    pub code: &'static str,
    /// What a script may conclude from it.
    pub meaning: &'static str,
}

/// Every exit status of the program.
pub const EXIT_STATUSES: [ExitStatus; 11] = [
    ExitStatus { code: "0", meaning: "done and durable" },
    ExitStatus { code: "1", meaning: "internal fault; migrate --check: something is not applied" },
    ExitStatus { code: "2", meaning: "usage, or a question that could not be asked" },
    ExitStatus { code: "3", meaning: "rejected: no such user or token, invalid input" },
    ExitStatus { code: "4", meaning: "already exists, or in conflict" },
    ExitStatus { code: "5", meaning: "lock not obtained in time" },
    ExitStatus { code: "6", meaning: "database unusable" },
    ExitStatus { code: "7", meaning: "the result could not be delivered; a change is committed" },
    ExitStatus { code: "8", meaning: "outcome unknown" },
    ExitStatus { code: "9", meaning: "stopped in the middle of many: what was printed is done" },
    ExitStatus { code: "128+n", meaning: "ended by signal n" },
];

/// What a script may conclude from most of them at once.
pub const UNCHANGED: &str = "2 to 6: nothing was changed in the database, but by create-user --keep-going, \
                             which makes the users that can be made";

impl Kind {
    /// The exit status of a command that failed like this.
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
            Self::InPart => 9,
            // Where the signal itself cannot end it: 128 and SIGINT.
            Self::Interrupted => 130,
        }
    }
}

/// A failure: what and where in one sentence, what lay beneath, and what to
/// type next.
///
/// Neither the message nor a hint may hold a secret: both are printed.
#[derive(Debug)]
pub struct Error {
    kind: Kind,
    message: String,
    source: Option<anyhow::Error>,
    hints: Vec<String>,
    subject: Option<String>,
}

impl Error {
    /// An error of `kind` whose `message` says what and where.
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), source: None, hints: Vec::new(), subject: None }
    }

    /// A fault that is not the caller's.
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(Kind::Internal, message)
    }

    /// A command line that cannot be carried out as typed.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(Kind::Usage, message)
    }

    /// Input that is refused.
    pub fn rejected(message: impl Into<String>) -> Self {
        Self::new(Kind::Rejected, message)
    }

    /// A database that cannot be used as it is.
    pub fn unusable(message: impl Into<String>) -> Self {
        Self::new(Kind::Unusable, message)
    }

    /// The same failure, where the change is durable already.
    #[must_use]
    pub fn after_commit(self, again: &str) -> Self {
        if self.kind == Kind::Undelivered {
            return self;
        }
        let message = format!("done, but the result cannot be told: {}", self.message);
        Self { kind: Kind::Undelivered, message, ..self }.hint(again)
    }

    /// The same failure, where so much of the work is done.
    #[must_use]
    pub fn stopped(self, done: u64, of: u64) -> Self {
        let message = format!("stopped after {done} of {of}: {}", self.message.trim_start_matches("done, but "));
        let kind = match self.kind {
            Kind::Internal | Kind::Undelivered | Kind::Unknown | Kind::Interrupted => self.kind,
            _ => Kind::InPart,
        };
        Self { kind, message, ..self }
    }

    /// Says first where the input stands that it is about.
    #[must_use]
    pub fn at(mut self, place: impl fmt::Display) -> Self {
        self.message = format!("{place}: {}", self.message);
        self
    }

    /// Keeps the name that it is about, for somebody who looks for another.
    #[must_use]
    pub fn about(mut self, name: &str) -> Self {
        self.subject = Some(name.to_owned());
        self
    }

    /// Adds what to type, or to look at, next.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.extend(Some(hint.into()).filter(|hint| !hint.is_empty()));
        self
    }

    /// Adds what lay beneath; shown with `--traceback`.
    #[must_use]
    pub fn caused_by(mut self, source: impl Into<anyhow::Error>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// Why it failed.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The name that it is about.
    #[must_use]
    pub fn subject(&self) -> Option<&str> {
        self.subject.as_deref()
    }

    /// The sentence, without its kind.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What to do next, best first.
    #[must_use]
    pub fn hints(&self) -> &[String] {
        &self.hints
    }

    /// The chain of causes, outermost first.
    pub fn causes(&self) -> impl Iterator<Item = String> {
        self.source.iter().flat_map(anyhow::Error::chain).map(ToString::to_string)
    }
}

/// A word of a command line, quoted for a shell where it needs to be.
#[must_use]
pub fn shell_word(word: &str) -> String {
    shlex::try_quote(word).map_or_else(|_| "…".to_owned(), Into::into)
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}
