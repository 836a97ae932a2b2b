//! Work on many tokens at once: asking before it, trying it out, its pace, and
//! how far it is.

use clap::Args as ClapArgs;

use crate::admin::model::Summary;
use crate::admin::{ONE_TRANSACTION, Pace, Session};
use crate::cli::context::Context;
use crate::cli::summary::say;
use crate::error::{Error, Result};
use crate::output::{Notes, Progress, Record, Stream};
use crate::prompt;
use crate::query::filter::Filter;
use crate::terminal;

/// How many tokens one transaction deals with in a second, at the least.
const RATE: u64 = 100_000;

/// What is typed.
#[derive(Clone, Debug, Default, ClapArgs)]
#[command(next_help_heading = "Many at once")]
pub(in crate::cli) struct BulkArgs {
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
    /// Asks whether to go on, where it is about more than one. Nothing of the
    /// database is held while a person thinks.
    ///
    /// # Errors
    /// Usage, if nobody can be asked; rejected, if the answer is no.
    pub(in crate::cli) fn confirm(&self, question: &str, count: u64, what: &str, session: &mut Session) -> Result<()> {
        if self.yes || count <= 1 {
            return Ok(());
        }
        let otherwise = "--yes goes on without asking, --dry-run shows what it is about";
        if !terminal::can_ask() {
            let words = format!("this is about {count} {what}, and there is no terminal to ask whether to go on");
            return Err(Error::usage(words).hint(otherwise));
        }
        session.suspend();
        if prompt::confirm(question, otherwise)? { Ok(()) } else { Err(Error::rejected("nothing was changed")) }
    }

    /// How many it may come to, where a person was asked about so many; all are
    /// all, however many.
    pub(in crate::cli) fn most(&self, filter: &Filter, count: u64) -> Option<u64> {
        (!self.yes && !filter.is_empty()).then_some(count.max(1))
    }

    /// How the work is cut into transactions.
    pub(in crate::cli) fn pace(&self, count: u64, what: &str, context: &Context) -> Pace {
        if !self.single_transaction {
            return Pace::Batches;
        }
        if count > ONE_TRANSACTION {
            let seconds = count.div_ceil(RATE);
            context.notes().note(&format!(
                "one transaction for {count} {what}: the application waits until it is done, up to {seconds} s"
            ));
        }
        Pace::Single
    }
}

/// What is done, on its way to a person or a script.
pub(in crate::cli) struct Report {
    stream: Stream,
    progress: Progress,
    /// How much of it is durable.
    pub(in crate::cli) done: u64,
    /// How much there is, as far as it is known.
    expected: u64,
    /// In how many transactions.
    pace: Pace,
}

impl Report {
    /// An empty report.
    pub(in crate::cli) fn new(what: &'static str, stream: Stream, context: &Context) -> Self {
        // Records that run past show well enough how far it is.
        let notes = Notes { silent: context.notes().silent || stream.is_watched(), ..context.notes() };
        Self { stream, progress: Progress::new(what, 0, notes), done: 0, expected: 0, pace: Pace::Batches }
    }

    /// So many are to come, and in one transaction or in several.
    pub(in crate::cli) fn expect(&mut self, count: u64, pace: Pace) {
        self.pace = pace;
        self.expected = count;
        self.progress.expect(count);
    }

    /// Gives up before anything was done.
    pub(in crate::cli) fn abandon(self, error: Error) -> Error {
        self.stream.abandon(error)
    }

    /// Takes a record, which is handed over at the end of the page.
    pub(in crate::cli) fn record(&mut self, record: &dyn Record) {
        self.done += 1;
        self.progress.step();
        self.stream.record(record);
    }

    /// Hands over what was taken.
    pub(in crate::cli) fn end_page(&mut self) -> Result<()> {
        self.stream.end_page()
    }

    /// Some more are done.
    pub(in crate::cli) fn page<T: Record>(&mut self, records: &[T]) -> Result<()> {
        self.done += u64::try_from(records.len()).unwrap_or_default();
        self.progress.advance(records.len());
        self.stream.page(records)
    }

    /// Ends the report, whatever the work came to.
    ///
    /// # Errors
    /// What the work says; of work that was begun, how far it came.
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
                // A failure to tell, where all is done, says so by itself.
                if pace == Pace::Single || expected == done {
                    return Err(error);
                }
                Err(error.stopped(done, expected).hint(rest.to_owned()))
            }
        }
    }
}
