//! What help and manual pages say about a command besides its options: examples,
//! notes and the headings of its options, as tables. `layers` and `shell::man`
//! render them.

pub(super) mod commands;
mod database;
pub(super) mod entry;
pub(super) mod layers;
mod shell;
mod tokens;
mod users;
