//! Compares the existing tables with those that the recorded migrations create.
//! Never writes.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::admin::identity::{self, Evidence};
use crate::admin::migrate::data::FakeMode;
use crate::admin::migrate::extra::{Extra, extra};
use crate::admin::migrate::recognize::{kept_columns, not_djangos, recognized, unlike, unrecorded_steps};
use crate::admin::migrate::rehearse::rehearse;
use crate::admin::migrate::scope::Scope;
use crate::admin::open_transaction::OpenTransaction;
use crate::admin::session::Session;
use crate::engine::Purpose;
use crate::error::{Error, Result};
use crate::hint::{Action, Hint, Manage, Setting};
use crate::migrations::{self, Migration, UserModel};
use crate::query;
use crate::schema::fit::{self, Likeness, Misfit};
use crate::schema::problem::unrecorded;
use crate::schema::tables::{CONTENT_TYPE_TABLE, HISTORY_TABLE, PERMISSION_TABLE, STOCK_USER_TABLE};
use crate::schema::{Catalog, History};

/// How often drfctl looks again while Django may be about to record a table
/// that it has created, and how long it waits in between.
const LOOKS: u32 = 10;
const BETWEEN_CHECKS: Duration = Duration::from_millis(100);

/// What exists, and what a migration would do.
pub(super) struct Survey {
    pub(super) catalog: Catalog,
    pub(super) users: UserModel,
    pub(super) scope: Scope,
    /// The migrations that are applied and known.
    pub(super) applied: Vec<Migration>,
    /// The migrations to record, in order.
    pub(super) pending: Vec<Migration>,
    /// Those of them that are not run.
    pub(super) faked: Vec<Migration>,
    /// Notices about the database.
    pub(super) notices: Vec<String>,
    /// Why the migration cannot be applied now. It may be temporary: Django
    /// creates a table and records it in two steps.
    midway: Option<Error>,
    /// Whether a step was applied but is not recorded yet.
    has_unrecorded: bool,
    /// The tables after the migration, if there are tables now.
    expected: Option<Catalog>,
    /// What the tables have that is not Django's, by table.
    extra: BTreeSet<(String, Extra)>,
}

/// Begins a transaction and surveys the database. If Django may be between
/// creating a table and recording it, waits and surveys again.
pub(super) fn settled<'s>(
    session: &'s mut Session,
    labels: &[String],
    fake_mode: FakeMode,
    purpose: &Purpose,
) -> Result<(OpenTransaction<'s>, Survey)> {
    let mut open = OpenTransaction::begin(session, purpose)?;
    let mut survey = open.session.survey(labels, fake_mode)?;
    for _ in 0..LOOKS {
        if survey.midway.is_none() && !survey.has_unrecorded {
            break;
        }
        open.pause(BETWEEN_CHECKS, purpose)?;
        survey = open.session.survey(labels, fake_mode)?;
    }
    match survey.midway.take() {
        None => Ok((open, survey)),
        Some(error) => Err(error),
    }
}

impl Session {
    /// Surveys the database before a migration.
    ///
    /// # Errors
    /// Unusable if the tables and the history do not fit together.
    fn survey(&mut self, labels: &[String], fake_mode: FakeMode) -> Result<Survey> {
        let mut catalog = self.table_names()?;
        let history = self.history_of(&catalog, &migrations::apps())?;
        self.describe_wanted(&mut catalog)?;
        let users = self.migrated_user_model(&catalog, &history)?;
        let (scope, history) = self.scope(labels, &mut catalog, &history, &users)?;
        history.check_consistent(&users)?;
        let mut survey = Survey {
            pending: history.pending(&scope.wanted),
            applied: history.known().collect(),
            scope,
            faked: Vec::new(),
            notices: Vec::new(),
            midway: None,
            has_unrecorded: false,
            expected: None,
            extra: BTreeSet::new(),
            catalog,
            users,
        };
        if survey.is_of_new_database() && fake_mode != FakeMode::All {
            return Ok(survey);
        }
        let mut stages = survey.stages(&history)?;
        let newest = stages.last().cloned().unwrap_or_default();
        let names: Vec<String> = newest.tables.keys().cloned().collect();
        self.describe(&mut survey.catalog, &names)?;
        survey.faked = survey.to_fake(fake_mode, &history, &newest)?;
        if !survey.faked.is_empty() {
            let (wanted, faked) = (&survey.scope.wanted, &survey.faked);
            let is_recorded = |migration: &Migration| wanted.contains(migration) || faked.contains(migration);
            let recorded = survey.scope.migrations.iter().filter(|migration| is_recorded(migration));
            survey.pending = history.pending(&recorded.copied().collect::<Vec<_>>());
            stages = survey.stages(&history)?;
        }
        let unrecorded = unrecorded_steps(&survey.to_run(), &stages, &survey.catalog);
        if !unrecorded.is_empty() {
            survey.has_unrecorded = true;
            survey.faked.extend(unrecorded);
            stages = survey.stages(&history)?;
        }
        let now = stages.into_iter().next().unwrap_or_default();
        let now = survey.without_history_if_missing(now);
        if !self.config.given.has_custom_model() {
            survey.notices = kept_columns(&survey.users, &survey.catalog)?;
        }
        survey.check(&history, &now, newest)?;
        Ok(survey)
    }

