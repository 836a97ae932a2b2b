//! Runs Django's migrations on a database in memory, to find out which tables
//! they create.

use crate::engine::Scratch;
use crate::error::Result;
use crate::migrations::{self, CORE, Migration, Scripts, UserModel};
use crate::schema::Catalog;

/// Runs the acts, groups of migrations, one after another. Returns the tables
/// after each.
///
/// # Errors
/// Internal if a migration cannot be run.
pub(super) fn rehearse(acts: &[Vec<Migration>], users: &UserModel) -> Result<Vec<Catalog>> {
    let scratch = Scratch::new()?;
    let scripts = Scripts::of_family(scratch.dialect().family);
    // Usually most are applied, and one script creates what they leave.
    let core = migrations::plan(&CORE, &|_| true, users);
    let is_complete =
        users.stock && acts.first().is_some_and(|act| core.iter().all(|migration| act.contains(migration)));
    let short_cut = scripts.newest.filter(|_| is_complete);
    scratch.run(short_cut.unwrap_or(scripts.recorder))?;
    let mut catalogs = Vec::with_capacity(acts.len());
    for act in acts {
        for migration in act.iter().filter(|migration| short_cut.is_none() || !core.contains(migration)) {
            scratch.run(&scripts.statements(*migration, users))?;
        }
        let (names, described) = scratch.tables()?;
        catalogs.push(Catalog::new(names, described));
    }
    Ok(catalogs)
}
