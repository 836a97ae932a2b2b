//! The root of the command line: the global options and the list of commands.
#![allow(clippy::doc_markdown, reason = "these docs are the help that a terminal shows")]

use std::ffi::OsString;

use clap::{ArgMatches, CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::cli::config::Config;
use crate::cli::context::Context;
use crate::cli::database::{inspect, migrate};
use crate::cli::django::{changepassword, createsuperuser, drf_create_token};
use crate::cli::global::Global;
use crate::cli::shell::{completions, help, man};
use crate::cli::suggest::Skipping;
use crate::cli::tokens::{create as create_token, create_args, list, revoke, verify};
use crate::cli::users::activate::{self, Activity};
use crate::cli::users::{create as create_user, create_args as user_args, set_password};
use crate::error::Result;
use crate::output::Notes;
use crate::terminal;

/// Administer users and API tokens of Django REST framework in the database
#[derive(Debug, Parser)]
#[command(
    name = "drfctl",
    version,
    propagate_version = true,
    max_term_width = 100,
    disable_help_flag = true,
    disable_version_flag = true,
    disable_help_subcommand = true,
    subcommand_required = true,
    arg_required_else_help = true,
    override_usage = "drfctl [OPTIONS] <COMMAND>"
)]
struct Program {
    #[command(flatten)]
    global: Global,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Create API tokens for users, or print the existing ones
    ///
    /// With -r, existing tokens get a new key in one step: there is no moment
    /// without a valid key. Several usernames are all or nothing.
    CreateToken(create_args::Args),

    /// List tokens with their users, or all users
    ///
    /// Prints a table on a terminal, and otherwise one line per row with tabs
    /// between the values. Shows only the first characters of each key.
    #[command(override_usage = "drfctl list [OPTIONS] [tokens|users] [USERNAME]...")]
    List(list::Args),

    /// Delete tokens, so that requests that use them are rejected
    ///
    /// Shows only the first characters of each key.
    Revoke(revoke::Args),

    /// Check whether DRF accepts a token, or Django a password
    ///
    /// Looks up a token as DRF's TokenAuthentication does, and a password as
    /// Django's ModelBackend does. Does not ask other authentication classes or
    /// backends; warns of tables that look like those of other tokens.
    Verify(verify::Args),

    /// Create a token as manage.py drf_create_token does
    #[command(name = "drf_create_token", hide = true)]
    DrfCreateToken(create_args::IssueArgs),

    /// Create a user, or the users of a file
    ///
    /// Asks for the password twice, unless an option gives its source. Uses the
    /// hasher of the other users' passwords.
    CreateUser(user_args::Args),

    /// Set the password of a user
    ///
    /// Asks for the password twice, unless an option gives its source. Uses the
    /// hasher of the other users' passwords.
    SetPassword(set_password::Args),

    /// Let users log in, and accept their tokens
    Activate(activate::Args),

    /// Stop users from logging in, and reject their tokens
    Deactivate(activate::Args),

    /// Create a superuser as manage.py createsuperuser does
    #[command(hide = true)]
    Createsuperuser(createsuperuser::Args),

    /// Set a password as manage.py changepassword does
    #[command(hide = true)]
    Changepassword(changepassword::Args),

    /// Create or update the tables of Django's own apps
    ///
    /// Applies the migrations of admin, auth, authtoken, contenttypes, sessions
    /// and sites that INSTALLED_APPS names, in one transaction except on MySQL.
    /// Without settings, applies contenttypes, auth, authtoken and every app in
    /// the migration history. Afterwards, manage.py migrate has nothing left to
    /// do for these apps. Creates a SQLite file that does not exist.
    Migrate(migrate::Args),

    /// Show the detected tables, columns and migrations
    Inspect(inspect::Args),

    /// Print a shell's completion script
    Completions(completions::Args),

    /// Write the manual pages to a directory
    Man(man::Args),

    /// Show the help of a command, or a guide
    Help(help::Args),
}

/// A command and the global options.
#[derive(Debug)]
pub(super) struct Cli {
    global: Global,
    command: Command,
}

/// Returns the definition of the program, without its commands.
pub(super) fn program() -> clap::Command {
    Program::command()
}

/// Returns the definition of a program with the commands added.
pub(super) fn with_commands(program: clap::Command) -> clap::Command {
    Command::augment_subcommands(program)
}

/// Returns whether there is a command of this name.
pub(super) fn is_command(name: &str) -> bool {
    Command::has_subcommand(name)
}

impl Cli {
    /// Returns the command that clap has parsed.
    ///
    /// # Errors
    /// An invalid value.
    pub(super) fn new(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let Program { global } = Program::from_arg_matches(matches)?;
        Ok(Self { global, command: Command::from_arg_matches(matches)? })
    }

    /// Returns how this command writes messages.
    #[must_use]
    pub(super) fn notes(&self) -> Notes {
        let silent = match &self.command {
            Command::CreateToken(args) => args.issue.quiet,
            Command::DrfCreateToken(args) => args.quiet,
            Command::Revoke(args) => args.quiet,
            _ => false,
        };
        Notes {
            color: terminal::stderr_has_color(self.global.colors()),
            silent,
            verbosity: self.global.verbosity(),
            causes: self.global.traceback || self.global.verbosity() >= 3,
            django: matches!(self.command, Command::DrfCreateToken(_)),
        }
    }

    /// Returns the global options.
    #[must_use]
    pub(super) fn config(&self, arguments: &[OsString]) -> Config {
        let config = self.global.config(arguments);
        if self.has_djangos_name() { config.with_alias() } else { config }
    }

    /// Returns whether `manage.py` has a command of this name, whose `--database`
    /// takes an alias.
    fn has_djangos_name(&self) -> bool {
        matches!(
            self.command,
            Command::DrfCreateToken(_) | Command::Createsuperuser(_) | Command::Changepassword(_) | Command::Migrate(_)
        )
    }

    /// Returns whether the command can skip unknown users.
    #[must_use]
    pub(super) fn skipping(&self) -> Skipping {
        match self.command {
            Command::CreateToken(_) | Command::Revoke(_) | Command::Activate(_) | Command::Deactivate(_) => {
                Skipping::Offered
            }
            _ => Skipping::Unavailable,
        }
    }

    /// Runs the command.
    ///
    /// # Errors
    /// Same as the command.
    pub(super) fn run(&self, definition: fn() -> clap::Command, context: &Context) -> Result<()> {
        match &self.command {
            Command::CreateToken(args) => create_token::run(args, context),
            Command::DrfCreateToken(args) => drf_create_token::run(args, context),
            Command::Revoke(args) => revoke::run(args, context),
            Command::CreateUser(args) => create_user::run(args, context),
            Command::Createsuperuser(args) => createsuperuser::run(args, context),
            Command::SetPassword(args) => set_password::run(args, context),
            Command::Changepassword(args) => changepassword::run(args, context),
            Command::Activate(args) => activate::run(args, Activity::Active, context),
            Command::Deactivate(args) => activate::run(args, Activity::Inactive, context),
            Command::Verify(args) => verify::run(args, context),
            Command::List(args) => list::run(args, context),
            Command::Inspect(args) => inspect::run(args, context),
            Command::Migrate(args) => migrate::run(args, context),
            Command::Completions(args) => completions::run(args, context),
            Command::Man(args) => man::run(args, &definition(), context),
            Command::Help(args) => help::run(args, &definition(), context),
        }
    }
}
