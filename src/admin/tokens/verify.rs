//! Verifies that the application accepts a token. Never writes.

use crate::admin::model::{Moment, StoredName};
use crate::admin::snapshot::Snapshot;
use crate::django::authorization::PresentedKey;
use crate::error::{Error, Result};
use crate::query::tokens::{PresentedRow, presented};

/// A token that the application accepts.
#[derive(Clone, Debug)]
pub struct Accepted {
    /// The username.
    pub username: StoredName,
    /// When it was created, as RFC 3339 or as stored.
    pub created: String,
}

impl Snapshot<'_> {
    /// Returns the user of a presented key.
    ///
    /// Mirrors `TokenAuthentication.authenticate_credentials`.
    ///
    /// # Errors
    /// Rejected if the application does not accept the key, with the
    /// application's message.
    pub fn verify_token(&mut self, key: &PresentedKey) -> Result<Accepted> {
        let (layout, time) = (self.layout(), self.time());
        let statement = presented(layout, self.dialect(), key.reveal())?;
        let mut found = None;
        // A collation may match another key, as it does for the application.
        self.each(&statement, &mut |row| {
            let row = PresentedRow::new(row)?;
            let username = StoredName::of_cell(&row.username()?);
            let created = Moment::of_cell(row.created()?, time);
            let created = created.map(|created| created.text().into_owned()).unwrap_or_default();
            found = Some((Accepted { username, created }, row.is_active(&layout.users)?));
            Ok(())
        })?;
        match found {
            None => Err(Error::rejected("Invalid token.")),
            Some((_, false)) => Err(Error::rejected("User inactive or deleted.")),
            Some((accepted, true)) => Ok(accepted),
        }
    }
}
