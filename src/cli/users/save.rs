//! Saves users that are in memory.

use crate::admin::Session;
use crate::admin::users::{OnExistingUser, RowResult, SavedUser, UserData, UserRequest, UserSource, WithToken};
use crate::cli::context::Context;
use crate::cli::random;
use crate::cli::summary::{say, warn_of_cache, warn_of_inactive, warn_of_key_shape};
use crate::error::Result;

/// Users in memory, and their results.
struct InMemory {
    users: Vec<UserData>,
    next: usize,
    saved: Vec<SavedUser>,
}

impl UserSource for InMemory {
    fn rewind(&mut self) -> Result<()> {
        self.next = 0;
        self.saved.clear();
        Ok(())
    }

    fn next(&mut self) -> Result<Option<UserData>> {
        let user = self.users.get(self.next).cloned();
        self.next += 1;
        Ok(user)
    }

    fn take_result(&mut self, result: RowResult) -> Result<()> {
        match result {
            RowResult::Saved(user) => self.saved.push(user),
            RowResult::Rejected { error, .. } => return Err(error),
        }
        Ok(())
    }

    fn settle(&mut self) -> Result<()> {
        Ok(())
    }
}

/// Warns, before users are saved, of a cache that keeps old rows, and of keys of
/// another shape than those of new tokens.
pub(in crate::cli) fn warn_of_effects(session: &mut Session, request: &UserRequest, context: &Context) -> Result<()> {
    if request.on_existing == OnExistingUser::Update {
        warn_of_cache(context)?;
    }
    if request.with_token == WithToken::Yes { warn_of_key_shape(session, context) } else { Ok(()) }
}

/// Creates or updates users, all or none, and prints the notices.
pub(in crate::cli) fn save_users(
    session: &mut Session,
    request: &UserRequest<'_>,
    users: Vec<UserData>,
    context: &Context,
) -> Result<Vec<SavedUser>> {
    warn_of_effects(session, request, context)?;
    let mut source = InMemory { users, next: 0, saved: Vec::new() };
    let (mut keys, mut random) = (random::key, random::fill);
    let saved = session.save_users(request, &mut source, &mut keys, &mut random);
    say(&saved.map_err(|failure| failure.error)?, context);
    for user in &source.saved {
        warn_of_inactive(user.token.as_slice(), context);
    }
    Ok(source.saved)
}
