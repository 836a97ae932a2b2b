//! `SQLite`: one connection to one file, beside a live application.
//!
//! Reads and writes the file through the library alone; what has to be known
//! of the file itself is looked at before it is opened (`file`).

mod catalog;
mod connection;
mod dependents;
mod dialect;
mod errors;
mod file;
mod lock_holder;
mod new_file;
mod opening;
mod owner;
mod rebuild;
mod scratch;
mod sharing;
mod value;
mod wait;

pub(super) use crate::engine::sqlite::connection::connect;
pub(super) use crate::engine::sqlite::dialect::DIALECT;
pub(super) use crate::engine::sqlite::new_file::is_absent;
pub use crate::engine::sqlite::scratch::Scratch;
