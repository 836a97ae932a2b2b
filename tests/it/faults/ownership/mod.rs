//! Files of several system users. Root switches to the application's user or does nothing; other
//! users are rejected; afterwards the application can read and write.
//!
//! These tests need root. `tests/run` skips this module by its name if it does not run as root.

mod access;
mod settings;
mod side_files;
