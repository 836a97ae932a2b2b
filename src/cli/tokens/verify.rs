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
use crate::cli::summary::{note_doubt, note_other_tokens, rejected_part, warn_of_layout};
use crate::django::authorization::{self, PresentedKey};
use crate::django::password::{self, Algorithm, Comparison, Hasher, SiteHashers, StoredPassword, Verdict};
use crate::django::username::Username;
use crate::error::{Error, Kind, Result};
use crate::hint::{Hint, Setting};
use crate::output::{self, Behind, Destination, Field, Format, Record, Style};
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
    let Some(user) = &args.user else { return verify_tokens(presented(args)?, destination, context) };
    let username = Username::parse(user)?;
    let verified =
        VerifiedPassword { username: username.as_str().into(), error: verify_password(args, &username, context)? };
    // In text format, the error message suffices.
    if verified.error.is_none() || context.style().format != Format::Text {
        destination.deliver(&output::render(context.style(), &[&verified]), &Behind::Nothing)?;
    }
    verified.error.map_or(Ok(()), Err)
}

/// A line of the input. What cannot be a key is rejected as the application
/// rejects it.
struct PresentedLine {
    line: usize,
    key: Result<PresentedKey>,
}

/// Reads the keys. The terminal does not show a typed one.
fn presented(args: &Args) -> Result<Vec<PresentedLine>> {
    let path = args.keys_from.as_deref().unwrap_or(Path::new(LIST));
    if path == Path::new(LIST) && terminal::stdin_is_terminal() {
        let typed = prompt::secret("Key", "give a file: drfctl verify --keys-from FILE")?;
        return Ok(vec![PresentedLine { line: 1, key: authorization::key_in(typed.as_bytes()) }]);
    }
    let mut keys = Vec::new();
    prompt::lines(path, &mut |line, text| {
        keys.push(PresentedLine { line, key: authorization::key_in(text) });
        Ok(())
    })?;
    if keys.is_empty() {
        // An empty list is an error: status 0 means that every key is accepted.
        authorization::key_in(b"")?;
    }
    Ok(keys)
}

/// Opens the database, and reports what may make an answer wrong.
fn session(context: &Context) -> Result<Session> {
    let mut session = context.session()?;
    warn_of_layout(&mut session, context)?;
    note_doubt(context)?;
    note_other_tokens(&mut session, context)?;
    Ok(session)
}

/// Prints a record for each key.
///
/// # Errors
/// Rejected at the end if a key was rejected: of one key, with the message of the
/// application.
fn verify_tokens(keys: Vec<PresentedLine>, destination: Destination, context: &Context) -> Result<()> {
    let mut session = session(context)?;
    let mut snapshot = session.snapshot()?;
    let mut stream = destination.stream(Style::of(context.style(), &TOKEN_COLUMNS), Behind::Nothing);
    let all = keys.len();
    let (mut rejected, mut first) = (0, None);
    for (at, PresentedLine { line, key }) in keys.into_iter().enumerate() {
        let answer = match key.and_then(|key| snapshot.verify_token(&key)) {
            Err(error) if error.kind() != Kind::Rejected => return Err(error),
            answer => answer,
        };
        let reason = answer.as_ref().err().map(ToString::to_string);
        // As text, the error of the command says all about a single key.
        if reason.is_none() || all > 1 || context.style().format != Format::Text {
            let verified = VerifiedToken { line, accepted: answer.as_ref().ok(), reason, is_alone: all == 1 };
            stream.record(&verified);
        }
        if let Err(error) = answer {
            rejected += 1;
            first.get_or_insert(error);
        }
        if (at + 1).is_multiple_of(PAGE) {
            stream.end_page()?;
        }
    }
    stream.finish()?;
    match first {
        None => Ok(()),
        Some(error) if all == 1 => Err(error),
        Some(_) => Err(Error::rejected(rejected_part(rejected, all, "keys"))),
    }
}

