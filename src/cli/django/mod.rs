//! Commands with the names, arguments and messages of `manage.py`, for scripts
//! that call it today.

pub(super) mod changepassword;
pub(super) mod createsuperuser;
pub(super) mod drf_create_token;
