//! What has been migrated, to judge by the tables alone: where the history of
//! an app is lost.

use std::collections::BTreeSet;

use crate::engine;
use crate::error::{Error, Result};
use crate::migrations::{self, HISTORY, Migration, UserModel};
use crate::schema::catalog::Catalog;
use crate::schema::fit::{self, Likeness, Misfit};
use crate::schema::history::History;
use crate::schema::layout::HISTORY_TABLE;

/// The tables as every migration leaves them, in the order of the history.
struct Stages(Vec<Catalog>);

/// The migrations that have been run, of the apps without a history whose
/// tables are there.
///
/// # Errors
/// Unusable, if the tables of such an app are as no migration leaves them.
pub(super) fn recognised(found: &Catalog, history: &History, users: &UserModel) -> Result<Vec<Migration>> {
    let acts: Vec<Vec<Migration>> = HISTORY.iter().map(|migration| vec![*migration]).collect();
    let stages = Stages(engine::rehearse(&acts, users)?);
    let mut recognised: Vec<usize> = Vec::new();
    for app in migrations::apps() {
        let steps: Vec<usize> = (0..HISTORY.len()).filter(|at| HISTORY[*at].app == app).collect();
        let tables = stages.made_by(&steps);
        let is_recorded = steps.iter().any(|at| history.record(HISTORY[*at]).is_some());
        if is_recorded || !tables.iter().any(|name| found.spelling(name).is_some()) {
            continue;
        }
        let misfit = |at: usize| fit::misfit(&stages.only(at, &tables), found, Likeness::Exact);
        match steps.iter().rposition(|at| misfit(*at).is_none()) {
            Some(last) => recognised.extend(&steps[..=last]),
            None => return Err(misfit(HISTORY.len() - 1).map_or_else(no_stage, |misfit| unlike(&misfit))),
        }
    }
    recognised.sort_unstable();
    Ok(recognised.into_iter().map(|at| HISTORY[at]).collect())
}

/// The error for tables that are not to be taken for migrated ones.
pub(super) fn unlike(misfit: &Misfit) -> Error {
    Error::unusable(format!("the tables are not as the migrations leave them: {misfit}"))
        .hint("without --fake and --fake-initial the migrations are run")
}

fn no_stage() -> Error {
    Error::internal("tables fit the newest migration, and then they do not")
}

impl Stages {
    /// The tables that these steps make.
    fn made_by(&self, steps: &[usize]) -> BTreeSet<&str> {
        let before = |at: usize| at.checked_sub(1).map(|before| &self.0[before].tables);
        let names = steps.iter().flat_map(|at| {
            let new = move |name: &&String| before(*at).is_none_or(|before| !before.contains_key(*name));
            self.0[*at].tables.keys().filter(new)
        });
        names.map(String::as_str).filter(|name| *name != HISTORY_TABLE).collect()
    }

    /// Some of the tables, as the step leaves them.
    fn only(&self, at: usize, names: &BTreeSet<&str>) -> Catalog {
        let tables = self.0[at].tables.iter().filter(|(name, _)| names.contains(name.as_str()));
        Catalog { tables: tables.map(|(name, table)| (name.clone(), table.clone())).collect(), ..Catalog::default() }
    }
}
