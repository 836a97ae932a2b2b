//! What a release consists of besides the program: packages, completions, manual pages, documents.

mod benchmark;
mod completions;
mod docs;
mod generated;
mod man;
mod packages;
