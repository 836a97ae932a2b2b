//! `createsuperuser`: `create-user --superuser` with Django's options and
//! words, for scripts that call `manage.py createsuperuser` today.

use std::ffi::OsString;

use clap::Args as ClapArgs;
use zeroize::Zeroizing;

use crate::commands::create_user;
use crate::commands::password::{Password, PasswordArgs};
use crate::context::Context;
use crate::error::{Error, Kind, Result};
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
    super::check_raw(usize::from(args.password.generate_password), context)?;
    let destination = Destination::stdout()?;
    let set = context.superuser();
    let is_named = args.username.is_some() || set.username.is_some();
    if args.noinput && is_named && args.email.is_none() && set.email.is_none() {
        return Err(Error::usage("You must use --email with --noinput.").hint("or set DJANGO_SUPERUSER_EMAIL"));
    }
    let args = create_user::Args {
        username: args.username.clone(),
        email: args.email.clone(),
        superuser: true,
        noinput: args.noinput,
        password: args.password.clone(),
        ..create_user::Args::default()
    };
    let (saved, told) = create_user::save(&args, context).map_err(|error| match error.kind() {
        Kind::Conflict => Error::new(Kind::Conflict, "That username is already taken.").caused_by(error),
        _ => error,
    })?;
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
