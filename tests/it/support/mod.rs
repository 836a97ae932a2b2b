//! What every test stands on: a folder with a database that the real Django made, ways to run
//! drfctl and `manage.py` on it, and ways to look. No test and no expectation lives here.

mod invocation;
mod peers;
mod sandbox;
mod servers;
mod site;
mod states;
mod terminal;

pub(crate) use invocation::{Invocation, Outcome, Running};
pub(crate) use peers::Session;
pub(crate) use sandbox::Sandbox;
pub(crate) use servers::Engine;
pub(crate) use site::{Site, django_project, python};
pub(crate) use states::State;
pub(crate) use terminal::{Terminal, state, until};
