//! Which migrations belong to some apps, and the order in which Django applies
//! them.

use crate::migrations::script::UserModel;
use crate::migrations::scripts::{HISTORY, Migration};

/// The apps that drfctl migrates if neither the history nor the settings name
/// any.
pub const CORE: [&str; 3] = ["auth", "contenttypes", "authtoken"];

const fn migration(app: &'static str, name: &'static str) -> Migration {
    Migration { app, name }
}

/// The app of [`CORE`] that an application with users may not have.
pub const ASSUMED: &str = "authtoken";

/// Dependencies between migrations of different apps. Within an app, each
/// migration depends on the previous one.
///
/// Mirrors `Migration.dependencies`.
const DEPENDENCIES: [(Migration, Migration); 3] = [
    (migration("auth", "0001_initial"), migration("contenttypes", "0001_initial")),
    (migration("auth", "0006_require_contenttypes_0002"), migration("contenttypes", "0002_remove_content_type_name")),
    (migration("admin", "0001_initial"), migration("contenttypes", "0001_initial")),
];

/// The migrations that depend on the one that creates the user model, which
/// need not be Django's.
///
/// Mirrors `migrations.swappable_dependency(settings.AUTH_USER_MODEL)`.
const AFTER_USERS: [Migration; 2] = [migration("admin", "0001_initial"), migration("authtoken", "0001_initial")];

/// The migration of Django's own user model.
const USERS: Migration = migration("auth", "0001_initial");

/// Returns the labels of the apps, in alphabetical order.
#[must_use]
pub fn apps() -> Vec<&'static str> {
    let mut apps: Vec<_> = HISTORY.iter().map(|migration| migration.app).collect();
    apps.sort_unstable();
    apps.dedup();
    apps
}

/// Returns the migrations of some apps and those that they depend on, in the
/// order in which Django applies them. Migrations for which `is_available` is
/// false are skipped.
///
/// Mirrors `MigrationExecutor.migration_plan` for the newest migration of each
/// app.
pub fn plan(apps: &[&str], is_available: &dyn Fn(Migration) -> bool, users: &UserModel) -> Vec<Migration> {
    let mut sorted = apps.to_vec();
    sorted.sort_unstable();
    let mut plan = Vec::new();
    for app in sorted {
        let newest = HISTORY.into_iter().rev().find(|migration| migration.app == app && is_available(*migration));
        if let Some(newest) = newest {
            add(newest, users, &mut plan);
        }
    }
    plan.retain(|migration| is_available(*migration));
    plan
}

/// Adds a migration to a plan, after those that it depends on.
///
/// Mirrors `MigrationGraph.iterative_dfs`.
fn add(migration: Migration, users: &UserModel, plan: &mut Vec<Migration>) {
    if plan.contains(&migration) {
        return;
    }
    let mut parents = predecessors(migration, users);
    parents.sort_unstable_by_key(|parent| (parent.app, parent.name));
    for parent in parents.into_iter().rev() {
        add(parent, users, plan);
    }
    plan.push(migration);
}

/// Returns the migrations that have to be applied before another.
#[must_use]
pub fn predecessors(migration: Migration, users: &UserModel) -> Vec<Migration> {
    let older = HISTORY.into_iter().take_while(|other| *other != migration);
    let mut parents: Vec<Migration> = older.filter(|other| other.app == migration.app).last().into_iter().collect();
    parents.extend(DEPENDENCIES.into_iter().filter(|(child, _)| *child == migration).map(|(_, parent)| parent));
    if users.stock && AFTER_USERS.contains(&migration) {
        parents.push(USERS);
    }
    parents
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Family;
    use crate::migrations::scripts::Scripts;

    #[test]
    fn a_plan_of_all_apps_is_the_history() {
        assert_eq!(plan(&apps(), &|_| true, &UserModel::stock()), HISTORY);
    }

    #[test]
    fn a_plan_has_what_its_apps_depend_on_and_no_more() {
        let names = |apps: &[&str], stock: bool| -> Vec<String> {
            let users = UserModel { stock, ..UserModel::stock() };
            plan(apps, &|migration| migration.name < "0003", &users).iter().map(ToString::to_string).collect()
        };
        assert_eq!(names(&["sessions"], true), ["sessions.0001_initial"]);
        assert_eq!(
            names(&["authtoken"], true),
            [
                "contenttypes.0001_initial",
                "auth.0001_initial",
                "authtoken.0001_initial",
                "authtoken.0002_auto_20160226_1747"
            ]
        );
        assert_eq!(
            names(&["admin"], false),
            ["contenttypes.0001_initial", "admin.0001_initial", "admin.0002_logentry_remove_auto_add"]
        );
    }

    /// Returns the statements that create the schema, and the tables that have a
    /// sequence.
    fn dump(scripts: &[String]) -> String {
        let connection = rusqlite::Connection::open_in_memory().unwrap();
        connection.execute_batch("PRAGMA foreign_keys = OFF; PRAGMA legacy_alter_table = ON").unwrap();
        for script in scripts {
            connection.execute_batch(script).unwrap();
        }
        let lines = |sql| -> Vec<String> {
            connection.prepare(sql).unwrap().query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
        };
        let schema =
            "SELECT sql || ';' FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite~_%' ESCAPE '~'";
        let sequences = r#"SELECT 'INSERT INTO "sqlite_sequence" ("name", "seq") VALUES (''' || name || ''', 0);'
            FROM sqlite_sequence"#;
        lines(schema).into_iter().chain(lines(sequences)).map(|line| line + "\n").collect()
    }

    #[test]
    fn the_newest_schema_equals_all_migrations() {
        let sqlite = Scripts::of_family(Family::Sqlite);
        let mut all = vec![
            sqlite.recorder.to_owned(),
            // The history's sequence begins with its first row.
            r#"INSERT INTO "sqlite_sequence" ("name", "seq") VALUES ('django_migrations', 0);"#.to_owned(),
        ];
        let plan = plan(&CORE, &|_| true, &UserModel::stock());
        all.extend(plan.into_iter().map(|migration| sqlite.statements(migration, &UserModel::stock())));
        let newest = dump(&all);
        assert_eq!(sqlite.newest, Some(newest.as_str()), "write this into newest.sql");
        assert_eq!(dump(std::slice::from_ref(&newest)), newest);
    }
}
