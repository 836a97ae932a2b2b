//! Changes to many tokens: the confirmation, the number of transactions, the
//! results and the progress.

use clap::Args as ClapArgs;

use crate::admin::model::Summary;
use crate::admin::{ONE_TRANSACTION, Pace, Session};
use crate::cli::context::Context;
use crate::cli::summary::say;
use crate::error::{Error, Result};
use crate::output::{Notes, Progress, Record, Stream};
use crate::prompt::{self, Answer};
use crate::query::filter::Filter;

/// The number of tokens that one transaction changes in a second, at least.
const RATE: u64 = 100_000;

/// The options of changes to many tokens.
#[derive(Clone, Debug, Default, ClapArgs)]
#[command(next_help_heading = "Many at once")]
pub(in crate::cli) struct BulkArgs {
    /// Do not ask for confirmation
    #[arg(short, long)]
    pub yes: bool,

    /// Show what would change, and change nothing
    #[arg(long)]
    pub dry_run: bool,

    /// Use one transaction; the default beyond 2000 rows is batches
    #[arg(long)]
    pub single_transaction: bool,
}

/// How the rows of a change were selected, which decides whether drfctl asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cli) enum Selected {
    /// One by one: by names, keys, or the beginning of one key.
    ByName,
    /// By a pattern, a filter or `--all`: the command line does not show which.
    ByCondition,
}

impl Selected {
    /// Returns how a filter selects rows.
    pub(in crate::cli) fn by(filter: &Filter) -> Self {
        let conditions =
            Filter { names: vec![], keys: vec![], key_prefix: None, patterns: filter.patterns.clone(), ..*filter };
        if filter.is_empty() || conditions.has_conditions() { Self::ByCondition } else { Self::ByName }
    }
}

impl BulkArgs {
    /// Asks for confirmation of a change to rows that were selected by a
    /// condition. The database is closed while drfctl waits for the answer.
    /// Returns the number of rows that may change, if there is a limit.
    ///
    /// # Errors
    /// Usage if there is no terminal to ask on; rejected if the answer is no.
    pub(in crate::cli) fn confirm(
        &self,
        question: &str,
        count: u64,
        filter: &Filter,
        session: &mut Session,
    ) -> Result<Option<u64>> {
        if self.yes || Selected::by(filter) == Selected::ByName {
            return Ok(None);
        }
        let otherwise = "--yes skips the question, --dry-run shows what would change";
        prompt::check_terminal("confirmation", otherwise)?;
        if count > 0 {
            session.suspend();
            if prompt::confirm(question, Answer::No, otherwise)? == Answer::No {
                return Err(prompt::aborted());
            }
        }
        // All rows are all rows, however many there are by now.
        Ok((!filter.is_empty()).then_some(count))
    }

    /// Returns the number of transactions to use, and notes how long the
    /// application waits for a large one.
    pub(in crate::cli) fn pace(&self, count: u64, what: &str, context: &Context) -> Pace {
        if !self.single_transaction {
            return Pace::Batches;
        }
        if count > ONE_TRANSACTION {
            let seconds = count.div_ceil(RATE);
            context
                .notes()
                .note(&format!("one transaction for {count} {what}: the application waits for it, up to {seconds} s"));
        }
        Pace::Single
    }
}

/// The records of a change while it runs, and its progress.
pub(in crate::cli) struct Report {
    stream: Stream,
    progress: Progress,
    /// The number of committed rows.
    pub(in crate::cli) done: u64,
    /// The expected number of rows, as far as it is known.
    expected: u64,
    /// How many transactions the change uses.
    pace: Pace,
}

impl Report {
    /// Returns an empty report.
    pub(in crate::cli) fn new(what: &'static str, stream: Stream, context: &Context) -> Self {
        // Records on the terminal show the progress themselves.
        let notes = Notes { silent: context.notes().silent || stream.is_watched(), ..context.notes() };
        Self { stream, progress: Progress::new(what, 0, notes), done: 0, expected: 0, pace: Pace::Batches }
    }

    /// Sets the expected number of rows, and how many transactions they take.
    pub(in crate::cli) fn expect(&mut self, count: u64, pace: Pace) {
        self.pace = pace;
        self.expected = count;
        self.progress.expect(count);
    }

    /// Ends the report before anything was changed.
    pub(in crate::cli) fn abandon(self, error: Error) -> Error {
        self.stream.abandon(error)
    }

    /// Adds a record, which is written at the end of the page.
    pub(in crate::cli) fn record(&mut self, record: &dyn Record) {
        self.done += 1;
        self.progress.step();
        self.stream.record(record);
    }

    /// Writes the records that were added.
    pub(in crate::cli) fn end_page(&mut self) -> Result<()> {
        self.stream.end_page()
    }

    /// Writes records of committed rows.
    pub(in crate::cli) fn page<T: Record>(&mut self, records: &[T]) -> Result<()> {
        self.done += u64::try_from(records.len()).unwrap_or_default();
        self.progress.advance(records.len());
        self.stream.page(records)
    }

    /// Ends the report, after success or failure.
    ///
    /// # Errors
    /// That of the outcome, with the progress if a part was committed.
    pub(in crate::cli) fn finish(self, outcome: Result<Summary>, rest: &str, context: &Context) -> Result<()> {
        let Self { stream, progress, done, expected, pace } = self;
        drop(progress);
        match outcome {
            Ok(summary) => {
                say(&summary, context);
                stream.finish()
            }
            Err(error) if done == 0 => Err(stream.abandon(error)),
            Err(error) => {
                stream.keep();
                // If all rows are committed, the error itself says so.
                if pace == Pace::Single || expected == done {
                    return Err(error);
                }
                Err(error.stopped(done, expected).hint(rest.to_owned()))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::django::authorization::PresentedKey;
    use crate::django::username::Username;
    use crate::query::pattern::Pattern;

    #[test]
    fn rows_are_selected_by_name_unless_there_is_a_condition() {
        let names = vec![Username::parse("alice".as_ref()).unwrap()];
        let keys = vec![PresentedKey::new("a11ce")];
        let patterns = vec![Pattern::parse("ci-*").unwrap()];
        let empty = Filter::default;
        for (filter, selected) in [
            (empty(), Selected::ByCondition),
            (Filter { names: names.clone(), ..empty() }, Selected::ByName),
            (Filter { keys, ..empty() }, Selected::ByName),
            (Filter { key_prefix: Some("a11c".to_owned()), ..empty() }, Selected::ByName),
            (Filter { key_prefix: Some("a11c".to_owned()), is_staff: true, ..empty() }, Selected::ByCondition),
            (Filter { patterns: patterns.clone(), ..empty() }, Selected::ByCondition),
            (Filter { names: names.clone(), patterns, ..empty() }, Selected::ByCondition),
            (Filter { names, is_active: Some(false), ..empty() }, Selected::ByCondition),
        ] {
            assert_eq!(Selected::by(&filter), selected, "{filter:?}");
        }
    }
}
