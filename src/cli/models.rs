//! The application's models, which Python loads.

use std::ffi::OsString;

use crate::admin::Application;
use crate::admin::identity::{FieldFacts, ModelFacts};
use crate::error::Result;
use crate::settings::{ModelField, Python, UserModel};

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
        for ModelField { column, default, choices, is_required } in fields {
            facts.push(FieldFacts { column, default, choices, is_required });
        }
        Ok(ModelFacts { table, username, fields: facts })
    }
}