    /// Returns the user model. If content types exist for other models of
    /// Django's auth app but not for its user model, the application has
    /// replaced that model, even where it keeps the table.
    fn migrated_user_model(&mut self, catalog: &Catalog, history: &History) -> Result<UserModel> {
        let models = self.models().cloned();
        let given = self.config.given.clone();
        let evidence = Evidence { catalog, history, given: &given, models: models.as_ref() };
        let users = identity::user_model(&evidence)?;
        let has_users = catalog.spelling(STOCK_USER_TABLE).is_some();
        if !users.stock || !has_users || catalog.spelling(CONTENT_TYPE_TABLE).is_none() {
            return Ok(users);
        }
        if self.has_content_type("permission")? && !self.has_content_type("user")? {
            return identity::custom_user_model(&evidence, STOCK_USER_TABLE);
        }
        Ok(users)
    }

    /// Returns whether a model of Django's auth app has a content type.
    fn has_content_type(&mut self, model: &str) -> Result<bool> {
        let connection = self.reads()?;
        let statement = query::permissions::content_type(connection.dialect(), "auth", model);
        connection.has_row(&statement)
    }

    /// Checks that the migration has kept columns and constraints that are not
    /// Django's.
    ///
    /// # Errors
    /// Unusable, naming what a rebuilt table has lost.
    pub(super) fn check_nothing_lost(&mut self, survey: &Survey) -> Result<()> {
        let Some(expected) = survey.expected.as_ref().filter(|_| !survey.extra.is_empty()) else { return Ok(()) };
        let mut after = self.table_names()?;
        let names: Vec<String> = expected.tables.keys().cloned().collect();
        self.describe(&mut after, &names)?;
        let kept = extra(expected, &after);
        match survey.extra.iter().find(|extra| !kept.contains(*extra)) {
            None => Ok(()),
            Some((table, what)) => Err(Error::unusable(format!(
                "rebuilding the table would lose {what} of {table}, which Django does not create"
            ))
            .hint("move it to another table first, because Django's own migration would lose it, too")),
        }
    }
}

impl Survey {
    /// Returns the tables after the applied and the faked migrations, and after
    /// each of the others.
    fn stages(&self, history: &History) -> Result<Vec<Catalog>> {
        let mut acts = vec![history.known().chain(self.faked.iter().copied()).collect()];
        acts.extend(self.to_run().into_iter().map(|migration| vec![migration]));
        rehearse(&acts, &self.users)
    }

    /// Returns the pending migrations that are run.
    fn to_run(&self) -> Vec<Migration> {
        self.pending.iter().filter(|migration| !self.faked.contains(migration)).copied().collect()
    }

    /// Returns the migrations to record without running them.
    fn to_fake(&self, fake_mode: FakeMode, history: &History, newest: &Catalog) -> Result<Vec<Migration>> {
        match fake_mode {
            FakeMode::Nothing => Ok(Vec::new()),
            FakeMode::Initial => recognized(&self.scope, &self.catalog, history, &self.users),
            FakeMode::All => {
                let expected = self.without_history_if_missing(newest.clone());
                match fit::misfit(&expected, &self.catalog, Likeness::Exact) {
                    Some(misfit) => Err(unlike(&misfit)),
                    None => Ok(self.pending.clone()),
                }
            }
        }
    }

