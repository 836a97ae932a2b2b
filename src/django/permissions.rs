//! The content types and permissions that Django makes for the models of our
//! three apps after a migration.

use crate::migrations::UserModel;

/// What may be done to a model.
///
/// Mirrors `Options.default_permissions`.
const ACTIONS: [&str; 4] = ["add", "change", "delete", "view"];

/// A model with a content type.
#[derive(Clone, Copy, Debug)]
pub struct Model {
    /// The label of its app.
    pub app: &'static str,
    /// Its name in lower case.
    pub name: &'static str,
    /// Its `verbose_name`.
    verbose_name: &'static str,
}

/// The apps with their models, in the order in which a fresh project's
/// `INSTALLED_APPS` makes Django fill them in.
///
/// Mirrors `AppConfig.get_models` of the three apps.
const MODELS: [&[Model]; 3] = [
    &[model("auth", "permission", "permission"), model("auth", "group", "group"), model("auth", "user", "user")],
    &[model("contenttypes", "contenttype", "content type")],
    &[model("authtoken", "token", "Token"), model("authtoken", "tokenproxy", "Token")],
];

const fn model(app: &'static str, name: &'static str, verbose_name: &'static str) -> Model {
    Model { app, name, verbose_name }
}

/// The models of each app; a user model that is swapped out is none.
pub fn models(users: &UserModel) -> impl Iterator<Item = Vec<Model>> {
    let is_there = |model: &&Model| users.stock || (model.app, model.name) != ("auth", "user");
    MODELS.iter().map(move |app| app.iter().filter(is_there).copied().collect())
}

impl Model {
    /// The codename and the name of each of its permissions.
    ///
    /// Mirrors `django.contrib.auth.management._get_builtin_permissions`.
    pub fn permissions(self) -> impl Iterator<Item = (String, String)> {
        ACTIONS
            .iter()
            .map(move |action| (format!("{action}_{}", self.name), format!("Can {action} {}", self.verbose_name)))
    }
}
