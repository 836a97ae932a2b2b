//! Every state that Django's own migrations leave a database in, one step after the other.

use std::fmt;
use std::fs;
use std::path::PathBuf;

use super::sandbox::Sandbox;
use super::site::{Site, django_project, made_once, must_succeed, python_command};

/// The orders in which the steps are taken: app by app, as where the admin needs users first, and
/// from the newest state back.
const ORDERS: [&str; 3] = ["by_app", "with_admin", "back"];

/// A state of the stock site with rows in every table that it has.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct State {
    order: &'static str,
    step: String,
}

impl State {
    /// Every state of every order.
    pub(crate) fn all() -> Vec<Self> {
        ORDERS.into_iter().flat_map(Self::of_order).collect()
    }

    /// The states with a history where the steps are taken app by app.
    pub(crate) fn by_app() -> Vec<Self> {
        Self::of_order(ORDERS[0]).into_iter().filter(|state| state.step != "nothing").collect()
    }

    /// The state with only contenttypes.0001 and auth.0001: all that will be rebuilt is old.
    pub(crate) fn oldest_with_users() -> Self {
        Self { order: "with_admin", step: "auth.0001_initial".to_owned() }
    }

    /// The state after that step, all others taken app by app.
    pub(crate) fn after(step: &str) -> Self {
        Self { order: ORDERS[0], step: step.to_owned() }
    }

    fn of_order(order: &'static str) -> Vec<Self> {
        let mut states: Vec<_> = fs::read_dir(folder().join(order))
            .expect("the states")
            .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
            .filter_map(|name| Some(name.strip_suffix(".sqlite3")?.to_owned()))
            .filter(|name| !name.ends_with(".migrated"))
            .map(|step| Self { order, step })
            .collect();
        states.sort();
        states
    }

    /// A database in this state.
    pub(crate) fn sandbox(&self) -> Sandbox {
        Sandbox::of(&self.path(""))
    }

    /// What Django's own `migrate` made of it.
    pub(crate) fn migrated(&self) -> Sandbox {
        Sandbox::of(&self.path(".migrated"))
    }

    fn path(&self, end: &str) -> PathBuf {
        folder().join(self.order).join(format!("{}{end}.sqlite3", self.step))
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.order, self.step)
    }
}

/// The folder of all states, which one process of Django creates.
fn folder() -> PathBuf {
    made_once("States", |folder| {
        fs::create_dir(folder).expect("a folder");
        must_succeed(
            python_command(Site::Stock.settings(), "step".as_ref())
                .arg(django_project().join("states.py"))
                .current_dir(folder),
        );
    })
}
