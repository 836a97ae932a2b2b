//! `create-token`: gives users their token, or another key for it.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args as ClapArgs;
use zeroize::Zeroizing;

use crate::context::Context;
use crate::django::token_key::TokenKey;
use crate::django::username::Username;
use crate::error::{Error, Result};
use crate::output::{self, Destination, Field, Format, Record};
use crate::prompt;
use crate::store::{IssuedToken, IssuedTokens, Order};

/// What is typed.
#[derive(Clone, Debug, Default, ClapArgs)]
pub struct Args {
    /// Users by their login name, all or none; `-` reads names from standard
    /// input, one a line
    #[arg(value_name = "USERNAME")]
    pub usernames: Vec<OsString>,

    /// Replace the key of a token that exists, in one step
    #[arg(short, long)]
    pub reset: bool,

    /// Print nothing; the exit status tells
    #[arg(short, long)]
    pub quiet: bool,

    /// Write the result to a new file that you alone can read
    #[arg(long, value_name = "PATH")]
    pub output_file: Option<PathBuf>,

    /// Give the one user the key in this file, `-` for standard input: 20 to
    /// 40 characters, for fixtures
    #[arg(long, value_name = "FILE")]
    pub key_from: Option<PathBuf>,
}

/// Gives the users their tokens and prints them.
///
/// # Errors
/// See [`crate::error::EXIT_STATUSES`]; all but 7 and 8 mean that nothing was
/// changed.
pub fn run(args: &Args, context: &Context) -> Result<()> {
    issue(args, usernames(args)?, context)
}

/// Gives these users their tokens and prints them.
pub(super) fn issue(args: &Args, usernames: Vec<Username>, context: &Context) -> Result<()> {
    let preset = preset(args, &usernames, context)?;
    let destination = match &args.output_file {
        Some(path) => Destination::file(path)?,
        None if args.quiet => Destination::Nowhere,
        None => Destination::stdout()?,
    };
    let order = Order { usernames, reset: args.reset, preset, now: context.now() };
    let issued = context.store().and_then(|mut store| {
        let issued = store.issue_tokens(&order, &mut || context.random_key())?;
        Ok((issued, store.farewell()))
    });
    let (issued, farewell) = match issued {
        Ok(issued) => issued,
        Err(error) => return Err(destination.abandon(error)),
    };
    say(&issued, context);
    for found in farewell {
        context.notes().warning(&found);
    }
    let records: Vec<&dyn Record> = issued.tokens.iter().map(|token| token as &dyn Record).collect();
    let bytes = output::render(context.format().unwrap_or(Format::Text), &records);
    destination.deliver(&bytes, "run create-token again, without -r: it prints the token that is valid")
}

/// The names, each checked before a database is opened.
fn usernames(args: &Args) -> Result<Vec<Username>> {
    let mut names = Vec::with_capacity(args.usernames.len());
    for typed in &args.usernames {
        if typed == "-" {
            prompt::stdin_lines(&mut |number, line| {
                let name =
                    Username::parse(&line).map_err(|error| error.at(format!("line {number} of standard input")))?;
                names.push(name);
                Ok(())
            })?;
        } else {
            names.push(Username::parse(typed)?);
        }
    }
    if args.usernames.is_empty() {
        let name =
            prompt::ask("Username", None, "drfctl create-token USERNAME, or - to read names from standard input")?;
        names.push(Username::parse(name.as_ref())?);
    }
    if names.is_empty() {
        return Err(Error::usage("standard input holds no name").hint("one name a line"));
    }
    Ok(names)
}

fn preset(args: &Args, usernames: &[Username], context: &Context) -> Result<Option<TokenKey>> {
    let Some(source) = &args.key_from else { return Ok(None) };
    if usernames.len() != 1 {
        return Err(Error::usage("--key-from gives a key to one user").hint("name one user"));
    }
    if source.as_os_str() == "-" && args.usernames.iter().any(|name| name == "-") {
        return Err(
            Error::usage("standard input cannot hold both the name and the key").hint("put the key into a file")
        );
    }
    let key = TokenKey::preset(&prompt::secret_line(source)?)?;
    if key.looks_weak() {
        context.notes().warning("the given key looks easy to guess: use it for tests only");
    }
    Ok(Some(key))
}

fn say(issued: &IssuedTokens, context: &Context) {
    let notes = context.notes();
    for notice in &issued.notices {
        notes.note(notice);
    }
    for warning in &issued.warnings {
        notes.warning(warning);
    }
    super::warn_of_inactive(&issued.tokens, context);
}

impl Record for IssuedToken {
    fn fields(&self) -> Vec<(&'static str, Field)> {
        vec![
            ("username", Field::text(self.username.as_str())),
            ("key", Field::text(self.key.reveal())),
            ("created", Field::text(self.created.as_str())),
            ("outcome", Field::text(self.outcome.as_str())),
        ]
    }

    /// The line of DRF's `drf_create_token`.
    fn sentences(&self) -> Vec<Zeroizing<String>> {
        vec![Zeroizing::new(format!("Generated token {} for user {}", self.key.reveal(), self.username))]
    }

    fn key(&self) -> Option<&str> {
        Some(self.key.reveal())
    }
}
