//! `verify`: would the application accept this token, or this password?

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::Args as ClapArgs;
use zeroize::Zeroizing;

use crate::context::Context;
use crate::django::authorization;
use crate::django::password;
use crate::django::username::Username;
use crate::error::{Error, Result};
use crate::output::{self, Behind, Destination, Field, Format, Record};
use crate::prompt;
use crate::store::Accepted;
use crate::terminal;

/// What the application says to a wrong name and to a wrong password alike.
///
/// Mirrors `AuthTokenSerializer.validate`.
const NO_LOGIN: &str = "Unable to log in with provided credentials.";

/// What is typed.
#[derive(Clone, Debug, Default, ClapArgs)]
pub struct Args {
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

/// Says whose credentials these are, or fails in the words of the application.
///
/// # Errors
/// Rejected, if the application would not accept them; else as the database
/// says. Nothing is ever changed.
pub fn run(args: &Args, context: &Context) -> Result<()> {
    super::check_raw(0, context)?;
    let destination = Destination::stdout()?;
    let accepted = match &args.user {
        Some(user) => verify_password(args, &Username::parse(user)?, context)?,
        None => verify_token(args, context)?,
    };
    let bytes = output::render(context.format().unwrap_or(Format::Text), &[&accepted]);
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
    let Accepted { username, created } = context.store()?.verify_token(&key)?;
    Ok(Verified { username, created: Some(created) })
}

/// Mirrors `ModelBackend.authenticate`.
fn verify_password(args: &Args, username: &Username, context: &Context) -> Result<Verified> {
    let typed = if args.password_stdin {
        prompt::secret_line(Path::new("-"))?
    } else {
        prompt::secret("Password", "drfctl verify --user USERNAME --password-stdin")?
    };
    let mut store = context.store()?;
    let hasher = store.user_model()?.hasher(None);
    let login = store.login(username.as_str())?;
    drop(store);
    let encoded = login.as_ref().map(|login| login.password.as_str());
    let right = password::check(typed.as_bytes(), encoded, &hasher);
    if !right || login.is_none_or(|login| !login.is_active) {
        return Err(Error::rejected(NO_LOGIN));
    }
    Ok(Verified { username: username.to_string(), created: None })
}

/// What the application accepts.
struct Verified {
    username: String,
    /// Since when the token is there.
    created: Option<String>,
}

impl Record for Verified {
    fn fields(&self) -> Vec<(&'static str, Field<'_>)> {
        vec![
            ("username", Field::text(self.username.as_str())),
            ("created", Field::optional(self.created.as_deref())),
            ("active", Field::Flag(true)),
        ]
    }

    fn sentences(&self) -> Vec<Zeroizing<String>> {
        let what = if self.created.is_some() { "token" } else { "password" };
        vec![Zeroizing::new(format!("The application accepts this {what} of user {}", self.username))]
    }
}
