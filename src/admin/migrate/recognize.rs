//! Recognizes applied migrations by the tables alone, where the history of an
//! app is lost or lacks the last steps.

use std::collections::BTreeSet;

use crate::admin::migrate::rehearse::rehearse;
use crate::admin::migrate::scope::Scope;
use crate::engine::{Column, Table};
use crate::error::{Error, Result};
use crate::hint::{Action, Hint, Setting};
use crate::migrations::{self, CORE, Migration, UserModel};
use crate::schema::fit::{self, Likeness, Misfit};
use crate::schema::tables::{HISTORY_TABLE, STOCK_USER_TABLE};
use crate::schema::{Catalog, History};

/// The tables after each migration, in the order of the history.
struct Stages(Vec<Catalog>);

/// Returns the applied migrations of the wanted apps whose tables exist and that
/// have no history.
///
/// # Errors
/// Unusable if the tables of such an app differ from those after any migration.
pub(super) fn recognized(
    scope: &Scope,
    found: &Catalog,
    history: &History,
    users: &UserModel,
) -> Result<Vec<Migration>> {
    let all = &scope.migrations;
    let acts: Vec<Vec<Migration>> = all.iter().map(|migration| vec![*migration]).collect();
    let stages = Stages(rehearse(&acts, users)?);
    let mut recognized: Vec<usize> = Vec::new();
    let mut apps: Vec<&str> = scope.wanted.iter().map(|migration| migration.app).collect();
    apps.sort_unstable();
    apps.dedup();
    for app in apps {
        let steps: Vec<usize> = (0..all.len()).filter(|at| all[*at].app == app).collect();
        let tables = stages.created_by(&steps);
        if history.has_known(app) || !tables.iter().any(|name| found.spelling(name).is_some()) {
            continue;
        }
        let misfit = |at: usize| fit::misfit(&only(&stages.0[at], &tables), found, Likeness::Exact);
        match steps.iter().rposition(|at| misfit(*at).is_none()) {
            Some(last) => recognized.extend(&steps[..=last]),
            None => return Err(misfit(all.len() - 1).map_or_else(no_stage, |misfit| unlike(&misfit))),
        }
    }
    recognized.sort_unstable();
    Ok(recognized.into_iter().map(|at| all[at]).collect())
}

/// Returns those of the pending migrations that were done but not recorded: an
/// engine that commits each statement may lose the row. Such a step shows in the
/// user table or in the columns of the others, which are as a later stage has
/// them, or in the unique constraints that it adds. Running it again could fail.
/// `stages` are the tables now and after each pending migration.
pub(super) fn unrecorded_steps(pending: &[Migration], stages: &[Catalog], found: &Catalog) -> Vec<Migration> {
    let Some(now) = stages.first() else { return Vec::new() };
    let first = |fits: &dyn Fn(&Catalog) -> bool| stages.iter().position(fits).unwrap_or_default();
    // A later stage may have tables that a migration still has to create.
    let columns =
        first(&|stage| stage.tables.len() == now.tables.len() && fit::misfit(stage, found, Likeness::Usable).is_none());
    let names = BTreeSet::from([STOCK_USER_TABLE]);
    let users = first(&|stage| fit::misfit(&only(stage, &names), found, Likeness::Exact).is_none());
    let mut done = Vec::new();
    for (at, (step, stage)) in pending.iter().zip(stages.windows(2)).enumerate() {
        let is_of_users = at < users && step.is_about_stock_users();
        if at < columns || is_of_users || fit::has_added_unique_sets(&stage[0], &stage[1], found) {
            done.push(*step);
        }
    }
    done
}

/// Returns notices of the columns that are not Django's, if the application's
/// own user model has the table of Django's: the migrations of that table are
/// recorded without being run.
pub(super) fn kept_columns(users: &UserModel, found: &Catalog) -> Result<Vec<String>> {
    if users.stock || !users.table.eq_ignore_ascii_case(STOCK_USER_TABLE) {
        return Ok(Vec::new());
    }
    let stock = UserModel::stock();
    let newest = rehearse(&[migrations::plan(&CORE, &|_| true, &stock)], &stock)?.pop().unwrap_or_default();
    let stock = only(&newest, &BTreeSet::from([STOCK_USER_TABLE]));
    Ok(fit::extra_columns(&stock, found).map(|(table, column)| not_djangos(table, column)).collect())
}

/// Returns the notice of a column that Django does not create.
pub(super) fn not_djangos(table: &Table, column: &Column) -> String {
    format!("{} has a column that Django does not create: {}", table.name, column.name)
}

/// Returns the error for tables that differ from those that migrations create.
pub(super) fn unlike(misfit: &Misfit) -> Error {
    Error::unusable(format!("the tables differ from what the migrations create: {misfit}")).hint(
        Hint::option(Setting::Fake)
            .or(Action::Option(Setting::FakeInitial, None))
            .lead("omit this option to run the migrations"),
    )
}

fn no_stage() -> Error {
    Error::internal("tables fit the newest migration, and then they do not")
}

impl Stages {
    /// Returns the tables that these steps create.
    fn created_by(&self, steps: &[usize]) -> BTreeSet<&str> {
        let mut names = BTreeSet::new();
        for at in steps {
            let before = at.checked_sub(1).map(|before| &self.0[before].tables);
            for name in self.0[*at].tables.keys() {
                if name != HISTORY_TABLE && before.is_none_or(|before| !before.contains_key(name)) {
                    names.insert(name.as_str());
                }
            }
        }
        names
    }
}

/// Returns some of the tables of a stage.
fn only(stage: &Catalog, names: &BTreeSet<&str>) -> Catalog {
    let tables = stage.tables.iter().filter(|(name, _)| names.contains(name.as_str()));
    Catalog { tables: tables.map(|(name, table)| (name.clone(), table.clone())).collect(), ..Catalog::default() }
}
