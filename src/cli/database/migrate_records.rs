//! The records of `migrate`: listed, planned and applied migrations.

use std::borrow::Cow;

use zeroize::Zeroizing;

use crate::admin::migrate::{Inventory, Planned, Step};
use crate::output::{Field, Record};
use crate::schema::Recorded;

/// A line of text.
pub(super) struct Line(pub(super) String);

impl Record for Line {
    fn columns(&self) -> Cow<'_, [&'static str]> {
        Cow::Borrowed(&["line"])
    }

    fn field(&self, _: usize) -> Field<'_> {
        Field::text(self.0.as_str())
    }

    fn sentences(&self) -> Vec<Zeroizing<String>> {
        vec![Zeroizing::new(self.0.clone())]
    }
}

/// A migration and its row in the history.
pub(super) struct Listed<'a> {
    pub(super) app: &'a str,
    name: &'a str,
    recorded: Option<&'a Recorded>,
}

impl<'a> Listed<'a> {
    /// Returns all known and recorded migrations, sorted by app.
    pub(super) fn all(inventory: &'a Inventory) -> Vec<Self> {
        let mut listed = Vec::new();
        for migration in &inventory.migrations {
            let recorded = inventory.history.record(*migration);
            listed.push(Self { app: migration.app, name: migration.name, recorded });
        }
        // Recorded migrations that the inventory does not have.
        let is_further =
            |row: &&Recorded| !inventory.migrations.iter().any(|known| known.app == row.app && known.name == row.name);
        for row in inventory.history.applied.iter().filter(is_further) {
            listed.push(Self { app: &row.app, name: &row.name, recorded: Some(row) });
        }
        listed.sort_by_key(|listed| (listed.app, listed.name));
        listed
    }

    /// Returns the line of Django's `showmigrations`.
    pub(super) fn line(&self, verbosity: u8) -> String {
        let mark = if self.recorded.is_some() { 'X' } else { ' ' };
        let time = self.recorded.filter(|_| verbosity >= 2).map_or_else(String::new, |recorded| {
            let seconds: String = recorded.stored.chars().take("2000-01-01 00:00:00".len()).collect();
            format!(" (applied at {seconds})")
        });
        format!(" [{mark}] {}{time}", self.name)
    }
}

impl Record for Listed<'_> {
    fn columns(&self) -> Cow<'_, [&'static str]> {
        Cow::Borrowed(&["app", "name", "applied"])
    }

    fn field(&self, at: usize) -> Field<'_> {
        match at {
            0 => Field::text(self.app),
            1 => Field::text(self.name),
            _ => Field::optional(self.recorded.map(|recorded| recorded.applied.as_str())),
        }
    }
}

/// A migration that would be applied, with its operations.
pub(super) struct Shown<'a> {
    planned: &'a Planned,
    operations: Vec<String>,
}

impl<'a> Shown<'a> {
    pub(super) fn new(planned: &'a Planned) -> Self {
        Self { planned, operations: planned.operations.iter().map(ToString::to_string).collect() }
    }
}

impl Record for Shown<'_> {
    fn columns(&self) -> Cow<'_, [&'static str]> {
        Cow::Borrowed(&["app", "name", "operations"])
    }

    fn field(&self, at: usize) -> Field<'_> {
        match at {
            0 => Field::text(self.planned.migration.app),
            1 => Field::text(self.planned.migration.name),
            _ => Field::List(&self.operations),
        }
    }
}

impl Record for Step {
    fn columns(&self) -> Cow<'_, [&'static str]> {
        Cow::Borrowed(&["app", "name", "outcome", "applied"])
    }

    fn field(&self, at: usize) -> Field<'_> {
        match at {
            0 => Field::text(self.migration.app),
            1 => Field::text(self.migration.name),
            2 => Field::text(if self.faked { "faked" } else { "applied" }),
            _ => Field::text(self.applied.as_str()),
        }
    }
}
