//! The calls of asynchronous drivers, as blocking calls: each acts on an
//! interrupt, and ends if the server falls silent.

use std::cell::Cell;
use std::future::Future;
use std::io;
use std::pin::pin;
use std::time::{Duration, Instant};

use tokio::runtime::{Builder, Runtime};
use tokio::time::timeout;

use crate::engine::options::Options;
use crate::error::{Error, Result};
use crate::os::Interrupt;

/// How often an interrupt is checked for during a call.
const BETWEEN_CHECKS: Duration = Duration::from_millis(100);

/// How long a call may take to end after an interrupt.
const CANCELED: Duration = Duration::from_secs(5);

/// The shortest silence after which drfctl checks that the server still answers.
const SHORTEST_SILENCE: Duration = Duration::from_secs(5);

/// A server, apart from the connection that the calls use.
pub(super) trait Server {
    /// Asks the server to cancel the statement that runs, without waiting for
    /// the answer. By default, the statement is left to end.
    fn cancel(&self) {}

    /// Returns whether the server answers a new connection, be it with an error.
    async fn answers(&self) -> bool;
}

/// Runs the calls of one connection, which works while one of them runs.
pub(super) struct Calls {
    runtime: Runtime,
    interrupt: Interrupt,
    /// How long the server may be silent.
    silence: Duration,
    /// Whether the server has stopped answering.
    is_lost: bool,
}

/// Why a call failed.
pub(super) enum Failure<E> {
    /// The server or the driver reported an error.
    Driver(E),
    /// The server did not answer in time, or not after an interrupt.
    NoAnswer,
    /// The receiver of the rows failed.
    Receiver(Error),
    /// The process has no resources for a connection.
    System(io::Error),
}

/// What an interrupt does to a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OnInterrupt {
    Cancel,
    Ignore,
}

impl Calls {
    /// Prepares calls.
    ///
    /// # Errors
    /// The system's, if the process may open no more files.
    pub(super) fn new(options: &Options) -> io::Result<Self> {
        Ok(Self {
            runtime: Builder::new_current_thread().enable_all().build()?,
            interrupt: options.interrupt.clone(),
            silence: options.busy_timeout.max(SHORTEST_SILENCE),
            is_lost: false,
        })
    }

    /// Runs a call to its end, whatever happens. For connecting, which has a
    /// timeout of its own.
    pub(super) fn block_on<T>(&self, call: impl Future<Output = T>) -> T {
        self.runtime.block_on(call)
    }

    /// Returns whether the server has stopped answering.
    pub(super) fn is_lost(&self) -> bool {
        self.is_lost
    }

    /// Runs a call until it ends, the server falls silent, or an interrupt has
    /// had its time. The call sets `last_answer` when it hears of the server.
    ///
    /// # Errors
    /// Those of the call; [`Failure::NoAnswer`], now and in all later calls.
    pub(super) fn run<T, E>(
        &mut self,
        server: &impl Server,
        on_interrupt: OnInterrupt,
        last_answer: &Cell<Instant>,
        call: impl Future<Output = Result<T, Failure<E>>>,
    ) -> Result<T, Failure<E>> {
        if self.is_lost {
            return Err(Failure::NoAnswer);
        }
        let outcome = self.runtime.block_on(async {
            let mut call = pin!(call);
            let mut canceled: Option<Instant> = None;
            loop {
                if let Ok(outcome) = timeout(BETWEEN_CHECKS, &mut call).await {
                    return outcome;
                }
                if canceled.is_none() && on_interrupt == OnInterrupt::Cancel && self.interrupt.is_requested() {
                    server.cancel();
                    canceled = Some(Instant::now());
                }
                if canceled.is_some_and(|since| since.elapsed() >= CANCELED) {
                    return Err(Failure::NoAnswer);
                }
                if last_answer.get().elapsed() >= self.silence {
                    // A statement may take long: ask on another connection.
                    match timeout(SHORTEST_SILENCE, server.answers()).await {
                        Ok(true) => last_answer.set(Instant::now()),
                        Ok(false) | Err(_) => return Err(Failure::NoAnswer),
                    }
                }
            }
        });
        self.is_lost |= matches!(outcome, Err(Failure::NoAnswer));
        outcome
    }
}

impl<E> Failure<E> {
    /// Returns the error, with that of the driver as `classify` converts it.
    /// `place` is the name of the database in messages.
    pub(super) fn into_error(self, place: &str, classify: impl FnOnce(E) -> Error) -> Error {
        match self {
            Self::Driver(error) => classify(error),
            Self::Receiver(error) => error,
            Self::System(error) => Error::unusable(format!("no connection to {place} can be opened: {error}")),
            Self::NoAnswer => Error::unusable(format!("{place} does not answer"))
                .hint("check the server and the network, then run the command again"),
        }
    }
}
