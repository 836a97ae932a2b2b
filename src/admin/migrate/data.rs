//! Requests and results of migrations.

use std::time::SystemTime;

use crate::migrations::Migration;
use crate::schema::History;

/// Which pending migrations are recorded without being run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FakeMode {
    /// None.
    Nothing,
    /// Those of apps without a history whose tables exist.
    Initial,
    /// All.
    All,
}

/// A request to migrate.
#[derive(Clone, Debug)]
pub struct MigrateRequest {
    /// The labels of the apps to migrate; without any, all are.
    pub labels: Vec<String>,
    /// Which migrations are recorded without being run.
    pub fake_mode: FakeMode,
    /// The time to record.
    pub now: SystemTime,
}

/// A migration that is now applied.
#[derive(Clone, Debug)]
pub struct Step {
    /// The migration.
    pub migration: Migration,
    /// Whether it was recorded without being run.
    pub faked: bool,
    /// When it was applied, in a readable form.
    pub applied: String,
}

/// The result of a migration.
#[derive(Debug, Default)]
pub struct Migrated {
    /// The labels of the apps that are migrated now, in alphabetical order.
    pub apps: Vec<&'static str>,
    /// The migrations, in the order in which they were applied.
    pub steps: Vec<Step>,
    /// The primary key of the default site, if it was created.
    pub default_site: Option<i64>,
    /// Migrations that the installed versions have and drfctl does not know, as
    /// `app.name`.
    pub newer: Vec<String>,
    /// The content types that were created, as `app | model`.
    pub content_types: Vec<String>,
    /// The permissions that were created, as `app | codename`.
    pub permissions: Vec<String>,
    /// The path of the database, if it was created.
    pub created: Option<String>,
    /// What is unusual in the database but harmless.
    pub notices: Vec<String>,
    /// What needs attention.
    pub warnings: Vec<String>,
}

/// What a migration would do.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// The migrations that would be applied, in order.
    pub planned: Vec<Planned>,
    /// Migrations that the installed versions have and drfctl does not know, as
    /// `app.name`.
    pub newer: Vec<String>,
    /// The app that would be migrated although neither the settings nor the
    /// history nor a label names it.
    pub assumed: Option<&'static str>,
    /// What is unusual in the database but harmless.
    pub notices: Vec<String>,
}

/// The migrations of an application, and which are applied.
#[derive(Clone, Debug)]
pub struct Inventory {
    /// The labels of the apps, in alphabetical order.
    pub apps: Vec<&'static str>,
    /// Their migrations.
    pub migrations: Vec<Migration>,
    /// The history of the apps.
    pub history: History,
}

/// A migration that would be applied.
#[derive(Clone, Debug)]
pub struct Planned {
    /// The migration.
    pub migration: Migration,
    /// Its operations, in Django's words.
    pub operations: Vec<&'static str>,
}

impl Plan {
    /// Returns whether the first migration of an app would be applied.
    #[must_use]
    pub fn has_initial(&self) -> bool {
        self.planned.iter().any(|planned| planned.migration.name == "0001_initial")
    }
}

impl Planned {
    /// Returns the plan for these migrations.
    pub(super) fn all(pending: &[Migration]) -> Vec<Self> {
        let mut planned = Vec::with_capacity(pending.len());
        for migration in pending {
            planned.push(Self { migration: *migration, operations: migration.operations() });
        }
        planned
    }
}
