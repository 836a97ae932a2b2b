//! Argv in, exit status out; nothing else.

use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: drfctl::os::Allocator = drfctl::os::Allocator;

fn main() -> ExitCode {
    drfctl::run()
}
