//! `activate` and `deactivate`: whether users may log in.

use std::ffi::OsString;

use clap::Args as ClapArgs;
use zeroize::Zeroizing;

use crate::context::Context;
use crate::django::username::Username;
use crate::error::Result;
use crate::output::{self, Behind, Destination, Field, Format, Record};
use crate::store::{UserData, UserOrder};

/// What is typed.
#[derive(Clone, Debug, Default, ClapArgs)]
pub struct Args {
    /// Users by their login name, all or none
    #[arg(value_name = "USERNAME", required = true)]
    pub usernames: Vec<OsString>,
}

/// Lets the users log in, or no longer.
///
/// # Errors
/// See [`crate::error::EXIT_STATUSES`]; all but 7 and 8 mean that nothing was
/// changed.
pub fn run(args: &Args, active: bool, context: &Context) -> Result<()> {
    super::check_raw(0, context)?;
    let destination = Destination::stdout()?;
    let names = args.usernames.iter().map(|name| Username::parse(name)).collect::<Result<Vec<_>>>()?;
    let users = names.iter().map(|name| UserData {
        username: name.to_string(),
        columns: vec![("is_active".to_owned(), active.to_string())],
        ..UserData::default()
    });
    let order = UserOrder::changing(context.now());
    let saved = super::save_users(&order, users.collect(), context)?;
    let records: Vec<Switched> = saved.into_iter().map(|user| Switched { username: user.username, active }).collect();
    let records: Vec<&dyn Record> = records.iter().map(|record| record as &dyn Record).collect();
    let bytes = output::render(context.format().unwrap_or(Format::Text), &records);
    destination.deliver(&bytes, &Behind::change("it is done; drfctl may be run again"))
}

/// A user who may log in, or no longer.
struct Switched {
    username: String,
    active: bool,
}

impl Record for Switched {
    fn fields(&self) -> Vec<(&'static str, Field<'_>)> {
        vec![("username", Field::text(self.username.as_str())), ("active", Field::Flag(self.active))]
    }

    fn sentences(&self) -> Vec<Zeroizing<String>> {
        let what = if self.active { "Activated" } else { "Deactivated" };
        vec![Zeroizing::new(format!("{what} user {}", self.username))]
    }
}
