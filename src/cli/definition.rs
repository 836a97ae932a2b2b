//! The root of the command line: the global options and the list of commands.
#![allow(clippy::doc_markdown, reason = "these docs are the help that a terminal shows")]

use std::ffi::OsString;

use clap::{Parser, Subcommand};

use crate::cli::config::Config;
use crate::cli::context::Context;
use crate::cli::database::{inspect, migrate};
use crate::cli::django::{changepassword, createsuperuser, drf_create_token};
use crate::cli::global::Global;
use crate::cli::shell::{completions, man};
use crate::cli::tokens::{create as create_token, create_args, list, revoke, verify};
use crate::cli::users::activate::{self, Activity};
use crate::cli::users::{create as create_user, create_args as user_args, set_password};
use crate::error::Result;
use crate::output::Notes;
use crate::terminal;

/// Administer the users and API tokens of a Django REST framework application,
/// straight in the database that it serves from
#[derive(Debug, Parser)]
#[command(name = "drfctl", version, propagate_version = true, max_term_width = 100)]
pub(super) struct Cli {
    #[command(flatten)]
    global: Global,

    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Give users their API token, or print the one they have
    ///
    /// With -r a token gets another key, in one step: there is no instant
    /// without a valid one. Several names are all or nothing.
    #[command(after_help = "Examples:
  drfctl create-token alice
  drfctl create-token -r alice bob
  drfctl create-token --format raw alice
  printf '%s\\n' alice bob | drfctl create-token --format jsonl -

  drfctl create-token -r 'ci-*' --older-than 90d --dry-run
  drfctl create-token --without-token --active --yes

A pattern or a filter stands for everybody who passes it: with -r for those who
hold a token, without it for those who hold none.
The name drf_create_token takes one name and fails with Django's words.
A name that begins with a dash goes after --.")]
    CreateToken(create_args::Args),

    /// Show who holds which token, or all users
    ///
    /// A table on a terminal, else a line a row with tabs between. Keys are
    /// shown by their first characters alone.
    #[command(
        override_usage = "drfctl list [OPTIONS] [tokens|users] [USERNAME]...",
        after_help = "Examples:
  drfctl list
  drfctl list users --without-token
  drfctl list 'ci-*' --older-than 90d --sort created
  drfctl list --format jsonl --inactive
  drfctl list --count

Columns of tokens: username, key, created, age, active, staff, superuser,
last_login; and if they are named: user_id, key_kind (drf, other, unsendable).
Columns of users: username, email, active, staff, superuser, date_joined,
last_login, has_token, password.
Ages and dates are those of the token, in a list of users those of the user."
    )]
    List(list::Args),

    /// End tokens: whoever uses one is refused from now on
    ///
    /// More than one has to be confirmed, or takes --yes. Keys are shown by
    /// their first characters alone. An application that caches what it reads
    /// accepts a token until that expires; drfctl warns of such a package in
    /// INSTALLED_APPS.
    #[command(after_help = "Examples:
  drfctl revoke alice
  drfctl revoke --keys-from leaked.txt --yes --missing-ok
  drfctl revoke --key-prefix 9944b091
  drfctl revoke --inactive --older-than 90d --dry-run")]
    Revoke(revoke::Args),

    /// Check whether DRF accepts this token, or Django this password
    ///
    /// A token is looked up as DRF's TokenAuthentication does, a password as
    /// Django's ModelBackend does. An API that authenticates in another way is
    /// not asked; tables that look like those of other tokens are named.
    #[command(after_help = "Examples:
  drfctl verify < leaked.token
  drfctl verify --user alice --password-stdin < typed.password

What would be refused ends with status 3.")]
    Verify(verify::Args),

    /// The name that manage.py has for create-token
    #[command(name = "drf_create_token", hide = true)]
    DrfCreateToken(create_args::IssueArgs),

    /// Make a user whom Django accepts as its own
    ///
    /// The password is asked for twice, or comes from one of the sources
    /// below; it is hashed as the other users' are.
    #[command(after_help = "Examples:
  drfctl create-user alice --email alice@example.com
  drfctl create-user ci --no-password --with-token --if-not-exists
  drfctl create-user admin --superuser --password-file admin.password
  drfctl create-user --from users.csv --generate-password --format csv

