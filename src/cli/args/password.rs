//! The options of a password: where it comes from and how it is hashed.

use std::path::{Path, PathBuf};

use clap::Args as ClapArgs;
use zeroize::Zeroizing;

use crate::admin::Session;
use crate::admin::users::{Replacing, UserModelFacts};
use crate::cli::args::plain_password::Password;
use crate::cli::context::Context;
use crate::cli::random;
use crate::django::crypto;
use crate::django::password::{Algorithm, EncodedPassword, Hasher};
use crate::django::password_validation::{UserAttributes, validate};
use crate::django::python_text::strip;
use crate::django::username::Username;
use crate::error::{Error, Result};
use crate::prompt::{self, Answer};

/// The number of attempts of a person, as in Django's `changepassword`.
pub(in crate::cli) const TRIES: usize = 3;

/// The length of a generated password, for more than 128 bits.
const GENERATED_LENGTH: usize = 22;

/// What to type if there is no terminal to ask on.
const OTHERWISE: &str = "give --password-stdin, --password-file, --generate-password or --no-password";

/// The options of a password.
#[derive(Clone, Debug, Default, ClapArgs)]
#[command(next_help_heading = "Password")]
pub(in crate::cli) struct PasswordArgs {
    /// Read the password from standard input, one line
    #[arg(long, group = "source")]
    pub password_stdin: bool,

    /// Read the password from a file, one line; `-` is standard input
    #[arg(long, value_name = "FILE", group = "source")]
    pub password_file: Option<PathBuf>,

    /// Set an unusable password, with which no login succeeds
    #[arg(long, visible_alias = "unusable", group = "source")]
    pub no_password: bool,

    /// Generate a random password and print it once
    #[arg(long, group = "source")]
    pub generate_password: bool,

    /// Validate a password that is not typed at a prompt, too
    #[arg(long)]
    pub validate_password: bool,

    /// Do not validate passwords
    #[arg(long, conflicts_with = "validate_password")]
    pub skip_validation: bool,

    /// Hash with this algorithm (default: that of other users)
    #[arg(long, value_name = "NAME", value_parser = algorithm)]
    pub hasher: Option<Algorithm>,

    /// Hash with this many iterations (default: as for other users)
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub iterations: Option<u32>,
}

/// The Django command whose dialogue drfctl follows.
#[derive(Clone, Copy, Debug)]
pub(in crate::cli) enum Dialogue<'a> {
    /// `createsuperuser`, which accepts a weak password after a confirmation.
    Create,
    /// `changepassword` of this user; an empty password aborts it.
    Change(&'a Username),
}

impl PasswordArgs {
    /// Returns whether the command line names a source.
    pub(in crate::cli) fn names_source(&self) -> bool {
        self.password_stdin || self.password_file.is_some() || self.no_password || self.generate_password
    }

    /// Returns the password from the source that the command line names.
    ///
    /// # Errors
    /// Rejected if it cannot be read, is blank, or fails the requested
    /// validation.
    pub(in crate::cli) fn read(&self, user: &UserAttributes<'_>, context: &Context) -> Result<Password> {
        let given = match (&self.password_file, self.password_stdin) {
            (Some(path), _) => prompt::secret_line(path)?,
            (None, true) => prompt::secret_line(Path::new("-"))?,
            (None, false) if self.no_password => return Ok(Password::Unusable),
            (None, false) => {
                let random = random::salt()?;
                return crypto::random_string(GENERATED_LENGTH, random.as_slice())
                    .map(Zeroizing::new)
                    .map(Password::Generated);
            }
        };
        self.accept(given, user, context)
    }

    /// Returns the password of the environment.
    pub(in crate::cli) fn accept_set(
        &self,
        set: &[u8],
        user: &UserAttributes<'_>,
        context: &Context,
    ) -> Result<Password> {
        let set = std::str::from_utf8(set).map_err(|_| Error::rejected("DJANGO_SUPERUSER_PASSWORD is not UTF-8"))?;
        self.accept(Zeroizing::new(set.to_owned()), user, context)
    }

    /// Returns a password that a script provides.
    pub(in crate::cli) fn accept(
        &self,
        given: Zeroizing<String>,
        user: &UserAttributes<'_>,
        context: &Context,
    ) -> Result<Password> {
        check_not_blank(&given)?;
        if given.contains('\n') {
            return Err(Error::rejected("the password has more than one line"));
        }
        if given.len() as u64 > prompt::LONGEST {
            return Err(Error::rejected(format!("the password is longer than {} bytes", prompt::LONGEST)));
        }
        if self.validate_password {
            check_complaints(validate(&given, user, context.password_validators()?))?;
        }
        Ok(Password::Given(given))
    }

