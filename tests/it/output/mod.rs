//! The command line, prompts and the output of drfctl.

mod command_line;
mod create_token_formats;
mod help;
mod list_formats;
mod list_hostile;
mod list_large;
mod list_streams;
mod list_terminal;
mod prompts;
mod revoke_formats;
mod secret_arguments;
mod streams;
