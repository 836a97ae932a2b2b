//! A statement with its parameters.

use crate::engine::value::Value;

/// One statement. Values are parameters, never part of the text.
#[derive(Debug)]
pub struct Statement {
    /// The SQL.
    pub text: String,
    /// Its parameters, in order.
    pub parameters: Vec<Value>,
}

impl Statement {
    /// Returns a statement without parameters.
    pub fn plain(text: impl Into<String>) -> Self {
        Self { text: text.into(), parameters: Vec::new() }
    }
}
