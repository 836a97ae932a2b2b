//! Asks the application about its user model.

use crate::admin::identity::{FieldFacts, ModelFacts};
use crate::admin::session::Session;
use crate::error::Result;

impl Session {
    /// Returns what the models say, if the application was asked.
    pub(super) fn models(&self) -> Option<&ModelFacts> {
        self.models.as_ref()
    }

    /// Asks the application about its user model, if it can be asked.
    pub(super) fn ask_application(&mut self) -> Result<Option<ModelFacts>> {
        let dialect = self.reads()?.dialect();
        let Some(application) = &self.config.application else { return Ok(None) };
        let ModelFacts { table, username, mut fields } = application.user_model()?;
        for field in &mut fields {
            field.column = dialect.unquoted(&field.column);
        }
        Ok(Some(ModelFacts { table: dialect.unquoted(&table), username: dialect.unquoted(&username), fields }))
    }

    /// Returns whether the application can be asked about its models.
    #[must_use]
    pub fn can_ask_application(&self) -> bool {
        self.config.application.is_some()
    }

    /// Returns what the code says of the fields of the user model. Asks the
    /// application, unless it was asked before.
    ///
    /// # Errors
    /// Rejected if the application cannot be loaded.
    pub fn model_fields(&mut self) -> Result<Vec<FieldFacts>> {
        if self.models.is_none() {
            self.models = self.ask_application()?;
            // What the models say is evidence of the layout, too.
            self.detected = None;
        }
        Ok(self.models.as_ref().map(|models| models.fields.clone()).unwrap_or_default())
    }

    /// Asks the application about its user model, where migrations may depend
    /// on it.
    pub(super) fn ask_for_user_model(&mut self) {
        if self.models.is_none() && self.config.given.has_custom_model() {
            // If the application cannot answer, the tables and the settings
            // decide.
            self.models = self.ask_application().ok().flatten();
        }
    }
}
