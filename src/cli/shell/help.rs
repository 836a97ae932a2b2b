//! `help`: the help of the program or of a command, and the guides.

use clap::builder::PossibleValuesParser;
use clap::{Args as ClapArgs, Command};

use crate::cli::args::raw::check_raw;
use crate::cli::context::Context;
use crate::cli::manual::commands::GROUPS;
use crate::cli::manual::layers::{Layer, print_help, with_help};
use crate::cli::shell::guides::{self, GUIDES};
use crate::error::{Error, Result};

/// The names that `manage.py` has for commands. Help does not list them, but
/// shows their options.
const DJANGO_NAMES: [&str; 3] = ["drf_create_token", "createsuperuser", "changepassword"];

/// The arguments.
#[derive(Clone, Debug, Default, ClapArgs)]
pub struct Args {
    /// Show the help of this command, or this guide
    #[arg(value_name = "COMMAND|GUIDE", value_parser = PossibleValuesParser::new(topics()), hide_possible_values = true)]
    pub topic: Option<String>,
}

/// Returns what help can be asked about.
fn topics() -> impl Iterator<Item = &'static str> {
    let commands = GROUPS.into_iter().flat_map(|(_, names)| names.iter().copied());
    commands.chain(GUIDES.iter().map(|guide| guide.name)).chain(DJANGO_NAMES)
}

/// Prints the full help of a topic, or of the program.
///
/// # Errors
/// Undelivered if it cannot be printed.
pub fn run(args: &Args, definition: &Command, context: &Context) -> Result<()> {
    check_raw(0, context)?;
    if let Some(guide) = args.topic.as_deref().and_then(guides::find) {
        return guides::print(guide, context);
    }
    let mut program = with_help(definition.clone(), Layer::Full);
    program.build();
    let help = match &args.topic {
        None => program.render_help(),
        Some(name) => match program.find_subcommand_mut(name) {
            Some(command) => command.render_help(),
            None => return Err(Error::internal("a topic of help is no command")),
        },
    };
    print_help(&help, context.config.colors)
}
