//! What the program does when the system has no more memory.
#![allow(unsafe_code, reason = "an allocator has no safe form; each use says why it is sound")]

use std::alloc::{GlobalAlloc, Layout};

use nix::libc;

#[cfg(not(target_env = "musl"))]
const SOURCE: std::alloc::System = std::alloc::System;
/// Replaces the allocator of musl, which is slower.
#[cfg(target_env = "musl")]
const SOURCE: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What is printed then. It says as much as the message of another internal
/// error: what was committed is not known here.
const MESSAGE: &[u8] = b"error: out of memory; uncommitted changes were rolled back\n\
hint: raise the limit of memory: ulimit -v, ulimit -d, or the limits of the container\n";

/// The exit status of an internal error.
const STATUS: libc::c_int = 1;

/// The allocator of the program. Without memory, the process ends with a message
/// and not with a core dump.
pub struct Allocator;

impl Allocator {
    fn checked(block: *mut u8) -> *mut u8 {
        if block.is_null() {
            // SAFETY: both calls are async-signal-safe and allocate nothing, and
            // the first one reads only constant bytes.
            unsafe {
                libc::write(libc::STDERR_FILENO, MESSAGE.as_ptr().cast(), MESSAGE.len());
                libc::_exit(STATUS);
            }
        }
        block
    }
}

// SAFETY: it forwards to another allocator, and does not unwind.
unsafe impl GlobalAlloc for Allocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promises are those of the other allocator, as below.
        Self::checked(unsafe { SOURCE.alloc(layout) })
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: see above.
        Self::checked(unsafe { SOURCE.alloc_zeroed(layout) })
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: see above.
        Self::checked(unsafe { SOURCE.realloc(block, layout, size) })
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: see above.
        unsafe { SOURCE.dealloc(block, layout) }
    }
}
