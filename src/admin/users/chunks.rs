//! Splits the users of a request into those that are saved together.

use std::collections::HashSet;

use crate::admin::users::data::{UserData, UserSource};
use crate::error::Result;

/// Splits users into chunks.
pub(super) struct Chunks {
    size: usize,
    /// The first user of the next chunk, if it was read already.
    ahead: Option<UserData>,
}

impl Chunks {
    /// Splits into chunks of at most `size` users.
    pub(super) fn new(size: usize) -> Self {
        Self { size, ahead: None }
    }

    /// Returns the next users, no two with the same name: the first must exist
    /// before the second is looked up.
    pub(super) fn next(&mut self, source: &mut dyn UserSource) -> Result<Vec<UserData>> {
        let mut users: Vec<UserData> = Vec::new();
        let mut names = HashSet::new();
        while users.len() < self.size {
            let Some(user) = self.ahead.take().map_or_else(|| source.next(), |user| Ok(Some(user)))? else { break };
            if !names.insert(user.username.as_str().to_lowercase()) {
                self.ahead = Some(user);
                break;
            }
            users.push(user);
        }
        Ok(users)
    }
}
