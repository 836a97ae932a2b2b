//! `activate` and `deactivate`: whether users may log in.

use std::borrow::Cow;
use std::collections::HashSet;
use std::ffi::OsString;
use std::path::Path;

use clap::Args as ClapArgs;
use zeroize::Zeroizing;

use crate::admin::Session;
use crate::admin::users::{SavedUser, UserData, UserRequest};
use crate::cli::args::names::{LIST, MissingArgs, OnUnknown, known_names, names, note_empty};
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

/// The arguments of `activate` and `deactivate`.
#[derive(Clone, Debug, Default, ClapArgs)]
pub(in crate::cli) struct Args {
    /// Change these users, all or none; `-` reads names, one per line
    #[arg(value_name = "USERNAME", required = true)]
    pub usernames: Vec<OsString>,

    /// What to do with unknown users.
    #[command(flatten)]
    pub missing: MissingArgs,
}

/// Lets users log in, or no longer.
///
/// # Errors
/// See [`crate::error::Kind`]; all but 7 and 8 mean that nothing was changed.
pub(in crate::cli) fn run(args: &Args, activity: Activity, context: &Context) -> Result<()> {
    check_raw(0, context)?;
    let destination = Destination::stdout()?;
    let mut usernames = names(&args.usernames)?;
    let mut seen = HashSet::with_capacity(usernames.len());
    usernames.retain(|name| seen.insert(name.clone()));
    let mut saved = Vec::new();
    if usernames.is_empty() {
        note_empty(Path::new(LIST), "names", context);
    } else {
        let mut session = context.session_to_change()?;
        let on_unknown = args.missing.on_unknown();
        // The transaction looks up a single name itself.
        if usernames.len() > 1 || on_unknown == OnUnknown::Note {
            usernames = known_names(&mut session, usernames, on_unknown, context)?;
        }
        saved = save(usernames, activity, &mut session, context)?;
    }
    let mut records = Vec::with_capacity(saved.len());
    for user in saved {
        let change = if user.was_active == Some(activity.is_active()) { Change::Unchanged } else { Change::Changed };
        records.push(Switched { username: user.username, activity, change });
    }
    let records: Vec<&dyn Record> = records.iter().map(|record| record as &dyn Record).collect();
    let bytes = output::render(context.style(), &records);
    destination.deliver(&bytes, &Behind::change("run the command again to see the result"))
}

/// Updates the users, in one transaction.
fn save(
    usernames: Vec<Username>,
    activity: Activity,
    session: &mut Session,
    context: &Context,
) -> Result<Vec<SavedUser>> {
    if usernames.is_empty() {
        return Ok(Vec::new());
    }
    let mut users = Vec::with_capacity(usernames.len());
    for username in usernames {
        let columns = vec![("is_active".to_owned(), activity.is_active().to_string())];
        users.push(UserData { columns, ..UserData::new(username) });
    }
    save_users(session, &UserRequest::change(users.len(), context.now()), users, context)
}

impl Activity {
    fn is_active(self) -> bool {
        self == Self::Active
    }
}

/// Whether a user was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Change {
    Changed,
    Unchanged,
}

/// A user who may log in, or no longer.
struct Switched {
    username: Username,
    activity: Activity,
    change: Change,
}

impl Record for Switched {
    fn columns(&self) -> Cow<'_, [&'static str]> {
        Cow::Borrowed(&["username", "active", "outcome"])
    }

    fn field(&self, at: usize) -> Field<'_> {
        match at {
            0 => Field::text(self.username.as_str()),
            1 => Field::Flag(self.activity.is_active()),
            _ => Field::text(match self.change {
                Change::Changed => "changed",
                Change::Unchanged => "unchanged",
            }),
        }
    }

    fn sentences(&self) -> Vec<Zeroizing<String>> {
        let name = &self.username;
        vec![Zeroizing::new(match (self.activity, self.change) {
            (Activity::Active, Change::Changed) => format!("Activated user {name}"),
            (Activity::Inactive, Change::Changed) => format!("Deactivated user {name}"),
            (Activity::Active, Change::Unchanged) => format!("User {name} is already active"),
            (Activity::Inactive, Change::Unchanged) => format!("User {name} is already inactive"),
        })]
    }
}
