//! Django's migrations: what is applied, what would be, and applying it, in
//! one transaction.

use std::time::{Duration, SystemTime};

use super::Store;
use super::survey::Survey;
use crate::django::permissions;
use crate::engine::{CommitFailure, Connection};
use crate::error::{Error, Result};
use crate::migrations::{HISTORY, Migration, UserModel};
use crate::process;
use crate::schema::catalog::Catalog;
use crate::schema::history::History;
use crate::schema::layout::{HISTORY_TABLE, Overrides};
use crate::schema::user_model;
use crate::sql::{self, Value};

/// How long Django may take to record what it has made, and how often we look.
const LOOKS: u32 = 10;
const BETWEEN_LOOKS: Duration = Duration::from_millis(100);

/// Which of the pending migrations are recorded without being run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Faking {
    /// None.
    Nothing,
    /// Those of apps without a history whose tables are there: `--fake-initial`.
    Initial,
    /// All: `--fake`.
    All,
}

/// What to migrate.
#[derive(Clone, Copy, Debug)]
pub struct MigrateOrder {
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
    /// The content types that were made, as `app | model`.
    pub content_types: Vec<String>,
    /// The permissions that were made, as `app | codename`.
    pub permissions: Vec<String>,
    /// The database that was made, by its path.
    pub made: Option<String>,
    /// What a person may want to know.
    pub notices: Vec<String>,
    /// What a person should see to.
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
    /// The plan for a database that is yet to be made.
    ///
    /// # Errors
    /// Unusable, if [`Store::migrate`] could not carry it out.
    pub fn of_a_new_database(faking: Faking, overrides: &Overrides) -> Result<Vec<Self>> {
        user_model::find(&Catalog::default(), &History::default(), overrides)?;
        if faking == Faking::All {
            return Err(Error::unusable("there is no database yet, and so no table that could be taken as it is"));
        }
        Ok(Self::all(&HISTORY))
    }

    fn all(pending: &[Migration]) -> Vec<Self> {
        pending.iter().map(|migration| Self { migration: *migration, operations: migration.operations() }).collect()
    }
}

impl Store {
    /// The history as it is recorded.
    ///
    /// # Errors
    /// Unusable or busy, if it cannot be read.
    pub fn recorded(&mut self) -> Result<History> {
        let catalog = self.table_names()?;
        self.history(&catalog)
    }

    /// What [`Store::migrate`] would apply, and what a person may want to know.
    /// Never writes.
    ///
    /// # Errors
    /// Unusable, if it could not; busy, if the database cannot be read.
    pub fn plan(&mut self, faking: Faking) -> Result<(Vec<Planned>, Vec<String>)> {
        let survey = self.settled(faking, |connection| connection.begin_reading());
        self.connection.roll_back();
        let survey = survey?;
        Ok((Planned::all(&survey.pending), survey.notices))
    }

    /// Brings the tables of the three apps to their newest state.
    ///
    /// # Errors
    /// Unusable, if tables and history do not fit, or something is left that
    /// only the application can make; busy; all with nothing changed.
    /// Unknown, if the database could not be asked whether it was done.
    pub fn migrate(&mut self, order: MigrateOrder) -> Result<Migrated> {
        let stored = self.time.stored(order.now)?;
        process::hold_signals();
        let _unstopped = process::hold_stops();
        let survey = self.settled(order.faking, |connection| connection.begin_schema_change());
        let mut migrated = Migrated::default();
        let outcome = survey.and_then(|survey| {
            self.apply(&survey, &Value::DateTime(stored), &mut migrated).map_err(|error| {
                let (done, all) = (migrated.steps.len(), survey.pending.len());
                self.broken_off(error, u64::try_from(done).unwrap_or_default(), u64::try_from(all).unwrap_or_default())
            })?;
            self.connection.check_schema_change()?;
            // What each step has committed cannot be taken back.
            if self.connection.dialect().migrations.are_atomic { process::heed_signals() } else { Ok(()) }
        });
        outcome.inspect_err(|_| self.connection.roll_back())?;
        match self.connection.commit() {
            Ok(()) => {}
            Err(CommitFailure::Undone(error) | CommitFailure::ForeignKey(error)) => {
                self.connection.roll_back();
                return Err(error);
            }
            Err(CommitFailure::Unclear(error)) => migrated.warnings.push(self.what_became_of(&migrated, error)?),
        }
        migrated.made = self.connection.made();
        Ok(migrated)
    }

    /// Begins a transaction and looks around. Where Django is seen between
    /// making a table and recording it, it is given a moment.
    fn settled(&mut self, faking: Faking, begin: impl Fn(&mut dyn Connection) -> Result<()>) -> Result<Survey> {
        for _ in 0..LOOKS {
            begin(&mut *self.connection)?;
            let survey = self.survey(faking)?;
            if survey.midway.is_none() {
                return Ok(survey);
            }
            self.connection.roll_back();
            std::thread::sleep(BETWEEN_LOOKS);
        }
        begin(&mut *self.connection)?;
        let mut survey = self.survey(faking)?;
        survey.midway.take().map_or(Ok(survey), Err)
    }

