//! Shared fixtures and assertions: a folder with a database that Django created, calls of drfctl
//! and `manage.py` on it, and assertions about outcomes and databases.

mod certificates;
mod completions;
mod connections;
mod contents;
mod create_user;
mod cut;
mod databases;
mod expectations;
mod files;
mod guide_page;
mod guide_text;
mod invocation;
mod journals;
mod layouts;
mod markdown;
mod migrations;
mod new_project;
mod orm;
mod outcome;
mod output;
mod ownership;
mod peers;
mod private_server;
mod release;
mod running;
mod sandbox;
mod scenarios;
mod servers;
mod shim;
mod site;
mod statement_log;
mod states;
mod terminal;
mod users;

pub(crate) use completions::completion_script;
pub(crate) use connections::Engine;
pub(crate) use create_user::TWO_USERS;
pub(crate) use cut::{Cut, Then, cut_at, cut_at_commit};
pub(crate) use files::{
    IN_MEMORY, IRREGULAR_FILES, NEWER_FORMATS, files_below, foreign_contents, names_in, root, set_mode,
};
pub(crate) use guide_page::render_page;
pub(crate) use guide_text::render_text;
pub(crate) use invocation::{Invocation, tested_program};
pub(crate) use journals::JOURNAL_MODES;
pub(crate) use markdown::{Block, parse as parse_markdown};
pub(crate) use migrations::{MIGRATE_CALLS, stock_history};
pub(crate) use orm::ORM;
pub(crate) use outcome::{Outcome, is_key};
pub(crate) use output::{ENVIRONMENTS, FORMATS, HOSTILE, is_active};
pub(crate) use ownership::{COLLEAGUE, SERVER, SharedProgram};
pub(crate) use peers::{Application, INVALID_TOKEN, Session};
pub(crate) use private_server::{PrivateServer, SHOP_PASSWORD, program};
pub(crate) use release::{Machine, ORDINARY, VERSION, machines, package, packages};
pub(crate) use running::{Running, state, until};
pub(crate) use sandbox::Sandbox;
pub(crate) use scenarios::{scenarios, servers_only};
pub(crate) use shim::Shim;
pub(crate) use site::{Site, django_project, python};
pub(crate) use states::State;
pub(crate) use terminal::Terminal;
pub(crate) use users::{CANARY, FOUR_KEYS, KEY, MANY, PACES, count_keys, printed_keys, quoted};
