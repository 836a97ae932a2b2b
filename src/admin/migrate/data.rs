//! What is to be migrated, and what was.

use std::time::SystemTime;

use crate::migrations::Migration;

/// Which of the pending migrations are recorded without being run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Faking {
    /// None.
    Nothing,
    /// Those of apps without a history whose tables exist.
    Initial,
    /// All.
    All,
}

/// What to migrate.
#[derive(Clone, Copy, Debug)]
pub struct MigrateRequest {
    /// Which migrations are recorded without being run.
    pub faking: Faking,
    /// The time that is recorded.
    pub now: SystemTime,
}

/// A migration that is now applied.
#[derive(Clone, Debug)]
pub struct Step {
    /// Which.
    pub migration: Migration,
    /// Whether it was recorded without being run.
    pub faked: bool,
    /// When, as a person reads it.
    pub applied: String,
}

/// What a migration did.
#[derive(Debug, Default)]
pub struct Migrated {
    /// The migrations, in the order of being applied.
    pub steps: Vec<Step>,
    /// The content types that were created, as `app | model`.
    pub content_types: Vec<String>,
    /// The permissions that were created, as `app | codename`.
    pub permissions: Vec<String>,
    /// The database that was created, by its path.
    pub created: Option<String>,
    /// What a person may want to know.
    pub notices: Vec<String>,
    /// What a person should know.
    pub warnings: Vec<String>,
}

/// A migration that would be applied.
#[derive(Clone, Debug)]
pub struct Planned {
    /// Which.
    pub migration: Migration,
    /// What it does, in Django's words.
    pub operations: Vec<&'static str>,
}

impl Planned {
    /// The plan for these migrations.
    pub(super) fn all(pending: &[Migration]) -> Vec<Self> {
        let mut planned = Vec::with_capacity(pending.len());
        for migration in pending {
            planned.push(Self { migration: *migration, operations: migration.operations() });
        }
        planned
    }
}
