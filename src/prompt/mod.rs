//! Asking a person, and reading what a person or a script hands in.
//!
//! Nothing is asked while a database is open.

mod echo;
mod input;
mod question;
mod rows;

pub use input::{LONGEST, lines, os_string, secret_bytes, secret_line};
pub use question::{ask, check_terminal, confirm, secret};
pub use rows::{Row, rows};
