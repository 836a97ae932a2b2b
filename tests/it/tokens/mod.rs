//! Creating, listing, filtering, revoking and verifying tokens.

mod create_token;
mod create_token_bulk;
mod create_token_keys;
mod create_token_names;
mod django;
mod drf_create_token;
mod filter_errors;
mod filters;
mod library;
mod list;
mod list_orders;
mod lists;
mod revoke;
mod revoke_errors;
mod secrets;
mod verify;
