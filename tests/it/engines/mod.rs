//! One story for every engine: what an operator does, with the real Django on the same database.
//!
//! A scenario is a function of the engine. What is one engine's alone has its own file.

mod access;
mod bulk;
mod concurrency;
mod faults;
mod listing;
mod migrate;
mod servers;
mod tokens;
mod users;
