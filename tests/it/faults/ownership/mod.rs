//! Files where there is more than one user: root works as the application's user or not at all,
//! others do not work, and afterwards the application reads and writes without a repair.
//!
//! All of it needs root; `tests/run` skips this module by its name where the tests are not root.

mod access;
mod side_files;
