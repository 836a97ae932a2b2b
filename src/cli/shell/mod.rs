//! Help, guides, manual pages and completion.

pub mod completions;
pub mod guides;
pub mod help;
pub mod man;
