//! The arguments of `create-user`.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args as ClapArgs;

use crate::admin::users::{OnExistingUser, WithToken};
use crate::cli::args::password::PasswordArgs;

/// What is typed.
#[derive(Clone, Debug, Default, ClapArgs)]
#[allow(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub(in crate::cli) struct Args {
    /// The login name
    pub username: Option<OsString>,

    /// May log into the admin site
    #[arg(long)]
    pub staff: bool,

    /// Has all permissions, and may log into the admin site
    #[arg(long)]
    pub superuser: bool,

    /// May not log in
    #[arg(long)]
    pub inactive: bool,

    /// The e-mail address
    #[arg(long)]
    pub email: Option<String>,

    /// The first name
    #[arg(long, value_name = "NAME")]
    pub first_name: Option<String>,

    /// The last name
    #[arg(long, value_name = "NAME")]
    pub last_name: Option<String>,

    /// A group to join, which has to exist; may be given again
    #[arg(long, value_name = "NAME")]
    pub group: Vec<String>,

    /// The value of another column of the user model; may be given again
    #[arg(long, value_name = "COLUMN=VALUE")]
    pub set: Vec<String>,

    /// Copy this user's application columns, groups and related rows
    #[arg(long, value_name = "USERNAME")]
    pub like: Option<OsString>,

    /// Run the application's `post_save` receivers for new users
    #[arg(long, conflicts_with = "like")]
    pub signals: bool,

    /// Save users with the application's manager and `save()`
    #[arg(long, conflicts_with_all = ["like", "signals", "hasher", "iterations"])]
    pub through_django: bool,

    /// Give the user an API token in the same step
    #[arg(long)]
    pub with_token: bool,

    /// Leave a user who exists as it is
    #[arg(long, conflicts_with = "update")]
    pub if_not_exists: bool,

    /// Change what is given of a user who exists
    #[arg(long)]
    pub update: bool,

    /// Ask nothing; the environment may have name, address, password and columns
    #[arg(long, visible_alias = "no-input")]
    pub noinput: bool,

    /// Make the users of a file, `-` for standard input: CSV with a header, or
    /// a JSON object a line; all or none
    #[arg(long, value_name = "FILE", conflicts_with_all = ["username", "noinput", "password_stdin", "password_file"])]
    pub from: Option<PathBuf>,

    /// Leave out the users of the file that cannot be made
    #[arg(long)]
    pub keep_going: bool,

    /// Where the password comes from.
    #[command(flatten)]
    pub password: PasswordArgs,
}

impl Args {
    /// What happens to a user who exists.
    pub(super) fn on_existing(&self) -> OnExistingUser {
        match (self.if_not_exists, self.update) {
            (true, _) => OnExistingUser::Keep,
            (_, true) => OnExistingUser::Update,
            _ => OnExistingUser::Refuse,
        }
    }

    /// Whether tokens are created with the users: not before the receivers have
    /// run, which may create them, too.
    pub(super) fn with_token_at_once(&self) -> WithToken {
        if self.signals { WithToken::No } else { self.with_token() }
    }

    /// Whether each user is to have a token.
    pub(super) fn with_token(&self) -> WithToken {
        if self.with_token { WithToken::Yes } else { WithToken::No }
    }
}
