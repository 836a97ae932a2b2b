//! A point in a transaction to go back to.

use crate::engine::Statement;

/// Sets the point.
#[must_use]
pub fn set() -> Statement {
    Statement::plain("SAVEPOINT drfctl")
}

/// Goes back to the point.
#[must_use]
pub fn roll_back() -> Statement {
    Statement::plain("ROLLBACK TO SAVEPOINT drfctl")
}

/// Forgets the point, and keeps what came after it.
#[must_use]
pub fn release() -> Statement {
    Statement::plain("RELEASE SAVEPOINT drfctl")
}
