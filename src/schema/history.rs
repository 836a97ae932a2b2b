//! Django's migration history, compared with the migrations that drfctl knows.

use std::fmt;

use crate::error::{Error, Result};
use crate::hint::{Hint, Manage, Program};
use crate::migrations::{self, HISTORY, Migration, UserModel};
use crate::schema::catalog::Catalog;
use crate::schema::problem::TokenProblem;
use crate::schema::tables::{HISTORY_TABLE, STOCK_USER_TABLE, TOKEN_TABLE};

/// The rows of `django_migrations` for apps that drfctl migrates.
#[derive(Clone, Debug, Default)]
pub struct History {
    /// The applied migrations, in the order of application.
    pub applied: Vec<Recorded>,
}

/// A row of the history.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// The app's label.
    pub app: String,
    /// The migration's name.
    pub name: String,
    /// When it was applied, in a readable form.
    pub applied: String,
    /// When it was applied, as stored.
    pub stored: String,
}

impl History {
    /// Returns the known migrations that are applied, in the order of the plan.
    pub fn known(&self) -> impl Iterator<Item = Migration> {
        HISTORY.into_iter().filter(|migration| self.record(*migration).is_some())
    }

    /// Returns the history of some of the apps.
    #[must_use]
    pub fn of_apps(&self, apps: &[&str]) -> Self {
        let rows = self.applied.iter().filter(|row| apps.contains(&&*row.app));
        Self { applied: rows.cloned().collect() }
    }

    /// Returns whether a migration of an app that drfctl knows is applied.
    #[must_use]
    pub fn has_known(&self, app: &str) -> bool {
        self.known().any(|migration| migration.app == app)
    }

    /// Returns whether a migration of an app is applied.
    #[must_use]
    pub fn has_app(&self, app: &str) -> bool {
        self.applied.iter().any(|row| row.app == app)
    }

    /// Returns those of the migrations that are not applied, in their order.
    #[must_use]
    pub fn pending(&self, migrations: &[Migration]) -> Vec<Migration> {
        migrations.iter().filter(|migration| self.record(**migration).is_none()).copied().collect()
    }

    /// Returns the applied migrations that drfctl does not know.
    pub fn unknown(&self) -> impl Iterator<Item = &Recorded> {
        let known = |row: &Recorded| HISTORY.iter().any(|migration| row.is(*migration));
        self.applied.iter().filter(move |row| !known(row))
    }

    /// Returns whether a migration is applied, be it known or not.
    #[must_use]
    pub fn has(&self, app: &str, name: &str) -> bool {
        self.applied.iter().any(|row| row.app == app && row.name == name)
    }

    /// Returns the row of a migration.
    #[must_use]
    pub fn record(&self, migration: Migration) -> Option<&Recorded> {
        self.applied.iter().find(|row| row.is(migration))
    }

    /// Returns a notice about applied migrations that drfctl does not know.
    #[must_use]
    pub fn notice(&self) -> Option<String> {
        let unknown: Vec<_> = self.unknown().map(ToString::to_string).collect();
        (!unknown.is_empty()).then(|| {
            format!(
                "migrations that this drfctl does not know are applied, but the tables match: {}",
                unknown.join(", ")
            )
        })
    }

    /// Checks that the dependencies of every applied migration are applied.
    /// Some depend on the app of the user model, which need not be auth.
    ///
    /// Mirrors `MigrationLoader.check_consistent_history`.
    ///
    /// # Errors
    /// Unusable, naming the first that is not.
    pub fn check_consistent(&self, users: &UserModel) -> Result<()> {
        for child in self.known() {
            let mut parents = migrations::predecessors(child, users).into_iter();
            let Some(parent) = parents.find(|parent| self.record(*parent).is_none()) else { continue };
            let error = Error::unusable(format!(
                "the migration history is inconsistent: {child} is applied before {parent}, which it depends on"
            ));
            return Err(if self.unknown().any(|row| row.app == parent.app) {
                let unknown: Vec<_> = self.unknown().map(ToString::to_string).collect();
                let newer = format!("update drfctl, which does not know {}", unknown.join(", "));
                error.hint(newer).hint(Hint::manage(Manage::Migrate).lead("or apply the migrations in the application"))
            } else {
                error.hint(
                    Hint::run(Program::MigrateList).lead("restore the missing row, or a backup; list what is recorded"),
                )
            });
        }
        Ok(())
    }

