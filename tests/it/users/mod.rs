//! Users and passwords.

mod create_user;
mod createsuperuser;
mod emails;
mod existing_users;
mod file;
mod file_errors;
mod file_lines;
mod file_rows;
mod hasher_choice;
mod models;
mod password_hashers;
mod password_hashes;
mod password_sources;
mod password_validation;
mod prompts;
mod secrets;
mod set_password;
mod tokens;
mod usernames;
mod verify;
