//! `createsuperuser`: `create-user --superuser` with Django's options and
//! words, for scripts that call `manage.py createsuperuser` today.

use std::ffi::OsString;

use clap::Args as ClapArgs;
use zeroize::Zeroizing;

use crate::commands::create_user;
use crate::commands::password::{Password, PasswordArgs};
use crate::context::Context;
use crate::error::Result;
use crate::output::{self, Destination, Field, Format, Record};
use crate::store::SavedUser;

/// What is typed.
#[derive(Clone, Debug, Default, ClapArgs)]
pub struct Args {
    /// The login name
    #[arg(long)]
    pub username: Option<OsString>,

    /// The e-mail address
    #[arg(long)]
    pub email: Option<String>,

    /// Ask nothing; the environment may have name, address and password
    #[arg(long, visible_alias = "no-input")]
    pub noinput: bool,

    /// Where the password comes from.
    #[command(flatten)]
    pub password: PasswordArgs,
}

/// Makes a superuser.
///
/// # Errors
/// As [`create_user::run`].
pub fn run(args: &Args, context: &Context) -> Result<()> {
    let destination = Destination::stdout()?;
    let args = create_user::Args {
        username: args.username.clone(),
        email: args.email.clone(),
        superuser: true,
        noinput: args.noinput,
        password: args.password.clone(),
        ..create_user::Args::default()
    };
    let (saved, told) = create_user::save(&args, context)?;
    let created = Created { saved: &saved, password: told.as_ref().and_then(Password::to_tell) };
    let bytes = output::render(context.format().unwrap_or(Format::Text), &[&created])?;
    destination.deliver(&bytes, "the superuser is there: set-password gives another password")
}

/// A superuser.
struct Created<'a> {
    saved: &'a SavedUser,
    /// A generated password.
    password: Option<&'a str>,
}

impl Record for Created<'_> {
    fn fields(&self) -> Vec<(&'static str, Field)> {
        create_user::fields(self.saved, self.password)
    }

    fn sentences(&self) -> Vec<Zeroizing<String>> {
        let generated = self.password.map(|password| Zeroizing::new(format!("Generated password {password}")));
        std::iter::once(Zeroizing::new("Superuser created successfully.".to_owned())).chain(generated).collect()
    }

    fn key(&self) -> Option<&str> {
        self.password
    }
}
