//! The rules of Django and Django REST framework. Pure: no I/O, no clock.
//!
//! Each item names the symbol that it mirrors.

pub mod apps;
pub mod authorization;
pub mod crypto;
pub mod email;
pub mod field;
pub mod key_shape;
pub mod new_username;
pub mod password;
pub mod password_validation;
pub mod permissions;
pub mod python_text;
pub mod secret;
pub mod timestamp;
pub mod token_key;
pub mod username;
pub mod validators;
