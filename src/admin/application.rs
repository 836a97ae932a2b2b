//! What the application itself reports if the database leaves a choice.

use crate::admin::identity::ModelFacts;
use crate::error::Result;

/// The application, as far as it can be asked about its models.
pub trait Application {
    /// Returns what the models say about the user model. Loads the application,
    /// so it is called only where the tables and the settings leave a choice.
    ///
    /// # Errors
    /// Rejected if the application cannot be loaded.
    fn user_model(&self) -> Result<ModelFacts>;
}
