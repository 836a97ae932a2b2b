//! Every state of a database between two of Django's own migrations.

use std::fmt;
use std::fs;
use std::path::PathBuf;

use super::sandbox::Sandbox;
use super::site::{Site, built_once, django_project, must_succeed, python_command};

/// The orders of the steps: app by app, the admin's app early because it needs users, and from the
/// newest state back.
const ORDERS: [&str; 3] = ["by_app", "with_admin", "back"];

/// A state of the stock site with rows in every table that it has.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct State {
    order: &'static str,
    step: String,
}

impl State {
    /// Returns every state of every order.
    pub(crate) fn all() -> Vec<Self> {
        ORDERS.into_iter().flat_map(Self::of_order).collect()
    }

    /// Returns the states that have a history, app by app.
    pub(crate) fn by_app() -> Vec<Self> {
        Self::of_order(ORDERS[0]).into_iter().filter(|state| state.step != "nothing").collect()
    }

    /// Returns the state with only contenttypes.0001 and auth.0001, whose tables change the most.
    pub(crate) fn oldest_with_users() -> Self {
        Self { order: "with_admin", step: "auth.0001_initial".to_owned() }
    }

    /// Returns the state after a step, app by app.
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

    /// Creates a database in this state.
    pub(crate) fn sandbox(&self) -> Sandbox {
        Sandbox::of(&self.path(""))
    }

    /// Creates the database that Django's own `migrate` creates from this state.
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

/// Returns the folder of all states, which one Django process creates.
fn folder() -> PathBuf {
    built_once("States", |folder| {
        fs::create_dir(folder).expect("a folder");
        must_succeed(
            python_command(Site::Stock.settings(), "step".as_ref())
                .arg(django_project().join("states.py"))
                .current_dir(folder),
        );
    })
}
