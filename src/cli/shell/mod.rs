//! Help, manual pages and completion.

pub mod completions;
pub mod help;
pub mod man;
