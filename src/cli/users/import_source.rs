//! The users of a file, as the source of the transaction that saves them.

use std::collections::VecDeque;

use crate::admin::users::{RowResult, UserData, UserSource};
use crate::cli::args::plain_password::Password;
use crate::cli::random;
use crate::cli::users::import_rows::{AcceptedUser, FileResult, Pending, PendingUser};
use crate::error::{Error, Result};
use crate::os::{Spool, SpoolReader};
use crate::prompt::Place;

/// The users of a file, as the source of the transaction.
pub(super) struct FileSource {
    hashed: SpoolReader<Pending>,
    results: Spool<FileResult>,
    /// Rows that are not saved yet, and rejected rows between them.
    waiting: VecDeque<Waiting>,
    /// The number of saved users.
    saved: usize,
}

/// A row that has no result yet.
enum Waiting {
    User(Place, Option<Password>),
    Rejected(FileResult),
}

impl FileSource {
    /// Returns the source of users whose passwords are hashed.
    pub(super) fn new(hashed: SpoolReader<Pending>) -> Result<Self> {
        Ok(Self { hashed, results: random::spool()?, waiting: VecDeque::new(), saved: 0 })
    }

    /// Returns the result of each row.
    pub(super) fn read(self) -> Result<SpoolReader<FileResult>> {
        self.results.read()
    }

    /// Adds the results of rejected rows before the next user.
    fn push_rejected(&mut self) -> Result<()> {
        while let Some(Waiting::Rejected(result)) = self.waiting.front() {
            self.results.push(result)?;
            self.waiting.pop_front();
        }
        Ok(())
    }

    /// Returns the place of a user, by the index in the file.
    pub(super) fn place(&self, index: usize) -> Option<Place> {
        let mut users = self.waiting.iter().filter_map(|row| match row {
            Waiting::User(place, _) => Some(*place),
            Waiting::Rejected(_) => None,
        });
        users.nth(index.checked_sub(self.saved)?)
    }
}

impl UserSource for FileSource {
    fn rewind(&mut self) -> Result<()> {
        self.hashed.rewind()?;
        self.results = random::spool()?;
        self.waiting.clear();
        self.saved = 0;
        Ok(())
    }

    fn next(&mut self) -> Result<Option<UserData>> {
        while let Some(Pending { place, user }) = self.hashed.take()? {
            match user {
                PendingUser::Accepted(AcceptedUser { data, password }) => {
                    self.waiting.push_back(Waiting::User(place, password));
                    return Ok(Some(data));
                }
                PendingUser::Rejected(rejection) => {
                    self.waiting.push_back(Waiting::Rejected(FileResult::of_rejection(place, rejection)));
                }
            }
        }
        Ok(None)
    }

    fn take_result(&mut self, result: RowResult) -> Result<()> {
        self.push_rejected()?;
        let Some(Waiting::User(place, password)) = self.waiting.pop_front() else {
            return Err(Error::internal("a user came back that was not given"));
        };
        self.saved += 1;
        self.results.push(&FileResult::new(place, password, result))
    }

    fn settle(&mut self) -> Result<()> {
        self.push_rejected()?;
        self.results.settle()
    }
}
