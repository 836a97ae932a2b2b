//! Which apps there are to migrate, which of their migrations, and in which
//! order.

use crate::admin::installed::Installed;
use crate::admin::migrate::rehearse::rehearse;
use crate::admin::session::Session;
use crate::error::{Error, Result};
use crate::hint::{Hint, Setting};
use crate::migrations::{self, ASSUMED, CORE, HISTORY, Migration, UserModel};
use crate::schema::fit::{self, Likeness};
use crate::schema::tables::HISTORY_TABLE;
use crate::schema::{Catalog, History};

/// The apps that a new project has in `INSTALLED_APPS`, in its order, and those
/// that are added to it.
const ORDER: [&str; 6] = ["admin", "auth", "contenttypes", "sessions", "sites", "authtoken"];

/// What there is to migrate.
#[derive(Clone, Debug)]
pub(super) struct Scope {
    /// The labels of the application's apps, in the order of `INSTALLED_APPS`.
    pub(super) apps: Vec<&'static str>,
    /// The labels of the apps that are migrated, in alphabetical order.
    pub(super) named: Vec<&'static str>,
    /// The migrations of all apps, in the order in which Django applies them.
    pub(super) migrations: Vec<Migration>,
    /// The migrations of the named apps, and those that they depend on.
    pub(super) wanted: Vec<Migration>,
    /// The app that neither the settings nor the history nor a label names.
    pub(super) assumed: Option<&'static str>,
    /// The migrations of the named apps that are installed, but that neither
    /// drfctl nor the history knows, as `app.name`.
    pub(super) newer: Vec<String>,
}

impl Scope {
    /// Returns what there is to migrate. `labels` are those of the apps to
    /// migrate; without any, all are. The apps are those of the settings; without
    /// settings, those of [`CORE`], of the history and of the labels.
    ///
    /// # Errors
    /// Usage if the settings do not have an app of that label.
    pub(super) fn new(
        installed: Option<&Installed>,
        labels: &[String],
        history: &History,
        users: &UserModel,
    ) -> Result<Self> {
        let mut named = Vec::new();
        for label in labels {
            let known = migrations::apps().into_iter().find(|app| app == label);
            named.push(known.ok_or_else(|| {
                let labels = migrations::apps().join(", ");
                Error::usage(format!("unknown app label {label}: expected one of {labels}"))
            })?);
        }
        let apps = if let Some(installed) = installed {
            installed.labels()
        } else {
            let is_there = |app: &&str| CORE.contains(app) || named.contains(app) || history.has_app(app);
            ORDER.into_iter().filter(is_there).collect()
        };
        if let Some(missing) = named.iter().find(|label| !apps.contains(label)) {
            return Err(not_installed(missing, &apps));
        }
        let is_guess = installed.is_none() && named.is_empty() && history.has_app("auth") && !history.has_app(ASSUMED);
        if named.is_empty() {
            named.clone_from(&apps);
        }
        named.sort_unstable();
        named.dedup();
        let is_available = |migration| installed.is_none_or(|installed| installed.has(migration));
        let migrations = migrations::plan(&apps, &is_available, users);
        let wanted = migrations::plan(&named, &is_available, users);
        let newer = installed.into_iter().flat_map(|installed| installed.newer(&named));
        let newer = newer.filter(|(app, name)| !history.has(app, name)).map(|(app, name)| format!("{app}.{name}"));
        Ok(Self {
            // Those that are wanted have the place that they have among all.
            wanted: migrations.iter().filter(|migration| wanted.contains(migration)).copied().collect(),
            newer: newer.collect(),
            assumed: is_guess.then_some(ASSUMED),
            apps,
            named,
            migrations,
        })
    }
}

fn not_installed(label: &str, apps: &[&str]) -> Error {
    let mut sorted = apps.to_vec();
    sorted.sort_unstable();
    let apps = sorted.join(", ");
    Error::usage(format!("{label} is not in INSTALLED_APPS of the settings; drfctl can migrate {apps}"))
        .hint(Hint::option(Setting::Settings).lead("name other settings"))
}

impl Session {
    /// Returns what there is to migrate, and the history of it.
    pub(super) fn scope(
        &mut self,
        labels: &[String],
        catalog: &mut Catalog,
        history: &History,
        users: &UserModel,
    ) -> Result<(Scope, History)> {
        let history = match &self.config.installed {
            Some(installed) => history.of_apps(&installed.labels()),
            None => self.without_namesakes(catalog, history, labels, users)?,
        };
        let scope = Scope::new(self.config.installed.as_ref(), labels, &history, users)?;
        Ok((scope, history))
    }

    /// Returns the history without apps that have the label of one of Django's,
    /// but not its tables.
    fn without_namesakes(
        &mut self,
        catalog: &mut Catalog,
        history: &History,
        labels: &[String],
        users: &UserModel,
    ) -> Result<History> {
        let mut apps = CORE.to_vec();
        for app in ORDER.into_iter().filter(|app| !CORE.contains(app) && history.has_app(app)) {
            let of_app = |migration: &Migration| migration.app == app && history.record(*migration).is_some();
            let steps: Vec<Migration> = HISTORY.into_iter().filter(of_app).collect();
            let mut expected = rehearse(&[steps], users)?.pop().unwrap_or_default();
            expected.tables.remove(HISTORY_TABLE);
            let names: Vec<String> = expected.tables.keys().cloned().collect();
            self.describe(catalog, &names)?;
            let is_djangos = !names.is_empty() && fit::misfit(&expected, catalog, Likeness::Usable).is_none();
            if is_djangos || labels.iter().any(|label| label == app) {
                apps.push(app);
            }
        }
        Ok(history.of_apps(&apps))
    }
}
