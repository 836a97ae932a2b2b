//! What can go wrong while a command runs, and what is in the database then.

mod bulk;
mod concurrency;
mod files;
mod journals;
mod ownership;
mod paths;
mod revoke;
mod signals;
mod state_machine;
mod stored_values;
mod system;
mod users;
