//! What is there before a migration, held against what the migrations that are
//! recorded have made. Never writes.

use std::collections::BTreeSet;

use super::Store;
use super::migrating::Faking;
use crate::engine;
use crate::error::{Error, Result};
use crate::migrations::{HISTORY, Migration, UserModel};
use crate::schema::catalog::{Catalog, Table};
use crate::schema::fit::{self, Likeness, Misfit};
use crate::schema::history::History;
use crate::schema::layout::HISTORY_TABLE;
use crate::schema::user_model;
use crate::sql::permissions::{CONTENT_TYPE_TABLE, PERMISSION_TABLE};

/// What is there, and what is to be done.
pub(super) struct Survey {
    pub(super) catalog: Catalog,
    pub(super) users: UserModel,
    /// What is to be recorded, in order.
    pub(super) pending: Vec<Migration>,
    /// What of it is not to be run.
    pub(super) faked: Vec<Migration>,
    /// What a person may want to know.
    pub(super) notices: Vec<String>,
    /// The tables as they will be, where there are tables now.
    expected: Option<Catalog>,
    /// What the tables have that is not Django's: the table, and what.
    extra: BTreeSet<(String, String)>,
}

impl Store {
    /// Looks at everything that [`Store::migrate`] has to know.
    ///
    /// # Errors
    /// Unusable, if tables and history do not fit together.
    pub(super) fn survey(&mut self, faking: Faking) -> Result<Survey> {
        let mut catalog = self.table_names()?;
        let history = self.history(&catalog)?;
        history.check_consistent()?;
        let wanted = user_model::wanted(&catalog, &self.overrides);
        self.describe(&mut catalog, &wanted)?;
        let users = user_model::find(&catalog, &history, &self.overrides)?;
        let mut survey = Survey {
            pending: history.pending().collect(),
            faked: Vec::new(),
            notices: Vec::new(),
            expected: None,
            extra: BTreeSet::new(),
            catalog,
            users,
        };
        if survey.is_of_a_new_database() && faking != Faking::All {
            return Ok(survey);
        }
        let mut applied: Vec<Migration> = history.known().collect();
        let acts = engine::rehearse(&[applied.clone(), survey.pending.clone()], &survey.users)?;
        let [mut now, newest] =
            <[Catalog; 2]>::try_from(acts).map_err(|_| Error::internal("a rehearsal has two acts"))?;
        self.describe(&mut survey.catalog, &newest.names)?;
        survey.faked = match faking {
            Faking::Nothing => Vec::new(),
            Faking::Initial => survey.recognised(&history, &newest)?,
            Faking::All => {
                let expected = survey.without_history_if_missing(newest.clone());
                fit::misfit(&expected, &survey.catalog, Likeness::Exact)
                    .map_or(Ok(()), |misfit| Err(not_faked(&misfit)))?;
                survey.pending.clone()
            }
        };
        if !survey.faked.is_empty() {
            applied.extend(&survey.faked);
            now = engine::rehearse(&[applied], &survey.users)?.pop().unwrap_or_default();
        }
        let now = survey.without_history_if_missing(now);
        survey.check(&history, &now, newest)?;
        Ok(survey)
    }

    /// Compares what is not Django's before and after.
    ///
    /// # Errors
    /// Unusable, naming what a rebuilt table has lost.
    pub(super) fn check_nothing_lost(&mut self, survey: &Survey) -> Result<()> {
        let Some(expected) = survey.expected.as_ref().filter(|_| !survey.extra.is_empty()) else { return Ok(()) };
        let mut after = self.table_names()?;
        self.describe(&mut after, &expected.names)?;
        let kept = extra(expected, &after);
        survey.extra.iter().find(|extra| !kept.contains(*extra)).map_or(Ok(()), |(table, what)| {
            Err(Error::unusable(format!(
                "{what} of {table}, which is not Django's, would be lost: the table has to be rebuilt"
            ))
            .hint("manage.py migrate would lose it as well: move it to a table of its own first"))
        })
    }

    /// Describes those of the tables that are there and not yet described.
    fn describe(&mut self, catalog: &mut Catalog, names: &[String]) -> Result<()> {
        let wanted = names.iter().filter_map(|name| catalog.spelling(name));
        let new: Vec<String> = wanted.filter(|name| !catalog.tables.contains_key(*name)).map(str::to_owned).collect();
        for name in new {
            let table = self.connection.describe(&name)?;
            catalog.tables.insert(name, table);
        }
        Ok(())
    }
}

impl Survey {
    /// Whether there is nothing that could stand in the way.
    pub(super) fn is_of_a_new_database(&self) -> bool {
        self.catalog.names.is_empty() && self.users.stock
    }

