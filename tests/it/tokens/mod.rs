//! Tokens: how they are created, listed, filtered, revoked and verified.

mod create_token;
mod create_token_bulk;
mod create_token_keys;
mod create_token_names;
mod django;
mod drf_create_token;
mod filter_refusals;
mod filters;
mod library;
mod list;
mod list_orders;
mod lists;
mod revoke;
mod revoke_refusals;
mod secrets;
mod verify;
