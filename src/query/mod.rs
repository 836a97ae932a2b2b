//! The statements of drfctl, built once for all engines from the layout and the
//! dialect. Nothing here runs a statement. Each module also has the types that
//! read its rows.

mod builder;
mod chunks;
pub mod filter;
pub mod history;
pub mod listed;
mod listed_row_check;
pub mod listing;
pub mod names;
pub mod newest;
mod page;
pub mod pattern;
pub mod permissions;
pub mod references;
mod row_check;
pub mod rows;
pub mod savepoint;
pub mod sites;
pub mod template;
pub mod tokens;
pub mod users;
