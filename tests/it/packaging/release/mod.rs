//! A release, which `tests/release` builds.

mod binary;
mod packages;
