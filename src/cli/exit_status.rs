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
    ExitStatus { code: "0", meaning: "success; changes are committed" },
    ExitStatus { code: "1", meaning: "internal error; migrate --check: a migration is not applied" },
    ExitStatus { code: "2", meaning: "usage error, or no terminal to ask a question" },
    ExitStatus { code: "3", meaning: "rejected: unknown user or token, invalid input" },
    ExitStatus { code: "4", meaning: "already exists, or conflicts with existing data" },
    ExitStatus { code: "5", meaning: "lock not obtained in time" },
    ExitStatus { code: "6", meaning: "the database cannot be used" },
    ExitStatus { code: "7", meaning: "the result could not be written; a change is committed" },
    ExitStatus { code: "8", meaning: "the outcome of the commit is unknown" },
    ExitStatus { code: "9", meaning: "partly done: printed rows are committed, the error names the others" },
    ExitStatus { code: "10", meaning: "verify cannot determine whether the application accepts the password" },
    ExitStatus { code: "128+n", meaning: "terminated by signal n" },
];

/// What a script may conclude from 2 to 6.
pub const UNCHANGED: &str = "2 to 6: the database is unchanged, except by create-user --keep-going, which creates \
                             the users that it can";
