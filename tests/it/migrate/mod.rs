//! `migrate`: the tables and the history that it leaves, compared with Django's own.

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
