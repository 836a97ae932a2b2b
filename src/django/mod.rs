//! What Django and Django REST framework dictate, pure: no I/O, no clock.
//!
//! Each item names the symbol that it mirrors.

pub mod crypto;
pub mod password;
pub mod permissions;
pub mod timestamp;
pub mod token_key;
pub mod username;
