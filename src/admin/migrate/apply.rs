//! Applies Django's migrations, in one transaction where the engine supports
//! it.

use crate::admin::migrate::data::{MigrateRequest, Migrated, Step};
use crate::admin::migrate::survey::{Survey, settled};
use crate::admin::open_transaction::{Change, OpenTransaction};
use crate::admin::session::Session;
use crate::engine::{Purpose, Statement, Value};
use crate::error::{Error, Result};
use crate::hint::{Action, Hint, Manage, Program};
use crate::migrations::{self, ApplicationOnlyRow, CORE, Migration, Scripts};
use crate::query;
use crate::schema::tables::HISTORY_TABLE;

impl Session {
    /// Migrates the tables of the named apps, or of all, to their newest state.
    ///
    /// # Errors
    /// Unusable if tables and history do not fit together, or a migration needs
    /// the application's own code; busy if a lock is not obtained; unknown if
    /// the outcome of the commit is unknown; usage if the settings do not have an
    /// app of that label; in part if an engine commits each
    /// migration by itself and a later one failed.
    pub fn migrate(&mut self, request: &MigrateRequest) -> Result<Migrated> {
        let stored = Value::DateTime(self.config.time.stored(request.now)?);
        self.ask_for_user_model();
        self.retrying(&mut |session| session.migrate_once(request, &stored))
    }

    fn migrate_once(&mut self, request: &MigrateRequest, stored: &Value) -> Result<Migrated> {
        let interrupt = self.config.options.interrupt.clone();
        let again =
            Hint::run(Program::MigrateList).lead("check which migrations are applied, then run the command again");
        let change = Change { purpose: Purpose::SchemaChange, prevented: None, again };
        let (mut open, survey) = settled(self, &request.labels, request.fake_mode, &change.purpose)?;
        let mut applying = Applying::new(&mut open, &survey, stored)?;
        if let Err(error) = applying.apply() {
            return Err(applying.stopped(error));
        }
        let Applying { mut migrated, scripts, .. } = applying;
        open.writer()?.check_schema_change()?;
        // If each step commits, it cannot be rolled back.
        if scripts.are_atomic {
            interrupt.check()?;
        }
        let warning = open.commit(&change, &mut |session| {
            let history = session.recorded()?;
            Ok(migrated.steps.iter().map(|step| history.record(step.migration).is_some()).collect())
        })?;
        migrated.warnings.extend(warning);
        migrated.created = open.session.reads()?.created();
        Ok(migrated)
    }
}

/// The migrations of a survey while they are applied.
pub(super) struct Applying<'a, 's> {
    pub(super) open: &'a mut OpenTransaction<'s>,
    pub(super) survey: &'a Survey,
    pub(super) scripts: &'static Scripts,
    stored: &'a Value,
    pub(super) migrated: Migrated,
    /// Whether a committed step may have no row in the history.
    is_unrecorded: bool,
}

impl<'a, 's> Applying<'a, 's> {
    fn new(open: &'a mut OpenTransaction<'s>, survey: &'a Survey, stored: &'a Value) -> Result<Self> {
        let scripts = Scripts::of_family(open.session.reads()?.dialect().family);
        let migrated = Migrated {
            apps: survey.scope.named.clone(),
            newer: survey.scope.newer.clone(),
            notices: survey.notices.clone(),
            ..Migrated::default()
        };
        Ok(Self { open, survey, scripts, stored, migrated, is_unrecorded: false })
    }

    /// Adds how much is committed to an error, where each step is a
    /// transaction of its own.
    fn stopped(&self, error: Error) -> Error {
        let done = self.migrated.steps.len();
        if self.scripts.are_atomic || (done == 0 && !self.is_unrecorded) {
            return error;
        }
        let number = |count: usize| u64::try_from(count).unwrap_or_default();
        // The next run records a step that was applied and not recorded, or says how to.
        error
            .stopped(number(done), number(self.survey.pending.len()))
            .hint("run the same command again to apply the remaining migrations")
    }

    fn apply(&mut self) -> Result<()> {
        let (survey, scripts) = (self.survey, self.scripts);
        let is_core = survey.pending == migrations::plan(&CORE, &|_| true, &survey.users);
        let short_cut = scripts.newest.filter(|_| survey.is_of_new_database() && is_core);
        if let Some(newest) = short_cut {
            self.open.writer()?.run(newest)?;
        } else if survey.catalog.spelling(HISTORY_TABLE).is_none() {
            self.open.writer()?.run(&scripts.recorder(&survey.users))?;
        }
        for migration in &survey.pending {
            let faked = survey.faked.contains(migration);
            let at = |error: Error| if scripts.are_atomic { error } else { error.at(migration) };
            if short_cut.is_none() {
                self.check_ours(*migration, faked)?;
                if !faked {
                    let script = scripts.statements(*migration, &survey.users);
                    self.open.writer()?.run(&script).map_err(at)?;
                }
            }
            self.is_unrecorded = !faked;
            self.record(*migration, faked).map_err(at)?;
            self.is_unrecorded = false;
        }
        self.open.session.check_nothing_lost(survey)?;
        self.fill_in()
    }

    fn record(&mut self, migration: Migration, faked: bool) -> Result<()> {
        let dialect = self.open.session.reads()?.dialect();
        self.write(&query::history::record(dialect, migration, self.stored.clone()), "the history")?;
        let applied = match self.stored {
            Value::DateTime(stored) => self.open.session.config.time.moment(*stored),
            _ => None,
        };
        self.migrated.steps.push(Step { migration, faked, applied: applied.unwrap_or_default() });
        Ok(())
    }

    pub(super) fn write(&mut self, statement: &Statement, what: &str) -> Result<()> {
        self.open.writer()?.write(statement, 1, what)
    }

    /// Refuses a migration that has to change rows in a way that only the
    /// application knows.
    fn check_ours(&mut self, migration: Migration, faked: bool) -> Result<()> {
        let Some(query) = self.scripts.of(migration).application_only() else { return Ok(()) };
        let mut found = None;
        self.open.session.reads()?.query(&Statement::plain(query), &mut |row| {
            if found.is_none() {
                found = Some(ApplicationOnlyRow(row).model()?);
            }
            Ok(())
        })?;
        let Some(model) = found else { return Ok(()) };
        let by_application = if faked {
            Hint::manage(Manage::FakeInitial).lead("run it in the application")
        } else {
            let (app, name) = (migration.app.to_owned(), migration.name.to_owned());
            Hint::manage(Manage::MigrateTo(app, name))
                .then(Action::Run(Program::Migrate))
                .lead("run it in the application")
        };
        Err(Error::unusable(format!("{migration} must change rows of {model} in a way that only the application can"))
            .hint(by_application))
    }
}
