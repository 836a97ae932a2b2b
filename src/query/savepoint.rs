//! A savepoint, which undoes a part of a transaction.

use crate::engine::Statement;

/// Sets the savepoint.
#[must_use]
pub fn set() -> Statement {
    Statement::plain("SAVEPOINT drfctl")
}

/// Rolls back to the savepoint.
#[must_use]
pub fn roll_back() -> Statement {
    Statement::plain("ROLLBACK TO SAVEPOINT drfctl")
}

/// Releases the savepoint and keeps the changes after it.
#[must_use]
pub fn release() -> Statement {
    Statement::plain("RELEASE SAVEPOINT drfctl")
}
