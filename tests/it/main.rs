//! All tests of drfctl that run the program: one file a command or a promise.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a helper of a test may fail as its test may; .clippy.toml knows only test functions"
)]
#![allow(clippy::needless_raw_string_hashes, reason = "snapshots are written with them by `SNAPSHOTS=overwrite`")]

mod architecture;
mod benchmark;
mod bulk;
mod bulk_faults;
mod cases;
mod cli;
mod completions;
mod concurrency;
mod create_token;
mod create_token_formats;
mod create_token_keys;
mod create_token_names;
mod create_user;
mod createsuperuser;
mod database;
mod django;
mod docs;
mod drf_create_token;
mod emails;
mod engines;
mod faults;
mod files;
mod filter_refusals;
mod filters;
mod generated;
mod inspect;
mod journals;
mod layouts;
mod list;
mod list_formats;
mod list_hostile;
mod list_orders;
mod list_streams;
mod list_terminal;
mod man;
mod migrate;
mod migrate_custom;
mod migrate_fake;
mod migrate_faults;
mod migrate_history;
mod migrate_midway;
mod migrate_models;
mod migrate_neighbours;
mod migrate_output;
mod migrate_schemas;
mod output;
mod ownership;
mod packages;
mod password_hashers;
mod password_sources;
mod password_validation;
mod passwords;
mod prompt;
mod prompt_users;
mod revoke;
mod revoke_faults;
mod revoke_formats;
mod revoke_in_between;
mod schemas;
mod secrets;
mod set_password;
mod settings;
mod signals;
mod state_machine;
mod statements;
mod support;
mod user_faults;
mod user_file;
mod user_file_refusals;
mod user_file_rows;
mod user_models;
mod usernames;
mod verify;
