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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::connection::{Query, Tables};
    use crate::engine::dialect::Dialect;
    use crate::engine::postgres::DIALECT;
    use crate::engine::row::{Cells, Row};
    use crate::engine::table::{Reference, Table};
    use crate::engine::value::Cell;
    use crate::error::Kind;

    /// A server that answers with these outcomes, one after the other.
    struct Answers(Vec<&'static str>);

    /// A row with an outcome.
    struct Outcome(&'static str);

    impl Cells for Outcome {
        fn cell(&self, _: usize) -> Result<Cell<'_>> {
            Ok(if self.0.is_empty() { Cell::Null } else { Cell::from(self.0) })
        }
    }

    impl ReadConnection for Answers {
        fn dialect(&self) -> &'static Dialect {
            &DIALECT
        }

        fn facts(&mut self) -> Result<Vec<(&'static str, String)>> {
            Ok(Vec::new())
        }

        fn tables(&mut self, _: &[&str], _: Option<Query<'_>>) -> Result<Tables> {
            Ok(Tables { names: Vec::new(), described: Vec::new(), has_succeeded: false })
        }

        fn describe(&mut self, _: &[String]) -> Result<Vec<Table>> {
            Ok(Vec::new())
        }

        fn references(&mut self, _: &[String]) -> Result<Vec<Reference>> {
            Ok(Vec::new())
        }

        fn query_all(&mut self, queries: &mut [Query<'_>]) -> Result<()> {
            assert_eq!(queries[0].statement.parameters[0].as_str(), Some("7"));
            (queries[0].on_row)(Row::new(&Outcome(self.0.remove(0))))
        }

        fn check(&mut self, _: &Statement) -> Result<()> {
            Ok(())
        }
    }

    #[test]
    fn the_server_is_asked_until_the_transaction_has_ended() {
        let [short, long] = [0, 60].map(Duration::from_secs);
        for (busy_timeout, answers, outcome) in [
            (long, &["committed"][..], Ok(Some(LostCommit::Committed))),
            (long, &["aborted"], Ok(Some(LostCommit::RolledBack))),
            (long, &[""], Ok(None)),
            (long, &["in progress", "committed"], Ok(Some(LostCommit::Committed))),
            (short, &["in progress", "committed"], Err("db has not ended the commit".to_owned())),
        ] {
            let options = Options::for_test(busy_timeout);
            let found = ask(&mut Answers(answers.to_vec()), "7", &options, "db");
            if let Err(error) = &found {
                assert_eq!(error.kind(), Kind::Busy);
            }
            assert_eq!(found.map_err(|error| error.to_string()), outcome, "{answers:?}");
        }
    }
}
