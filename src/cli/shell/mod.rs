//! What a shell and its user install: completion, manual pages and guides.

pub mod completions;
pub mod guides;
pub mod man;
