//! Requests and results of migrations.

use std::time::SystemTime;

use crate::migrations::Migration;

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
#[derive(Clone, Copy, Debug)]
pub struct MigrateRequest {
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
    /// The migrations, in the order in which they were applied.
    pub steps: Vec<Step>,
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

/// A migration that would be applied.
#[derive(Clone, Debug)]
pub struct Planned {
    /// The migration.
    pub migration: Migration,
    /// Its operations, in Django's words.
    pub operations: Vec<&'static str>,
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
