//! The command line: its definition, its commands, help, manual pages and
//! completion. The only layer that knows the names of options.

mod application;
mod args;
mod arguments;
mod completion;
mod config;
mod context;
mod database;
mod definition;
mod django;
mod exit_status;
mod future_times;
mod global;
mod help;
mod hints;
mod in_use;
mod manual;
mod models;
mod random;
mod report;
mod run;
mod selection;
pub mod shell;
mod suggest;
mod summary;
mod tokens;
mod usage_error;
mod users;
mod validators;

pub use exit_status::{EXIT_STATUSES, ExitStatus, UNCHANGED};
pub use help::definition;
pub use hints::Invocation;
pub use report::print;
pub use run::run;
