//! Statements: every query of the program, built once for all engines from
//! the layout and the dialect. Nothing is run here.

mod dialect;
pub mod filter;
pub mod history;
pub mod listing;
pub mod pattern;
pub mod permissions;
mod statement;
pub mod tokens;
pub mod users;

pub use dialect::{Dialect, Many, Moments, Placeholder};
pub use statement::{Statement, Value, readable};
