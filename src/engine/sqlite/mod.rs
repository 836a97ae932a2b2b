//! `SQLite`: one connection to one file, which a live application may use at
//! the same time.
//!
//! Only the library reads and writes the file; `file` checks the file itself
//! before it is opened.

mod catalog;
mod connection;
mod dependents;
mod dialect;
mod errors;
mod file;
mod journal;
mod links;
mod lock_holder;
mod new_file;
mod opening;
mod options;
mod owner;
mod path;
mod rebuild;
mod scratch;
mod sharing;
mod value;
mod wait;

pub(super) use crate::engine::sqlite::connection::connect;
pub(super) use crate::engine::sqlite::dialect::DIALECT;
pub(super) use crate::engine::sqlite::new_file::is_absent;
pub use crate::engine::sqlite::scratch::Scratch;

#[cfg(test)]
mod tests;
