//! `activate` and `deactivate`: whether users may log in.

use std::borrow::Cow;
use std::ffi::OsString;

use clap::Args as ClapArgs;
use zeroize::Zeroizing;

use crate::admin::users::{UserData, UserRequest};
use crate::cli::args::raw::check_raw;
use crate::cli::context::Context;
use crate::cli::users::save::save_users;
use crate::django::username::Username;
use crate::error::Result;
use crate::output::{self, Behind, Destination, Field, Record};

/// Whether users may log in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cli) enum Activity {
    /// They may.
    Active,
    /// They may not.
    Inactive,
}

/// What is typed.
#[derive(Clone, Debug, Default, ClapArgs)]
pub(in crate::cli) struct Args {
    /// Users by their login name, all or none
    #[arg(value_name = "USERNAME", required = true)]
    pub usernames: Vec<OsString>,
}

/// Lets the users log in, or no longer.
///
/// # Errors
/// See [`crate::error::Kind`]; all but 7 and 8 mean that nothing was changed.
pub(in crate::cli) fn run(args: &Args, activity: Activity, context: &Context) -> Result<()> {
    check_raw(0, context)?;
    let destination = Destination::stdout()?;
    let active = activity == Activity::Active;
    let mut users = Vec::with_capacity(args.usernames.len());
    for typed in &args.usernames {
        let columns = vec![("is_active".to_owned(), active.to_string())];
        users.push(UserData { columns, ..UserData::new(Username::parse(typed)?) });
    }
    let mut session = context.session_to_change()?;
    let saved = save_users(&mut session, &UserRequest::change(users.len(), context.now()), users, context)?;
    drop(session);
    let mut records = Vec::with_capacity(saved.len());
    for user in saved {
        records.push(Switched { username: user.username, activity });
    }
    let records: Vec<&dyn Record> = records.iter().map(|record| record as &dyn Record).collect();
    let bytes = output::render(context.style(), &records);
    destination.deliver(&bytes, &Behind::change("it is done; drfctl may be run again"))
}

/// A user who may log in, or no longer.
struct Switched {
    username: Username,
    activity: Activity,
}

impl Record for Switched {
    fn columns(&self) -> Cow<'_, [&'static str]> {
        Cow::Borrowed(&["username", "active"])
    }

    fn field(&self, at: usize) -> Field<'_> {
        match at {
            0 => Field::text(self.username.as_str()),
            _ => Field::Flag(self.activity == Activity::Active),
        }
    }

    fn sentences(&self) -> Vec<Zeroizing<String>> {
        let what = match self.activity {
            Activity::Active => "Activated",
            Activity::Inactive => "Deactivated",
        };
        vec![Zeroizing::new(format!("{what} user {}", self.username))]
    }
}
