//! The meaning of exit statuses, for help, manual pages and README.

/// An exit status and its meaning.
#[derive(Debug)]
pub struct ExitStatus {
    /// The number, or the rule for it.
    pub code: &'static str,
    /// What a script may conclude from it.
    pub meaning: &'static str,
}

/// Every exit status. [`crate::error::Kind::exit_status`] returns the number of an
/// error.
pub const EXIT_STATUSES: [ExitStatus; 12] = [
    ExitStatus { code: "0", meaning: "done and durable" },
    ExitStatus { code: "1", meaning: "internal fault; migrate --check: something is not applied" },
    ExitStatus { code: "2", meaning: "usage, or a question that could not be asked" },
    ExitStatus { code: "3", meaning: "rejected: no such user or token, invalid input" },
    ExitStatus { code: "4", meaning: "already exists, or in conflict" },
    ExitStatus { code: "5", meaning: "lock not obtained in time" },
    ExitStatus { code: "6", meaning: "database unusable" },
    ExitStatus { code: "7", meaning: "the result could not be delivered; a change is committed" },
    ExitStatus { code: "8", meaning: "outcome unknown" },
    ExitStatus { code: "9", meaning: "done in part: what was printed is done, and the error says what is not" },
    ExitStatus { code: "10", meaning: "verify cannot tell whether the application accepts the password" },
    ExitStatus { code: "128+n", meaning: "ended by signal n" },
];
/// What a script may conclude from 2 to 6.
pub const UNCHANGED: &str = "2 to 6: nothing was changed in the database, but by create-user --keep-going, \
                             which makes the users that can be made";
