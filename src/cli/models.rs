//! The application's models, read through Python.

use std::ffi::OsString;

use crate::admin::identity::{FieldFacts, ModelFacts};
use crate::admin::{Application, Installed};
use crate::error::Result;
use crate::settings::{ModelField, Python, Settings, UserModel};

/// The application of a settings module.
pub(super) struct Models {
    pub(super) module: OsString,
    pub(super) python: Python,
    pub(super) umask: u32,
}

impl Application for Models {
    fn user_model(&self) -> Result<ModelFacts> {
        let UserModel { table, username, fields } = UserModel::ask(&self.module, &self.python, self.umask)?;
        let mut facts = Vec::with_capacity(fields.len());
        for ModelField { column, default, choices, is_required, precision } in fields {
            facts.push(FieldFacts { column, default, choices, is_required, precision });
        }
        Ok(ModelFacts { table, username, fields: facts })
    }
}

/// Returns what the settings say about Django's own apps; none if they have none
/// of them, since that does not say which tables the application has.
pub(super) fn installed(settings: &Settings) -> Option<Installed> {
    let apps = settings.own_apps.clone();
    (!apps.is_empty()).then_some(Installed { apps, site_id: settings.site_id })
}
