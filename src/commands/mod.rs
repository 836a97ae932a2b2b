//! One file a command: what is typed, what happens, what is seen.

pub mod create_token;
pub mod drf_create_token;
pub mod inspect;
pub mod migrate;
