//! The tests of drfctl that run the program, in folders by subject; `support` has what they share.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a helper of a test may fail as its test may; .clippy.toml knows only test functions"
)]
#![allow(clippy::needless_raw_string_hashes, reason = "snapshots are written with them by `SNAPSHOTS=overwrite`")]

mod database;
mod engines;
mod faults;
mod migrate;
mod output;
mod packaging;
mod project;
mod support;
mod tokens;
mod users;