    /// What is to be said where each step is a transaction of its own.
    fn broken_off(&self, error: Error, done: u64, all: u64) -> Error {
        if self.connection.dialect().migrations.are_atomic || done == 0 {
            return error;
        }
        error.stopped(done, all).hint("what is recorded is done: the same command goes on with the rest")
    }

    fn apply(&mut self, survey: &Survey, stored: &Value, migrated: &mut Migrated) -> Result<()> {
        let dialect = self.connection.dialect();
        let scripts = dialect.migrations;
        migrated.notices.clone_from(&survey.notices);
        let newest = scripts.newest.filter(|_| survey.is_of_a_new_database());
        let is_new = newest.is_some();
        if let Some(newest) = newest {
            self.connection.run(newest)?;
        } else if survey.catalog.spelling(HISTORY_TABLE).is_none() {
            self.connection.run(&scripts.recorder(&survey.users))?;
        }
        for migration in &survey.pending {
            let faked = survey.faked.contains(migration);
            if !is_new {
                self.check_ours(*migration, faked)?;
            }
            if !faked && !is_new {
                let ran = self.connection.run(&scripts.statements(*migration, &survey.users));
                ran.map_err(|error| if scripts.are_atomic { error } else { error.at(migration) })?;
            }
            self.write_one(&sql::history::record(dialect, *migration, stored.clone()), "the history")?;
            migrated.steps.push(Step { migration: *migration, faked, applied: self.moment(stored) });
        }
        self.check_nothing_lost(survey)?;
        self.fill_in(&survey.users, migrated)
    }

    /// Stops where the application's own code would have work to do.
    fn check_ours(&mut self, migration: Migration, faked: bool) -> Result<()> {
        let Some(query) = self.connection.dialect().migrations.of(migration).application_only() else {
            return Ok(());
        };
        let found = self.rows(&sql::Statement { text: query, parameters: Vec::new() })?;
        let Some(row) = found.first() else { return Ok(()) };
        let what: Vec<_> = row.iter().filter_map(Value::as_str).collect();
        Err(Error::unusable(format!(
            "{migration} has work to do that only the application can do: on {}",
            what.join(".")
        ))
        .hint(if faked {
            "python manage.py migrate --fake-initial".to_owned()
        } else {
            format!("python manage.py migrate {} {}; then: drfctl migrate", migration.app, migration.name)
        }))
    }

    /// Makes the content types and permissions that are missing.
    ///
    /// Mirrors `create_contenttypes` and `create_permissions`, which Django
    /// runs after every `migrate`.
    fn fill_in(&mut self, users: &UserModel, migrated: &mut Migrated) -> Result<()> {
        for models in permissions::models(users) {
            let mut content_types = Vec::new();
            for model in &models {
                if self.content_type(*model)?.is_none() {
                    let insert =
                        sql::permissions::insert_content_type(self.connection.dialect(), model.app, model.name);
                    self.write_one(&insert, "the content types")?;
                    migrated.content_types.push(format!("{} | {}", model.app, model.name));
                }
                content_types.push(self.content_type(*model)?.ok_or_else(|| {
                    Error::rejected(format!("a trigger of the database removed the content type {}", model.name))
                })?);
            }
            for (model, content_type) in models.iter().zip(content_types) {
                let dialect = self.connection.dialect();
                let there = self.rows(&sql::permissions::codenames(dialect, content_type.clone()))?;
                for (codename, name) in model.permissions() {
                    if there.iter().any(|row| row.first().and_then(Value::as_str) == Some(&codename)) {
                        continue;
                    }
                    let insert = sql::permissions::insert_permission(dialect, content_type.clone(), &codename, &name);
                    self.write_one(&insert, "the permissions")?;
                    migrated.permissions.push(format!("{} | {codename}", model.app));
                }
            }
        }
        Ok(())
    }

    fn content_type(&mut self, model: permissions::Model) -> Result<Option<Value>> {
        let statement = sql::permissions::content_type(self.connection.dialect(), model.app, model.name);
        Ok(self.rows(&statement)?.pop().and_then(|mut row| row.pop()))
    }

    /// A commit failed midway: asks a new connection what became of it.
    fn what_became_of(&mut self, migrated: &Migrated, error: Error) -> Result<String> {
        let is_made = self.connection.reopen().and_then(|()| self.recorded()).map(|history| {
            let recorded: Vec<_> = migrated.steps.iter().map(|step| history.record(step.migration).is_some()).collect();
            super::all_or_none(&recorded)
        });
        super::resolved(
            is_made.ok().flatten(),
            error,
            "drfctl migrate --list shows what is applied; migrate may be run again",
        )
    }
}
