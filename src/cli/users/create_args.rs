//! The arguments of `create-user`.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args as ClapArgs;

use crate::admin::users::{OnExistingUser, OnMissingGroup, WithToken};
use crate::cli::args::password::PasswordArgs;

/// The arguments of `create-user`.
#[derive(Clone, Debug, Default, ClapArgs)]
#[allow(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub(in crate::cli) struct Args {
    /// Create the user with this name
    pub username: Option<OsString>,

    /// Let the user log into the admin site
    #[arg(long)]
    pub staff: bool,

    /// Give the user all permissions and access to the admin site
    #[arg(long)]
    pub superuser: bool,

    /// Create a user who may not log in
    #[arg(long)]
    pub inactive: bool,

    /// Set the e-mail address
    #[arg(long)]
    pub email: Option<String>,

    /// Set the first name
    #[arg(long, value_name = "NAME")]
    pub first_name: Option<String>,

    /// Set the last name
    #[arg(long, value_name = "NAME")]
    pub last_name: Option<String>,

    /// Add the user to this group; repeatable
    #[arg(long, value_name = "NAME")]
    pub group: Vec<String>,

    /// Create groups that do not exist
    #[arg(long)]
    pub create_groups: bool,

    /// Set another column of the user model; repeatable
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

    /// Create an API token for the user, too
    #[arg(long)]
    pub with_token: bool,

    /// Keep an existing user unchanged
    #[arg(long, conflicts_with = "update")]
    pub if_not_exists: bool,

    /// Update an existing user with the given values
    #[arg(long)]
    pub update: bool,

    /// Do not ask; read the variables of Django's createsuperuser
    #[arg(long, visible_alias = "no-input")]
    pub noinput: bool,

    /// Create the users of a file, all or none: CSV with a header, or JSON
    #[arg(long, value_name = "FILE", conflicts_with_all = ["username", "noinput", "password_stdin", "password_file"])]
    pub from: Option<PathBuf>,

    /// Skip users of the file who cannot be created
    #[arg(long)]
    pub keep_going: bool,

    /// Where the password comes from.
    #[command(flatten)]
    pub password: PasswordArgs,
}

impl Args {
    /// Returns what to do with groups that do not exist.
    pub(super) fn on_missing_group(&self) -> OnMissingGroup {
        if self.create_groups { OnMissingGroup::Create } else { OnMissingGroup::Refuse }
    }

    /// Returns what to do with a user who exists.
    pub(super) fn on_existing(&self) -> OnExistingUser {
        match (self.if_not_exists, self.update) {
            (true, _) => OnExistingUser::Keep,
            (_, true) => OnExistingUser::Update,
            _ => OnExistingUser::Refuse,
        }
    }

    /// Returns whether tokens are created with the users: not before the receivers
    /// have run, which may create them, too.
    pub(super) fn with_token_at_once(&self) -> WithToken {
        if self.signals { WithToken::No } else { self.with_token() }
    }

    /// Returns whether each user gets a token.
    pub(super) fn with_token(&self) -> WithToken {
        if self.with_token { WithToken::Yes } else { WithToken::No }
    }
}
