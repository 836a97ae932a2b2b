//! What is told beside a result.

/// What a person may want to know beside the result of a change.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    /// What is unusual in the database but does no harm.
    pub notices: Vec<String>,
    /// What a person should know.
    pub warnings: Vec<String>,
}
