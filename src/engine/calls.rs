//! The calls of asynchronous drivers, as blocking calls: each acts on an
//! interrupt, and ends if the server falls silent.

use std::cell::Cell;
use std::future::{Future, pending};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::time::{Duration, Instant};

use futures_util::future::{Either, select};
use tokio::runtime::{Builder, Runtime};
use tokio::time::timeout;

use crate::engine::options::Options;
use crate::error::{Error, Result};
use crate::os::Interrupt;

/// How often an interrupt is checked for during a call.
const BETWEEN_CHECKS: Duration = Duration::from_millis(100);

/// How long a call may take to end after an interrupt.
const CANCEL_TIMEOUT: Duration = Duration::from_secs(5);

/// The shortest silence after which drfctl checks that the server still answers.
const SHORTEST_SILENCE: Duration = Duration::from_secs(1);

/// The hint for a server that does not speak as a database server does.
pub(super) const CHECK_ADDRESS: &str = "check that the address is that of the database server";

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
    /// How long the server may be silent before drfctl connects once more.
    silence: Duration,
    /// How long a new connection may take.
    connect_timeout: Duration,
    /// Whether the server has stopped answering.
    is_lost: bool,
}

/// Why a call failed.
pub(super) enum Failure<E> {
    /// The server or the driver reported an error.
    Driver(E),
    /// The server did not answer in time, or not after an interrupt.
    NoAnswer,
    /// The driver could not read the answer: it panicked.
    Unreadable,
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
    /// Prepares calls. A new connection may take as long as `connect_timeout`.
    ///
    /// # Errors
    /// The system's, if the process may open no more files.
    pub(super) fn new(options: &Options, connect_timeout: Duration) -> io::Result<Self> {
        Ok(Self {
            runtime: Builder::new_current_thread().enable_all().build()?,
            interrupt: options.interrupt.clone(),
            silence: options.busy_timeout.max(SHORTEST_SILENCE),
            connect_timeout,
            is_lost: false,
        })
    }

    /// Runs a call that has a timeout of its own, such as connecting.
    ///
    /// # Errors
    /// Those of the call; [`Failure::Unreadable`].
    pub(super) fn block_on<T, E>(&self, call: impl Future<Output = Result<T, Failure<E>>>) -> Result<T, Failure<E>> {
        let outcome = catch_unwind(AssertUnwindSafe(|| self.runtime.block_on(call)));
        outcome.unwrap_or(Err(Failure::Unreadable))
    }

    /// Returns whether the connection is of no use: the server has stopped
    /// answering, or the driver does not know what its next answer means.
    pub(super) fn is_lost(&self) -> bool {
        self.is_lost
    }

    /// Uses the connection no longer.
    pub(super) fn give_up(&mut self) {
        self.is_lost = true;
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
        let outcome = self.block_on(self.watch(server, on_interrupt, last_answer, call));
        self.is_lost |= matches!(outcome, Err(Failure::NoAnswer | Failure::Unreadable));
        outcome
    }