A file of users is CSV with a header of columns, or a JSON object a line. An
empty cell and a null give nothing; groups are separated by semicolons, or a
JSON list. The name createsuperuser is understood as well, for a superuser.")]
    CreateUser(user_args::Args),

    /// Set another password for a user
    ///
    /// It is asked for twice, or comes from one of the sources below; it is
    /// hashed as the other users' are.
    #[command(after_help = "Examples:
  drfctl set-password alice
  drfctl set-password alice --generate-password

The name changepassword is understood as well; without a user's name it is
about the one who sits there.")]
    SetPassword(set_password::Args),

    /// Let users log in again
    #[command(after_help = "Examples:
  drfctl activate alice bob")]
    Activate(activate::Args),

    /// Let users no longer log in; their tokens are refused, too
    #[command(after_help = "Examples:
  drfctl deactivate alice bob")]
    Deactivate(activate::Args),

    /// The name that manage.py has for create-user --superuser
    #[command(hide = true)]
    Createsuperuser(createsuperuser::Args),

    /// The name that manage.py has for set-password
    #[command(hide = true)]
    Changepassword(changepassword::Args),

    /// Create the tables of Django's own apps, or bring them up to date
    ///
    /// Applies the migrations of admin, auth, authtoken, contenttypes, sessions
    /// and sites that the settings install, in one transaction, except on MySQL.
    /// Without settings: contenttypes, auth, authtoken, and what the history has.
    /// Django finds nothing left to do. A missing SQLite file is created.
    #[command(after_help = "Examples:
  drfctl migrate
  drfctl migrate authtoken
  drfctl migrate --database /srv/shop/db.sqlite3
  drfctl migrate --check --settings shop.settings
  drfctl migrate --check auth sessions
  drfctl migrate --list --format json

The table of a custom user model is the application's to make; with it there,
the rest is made around it.")]
    Migrate(migrate::Args),

    /// Show what was found in the database: tables, keys, migrations
    #[command(after_help = "Examples:
  drfctl inspect
  drfctl inspect --database /srv/shop/db.sqlite3 --format json")]
    Inspect(inspect::Args),

    /// Print the script that completes command lines in a shell
    #[command(after_help = "Examples:
  source <(drfctl completions bash)
  source <(drfctl completions zsh)
  drfctl completions fish | source
  drfctl completions powershell | Out-String | Invoke-Expression
  eval (drfctl completions elvish | slurp)

A line for the shell's start-up file. What the script offers it asks drfctl for,
names of users included; a database that does not answer within a second offers
none. Settings are imported for it only where --settings is on the line.")]
    Completions(completions::Args),

    /// Write the manual pages into a folder
    #[command(after_help = "Examples:
  drfctl man ~/.local/share/man")]
    Man(man::Args),
}

impl Cli {
    /// How this command speaks.
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
            verbosity: self.global.verbosity,
            causes: self.global.traceback,
            django: matches!(self.command, Command::DrfCreateToken(_)),
        }
    }

    /// What was typed beside the command.
    #[must_use]
    pub(super) fn config(&self, arguments: &[OsString]) -> Config {
        let config = self.global.config(arguments);
        if self.has_djangos_name() { config.with_alias() } else { config }
    }

    /// Whether `manage.py` has a command of this name, whose `--database` takes
    /// an alias.
    fn has_djangos_name(&self) -> bool {
        matches!(
            self.command,
            Command::DrfCreateToken(_) | Command::Createsuperuser(_) | Command::Changepassword(_) | Command::Migrate(_)
        )
    }

    /// Runs the command.
    ///
    /// # Errors
    /// What the command says.
    pub(super) fn run(&self, definition: &clap::Command, context: &Context) -> Result<()> {
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
            Command::Man(args) => man::run(args, definition, context),
        }
    }
}
