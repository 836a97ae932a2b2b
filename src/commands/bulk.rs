//! Work on many tokens at once: asking before it, trying it out, its pace, and
//! how far it is.

use clap::Args as ClapArgs;

use crate::context::Context;
use crate::error::{Error, Result};
use crate::output::{Notes, Progress, Record, Stream};
use crate::prompt;
use crate::sql::filter::TokenFilter;
use crate::store::{ONE_TRANSACTION, Pace, Summary};
use crate::terminal;

/// How many tokens one transaction deals with in a second, at the least.
const RATE: u64 = 100_000;

/// What is typed.
#[derive(Clone, Debug, Default, ClapArgs)]
#[command(next_help_heading = "Many at once")]
pub struct BulkArgs {
    /// Do not ask, however many there are
    #[arg(short, long)]
    pub yes: bool,

    /// Show what would be done, and do nothing
    #[arg(long)]
    pub dry_run: bool,

    /// All or nothing, while the application waits; else more than 2000 are
    /// done in batches
    #[arg(long)]
    pub single_transaction: bool,
}

impl BulkArgs {
    /// Asks whether to go on, where it is about more than one.
    ///
    /// # Errors
    /// Usage, if nobody can be asked; rejected, if the answer is no.
    pub(super) fn confirm(&self, question: &str, count: u64, what: &str) -> Result<()> {
        if self.yes || count <= 1 {
            return Ok(());
        }
        let otherwise = "--yes goes on without asking, --dry-run shows what it is about";
        if !terminal::can_ask() {
            let words = format!("this is about {count} {what}, and there is no terminal to ask whether to go on");
            return Err(Error::usage(words).hint(otherwise));
        }
        if prompt::confirm(question, otherwise)? { Ok(()) } else { Err(Error::rejected("nothing was changed")) }
    }

    /// How many it may come to, where a person was asked about so many; all are
    /// all, however many.
    pub(super) fn most(&self, filter: &TokenFilter, count: u64) -> Option<u64> {
        (!self.yes && !filter.is_empty()).then_some(count.max(1))
    }

    /// How the work is cut into transactions.
    ///
    /// # Errors
    /// Internal, without randomness.
    pub(super) fn pace(&self, count: u64, what: &str, context: &Context) -> Result<Pace> {
        if !self.single_transaction {
            return Ok(Pace::Batches);
        }
        if count > ONE_TRANSACTION {
            let seconds = count.div_ceil(RATE);
            context.notes().note(&format!(
                "one transaction for {count} {what}: the application waits until it is done, up to {seconds} s"
            ));
        }
        Ok(Pace::Single(Box::new(context.spool()?)))
    }
}

/// What is done, on its way to a person or a script.
pub(super) struct Report {
    stream: Stream,
    progress: Progress,
    /// How much of it is durable.
    pub(super) done: u64,
    /// How much there is, as far as it is known.
    expected: u64,
    /// Whether it is one transaction.
    is_whole: bool,
}

impl Report {
    /// An empty report.
    pub(super) fn new(what: &'static str, stream: Stream, context: &Context) -> Self {
        // Records that run past show well enough how far it is.
        let notes = Notes { silent: context.notes().silent || stream.is_watched(), ..context.notes() };
        Self { stream, progress: Progress::new(what, 0, notes), done: 0, expected: 0, is_whole: false }
    }

    /// So many are to come, and in one transaction or in several.
    pub(super) fn expect(&mut self, count: u64, is_whole: bool) {
        self.is_whole = is_whole;
        self.expected = count;
        self.progress.expect(count);
    }

    /// Gives up before anything was done.
    pub(super) fn abandon(self, error: Error) -> Error {
        self.stream.abandon(error)
    }

    /// Some more are done.
    pub(super) fn page<T: Record>(&mut self, records: &[T]) -> Result<()> {
        self.done += u64::try_from(records.len()).unwrap_or_default();
        self.progress.advance(records.len());
        self.stream.page(records)
    }

    /// Ends the report, whatever the work came to.
    ///
    /// # Errors
    /// What the work says; of work that was begun, how far it came.
    pub(super) fn finish(self, outcome: Result<Summary>, rest: &str, context: &Context) -> Result<()> {
        let Self { stream, progress, done, expected, is_whole } = self;
        drop(progress);
        match outcome {
            Ok(summary) => {
                super::say(&summary.notices, &summary.warnings, context);
                stream.finish()
            }
            Err(error) if done == 0 => Err(stream.abandon(error)),
            Err(error) => {
                stream.keep();
                // A failure to tell, where all is done, says so by itself.
                if is_whole || expected == done {
                    return Err(error);
                }
                Err(error.stopped(done, expected).hint(rest))
            }
        }
    }
}
