//! The operating system: signals, limits and accounts of the process, files
//! that contain secrets, and rows that are kept outside of memory.

mod account;
mod folder;
mod interrupt;
mod memory;
mod privileges;
mod process;
mod secret_file;
mod signals;
mod spool;
mod thread;

pub use account::{account_name, name_of_account};
pub use folder::sync_folder;
pub use interrupt::{Held, Interrupt};
pub use memory::Allocator;
pub use privileges::{Privileges, StepDown};
pub use process::{harden, interrupt, is_elevated, is_root, keep_files_private, stdout_was_closed};
pub use secret_file::SecretFile;
pub use signals::{end_by_closed_pipe, end_by_signal, end_with_closed_pipe, hold as hold_signals, set_unfinished};
pub use spool::{SECRET_BYTES, Spool, SpoolReader, temporary_file};
pub use thread::spawn_thread;
