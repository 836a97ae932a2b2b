//! Notices and warnings of a change.

/// Notices and warnings of a change.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    /// What is unusual in the database but harmless.
    pub notices: Vec<String>,
    /// What needs attention.
    pub warnings: Vec<String>,
}
