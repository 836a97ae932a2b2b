//! Scenarios that run on every engine, with the real Django on the same database.
//!
//! A scenario is a function of the engine. What applies to servers alone has its own files.

mod access;
mod bulk;
mod concurrency;
mod faults;
mod identity;
mod libpq;
mod listing;
mod lost_history;
mod migrate;
mod new_projects;
mod new_users;
mod number_columns;
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
mod ways_out;
