//! `verify`: would DRF accept this token, or Django this password?

use std::borrow::Cow;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::Args as ClapArgs;
use zeroize::Zeroizing;

use crate::admin::model::StoredName;
use crate::admin::tokens::Accepted;
use crate::cli::args::raw::check_raw;
use crate::cli::context::Context;
use crate::cli::summary::{note_doubt, note_other_tokens, warn_of_layout};
use crate::django::authorization;
use crate::django::password::{self, Algorithm, Comparison, Hasher, SiteHashers, StoredPassword, Verdict};
use crate::django::username::Username;
use crate::error::{Error, Kind, Result};
use crate::hint::{Hint, Setting};
use crate::output::{self, Behind, Destination, Field, Record};
use crate::prompt;
use crate::terminal;

/// What the application says to a wrong name and to a wrong password alike.
///
/// Mirrors `AuthTokenSerializer.validate`.
const NO_LOGIN: &str = "Unable to log in with provided credentials.";

/// What is typed.
#[derive(Clone, Debug, Default, ClapArgs)]
pub(in crate::cli) struct Args {
    /// Read the key from this file, instead of standard input or the terminal
    #[arg(long, value_name = "FILE", conflicts_with = "user")]
    pub key_from: Option<PathBuf>,

    /// Check the password of this user, instead of a token
    #[arg(long, value_name = "USERNAME")]
    pub user: Option<OsString>,

    /// Read the password from standard input
    #[arg(long, requires = "user")]
    pub password_stdin: bool,
}

/// Prints whose credentials these are, or fails in the words of DRF.
///
/// # Errors
/// Rejected, if DRF's `TokenAuthentication`, or Django's `ModelBackend`, would not
/// accept them; undecided, if neither the
/// database nor the settings tell; otherwise what the database says. Changes
/// nothing.
pub(in crate::cli) fn run(args: &Args, context: &Context) -> Result<()> {
    check_raw(0, context)?;
    let destination = Destination::stdout()?;
    let accepted = match &args.user {
        Some(user) => verify_password(args, &Username::parse(user)?, context)?,
        None => verify_token(args, context)?,
    };
    let bytes = output::render(context.style(), &[&accepted]);
    destination.deliver(&bytes, &Behind::Nothing)
}

fn verify_token(args: &Args, context: &Context) -> Result<Verified> {
    let presented = match args.key_from.as_ref().filter(|path| path.as_os_str() != "-") {
        Some(path) => prompt::secret_bytes(path)?,
        // What a person types is not to be seen.
        None if terminal::stdin_is_terminal() => {
            let typed = prompt::secret("Key", "drfctl verify --key-from FILE")?;
            Zeroizing::new(typed.as_bytes().to_vec())
        }
        None => prompt::secret_bytes(Path::new("-"))?,
    };
    let key = authorization::key_in(&presented)?;
    let mut session = context.session()?;
    warn_of_layout(&mut session, context)?;
    note_doubt(context)?;
    note_other_tokens(&mut session, context)?;
    let Accepted { username, created } = session.snapshot()?.verify_token(&key)?;
    Ok(Verified { username, created: Some(created) })
}

/// Mirrors `ModelBackend.authenticate`.
fn verify_password(args: &Args, username: &Username, context: &Context) -> Result<Verified> {
    let typed = if args.password_stdin {
        prompt::secret_line(Path::new("-"))?
    } else {
        prompt::secret("Password", "drfctl verify --user USERNAME --password-stdin")?
    };
    let mut session = context.session()?;
    warn_of_layout(&mut session, context)?;
    let mut snapshot = session.snapshot()?;
    let model = snapshot.user_model()?;
    let login = snapshot.login(username.as_str())?;
    drop(session);
    let encoded = login.as_ref().map(|login| login.password.reveal());
    // Only the time that it takes counts, where nothing is compared.
    let hasher = model.hasher(None, encoded).unwrap_or_else(|_| Hasher::newest(Algorithm::Pbkdf2Sha256));
    let is_same = password::check(typed.as_bytes(), encoded, &hasher);
    let comparison = if is_same { Comparison::Same } else { Comparison::Different };
    let stored = StoredPassword::of(encoded.unwrap_or_default());
    let hashers = model.site_hashers();
    match hashers.verdict(&stored, comparison) {
        _ if login.is_none_or(|login| !login.is_active) => Err(Error::rejected(NO_LOGIN)),
        Verdict::Accepted => Ok(Verified { username: username.as_str().into(), created: None }),
        Verdict::Rejected => Err(Error::rejected(NO_LOGIN)),
        Verdict::Undecided(reason) => {
            let hint = match hashers {
                SiteHashers::Listed(_) => Hint::advice("log in to the application to find out"),
                _ => Hint::option(Setting::Settings).lead("name the settings, which list the hashers"),
            };
            Err(Error::new(Kind::Undecided, format!("cannot tell whether the application accepts it: {reason}"))
                .hint(hint))
        }
    }
}

/// What is accepted.
struct Verified {
    username: StoredName,
    /// Since when the token is there.
    created: Option<String>,
}

impl Record for Verified {
    fn columns(&self) -> Cow<'_, [&'static str]> {
        Cow::Borrowed(&["username", "created", "active"])
    }

    fn field(&self, at: usize) -> Field<'_> {
        match at {
            0 => Field::name(&self.username),
            1 => Field::optional(self.created.as_deref()),
            _ => Field::Flag(true),
        }
    }

    fn sentences(&self) -> Vec<Zeroizing<String>> {
        let what = if self.created.is_some() {
            "DRF's TokenAuthentication would accept this token"
        } else {
            "Django's ModelBackend would accept this password"
        };
        let user = match &self.username {
            StoredName::Missing => "a user without a username".to_owned(),
            name => format!("user {}", name.readable()),
        };
        vec![Zeroizing::new(format!("{what} of {user}"))]
    }
}
