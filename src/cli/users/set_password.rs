//! `set-password`: sets the password of a user.

use std::borrow::Cow;
use std::ffi::OsString;

use clap::Args as ClapArgs;
use zeroize::Zeroizing;

use crate::admin::users::{UserData, UserRequest, no_such_user};
use crate::cli::args::password::{Dialogue, PasswordArgs};
use crate::cli::args::plain_password::Password;
use crate::cli::args::secrets::check_secrets;
use crate::cli::context::Context;
use crate::cli::users::save::save_users;
use crate::django::password_validation::UserAttributes;
use crate::django::username::Username;
use crate::error::Result;
use crate::output::{self, Behind, Destination, Field, Record};

/// The arguments of `set-password`.
#[derive(Clone, Debug, Default, ClapArgs)]
pub(in crate::cli) struct Args {
    /// Set the password of this user
    pub username: OsString,

    /// Where the password comes from.
    #[command(flatten)]
    pub password: PasswordArgs,
}

/// Sets the password.
///
/// # Errors
/// See [`crate::error::Kind`]; all but 7 and 8 mean that nothing was changed.
pub(in crate::cli) fn run(args: &Args, context: &Context) -> Result<()> {
    check_secrets(usize::from(args.password.generate_password), context)?;
    let destination = Destination::stdout()?;
    let username = Username::parse(&args.username)?;
    let mut session = context.session_to_change()?;
    let mut snapshot = session.snapshot()?;
    let model = snapshot.user_model()?;
    let Some(login) = snapshot.login(username.as_str())? else {
        return Err(no_such_user(username.as_str()));
    };
    let hasher = args.password.hasher(&model, Some(login.password.reveal()))?;
    let user = UserAttributes::of(&login.attributes);
    let password = if args.password.names_source() {
        args.password.read(&user, context)?
    } else {
        Password::Given(args.password.ask(Dialogue::Change(&username), &user, &mut session, context)?)
    };
    let encoded = args.password.encode(&password, &hasher, &model, context)?;
    let data = UserData { password: Some(encoded), ..UserData::new(username.clone()) };
    let request = UserRequest { replacing: args.password.replacing(), ..UserRequest::change(1, context.now()) };
    save_users(&mut session, &request, vec![data], context)?;
    drop(session);
    let changed = Changed { username: &username, password: &password };
    let bytes = output::render(context.style(), &[&changed]);
    destination.deliver(&bytes, &Behind::change("the password is changed; run set-password again to set another"))
}

/// A user whose password was set.
struct Changed<'a> {
    username: &'a Username,
    password: &'a Password,
}

impl Record for Changed<'_> {
    fn columns(&self) -> Cow<'_, [&'static str]> {
        Cow::Borrowed(&["username", "outcome", "password"])
    }

    fn field(&self, at: usize) -> Field<'_> {
        match at {
            0 => Field::text(self.username.as_str()),
            1 => Field::text("changed"),
            _ => Field::optional(self.password.generated()),
        }
    }

    /// The line of Django's `changepassword`, if there is a password now.
    fn sentences(&self) -> Vec<Zeroizing<String>> {
        let username = self.username;
        let changed = match self.password {
            Password::Unusable => format!("Set an unusable password for user '{username}'"),
            Password::Given(_) | Password::Generated(_) => {
                format!("Password changed successfully for user '{username}'")
            }
        };
        let generated =
            self.password.generated().map(|password| Zeroizing::new(format!("Generated password {password}")));
        std::iter::once(Zeroizing::new(changed)).chain(generated).collect()
    }

    fn key(&self) -> Option<&str> {
        self.password.generated()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::Format;

    #[test]
    fn a_changed_password_is_printed_only_if_it_was_generated() {
        let username = Username::parse("alice".as_ref()).unwrap();
        let secret = || Zeroizing::new("s3cret".to_owned());
        for (password, format, wanted) in [
            (Password::Generated(secret()), Format::Raw, "s3cret\n"),
            (Password::Given(secret()), Format::Raw, ""),
            (
                Password::Generated(secret()),
                Format::Text,
                "Password changed successfully for user 'alice'\nGenerated password s3cret\n",
            ),
            (Password::Given(secret()), Format::Text, "Password changed successfully for user 'alice'\n"),
            (Password::Unusable, Format::Text, "Set an unusable password for user 'alice'\n"),
            (Password::Generated(secret()), Format::Tsv, "username\toutcome\tpassword\nalice\tchanged\ts3cret\n"),
            (Password::Given(secret()), Format::Tsv, "username\toutcome\tpassword\nalice\tchanged\t\n"),
        ] {
            let bytes = output::render(format, &[&Changed { username: &username, password: &password }]);
            assert_eq!(std::str::from_utf8(&bytes).unwrap(), wanted, "{format:?}");
        }
    }
}
