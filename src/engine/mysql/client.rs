//! The driver, as blocking calls.

use std::cell::Cell;
use std::time::{Duration, Instant};

use futures_util::TryStreamExt;
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, QueryResult, Row, TextProtocol};
use tokio::time::timeout;
use zeroize::Zeroizing;

use crate::engine::calls::{Calls, Failure as CallFailure, OnInterrupt, Server};
use crate::engine::mysql::endpoint::{Endpoint, Opened};
use crate::engine::options::Options;
use crate::error::Result;

/// How long drfctl waits until the server knows that the connection ends.
const END_TIMEOUT: Duration = Duration::from_secs(1);

/// A connection.
pub(super) struct Client {
    calls: Calls,
    /// `None` while the connection ends.
    driver: Option<Opened>,
    endpoint: Endpoint,
    /// The statements that the next call sends in front of its own.
    setup: Vec<&'static str>,
    /// Those that begin a transaction, which follow them.
    begin: Vec<&'static str>,
}

/// Why a call failed.
pub(super) type Failure = CallFailure<mysql_async::Error>;

impl From<mysql_async::Error> for Failure {
    fn from(error: mysql_async::Error) -> Self {
        Self::Driver(error)
    }
}

/// Receives a row.
pub(super) type OnRow<'a> = dyn FnMut(&Row) -> Result<()> + 'a;

impl Server for Endpoint {
    async fn answers(&self) -> bool {
        match self.open().await {
            Ok(opened) => {
                opened.end().await;
                true
            }
            // Any other error is an answer, too.
            Err(error) => !matches!(error, mysql_async::Error::Io(_)),
        }
    }
}

impl Client {
    /// Connects. Blocks until the server answers. Another connection may take as
    /// long as `limit`.
    pub(super) fn connect(mut endpoint: Endpoint, options: &Options, limit: Duration) -> Result<Self, Failure> {
        endpoint.resolve().map_err(mysql_async::Error::from)?;
        let calls = Calls::new(options, limit).map_err(Failure::System)?;
        let driver = calls.block_on(async { Ok(endpoint.open().await?) })?;
        Ok(Self { calls, driver: Some(driver), endpoint, setup: Vec::new(), begin: Vec::new() })
    }

    /// Sends this statement, which sets up the session, in front of the next ones.
    pub(super) fn prepend_setup(&mut self, text: &'static str) {
        self.setup.push(text);
    }

    /// Begins a transaction in front of the next statements.
    pub(super) fn prepend_begin(&mut self, texts: &[&'static str]) {
        self.begin.extend_from_slice(texts);
    }

    /// Returns whether the transaction was not begun yet; then it never is.
    pub(super) fn withdraw_begin(&mut self) -> bool {
        !std::mem::take(&mut self.begin).is_empty()
    }

    /// Runs a statement without a result, whether an interrupt was requested or not.
    pub(super) fn run_to_the_end(&mut self, text: &str) -> Result<(), Failure> {
        self.send(OnInterrupt::Ignore, text, &mut [Box::new(|_| Ok(()))], &mut Vec::new())
    }

    /// Runs the statements of a text, which contain their parameters, in one round
    /// trip. There is one receiver for each. Adds to `changed` how many rows each
    /// has changed, up to the first that fails.
    pub(super) fn query_all(
        &mut self,
        text: &str,
        receivers: &mut [Box<OnRow<'_>>],
        changed: &mut Vec<u64>,
    ) -> Result<(), Failure> {
        self.send(OnInterrupt::Cancel, text, receivers, changed)
    }

    fn send(
        &mut self,
        on_interrupt: OnInterrupt,
        text: &str,
        receivers: &mut [Box<OnRow<'_>>],
        changed: &mut Vec<u64>,
    ) -> Result<(), Failure> {
        let first = self.setup.len() + self.begin.len();
        let mut whole = Zeroizing::new(String::new());
        for statement in self.setup.iter().chain(&self.begin) {
            whole.push_str(statement);
            whole.push_str("; ");
        }
        whole.push_str(text);
        let ended = Cell::new(0);
        let outcome = self.call(on_interrupt, async |driver, last_answer| {
            let mut result = driver.query_iter(whole.as_str()).await?;
            for at in 0..first + receivers.len() {
                let on_row = at.checked_sub(first).map(|at| &mut *receivers[at]);
                let rows = deliver(&mut result, last_answer, on_row).await?;
                ended.set(at + 1);
                if at >= first {
                    changed.push(rows);
                }
            }
            result.drop_result().await?;
            Ok(())
        });
        // What has run is not run again.
        let of_setup = self.setup.len().min(ended.get());
        self.setup.drain(..of_setup);
        self.begin.drain(..self.begin.len().min(ended.get() - of_setup));
        outcome
    }

    /// Prepares a statement.
    pub(super) fn prepare(&mut self, text: &str) -> Result<(), Failure> {
        self.call(OnInterrupt::Cancel, async |driver, _| {
            driver.prep(text).await?;
            Ok(())
        })
    }

    /// Returns the primary key that the last statement generated.
    pub(super) fn last_key(&self) -> Option<u64> {
        self.driver.as_ref().and_then(|opened| opened.driver.last_insert_id())
    }

    /// Returns whether the connection is closed.
    pub(super) fn is_closed(&self) -> bool {
        self.calls.is_lost() || self.driver.as_ref().is_none_or(|opened| opened.driver.is_disconnected())
    }

    /// Uses the connection no longer.
    pub(super) fn give_up(&mut self) {
        self.calls.give_up();
    }

    fn call<T>(
        &mut self,
        on_interrupt: OnInterrupt,
        call: impl AsyncFnOnce(&mut Conn, &Cell<Instant>) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let Some(Opened { driver, .. }) = &mut self.driver else { return Err(Failure::NoAnswer) };
        let last_answer = Cell::new(Instant::now());
        self.calls.run(&self.endpoint, on_interrupt, &last_answer, call(driver, &last_answer))
    }
}

impl Drop for Client {
    /// Ends the connection. Without this, the server logs it as aborted.
    fn drop(&mut self) {
        if self.is_closed() {
            return;
        }
        let Some(opened) = self.driver.take() else { return };
        // If the server does not answer, it notices that the connection is closed.
        let _: Result<_, Failure> = self.calls.block_on(async { Ok(timeout(END_TIMEOUT, opened.end()).await) });
    }
}

/// Delivers the rows of one statement as they arrive. Returns how many rows it
/// changed.
async fn deliver(
    result: &mut QueryResult<'_, '_, TextProtocol>,
    last_answer: &Cell<Instant>,
    mut on_row: Option<&mut OnRow<'_>>,
) -> Result<u64, Failure> {
    let is_selection = !result.columns_ref().is_empty();
    let changed = if is_selection { 0 } else { result.affected_rows() };
    let Some(mut rows) = result.stream::<Row>().await? else { return Ok(changed) };
    while let Some(row) = rows.try_next().await? {
        if let Some(on_row) = &mut on_row {
            on_row(&row).map_err(Failure::Receiver)?;
        }
        last_answer.set(Instant::now());
    }
    Ok(changed)
}
