//! `verify`: checks whether DRF accepts keys, or Django a password.

use std::borrow::Cow;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::Args as ClapArgs;
use zeroize::Zeroizing;

use crate::admin::Session;
use crate::admin::model::StoredName;
use crate::admin::tokens::Accepted;
use crate::cli::args::names::LIST;
use crate::cli::args::raw::check_raw;
use crate::cli::context::Context;
use crate::cli::summary::{note_doubt, note_other_tokens, warn_of_layout};
use crate::django::authorization::{self, PresentedKey};
use crate::django::password::{self, Algorithm, Comparison, Hasher, SiteHashers, StoredPassword, Verdict};
use crate::django::username::Username;
use crate::error::{Error, Kind, Result};
use crate::hint::{Hint, Setting};
use crate::output::{self, Behind, Destination, Field, Record, Style};
use crate::prompt;
use crate::terminal;

/// The message of the application for a wrong name and for a wrong password.
///
/// Mirrors `AuthTokenSerializer.validate`.
const NO_LOGIN: &str = "Unable to log in with provided credentials.";

/// The arguments of `verify`.
#[derive(Clone, Debug, Default, ClapArgs)]
pub(in crate::cli) struct Args {
    /// Read keys from this file, one per line (default: standard input)
    #[arg(long, alias = "key-from", value_name = "FILE", conflicts_with = "user")]
    pub keys_from: Option<PathBuf>,

    /// Check the password of this user instead of a token
    #[arg(long, value_name = "USERNAME")]
    pub user: Option<OsString>,

    /// Read the password from standard input
    #[arg(long, requires = "user")]
    pub password_stdin: bool,
}

/// Prints the users of credentials, or fails with the message of DRF.
///
/// # Errors
/// Rejected if DRF's `TokenAuthentication`, or Django's `ModelBackend`, would not
/// accept one of them; undecided if neither the database nor the settings tell.
/// Changes nothing.
pub(in crate::cli) fn run(args: &Args, context: &Context) -> Result<()> {
    check_raw(0, context)?;
    let destination = Destination::stdout()?;
    let accepted = match &args.user {
        Some(user) => verify_password(args, &Username::parse(user)?, context)?,
        None => match presented(args)? {
            Presented::One(key) => verify_token(&key, context)?,
            Presented::Several(keys) => return verify_each(keys, destination, context),
        },
    };
    let bytes = output::render(context.style(), &[&accepted]);
    destination.deliver(&bytes, &Behind::Nothing)
}

/// The keys to verify, with their lines. A line that is no key is rejected as
/// the application rejects it.
enum Presented {
    One(PresentedKey),
    Several(Vec<(usize, Result<PresentedKey>)>),
}

/// Reads the key or the keys. The terminal does not show a typed key.
fn presented(args: &Args) -> Result<Presented> {
    let path = args.keys_from.as_deref().unwrap_or(Path::new(LIST));
    if path == Path::new(LIST) && terminal::stdin_is_terminal() {
        let typed = prompt::secret("Key", "give a file: drfctl verify --keys-from FILE")?;
        return authorization::key_in(typed.as_bytes()).map(Presented::One);
    }
    let mut keys = Vec::new();
    prompt::lines(path, &mut |line, text| {
        keys.push((line, authorization::key_in(text)));
        Ok(())
    })?;
    match keys.len() {
        // Success means that a key is accepted, so that no key is an error.
        0 => authorization::key_in(b"").map(Presented::One),
        1 => keys.remove(0).1.map(Presented::One),
        _ => Ok(Presented::Several(keys)),
    }
}

/// Opens the database, and reports what may make an answer wrong.
fn session(context: &Context) -> Result<Session> {
    let mut session = context.session()?;
    warn_of_layout(&mut session, context)?;
    note_doubt(context)?;
    note_other_tokens(&mut session, context)?;
    Ok(session)
}

fn verify_token(key: &PresentedKey, context: &Context) -> Result<Verified> {
    let Accepted { username, created } = session(context)?.snapshot()?.verify_token(key)?;
    Ok(Verified { username, created: Some(created) })
}

/// Prints a record for each of several keys.
///
/// # Errors
/// Rejected at the end if a key was rejected.
fn verify_each(keys: Vec<(usize, Result<PresentedKey>)>, destination: Destination, context: &Context) -> Result<()> {
    let mut session = session(context)?;
    let mut snapshot = session.snapshot()?;
    let mut stream = destination.stream(Style::of(context.style(), &LISTED_COLUMNS), Behind::Nothing);
    let (mut all, mut rejected) = (0_u64, 0_u64);
    for (line, key) in keys {
        let answer = match key.and_then(|key| snapshot.verify_token(&key)) {
            Err(error) if error.kind() == Kind::Rejected => Err(error.to_string()),
            answer => Ok(answer?),
        };
        all += 1;
        rejected += u64::from(answer.is_err());
        stream.record(&Listed { line, answer });
        if all.is_multiple_of(PAGE) {
            stream.end_page()?;
        }
    }
    stream.finish()?;
    if rejected == 0 { Ok(()) } else { Err(Error::rejected(format!("{rejected} of {all} keys were rejected"))) }
}

/// Mirrors `ModelBackend.authenticate`.
fn verify_password(args: &Args, username: &Username, context: &Context) -> Result<Verified> {
    let typed = if args.password_stdin {
        prompt::secret_line(Path::new("-"))?
    } else {
        prompt::secret("Password", "give it on standard input: drfctl verify --user USERNAME --password-stdin")?
    };
    let mut session = context.session()?;
    warn_of_layout(&mut session, context)?;
    let mut snapshot = session.snapshot()?;
    let model = snapshot.user_model()?;
    let login = snapshot.login(username.as_str())?;
    drop(session);
    let encoded = login.as_ref().map(|login| login.password.reveal());
    // Without a stored password, only the time of the hash matters.
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

/// The columns of each of several keys.
const LISTED_COLUMNS: [&str; 5] = ["line", "username", "created", "outcome", "error"];

/// The number of records that are written together.
const PAGE: u64 = 1_000;

/// One of several keys, by the line of the input: no key is repeated.
struct Listed {
    line: usize,
    /// The token, or why the application rejects the key.
    answer: Result<Accepted, String>,
}

impl Record for Listed {
    fn columns(&self) -> Cow<'_, [&'static str]> {
        Cow::Borrowed(&LISTED_COLUMNS)
    }

    fn field(&self, at: usize) -> Field<'_> {
        match (at, &self.answer) {
            (0, _) => Field::Number(i64::try_from(self.line).unwrap_or(i64::MAX)),
            (1, Ok(accepted)) => Field::name(&accepted.username),
            (2, Ok(accepted)) => Field::text(accepted.created.as_str()),
            (3, answer) => Field::text(if answer.is_ok() { "accepted" } else { "rejected" }),
            (4, Err(error)) => Field::text(error.as_str()),
            _ => Field::Absent,
        }
    }

    fn sentences(&self) -> Vec<Zeroizing<String>> {
        let line = self.line;
        vec![Zeroizing::new(match &self.answer {
            Ok(accepted) => format!("line {line}: accepted, the token of {}", user(&accepted.username)),
            Err(error) => format!("line {line}: rejected: {error}"),
        })]
    }
}

/// Returns a user for a message.
fn user(username: &StoredName) -> String {
    match username {
        StoredName::Missing => "a user without a username".to_owned(),
        name => format!("user {}", name.readable()),
    }
}

/// An accepted token or password.
struct Verified {
    username: StoredName,
    /// When the token was created.
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
        vec![Zeroizing::new(format!("{what} of {}", user(&self.username)))]
    }
}
