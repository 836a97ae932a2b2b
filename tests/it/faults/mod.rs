//! Faults while a command runs, and the state of the database after them.

mod bulk;
mod concurrency;
mod damaged_indexes;
mod files;
mod journals;
mod limits;
mod ownership;
mod paths;
mod revoke;
mod signals;
mod state_machine;
mod stored_values;
mod system;
mod users;
