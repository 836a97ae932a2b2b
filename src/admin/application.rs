//! Asking the application itself, where the database leaves a choice.

use crate::admin::identity::ModelFacts;
use crate::error::Result;

/// What can be asked for the application's own word.
pub trait Application {
    /// What the models say of the user model. Loads the application: asked only
    /// where the tables and the settings do not tell.
    ///
    /// # Errors
    /// Rejected, if the application cannot be loaded.
    fn user_model(&self) -> Result<ModelFacts>;
}
