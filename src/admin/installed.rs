//! What the settings say about Django's own apps.

use crate::migrations::{HISTORY, Migration, apps};
use crate::settings::InstalledApp;

/// What the settings say about the apps of Django's and DRF's own.
#[derive(Clone, Debug)]
pub struct Installed {
    /// The apps of `INSTALLED_APPS`, in its order.
    pub apps: Vec<InstalledApp>,
    /// `SITE_ID`
    pub site_id: i64,
}

impl Installed {
    /// Returns the labels of the apps, in the order of `INSTALLED_APPS`.
    #[must_use]
    pub fn labels(&self) -> Vec<&'static str> {
        let known = apps();
        let labels = self.apps.iter().filter_map(|app| known.iter().find(|label| **label == app.label));
        labels.copied().collect()
    }

    /// Returns whether the installed versions have a migration.
    #[must_use]
    pub fn has(&self, migration: Migration) -> bool {
        let app = self.apps.iter().find(|app| app.label == migration.app);
        let names = app.map(|app| app.migrations.as_ref());
        names.is_some_and(|names| names.is_none_or(|names| names.iter().any(|name| name == migration.name)))
    }

    /// Returns the migrations that the installed versions of some apps have and
    /// drfctl does not know, by app and name.
    pub fn newer(&self, labels: &[&str]) -> impl Iterator<Item = (&str, &str)> {
        let apps = self.apps.iter().filter(|app| labels.contains(&&*app.label));
        let all = apps.flat_map(|app| app.migrations.iter().flatten().map(|name| (&*app.label, &**name)));
        all.filter(|(app, name)| !HISTORY.iter().any(|known| (known.app, known.name) == (*app, *name)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_migrations_of_the_installed_versions_are_available() {
        let app = |label: &str, migrations: Option<&[&str]>| InstalledApp {
            label: label.to_owned(),
            migrations: migrations.map(|names| names.iter().map(|name| (*name).to_owned()).collect()),
        };
        let apps = vec![
            app("sites", None),
            app("shop", Some(&["0001_initial"])),
            app("auth", Some(&["0001_initial", "0099_future"])),
        ];
        let installed = Installed { apps, site_id: 1 };
        assert_eq!(installed.labels(), ["sites", "auth"]);
        for (app, name, is_available) in [
            ("auth", "0001_initial", true),
            ("auth", "0002_alter_permission_name_max_length", false),
            // Python does not find the app.
            ("sites", "0002_alter_domain_unique", true),
            ("sessions", "0001_initial", false),
        ] {
            assert_eq!(installed.has(Migration { app, name }), is_available, "{app} {name}");
        }
        assert_eq!(installed.newer(&["auth", "sites"]).collect::<Vec<_>>(), [("auth", "0099_future")]);
        assert_eq!(installed.newer(&["sites"]).count(), 0);
    }
}
