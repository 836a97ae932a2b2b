//! `set-password`: another password for a user.

use std::ffi::OsString;

use clap::Args as ClapArgs;
use zeroize::Zeroizing;

use crate::commands::password::{Dialogue, Password, PasswordArgs};
use crate::context::Context;
use crate::django::password_validation::UserAttributes;
use crate::django::username::Username;
use crate::error::Result;
use crate::output::{self, Behind, Destination, Field, Format, Record};
use crate::store::{UserData, UserOrder, no_such_user};

/// What is typed.
#[derive(Clone, Debug, Default, ClapArgs)]
pub struct Args {
    /// The user, by login name
    pub username: OsString,

    /// Where the password comes from.
    #[command(flatten)]
    pub password: PasswordArgs,
}

/// Sets the password.
///
/// # Errors
/// See [`crate::error::EXIT_STATUSES`]; all but 7 and 8 mean that nothing was
/// changed.
pub fn run(args: &Args, context: &Context) -> Result<()> {
    super::check_raw(usize::from(args.password.generate_password), context)?;
    let destination = Destination::stdout()?;
    let username = Username::parse(&args.username)?;
    let mut store = context.store()?;
    let model = store.user_model()?;
    let Some(login) = store.login(username.as_str())? else {
        return Err(no_such_user(username.as_str()));
    };
    let hasher = args.password.hasher(&model)?;
    // Nothing is asked, and nothing hashed, while the database is open.
    drop(store);
    let user = UserAttributes::of(&login.attributes);
    let password = if args.password.names_source() {
        args.password.read(&user, context)?
    } else {
        Password::Given(args.password.ask(Dialogue::Change, &user, context)?)
    };
    let data = UserData {
        username: username.to_string(),
        password: Some(args.password.encode(&password, &hasher, &model, context)?),
        ..UserData::default()
    };
    let order = UserOrder::changing(context.now());
    super::save_users(&order, vec![data], context)?;
    let changed = Changed { username: &username, password: &password };
    let bytes = output::render(context.format().unwrap_or(Format::Text), &[&changed]);
    destination.deliver(&bytes, &Behind::change("the password is changed; set-password gives another one"))
}

/// A user with another password.
struct Changed<'a> {
    username: &'a Username,
    password: &'a Password,
}

impl Record for Changed<'_> {
    fn fields(&self) -> Vec<(&'static str, Field<'_>)> {
        vec![
            ("username", Field::text(self.username.as_str())),
            ("outcome", Field::text("updated")),
            ("password", Field::optional(self.password.to_tell())),
        ]
    }

    /// The line of Django's `changepassword`.
    fn sentences(&self) -> Vec<Zeroizing<String>> {
        let changed = format!("Password changed successfully for user '{}'", self.username);
        let generated =
            self.password.to_tell().map(|password| Zeroizing::new(format!("Generated password {password}")));
        std::iter::once(Zeroizing::new(changed)).chain(generated).collect()
    }

    fn key(&self) -> Option<&str> {
        self.password.to_tell()
    }
}