    /// Asks for a password, twice, in the words of Django's command. The database
    /// is closed while drfctl waits for the answers.
    ///
    /// # Errors
    /// Usage if there is no terminal; rejected after three attempts.
    pub(in crate::cli) fn ask(
        &self,
        dialogue: Dialogue<'_>,
        user: &UserAttributes<'_>,
        session: &mut Session,
        context: &Context,
    ) -> Result<Zeroizing<String>> {
        prompt::check_terminal("Password", OTHERWISE)?;
        session.suspend();
        let notes = context.notes();
        if let Dialogue::Change(username) = dialogue {
            notes.lines(&format!("Changing password for user '{username}'"));
        }
        for _ in 0..TRIES {
            let first = dialogue.secret("Password")?;
            let second = dialogue.secret("Password (again)")?;
            if first != second {
                notes.lines(dialogue.mismatch());
            } else if let Err(blank) = check_not_blank(&first) {
                notes.lines(&format!("Error: {blank}"));
            } else if self.is_accepted(&first, dialogue, user, context)? {
                return Ok(first);
            }
        }
        Err(Error::rejected(match dialogue {
            Dialogue::Create => format!("no password after {TRIES} attempts"),
            Dialogue::Change(username) => {
                format!("Aborting password change for user '{username}' after {TRIES} attempts")
            }
        }))
    }

    /// Returns whether a typed password is valid, or the person wants it anyway.
    fn is_accepted(
        &self,
        typed: &str,
        dialogue: Dialogue<'_>,
        user: &UserAttributes<'_>,
        context: &Context,
    ) -> Result<bool> {
        let validators = if self.skip_validation { &[][..] } else { context.password_validators()? };
        let complaints = validate(typed, user, validators);
        for complaint in &complaints {
            context.notes().lines(complaint);
        }
        match dialogue {
            _ if complaints.is_empty() => Ok(true),
            Dialogue::Create => {
                let question = "Bypass password validation and create user anyway?";
                Ok(prompt::confirm(question, Answer::No, OTHERWISE)? == Answer::Yes)
            }
            Dialogue::Change(_) => Ok(false),
        }
    }

    /// Returns which passwords may be replaced: with an explicit hasher, or with an
    /// unusable password, all of them.
    pub(in crate::cli) fn replacing(&self) -> Replacing {
        if self.hasher.is_some() || self.no_password { Replacing::Any } else { Replacing::Comparable }
    }

    /// Returns the hasher for a password that replaces this stored one: that of the
    /// options, else that of [`UserModelFacts::hasher`]. An unusable password is not
    /// hashed.
    ///
    /// # Errors
    /// Usage if the algorithm has no number of iterations; else same as
    /// [`UserModelFacts::hasher`].
    pub(in crate::cli) fn hasher(&self, model: &UserModelFacts, replaced: Option<&str>) -> Result<Hasher> {
        let hasher = match model.hasher(self.hasher, replaced) {
            Err(_) if self.no_password => Hasher::newest(Algorithm::Pbkdf2Sha256),
            other => other?,
        };
        self.iterations.map_or(Ok(hasher), |iterations| hasher.with_iterations(iterations))
    }

    /// Returns the encoded password, and warns of a weak hash. Slow on purpose.
    ///
    /// # Errors
    /// Same as [`Password::encode`].
    pub(in crate::cli) fn encode(
        &self,
        password: &Password,
        hasher: &Hasher,
        model: &UserModelFacts,
        context: &Context,
    ) -> Result<EncodedPassword> {
        if password.is_usable() {
            self.warn_if_weak(hasher, model, context);
        }
        password.encode(hasher, &*random::salt()?)
    }

    /// Warns of a weak hasher that was not requested: that of other users.
    pub(in crate::cli) fn warn_if_weak(&self, hasher: &Hasher, model: &UserModelFacts, context: &Context) {
        let stronger = match hasher.algorithm() {
            Algorithm::Md5 if self.hasher.is_none() => "--hasher",
            Algorithm::Md5 => return,
            _ if self.iterations.is_none() => "--iterations",
            _ => return,
        };
        if model.is_weak(hasher) {
            context.notes().warning(&format!(
                "existing passwords use {hasher}, which is weak, and so will the new one: {stronger} selects a stronger hash"
            ));
        }
    }
}

impl Dialogue<'_> {
    fn secret(self, question: &str) -> Result<Zeroizing<String>> {
        let typed = prompt::secret(question, OTHERWISE)?;
        match self {
            Self::Change(_) if typed.is_empty() => Err(prompt::aborted()),
            _ => Ok(typed),
        }
    }

    fn mismatch(self) -> &'static str {
        match self {
            Self::Create => "Error: Your passwords didn't match.",
            Self::Change(_) => "Passwords do not match. Please try again.",
        }
    }
}

/// Rejects a password for the complaints of validators, of which there may be
/// several.
fn check_complaints(mut complaints: Vec<String>) -> Result<()> {
    match complaints.len() {
        0 => Ok(()),
        1 => Err(Error::rejected(complaints.remove(0))),
        several => {
            Err(Error::rejected(format!("the password is rejected for {several} reasons")).with_details(complaints))
        }
    }
}

/// Mirrors `createsuperuser` and `changepassword`, which reject both.
fn check_not_blank(password: &str) -> Result<()> {
    if strip(password).is_empty() { Err(Error::rejected("Blank passwords aren't allowed.")) } else { Ok(()) }
}

fn algorithm(typed: &str) -> Result<Algorithm> {
    Algorithm::from_name(typed).ok_or_else(|| {
        let names: Vec<_> = Algorithm::ALL.iter().map(|algorithm| algorithm.name()).collect();
        Error::usage(format!("unknown hasher; the known ones are {}", names.join(", ")))
    })
}