/// Returns why the application rejects the password, or why that is unknown.
/// None if it accepts the password.
///
/// Mirrors `ModelBackend.authenticate`.
fn verify_password(args: &Args, username: &Username, context: &Context) -> Result<Option<Error>> {
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
    Ok(match hashers.verdict(&stored, comparison) {
        _ if login.is_none_or(|login| !login.is_active) => Some(Error::rejected(NO_LOGIN)),
        Verdict::Accepted => None,
        Verdict::Rejected => Some(Error::rejected(NO_LOGIN)),
        Verdict::Undecided(reason) => {
            let hint = match hashers {
                SiteHashers::Listed(_) => Hint::advice("log in to the application to find out"),
                _ => Hint::option(Setting::Settings).lead("name the settings, which list the hashers"),
            };
            let words = format!("it is not known whether the application accepts the password: {reason}");
            Some(Error::new(Kind::Undecided, words).hint(hint))
        }
    })
}

/// The columns of each key.
const TOKEN_COLUMNS: [&str; 5] = ["line", "username", "created", "outcome", "error"];

/// The number of records that are written together.
const PAGE: usize = 1_000;

/// Whether DRF accepts a key, by the line of the input: no key is repeated.
struct VerifiedToken<'a> {
    line: usize,
    accepted: Option<&'a Accepted>,
    /// Why the application rejects the key.
    reason: Option<String>,
    /// Whether it is the only key.
    is_alone: bool,
}

impl Record for VerifiedToken<'_> {
    fn columns(&self) -> Cow<'_, [&'static str]> {
        Cow::Borrowed(&TOKEN_COLUMNS)
    }

    fn field(&self, at: usize) -> Field<'_> {
        match (at, self.accepted) {
            (0, _) => Field::Number(i64::try_from(self.line).unwrap_or(i64::MAX)),
            (1, Some(accepted)) => Field::name(&accepted.username),
            (2, Some(accepted)) => Field::text(accepted.created.as_str()),
            (3, accepted) => Field::text(if accepted.is_some() { "accepted" } else { "rejected" }),
            (4, _) => Field::optional(self.reason.as_deref()),
            _ => Field::Absent,
        }
    }

    fn sentences(&self) -> Vec<Zeroizing<String>> {
        let line = self.line;
        let sentence = match (self.accepted, &self.reason) {
            (Some(token), _) if self.is_alone => {
                format!("DRF's TokenAuthentication would accept this token of {}", user(&token.username))
            }
            (Some(token), _) => format!("line {line}: accepted, the token of {}", user(&token.username)),
            (None, reason) => format!("line {line}: rejected: {}", reason.as_deref().unwrap_or_default()),
        };
        vec![Zeroizing::new(sentence)]
    }
}

/// Returns a user for a message.
fn user(username: &StoredName) -> String {
    match username {
        StoredName::Missing => "a user without a username".to_owned(),
        name => format!("user {}", name.readable()),
    }
}

/// Whether Django accepts a password.
struct VerifiedPassword {
    username: StoredName,
    /// Why Django rejects it, or why that is unknown. None if it is accepted.
    error: Option<Error>,
}

impl Record for VerifiedPassword {
    fn columns(&self) -> Cow<'_, [&'static str]> {
        Cow::Borrowed(&["username", "outcome", "error"])
    }

    fn field(&self, at: usize) -> Field<'_> {
        match at {
            0 => Field::name(&self.username),
            1 => Field::text(match self.error.as_ref().map(Error::kind) {
                None => "accepted",
                Some(Kind::Undecided) => "unknown",
                Some(_) => "rejected",
            }),
            _ => self.error.as_ref().map_or(Field::Absent, |error| Field::text(error.to_string())),
        }
    }

    fn sentences(&self) -> Vec<Zeroizing<String>> {
        let user = user(&self.username);
        vec![Zeroizing::new(format!("Django's ModelBackend would accept this password of {user}"))]
    }
}
