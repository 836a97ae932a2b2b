//! The other parts of a release: packages, completions, manual pages, documents.

mod benchmark;
mod completions;
mod docs;
mod generated;
mod hardening;
mod man;
mod packages;
mod release;
mod workflows;
