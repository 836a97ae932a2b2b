//! The content types and permissions that Django creates after a migration for
//! the models of the apps that drfctl migrates.

use crate::migrations::{Migration, UserModel};

/// The default permissions of a model.
///
/// Mirrors `Options.default_permissions`.
const ACTIONS: [&str; 4] = ["add", "change", "delete", "view"];

/// A model with a content type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Model {
    /// The label of its app.
    pub app: &'static str,
    /// Its name in lower case.
    pub name: &'static str,
    /// Its `verbose_name`.
    verbose_name: &'static str,
}

/// A model, as migrations create it.
struct MigratedModel {
    app: &'static str,
    name: &'static str,
    /// Its `verbose_name` after each migration that creates or changes it.
    verbose_names: &'static [(&'static str, &'static str)],
}

/// The models, in the order in which Django creates their content types.
///
/// Mirrors `AppConfig.get_models` of the apps.
const MODELS: [MigratedModel; 9] = [
    model("admin", "logentry", &[("0001_initial", "log entry")]),
    model("auth", "permission", &[("0001_initial", "permission")]),
    model("auth", "group", &[("0001_initial", "group")]),
    model("auth", "user", &[("0001_initial", "user")]),
    model("authtoken", "token", &[("0001_initial", "token"), ("0002_auto_20160226_1747", "Token")]),
    model("authtoken", "tokenproxy", &[("0003_tokenproxy", "token"), ("0004_alter_tokenproxy_options", "Token")]),
    model("contenttypes", "contenttype", &[("0001_initial", "content type")]),
    model("sessions", "session", &[("0001_initial", "session")]),
    model("sites", "site", &[("0001_initial", "site")]),
];

const fn model(
    app: &'static str,
    name: &'static str,
    verbose_names: &'static [(&'static str, &'static str)],
) -> MigratedModel {
    MigratedModel { app, name, verbose_names }
}

/// Returns the models of an app after these migrations, except a swapped user
/// model.
#[must_use]
pub fn models(app: &str, applied: &[Migration], users: &UserModel) -> Vec<Model> {
    let mut models = Vec::new();
    for MigratedModel { app, name, verbose_names } in MODELS.iter().filter(|model| model.app == app) {
        if !users.stock && (*app, *name) == ("auth", "user") {
            continue;
        }
        let mut names = verbose_names.iter().rev();
        let last = names.find(|(migration, _)| applied.contains(&Migration { app, name: migration }));
        models.extend(last.map(|(_, verbose_name)| Model { app, name, verbose_name }));
    }
    models
}

impl Model {
    /// Returns the codename and the name of each of its permissions.
    ///
    /// Mirrors `django.contrib.auth.management._get_builtin_permissions`.
    pub fn permissions(self) -> impl Iterator<Item = (String, String)> {
        ACTIONS
            .iter()
            .map(move |action| (format!("{action}_{}", self.name), format!("Can {action} {}", self.verbose_name)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_swapped_user_model_has_no_content_type_in_auth() {
        let initial = [Migration { app: "auth", name: "0001_initial" }];
        for (stock, names) in [(true, &["permission", "group", "user"][..]), (false, &["permission", "group"])] {
            let users = UserModel { stock, ..UserModel::stock() };
            let found: Vec<_> = models("auth", &initial, &users).iter().map(|model| model.name).collect();
            assert_eq!(found, names);
        }
    }
}
