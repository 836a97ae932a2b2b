//! One file a command: what is typed, what happens, what is seen.

pub mod activate;
pub mod create_token;
pub mod create_user;
pub mod createsuperuser;
pub mod drf_create_token;
pub mod inspect;
pub mod migrate;
pub mod password;
pub mod set_password;
mod user_file;
pub mod verify;

use crate::context::Context;

/// Says what was noticed beside the result.
fn say<'a>(notices: &[String], warnings: impl IntoIterator<Item = &'a String>, context: &Context) {
    for notice in notices {
        context.notes().note(notice);
    }
    for warning in warnings {
        context.notes().warning(warning);
    }
}
