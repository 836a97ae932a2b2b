//! What a shell and its user install: completion and manual pages.

pub mod completions;
pub mod man;