    /// Returns whether nothing in the database could conflict with a migration.
    pub(super) fn is_of_new_database(&self) -> bool {
        self.catalog.is_empty() && self.users.stock
    }

    /// Compares the tables with the applied and the pending migrations.
    fn check(&mut self, history: &History, now: &Catalog, newest: Catalog) -> Result<()> {
        if let Some(misfit) = fit::misfit(now, &self.catalog, Likeness::Usable) {
            return Err(half_migrated(&misfit, history));
        }
        let mut early = newest.tables.keys().filter(|name| *name != HISTORY_TABLE);
        let early = early.find(|name| now.spelling(name).is_none() && self.catalog.spelling(name).is_some());
        if let Some(table) = early {
            self.midway = Some(unrecorded(table, "the migration that creates it"));
            return Ok(());
        }
        for (table, column) in fit::extra_columns(now, &self.catalog) {
            if column.is_required() && [HISTORY_TABLE, CONTENT_TYPE_TABLE, PERMISSION_TABLE].contains(&&*table.name) {
                let what = format!("{}: {} is required, but drfctl has no value for it", table.name, column.name);
                return Err(not_django(&what));
            }
            self.notices.push(not_djangos(table, column));
        }
        self.check_users(now)?;
        self.notices.extend(history.notice());
        self.extra = extra(now, &self.catalog);
        self.expected = Some(newest);
        Ok(())
    }

    /// Refuses to change a user table that differs from the one that the
    /// applied migrations create: it may belong to the application's own user
    /// model.
    fn check_users(&self, now: &Catalog) -> Result<()> {
        let (Some(users), true) = (now.tables.get(STOCK_USER_TABLE), self.changes_users()) else { return Ok(()) };
        let expected = [(users.name.clone(), users.clone())].into();
        let expected = Catalog { tables: expected, ..Catalog::default() };
        let Some(misfit) = fit::misfit(&expected, &self.catalog, Likeness::Exact) else { return Ok(()) };
        Err(Error::unusable(format!(
            "the table {STOCK_USER_TABLE} differs from what the applied migrations create and was not changed: {misfit}"
        ))
        .hint(Hint::option(Setting::Settings).lead("name the settings if they set AUTH_USER_MODEL"))
        .hint(Hint::manage(Manage::Migrate).lead("or apply the migrations in the application")))
    }

    /// Returns whether a pending migration changes the stock user table.
    fn changes_users(&self) -> bool {
        self.users.stock && self.to_run().into_iter().any(Migration::is_about_stock_users)
    }

    /// Removes the history from the expected tables if it is missing, because
    /// the migration creates it.
    fn without_history_if_missing(&self, mut expected: Catalog) -> Catalog {
        if self.catalog.spelling(HISTORY_TABLE).is_none() {
            expected.tables.remove(HISTORY_TABLE);
        }
        expected
    }
}

fn half_migrated(misfit: &Misfit, history: &History) -> Error {
    let newer: Vec<_> = history.unknown().map(ToString::to_string).collect();
    if !newer.is_empty() {
        return Error::unusable(format!(
            "migrations that this drfctl does not know are applied ({}), and the tables do not match: {misfit}",
            newer.join(", ")
        ))
        .hint(Hint::manage(Manage::Migrate).lead("update drfctl, or apply the migrations in the application"));
    }
    match misfit {
        Misfit::Missing(table) => Error::unusable(format!(
            "half migrated: {HISTORY_TABLE} records a migration that creates the table {table}, which is missing"
        ))
        .hint("restore a backup")
        .hint(
            Hint::action(Action::Manage(Manage::Forget("APP".into())))
                .lead("if no table of an app exists, reset the app's history"),
        ),
        Misfit::Changed { .. } => not_django(&misfit.to_string()),
    }
}

fn not_django(what: &str) -> Error {
    Error::unusable(format!("a table differs from what Django creates: {what}"))
        .hint("restore the table's definition or a backup, then run the command again")
}
