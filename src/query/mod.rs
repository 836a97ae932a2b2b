//! Statements: every query of the program, built once for all engines from
//! the layout and the dialect. Nothing is run here; beside each query is the
//! type that reads its rows.

mod builder;
pub mod filter;
pub mod history;
pub mod listed;
pub mod listing;
pub mod names;
pub mod pattern;
pub mod permissions;
pub mod rows;
pub mod savepoint;
pub mod tokens;
pub mod users;
