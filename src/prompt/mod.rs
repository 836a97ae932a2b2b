//! Asks a person, and reads what a person or a script provides.
//!
//! No database is open while drfctl waits for an answer.

mod echo;
mod input;
mod question;
mod row;
mod rows;

pub use input::{LONGEST, lines, name_of, os_string, secret_bytes, secret_line};
pub use question::{Answer, aborted, ask, check_terminal, confirm, secret};
pub use row::{Place, Row};
pub use rows::rows;
