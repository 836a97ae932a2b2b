//! The driver, as blocking calls.

use std::cell::Cell;
use std::time::{Duration, Instant};

use futures_util::TryStreamExt;
use mysql_async::prelude::{Protocol, Queryable};
use mysql_async::{Conn, Params, QueryResult, Row};
use tokio::time::timeout;

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
}

/// Why a call failed.
pub(super) type Failure = CallFailure<mysql_async::Error>;

impl From<mysql_async::Error> for Failure {
    fn from(error: mysql_async::Error) -> Self {
        Self::Driver(error)
    }
}

/// Receives a row.
type OnRow<'a> = dyn FnMut(&Row) -> Result<()> + 'a;

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
        Ok(Self { calls, driver: Some(driver), endpoint })
    }

    /// Runs a statement without parameters and without a result.
    pub(super) fn run(&mut self, text: &str) -> Result<(), Failure> {
        self.run_with(text, OnInterrupt::Cancel)
    }

    /// The same, whether an interrupt was requested or not.
    pub(super) fn run_to_the_end(&mut self, text: &str) -> Result<(), Failure> {
        self.run_with(text, OnInterrupt::Ignore)
    }

    fn run_with(&mut self, text: &str, on_interrupt: OnInterrupt) -> Result<(), Failure> {
        self.call(on_interrupt, async |driver, _| Ok(driver.query_drop(text).await?))
    }

    /// Runs a statement that contains its parameters. Returns how many rows it
    /// changed.
    pub(super) fn query(&mut self, text: &str, on_row: &mut OnRow<'_>) -> Result<u64, Failure> {
        self.call(OnInterrupt::Cancel, async |driver, last_answer| {
            deliver(driver.query_iter(text).await?, last_answer, on_row).await?;
            Ok(driver.affected_rows())
        })
    }

    /// Prepares and runs a statement. Returns how many rows it changed.
    pub(super) fn execute(&mut self, text: &str, parameters: Params, on_row: &mut OnRow<'_>) -> Result<u64, Failure> {
        self.call(OnInterrupt::Cancel, async |driver, last_answer| {
            deliver(driver.exec_iter(text, parameters).await?, last_answer, on_row).await?;
            Ok(driver.affected_rows())
        })
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

/// Delivers the rows of a result as they arrive.
async fn deliver<P: Protocol + Unpin>(
    result: QueryResult<'_, '_, P>,
    last_answer: &Cell<Instant>,
    on_row: &mut OnRow<'_>,
) -> Result<(), Failure> {
    let Some(mut rows) = result.stream_and_drop::<Row>().await? else { return Ok(()) };
    while let Some(row) = rows.try_next().await? {
        on_row(&row).map_err(Failure::Receiver)?;
        last_answer.set(Instant::now());
    }
    Ok(())
}
