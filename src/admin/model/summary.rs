//! Notices and warnings of a change.

/// Notices and warnings of a change.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    /// What is unusual in the database but harmless.
    pub notices: Vec<String>,
    /// What needs attention.
    pub warnings: Vec<String>,
    /// The users whose tokens were not changed, each with the table and the
    /// column that reference the token.
    pub left: Vec<(String, String)>,
}