    async fn watch<T, E>(
        &self,
        server: &impl Server,
        on_interrupt: OnInterrupt,
        last_answer: &Cell<Instant>,
        call: impl Future<Output = Result<T, Failure<E>>>,
    ) -> Result<T, Failure<E>> {
        let mut call = pin!(call);
        let mut canceled: Option<Instant> = None;
        // A statement may take long: another connection shows whether the server answers.
        let mut check: Option<Pin<Box<dyn Future<Output = bool>>>> = None;
        loop {
            let checked = async {
                match &mut check {
                    Some(check) => check.await,
                    None => pending().await,
                }
            };
            let answers = match timeout(BETWEEN_CHECKS, select(call.as_mut(), pin!(checked))).await {
                Ok(Either::Left((outcome, _))) => return outcome,
                Ok(Either::Right((answers, _))) => Some(answers),
                Err(_) => None,
            };
            match answers {
                Some(true) => last_answer.set(Instant::now()),
                Some(false) if last_answer.get().elapsed() >= self.silence => return Err(Failure::NoAnswer),
                Some(false) | None => {}
            }
            if answers.is_some() {
                check = None;
            }
            if canceled.is_none() && on_interrupt == OnInterrupt::Cancel && self.interrupt.is_requested() {
                server.cancel();
                canceled = Some(Instant::now());
            }
            if canceled.is_some_and(|since| since.elapsed() >= CANCEL_TIMEOUT) {
                return Err(Failure::NoAnswer);
            }
            if check.is_none() && last_answer.get().elapsed() >= self.silence {
                let limit = self.connect_timeout;
                check = Some(Box::pin(async move { timeout(limit, server.answers()).await.unwrap_or(false) }));
            }
        }
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
            Self::Unreadable => Error::unusable(format!("the answer of {place} cannot be read")).hint(CHECK_ADDRESS),
            Self::NoAnswer => Error::unusable(format!("{place} does not answer"))
                .hint("check the server and the network, then run the command again"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::{poll_fn, ready};
    use std::sync::Arc;
    use std::sync::atomic::AtomicBool;
    use std::task::Poll;

    use super::*;

    /// A server that counts what it is asked.
    struct Peer {
        answers: bool,
        asked: Cell<u32>,
        canceled: Cell<u32>,
    }

    impl Peer {
        fn new(answers: bool) -> Self {
            Self { answers, asked: Cell::new(0), canceled: Cell::new(0) }
        }
    }

    impl Server for Peer {
        fn cancel(&self) {
            self.canceled.set(self.canceled.get() + 1);
        }

        async fn answers(&self) -> bool {
            self.asked.set(self.asked.get() + 1);
            self.answers
        }
    }

    fn calls(silence: Duration) -> Calls {
        let calls = Calls::new(&Options::for_test(Duration::ZERO), Duration::from_secs(60)).unwrap();
        Calls { silence, ..calls }
    }

    #[test]
    fn a_silent_server_ends_this_call_and_every_later_one() {
        let (mut calls, peer, last_answer) = (calls(Duration::ZERO), Peer::new(false), Cell::new(Instant::now()));
        let outcome = calls.run(&peer, OnInterrupt::Ignore, &last_answer, pending::<Result<(), Failure<()>>>());
        assert!(matches!(outcome, Err(Failure::NoAnswer)) && calls.is_lost());
        let later = calls.run(&peer, OnInterrupt::Ignore, &last_answer, ready(Ok::<_, Failure<()>>(7)));
        assert!(matches!(later, Err(Failure::NoAnswer)) && peer.asked.get() == 1);
    }

    #[test]
    fn a_call_takes_as_long_as_it_needs_while_the_server_answers() {
        let (mut calls, peer, started) = (calls(Duration::ZERO), Peer::new(true), Instant::now());
        let last_answer = Cell::new(started);
        let call = poll_fn(|_| match peer.asked.get() {
            2 => Poll::Ready(Ok::<_, Failure<()>>(7)),
            _ => Poll::Pending,
        });
        let outcome = calls.run(&peer, OnInterrupt::Cancel, &last_answer, call);
        assert!(matches!(outcome, Ok(7)) && !calls.is_lost());
        assert_eq!(peer.canceled.get(), 0);
        assert!(last_answer.get() > started);
    }

    #[test]
    fn an_interrupt_cancels_a_call_once_unless_it_is_ignored() {
        for (is_requested, on_interrupt, canceled) in
            [(true, OnInterrupt::Cancel, 1), (true, OnInterrupt::Ignore, 0), (false, OnInterrupt::Cancel, 0)]
        {
            let (mut calls, peer) = (calls(Duration::from_secs(60)), Peer::new(true));
            calls.interrupt = Interrupt::by_flag(Arc::new(AtomicBool::new(is_requested)));
            // Long enough for two checks.
            let mut polls = 0;
            let call = poll_fn(|_| {
                polls += 1;
                if polls == 5 { Poll::Ready(Ok::<_, Failure<()>>(7)) } else { Poll::Pending }
            });
            let outcome = calls.run(&peer, on_interrupt, &Cell::new(Instant::now()), call);
            // The server ends a canceled call.
            assert!(matches!(outcome, Ok(7)) && !calls.is_lost());
            assert_eq!((peer.asked.get(), peer.canceled.get()), (0, canceled), "{is_requested} {on_interrupt:?}");
        }
    }

    #[test]
    fn a_connection_that_is_given_up_or_unreadable_is_lost() {
        let (peer, last_answer) = (Peer::new(true), Cell::new(Instant::now()));
        let mut given_up = calls(Duration::ZERO);
        given_up.give_up();
        assert!(given_up.is_lost());
        let mut unreadable = calls(Duration::ZERO);
        let panics = async { if peer.answers { panic!("the driver") } else { Ok::<(), Failure<()>>(()) } };
        let outcome = unreadable.run(&peer, OnInterrupt::Ignore, &last_answer, panics);
        assert!(matches!(outcome, Err(Failure::Unreadable)) && unreadable.is_lost());
    }

    #[test]
    fn a_failure_names_the_database() {
        for (failure, message) in [
            (Failure::Driver("broken"), "broken"),
            (Failure::Receiver(Error::usage("unwanted")), "unwanted"),
            (Failure::System(io::Error::other("no files")), "no connection to db can be opened: no files"),
            (Failure::Unreadable, "the answer of db cannot be read"),
            (Failure::NoAnswer, "db does not answer"),
        ] {
            assert_eq!(failure.into_error("db", Error::unusable).to_string(), message);
        }
    }
}
