//! The request to create or update users.

use std::time::SystemTime;

use crate::admin::users::data::{OnError, OnExistingUser, OnMissingGroup, OnMissingUser, Replacing, WithToken};
use crate::admin::users::template::Template;

/// A request to create or update users.
#[derive(Clone, Copy, Debug)]
pub struct UserRequest<'a> {
    /// What to do with users who exist.
    pub on_existing: OnExistingUser,
    /// What to do with users who do not exist.
    pub on_missing: OnMissingUser,
    /// What to do with groups that do not exist.
    pub on_missing_group: OnMissingGroup,
    /// Whether each user gets a token.
    pub with_token: WithToken,
    /// Which passwords may be replaced.
    pub replacing: Replacing,
    /// The user whose rows in other tables are copied for each new user.
    pub template: Option<&'a Template>,
    /// What to do when a user cannot be saved.
    pub on_error: OnError,
    /// The maximum number of users.
    pub expected: u64,
    /// The current time.
    pub now: SystemTime,
}

impl UserRequest<'_> {
    /// Returns a request to update users who must exist.
    #[must_use]
    pub fn change(expected: usize, now: SystemTime) -> Self {
        Self {
            on_existing: OnExistingUser::Update,
            on_missing: OnMissingUser::Refuse,
            on_missing_group: OnMissingGroup::Refuse,
            with_token: WithToken::No,
            replacing: Replacing::Comparable,
            template: None,
            on_error: OnError::Stop,
            expected: u64::try_from(expected).unwrap_or(u64::MAX),
            now,
        }
    }
}
