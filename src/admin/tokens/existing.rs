//! Tokens that users have already.

use crate::admin::tokens::data::{IssuedToken, Outcome};
use crate::admin::users::find::FoundUser;
use crate::django::token_key::TokenKey;
use crate::engine::Value;
use crate::error::{Error, Kind, Result};
use crate::hint::{Hint, Setting};

/// Returns the existing token of a user, if a client can send its key.
pub(super) fn kept(
    user: &FoundUser,
    (key, created): (Value, String),
    preset: Option<&TokenKey>,
) -> Result<IssuedToken> {
    let name = user.username.readable();
    let key = key.as_str().map(TokenKey::stored).filter(TokenKey::is_sendable).ok_or_else(|| {
        Error::new(Kind::Conflict, format!("the token of user {name} has a key that no client can send"))
            .hint(Hint::option(Setting::Reset).lead("replace its key"))
    })?;
    if preset.is_some_and(|preset| *preset != key) {
        return Err(Error::new(Kind::Conflict, format!("user {name} already has another token"))
            .hint(Hint::option(Setting::Reset).lead("replace it with the given key")));
    }
    let (id, username, is_active) = (user.id.clone(), user.username.clone(), user.is_active);
    Ok(IssuedToken { user: id, username, key, created, outcome: Outcome::Existing, is_active })
}
