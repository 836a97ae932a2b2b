//! Integration tests of the drfctl binary, in folders by subject. `support` contains shared code.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a test helper may panic like a test; .clippy.toml allows it only in test functions"
)]
#![allow(clippy::needless_raw_string_hashes, reason = "`SNAPSHOTS=overwrite` writes snapshots with hashes")]

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
