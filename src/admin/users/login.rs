//! A user's password, and the attributes that a password must not resemble.

use zeroize::Zeroizing;

use crate::admin::snapshot::Snapshot;
use crate::django::password::EncodedPassword;
use crate::engine::{ColumnKind, Value};
use crate::error::{Error, Result};
use crate::schema::layout::ColumnRef;

/// What is stored about a user that concerns the password.
#[derive(Clone, Debug)]
pub struct Login {
    /// The encoded password.
    pub password: EncodedPassword,
    /// Whether the user may log in.
    pub is_active: bool,
    /// The texts among the columns, with their names: a validator compares a
    /// password with some of them.
    pub attributes: Vec<(String, String)>,
}

impl Snapshot<'_> {
    /// Returns what is stored about the user of a name.
    ///
    /// # Errors
    /// Unusable or busy if the database cannot be read; rejected if several
    /// users have the name.
    pub fn login(&mut self, username: &str) -> Result<Option<Login>> {
        let users = &self.layout().users;
        let Some(password) = users.find_column("password") else {
            return Err(Error::unusable(format!("the user model {} has no password column", users.name())));
        };
        let mut attributes: Vec<ColumnRef> = Vec::new();
        for (table, model) in users.chain.iter().enumerate() {
            for column in model.shape.columns.iter().filter(|column| column.kind == ColumnKind::Text) {
                let attribute = ColumnRef { table, name: column.name.clone() };
                if attribute != password && attribute.name != model.key {
                    attributes.push(attribute);
                }
            }
        }
        let columns: Vec<&ColumnRef> = std::iter::once(&password).chain(&attributes).collect();
        let Some(user) = self.find_user(username, &columns)? else { return Ok(None) };
        let text = |column_ref| user.value(column_ref).and_then(Value::as_str).unwrap_or_default().to_owned();
        let named = attributes.iter().map(|column_ref| (column_ref.name.clone(), text(column_ref)));
        Ok(Some(Login {
            password: EncodedPassword::new(Zeroizing::new(text(&password))),
            is_active: user.is_active,
            attributes: named.collect(),
        }))
    }
}
