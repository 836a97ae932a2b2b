//! The names that `manage.py` has for our commands, with Django's options and
//! words: for scripts that call it today.

pub(super) mod changepassword;
pub(super) mod createsuperuser;
pub(super) mod drf_create_token;
