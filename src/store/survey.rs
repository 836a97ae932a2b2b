//! What is there before a migration, held against what the migrations that are
//! recorded have made. Never writes.

use std::collections::BTreeSet;

use super::Store;
use super::migrating::Faking;
use super::recognition;
use crate::engine;
use crate::error::{Error, Result};
use crate::migrations::{Migration, UserModel};
use crate::schema::catalog::Catalog;
use crate::schema::fit::{self, Likeness, Misfit};
use crate::schema::history::{History, unrecorded};
use crate::schema::layout::{CONTENT_TYPE_TABLE, HISTORY_TABLE, PERMISSION_TABLE};
use crate::schema::user_model;

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
    /// Why nothing can be done now, but perhaps in a moment: Django makes a
    /// table and records it in two steps.
    pub(super) midway: Option<Error>,
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
        self.follow(&mut catalog, user_model::wanted)?;
        let users = user_model::find(&catalog, &history, &self.overrides)?;
        history.check_consistent(users.stock)?;
        let mut survey = Survey {
            pending: history.pending().collect(),
            faked: Vec::new(),
            notices: Vec::new(),
            midway: None,
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
        survey.faked = survey.to_fake(faking, &history, &newest)?;
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

    /// Describes the tables that are wanted: each key that is found may lead
    /// to more.
    pub(super) fn follow(&mut self, catalog: &mut Catalog, wanted: impl Fn(&Catalog) -> Vec<String>) -> Result<()> {
        loop {
            let before = catalog.tables.len();
            let names = wanted(catalog);
            self.describe(catalog, &names)?;
            if catalog.tables.len() == before {
                return Ok(());
            }
        }
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
    /// What is to be recorded without being run.
    fn to_fake(&self, faking: Faking, history: &History, newest: &Catalog) -> Result<Vec<Migration>> {
        match faking {
            Faking::Nothing => Ok(Vec::new()),
            Faking::Initial => recognition::recognised(&self.catalog, history, &self.users),
            Faking::All => {
                let expected = self.without_history_if_missing(newest.clone());
                match fit::misfit(&expected, &self.catalog, Likeness::Exact) {
                    Some(misfit) => Err(recognition::unlike(&misfit)),
                    None => Ok(self.pending.clone()),
                }
            }
        }
    }

    /// Whether there is nothing that could stand in the way.
    pub(super) fn is_of_a_new_database(&self) -> bool {
        self.catalog.names.is_empty() && self.users.stock
    }

    /// Holds the tables against what is applied, and against what is not.
    fn check(&mut self, history: &History, now: &Catalog, newest: Catalog) -> Result<()> {
        if let Some(misfit) = fit::misfit(now, &self.catalog, Likeness::Usable) {
            return Err(half_migrated(&misfit, history));
        }
        let early =
            newest.names.iter().find(|name| now.spelling(name).is_none() && self.catalog.spelling(name).is_some());
        if let Some(table) = early.filter(|name| *name != HISTORY_TABLE) {
            self.midway = Some(unrecorded(table, "what makes it"));
            return Ok(());
        }
        for (table, column) in fit::extra_columns(now, &self.catalog) {
            if column.is_required() && [HISTORY_TABLE, CONTENT_TYPE_TABLE, PERMISSION_TABLE].contains(&&*table.name) {
                let what = format!("{}: {} is required, and drfctl does not know its value", table.name, column.name);
                return Err(not_django(&what));
            }
            self.notices.push(format!("{} has a column that is not Django's: {}", table.name, column.name));
        }
        self.notices.extend(history.notice());
        self.extra = extra(now, &self.catalog);
        self.expected = Some(newest);
        Ok(())
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
    let newer: Vec<_> = history.unknown().map(ToString::to_string).collect();
    if !newer.is_empty() {
        return Error::unusable(format!(
            "migrations newer than drfctl are applied ({}), and the tables do not fit: {misfit}",
            newer.join(", ")
        ))
        .hint("a newer drfctl may know them; or: python manage.py migrate");
    }
    match misfit {
        Misfit::Missing(table) => Error::unusable(format!(
            "half migrated: {HISTORY_TABLE} records what makes the table {table}, which is missing"
        ))
        .hint("restore a backup")
        .hint("an app none of whose tables is there begins anew after: python manage.py migrate --fake APP zero"),
        Misfit::Changed { .. } => not_django(&misfit.to_string()),
    }
}

fn not_django(what: &str) -> Error {
    Error::unusable(format!("a table is not as Django makes it: {what}"))
        .hint("put it back as it was, or restore a backup, then run the command again")
}
