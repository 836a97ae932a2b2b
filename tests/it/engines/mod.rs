//! Tests that run on every engine, with the real Django on the same database.
//!
//! A test is a function of the engine. Tests for servers only have their own files.

mod access;
mod bulk;
mod companion_rows;
mod concurrency;
mod damaged_indexes;
mod durability;
mod faults;
mod identity;
mod impostors;
mod libpq;
mod lists;
mod lost_commits;
mod lost_history;
mod migrate;
mod new_projects;
mod new_users;
mod number_columns;
mod politeness;
mod round_trips;
mod search_path;
mod servers;
mod statement_counts;
mod streams;
mod tls;
mod token_tables;
mod tokens;
mod urls;
mod users;
mod values;
mod verbosity;