    /// Holds the tables against what is applied, and against what is not.
    fn check(&mut self, history: &History, now: &Catalog, newest: Catalog) -> Result<()> {
        if let Some(misfit) = fit::misfit(now, &self.catalog, Likeness::Usable) {
            return Err(half_migrated(&misfit, history));
        }
        let unrecorded =
            newest.names.iter().find(|name| now.spelling(name).is_none() && self.catalog.spelling(name).is_some());
        if let Some(table) = unrecorded.filter(|name| *name != HISTORY_TABLE) {
            return Err(Error::unusable(format!(
                "half migrated: the table {table} is there, but {HISTORY_TABLE} does not record what makes it"
            ))
            .hint("if Django made it and the history was lost: drfctl migrate --fake-initial"));
        }
        for (table, column) in fit::extra_columns(now, &self.catalog) {
            if column.is_required() && [HISTORY_TABLE, CONTENT_TYPE_TABLE, PERMISSION_TABLE].contains(&&*table.name) {
                return Err(changed(
                    table,
                    &format!("{} is required, and drfctl does not know its value", column.name),
                ));
            }
            self.notices.push(format!("{} has a column that is not Django's: {}", table.name, column.name));
        }
        self.notices.extend(history.notice());
        self.extra = extra(now, &self.catalog);
        self.expected = Some(newest);
        Ok(())
    }

    /// The pending migrations that have been run, to judge by the tables.
    fn recognised(&self, history: &History, newest: &Catalog) -> Result<Vec<Migration>> {
        let acts: Vec<Vec<Migration>> = HISTORY.iter().map(|migration| vec![*migration]).collect();
        let stages = engine::rehearse(&acts, &self.users)?;
        let mut recognised = Vec::new();
        for app in crate::migrations::apps() {
            let steps: Vec<usize> = (0..HISTORY.len()).filter(|at| HISTORY[*at].app == app).collect();
            let tables: Vec<&String> = steps
                .iter()
                .flat_map(|at| {
                    let before = at.checked_sub(1).map(|before| &stages[before].tables);
                    stages[*at]
                        .tables
                        .keys()
                        .filter(move |name| before.is_none_or(|before| !before.contains_key(*name)))
                })
                .filter(|name| *name != HISTORY_TABLE)
                .collect();
            let has_history = steps.iter().any(|at| history.record(HISTORY[*at]).is_some());
            if has_history || !tables.iter().any(|name| self.catalog.spelling(name).is_some()) {
                continue;
            }
            let only = |catalog: &Catalog| {
                let tables = catalog.tables.iter().filter(|(name, _)| tables.contains(name));
                Catalog {
                    tables: tables.map(|(name, table)| (name.clone(), table.clone())).collect(),
                    ..Catalog::default()
                }
            };
            let misfit = |catalog: &Catalog| fit::misfit(&only(catalog), &self.catalog, Likeness::Exact);
            match steps.iter().rposition(|at| misfit(&stages[*at]).is_none()) {
                Some(last) => recognised.extend(steps[..=last].iter().map(|at| HISTORY[*at])),
                None => return Err(misfit(newest).map_or_else(|| Error::internal("no stage fits"), |m| not_faked(&m))),
            }
        }
        Ok(HISTORY.into_iter().filter(|migration| recognised.contains(migration)).collect())
    }

    /// The table of the history is made where it is missing.
    fn without_history_if_missing(&self, mut expected: Catalog) -> Catalog {
        if self.catalog.spelling(HISTORY_TABLE).is_none() {
            expected.tables.remove(HISTORY_TABLE);
        }
        expected
    }
}

/// The columns and the unique sets of columns that are there and not expected.
fn extra(expected: &Catalog, found: &Catalog) -> BTreeSet<(String, String)> {
    let columns = fit::extra_columns(expected, found)
        .map(|(table, column)| (table.name.clone(), format!("the column {}", column.name)));
    let sets = fit::extra_unique_sets(expected, found)
        .map(|(table, set)| (table.name.clone(), format!("the uniqueness of {}", set.join(", "))));
    columns.chain(sets).collect()
}

fn half_migrated(misfit: &Misfit, history: &History) -> Error {
    let newer: Vec<_> = history.unknown().map(|row| format!("{}.{}", row.app, row.name)).collect();
    if !newer.is_empty() {
        return Error::unusable(format!(
            "migrations newer than drfctl are applied ({}), and the tables do not fit: {}",
            newer.join(", "),
            what(misfit)
        ))
        .hint("a newer drfctl may know them; or: python manage.py migrate");
    }
    match misfit {
        Misfit::Missing(_) => Error::unusable(format!("half migrated: {HISTORY_TABLE} has it, but {}", what(misfit)))
            .hint(
                "restore a backup; an app without rows: python manage.py migrate --fake APP zero; then: drfctl migrate",
            ),
        Misfit::Changed { .. } => not_django(&what(misfit)),
    }
}

fn not_faked(misfit: &Misfit) -> Error {
    Error::unusable(format!("the tables are not as the migrations leave them: {}", what(misfit)))
        .hint("without --fake and --fake-initial the migrations are run")
}

fn changed(table: &Table, how: &str) -> Error {
    not_django(&format!("{}: {how}", table.name))
}

fn not_django(what: &str) -> Error {
    Error::unusable(format!("a table is not as Django makes it: {what}"))
        .hint("python manage.py makemigrations --check; python manage.py migrate --check")
}

fn what(misfit: &Misfit) -> String {
    match misfit {
        Misfit::Missing(table) => format!("the table {table} is missing"),
        Misfit::Changed { table, how } => format!("{table}: {how}"),
    }
}