    /// Returns why tokens cannot be used, if the history contradicts the tables
    /// that exist. Without a history, only the shape of the tables matters.
    #[must_use]
    pub fn token_problem(&self, catalog: &Catalog) -> Option<TokenProblem> {
        catalog.spelling(HISTORY_TABLE)?;
        let is_recorded = |app| self.record(Migration { app, name: "0001_initial" }).is_some();
        let exists = |table| catalog.spelling(table).is_some();
        if exists(STOCK_USER_TABLE) && !is_recorded("auth") {
            return Some(TokenProblem::Unrecorded(STOCK_USER_TABLE, "auth.0001_initial"));
        }
        match (exists(TOKEN_TABLE), is_recorded("authtoken")) {
            (true, false) => Some(TokenProblem::Unrecorded(TOKEN_TABLE, "authtoken.0001_initial")),
            (false, true) => Some(TokenProblem::RecordedButMissing),
            _ => None,
        }
    }
}

impl Recorded {
    fn is(&self, migration: Migration) -> bool {
        self.app == migration.app && self.name == migration.name
    }
}

impl fmt::Display for Recorded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.app, self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::TableName;

    fn history(rows: &[(&str, &str)]) -> History {
        let recorded = |(app, name): &(&str, &str)| Recorded {
            app: (*app).to_owned(),
            name: (*name).to_owned(),
            applied: String::new(),
            stored: String::new(),
        };
        History { applied: rows.iter().map(recorded).collect() }
    }

    fn catalog(tables: &[&str]) -> Catalog {
        let named = |table: &&str| TableName { name: (*table).to_owned(), ..TableName::default() };
        Catalog::new(tables.iter().map(named).collect(), Vec::new())
    }

    #[test]
    fn a_migration_is_applied_if_its_app_and_name_are_recorded() {
        let history = history(&[("auth", "0001_initial"), ("shop", "0002_more")]);
        for (app, name, is_applied) in [
            ("auth", "0001_initial", true),
            ("shop", "0002_more", true),
            ("auth", "0002_more", false),
            ("shop", "0001_initial", false),
        ] {
            assert_eq!(history.has(app, name), is_applied, "{app}.{name}");
        }
    }

    #[test]
    fn unknown_migrations_are_noted() {
        let known = history(&[("auth", "0001_initial")]);
        assert_eq!((known.unknown().count(), known.notice()), (0, None));
        let newer = history(&[("auth", "0001_initial"), ("auth", "0099_future")]);
        assert_eq!(
            newer.notice().as_deref(),
            Some("migrations that this drfctl does not know are applied, but the tables match: auth.0099_future")
        );
    }

    #[test]
    fn a_history_that_contradicts_the_tables_is_a_problem() {
        let auth = ("auth", "0001_initial");
        let authtoken = ("authtoken", "0001_initial");
        let unrecorded = |table, migration| Some(TokenProblem::Unrecorded(table, migration));
        let users = &["django_migrations", "auth_user"][..];
        let both = &["django_migrations", "auth_user", "authtoken_token"][..];
        for (tables, rows, problem) in [
            (both, &[auth, authtoken][..], None),
            (users, &[auth], None),
            (users, &[], unrecorded("auth_user", "auth.0001_initial")),
            (both, &[auth], unrecorded("authtoken_token", "authtoken.0001_initial")),
            (users, &[auth, authtoken], Some(TokenProblem::RecordedButMissing)),
            (&both[1..], &[], None),
        ] {
            assert_eq!(history(rows).token_problem(&catalog(tables)), problem, "{tables:?} {rows:?}");
        }
    }

    #[test]
    fn a_migration_without_its_predecessor_is_inconsistent() {
        let initial = [("contenttypes", "0001_initial"), ("auth", "0001_initial")];
        let users = UserModel::stock();
        assert!(history(&initial).check_consistent(&users).is_ok());
        assert!(history(&[("sites", "0001_initial"), ("shop", "0001_initial")]).check_consistent(&users).is_ok());
        let refused = |rows: &[(&str, &str)]| {
            let error = history(rows).check_consistent(&users).unwrap_err();
            (error.to_string(), error.hints()[0].lead.to_string())
        };
        let message =
            "the migration history is inconsistent: auth.0001_initial is applied before contenttypes.0001_initial, \
             which it depends on"
                .to_owned();
        let restore = "restore the missing row, or a backup; list what is recorded".to_owned();
        assert_eq!(refused(&initial[1..]), (message.clone(), restore.clone()));
        assert_eq!(refused(&[initial[1], ("auth", "0099_future")]), (message.clone(), restore));
        let update = "update drfctl, which does not know contenttypes.0099_future".to_owned();
        assert_eq!(refused(&[initial[1], ("contenttypes", "0099_future")]), (message, update));
    }

    #[test]
    fn the_history_of_some_apps_has_their_rows_only() {
        let all = history(&[("auth", "0001_initial"), ("shop", "0002_more"), ("auth", "0099_future")]);
        let names = |history: &History| history.applied.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(names(&all.of_apps(&["auth", "sites"])), ["auth.0001_initial", "auth.0099_future"]);
        assert_eq!([all.has_app("shop"), all.has_known("shop"), all.has_known("auth")], [true, false, true]);
        assert!(!all.has_app("sites"));
    }
}
