//! `migrate`: its tables and its history, compared with Django's own.

mod ambiguous_models;
mod apps;
mod concurrency;
mod custom_models;
mod fake;
mod files;
mod history;
mod interruptions;
mod neighbors;
mod output;
mod plans;
mod schemas;
mod states;
