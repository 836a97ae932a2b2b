//! Asks for the outcome of a commit whose answer was lost.

use std::thread;
use std::time::{Duration, Instant};

use crate::engine::connection::{LostCommit, ReadConnection};
use crate::engine::options::Options;
use crate::engine::postgres::catalog;
use crate::engine::statement::Statement;
use crate::engine::value::Value;
use crate::error::{Error, Result};

/// How often the server is asked about a commit that still runs.
const BETWEEN_CHECKS: Duration = Duration::from_millis(100);

/// Asks for the outcome of the transaction with this number, until it has ended;
/// `None` if the server does not know it. `place` is the name of the database in
/// messages.
///
/// # Errors
/// Busy if it does not end in time; interrupted if a signal came; those of the
/// query.
pub(super) fn ask(
    connection: &mut dyn ReadConnection,
    number: &str,
    options: &Options,
    place: &str,
) -> Result<Option<LostCommit>> {
    let statement = Statement { text: catalog::OUTCOME.to_owned(), parameters: vec![Value::text(number)] };
    let started = Instant::now();
    loop {
        options.interrupt.check()?;
        let mut outcome = None;
        connection.query(&statement, &mut |row| {
            outcome = row.optional_text(0)?;
            Ok(())
        })?;
        match outcome.as_deref() {
            Some("committed") => return Ok(Some(LostCommit::Committed)),
            Some("aborted") => return Ok(Some(LostCommit::RolledBack)),
            Some("in progress") if started.elapsed() < options.busy_timeout => thread::sleep(BETWEEN_CHECKS),
            Some("in progress") => return Err(Error::busy(format!("{place} has not ended the commit"))),
            _ => return Ok(None),
        }
    }
}
