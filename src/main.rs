//! Argv in, exit status out; nothing else.

use std::process::ExitCode;

/// Replaces the allocator of musl, which is slower.
#[cfg(target_env = "musl")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    drfctl::run()
}
