//! One transaction on tokens: what is found of the tables holds until the
//! commit, and a commit that fails midway is looked into.

use super::Store;
use crate::engine::CommitFailure;
use crate::error::{Error, Result};
use crate::process;
use crate::schema::layout::{Layout, TOKEN_TABLE};

/// A transaction that is made.
pub(super) struct Made<T> {
    /// What it was made on.
    pub(super) layout: Layout,
    /// What was done.
    pub(super) done: T,
    /// What a person should know of the commit.
    pub(super) doubt: Option<String>,
}

/// What a transaction does.
pub(super) trait Change {
    /// What it comes to.
    type Done;

    /// Begins the transaction.
    fn begin(&self, store: &mut Store) -> Result<()> {
        store.connection.begin()
    }

    /// Does it.
    fn make(&mut self, store: &mut Store, layout: &Layout) -> Result<Self::Done>;

    /// Why the commit found a foreign key broken.
    fn broken(&mut self, store: &mut Store, layout: &Layout, error: Error) -> Error;

    /// Whether it stands in the database, all of it or nothing.
    fn is_made(&mut self, store: &mut Store, layout: &Layout, done: &mut Self::Done) -> Result<Option<bool>>;
}

impl Store {
    /// Keeps the tokens as they are found, but for what is done here.
    pub(super) fn lock_tokens(&mut self) -> Result<()> {
        self.lock(&[TOKEN_TABLE])
    }

    /// Keeps those of the tables as they are found that are there.
    pub(super) fn lock(&mut self, tables: &[&str]) -> Result<()> {
        let catalog = self.table_names()?;
        let there: Vec<_> = tables.iter().filter_map(|name| catalog.spelling(name)).map(str::to_owned).collect();
        if there.is_empty() { Ok(()) } else { self.connection.lock(&there) }
    }

    /// Makes a change, or leaves everything as it is.
    pub(super) fn transaction<C: Change>(&mut self, change: &mut C, hint: &str) -> Result<Made<C::Done>> {
        process::hold_signals();
        let _unstopped = process::hold_stops();
        change.begin(self)?;
        let made = self.lock_tokens().and_then(|()| self.layout()).and_then(|layout| {
            let done = change.make(self, &layout)?;
            process::heed_signals()?;
            Ok((layout, done))
        });
        let (layout, mut done) = made.inspect_err(|_| self.connection.roll_back())?;
        let doubt = match self.connection.commit() {
            Ok(()) => None,
            Err(CommitFailure::Undone(error)) => return Err(error),
            Err(CommitFailure::ForeignKey(error)) => {
                let reason = change.broken(self, &layout, error);
                self.connection.roll_back();
                return Err(reason);
            }
            Err(CommitFailure::Unclear(error)) => {
                // The server may still be at it: whoever has the lock sees how it ended.
                let reached = self.connection.reopen().and_then(|()| self.lock_tokens());
                let is_made = reached.and_then(|()| change.is_made(self, &layout, &mut done));
                self.connection.roll_back();
                Some(super::resolved(is_made.ok().flatten(), error, hint)?)
            }
        };
        Ok(Made { layout, done, doubt })
    }
}
