//! The driver, as blocking calls.

use std::cell::Cell;
use std::pin::pin;
use std::time::{Duration, Instant};

use futures_util::StreamExt;
use futures_util::future::{join_all, join3};
use jiff::tz::TimeZone;
use tokio::time::timeout;
use tokio_postgres::types::Type;
use tokio_postgres::{CancelToken, Config, NoTls, SimpleQueryMessage};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::engine::calls::{Calls, Failure as CallFailure, OnInterrupt, Server};
use crate::engine::connection::Query;
use crate::engine::options::Options;
use crate::engine::postgres::value::PostgresRow;
use crate::engine::row::Row;
use crate::error::Result;

/// How long the server may take to accept a request to cancel.
const CANCEL_TIMEOUT: Duration = Duration::from_secs(5);

/// How to connect.
#[derive(Clone)]
pub(super) struct Endpoint {
    pub(super) config: Config,
    /// The TLS connector; `None` for a Unix socket.
    pub(super) connector: Option<MakeRustlsConnect>,
}

/// A connection.
pub(super) struct Client {
    calls: Calls,
    driver: tokio_postgres::Client,
    peer: Peer,
}

/// Why a call failed.
pub(super) type Failure = CallFailure<tokio_postgres::Error>;

impl From<tokio_postgres::Error> for Failure {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Driver(error)
    }
}

/// The server behind a connection.
struct Peer {
    endpoint: Endpoint,
    cancel: CancelToken,
}

/// How rows are received.
pub(super) struct Reception<'a> {
    /// The zone of stored times, if it is not UTC.
    pub(super) zone: Option<&'a TimeZone>,
    /// Whether a receiver got a row.
    pub(super) has_rows: &'a Cell<bool>,
}

/// What the server answered to statements that were sent together.
pub(super) struct Answers {
    /// The first cells of the last row of the batch before them.
    pub(super) begun: Result<Vec<String>, Failure>,
    /// How many rows each statement changed.
    pub(super) rows: Vec<Result<u64, Failure>>,
    /// The first cells of the last row of the batch after them.
    pub(super) ended: Result<Vec<String>, Failure>,
}

impl Endpoint {
    /// Connects. Blocks until the server answers. Another connection may take as
    /// long as `limit`.
    pub(super) fn connect(self, options: &Options, limit: Duration) -> Result<Client, Failure> {
        let calls = Calls::new(options, limit).map_err(Failure::System)?;
        let driver = calls.block_on(async { Ok(self.open().await?) })?;
        let cancel = driver.cancel_token();
        Ok(Client { calls, driver, peer: Peer { endpoint: self, cancel } })
    }

    async fn open(&self) -> Result<tokio_postgres::Client, tokio_postgres::Error> {
        // The connection works while the runtime runs a call.
        if let Some(connector) = self.connector.clone() {
            let (client, connection) = self.config.connect(connector).await?;
            tokio::spawn(connection);
            return Ok(client);
        }
        let (client, connection) = self.config.connect(NoTls).await?;
        tokio::spawn(connection);
        Ok(client)
    }
}

impl Server for Peer {
    fn cancel(&self) {
        let (token, connector) = (self.cancel.clone(), self.endpoint.connector.clone());
        tokio::spawn(async move {
            let asked = async {
                match connector {
                    Some(connector) => token.cancel_query(connector).await,
                    None => token.cancel_query(NoTls).await,
                }
            };
            // If the server does not answer, the call is given up.
            let _ = timeout(CANCEL_TIMEOUT, asked).await;
        });
    }

    async fn answers(&self) -> bool {
        let asked = async { self.endpoint.open().await?.simple_query("SELECT 1").await };
        match asked.await {
            Ok(_) => true,
            Err(error) => error.as_db_error().is_some(),
        }
    }
}

impl Client {
    /// Runs statements without parameters. Returns the first cells of the last
    /// row.
    pub(super) fn batch(&mut self, text: &str) -> Result<Vec<String>, Failure> {
        self.batch_with(text, OnInterrupt::Cancel)
    }

    /// The same, whether an interrupt was requested or not.
    pub(super) fn batch_to_the_end(&mut self, text: &str) -> Result<Vec<String>, Failure> {
        self.batch_with(text, OnInterrupt::Ignore)
    }

    fn batch_with(&mut self, text: &str, on_interrupt: OnInterrupt) -> Result<Vec<String>, Failure> {
        let last_answer = Cell::new(Instant::now());
        self.calls.run(&self.peer, on_interrupt, &last_answer, batch(&self.driver, Some(text)))
    }

    /// Runs statements, unnamed, since a pooler may use another session for the
    /// next ones. The server infers the types of the parameters. With the batches
    /// before and after them, they take one round trip: all are sent before the
    /// first answer. Sets `has_rows` when a receiver gets a row.
    pub(super) fn query_all(
        &mut self,
        before: Option<&str>,
        queries: &mut [&mut Query<'_>],
        after: Option<&str>,
        reception: &Reception<'_>,
    ) -> Result<Answers, Failure> {
        let last_answer = Cell::new(Instant::now());
        let driver = &self.driver;
        self.calls.run(&self.peer, OnInterrupt::Cancel, &last_answer, async {
            // A call sends when it is first polled, in this order. `join_all` keeps the order of up
            // to 30 calls.
            debug_assert!(queries.len() <= 30);
            let queries = queries.iter_mut().map(|query| rows(driver, query, reception, &last_answer));
            let (begun, rows, ended) = join3(batch(driver, before), join_all(queries), batch(driver, after)).await;
            Ok(Answers { begun, rows, ended })
        })
    }

    /// Returns whether the connection is closed.
    pub(super) fn is_closed(&self) -> bool {
        self.calls.is_lost() || self.driver.is_closed()
    }
}

/// Runs a batch, if there is one. Returns the first cells of its last row.
async fn batch(client: &tokio_postgres::Client, text: Option<&str>) -> Result<Vec<String>, Failure> {
    let mut last = Vec::new();
    let Some(text) = text else { return Ok(last) };
    for message in client.simple_query(text).await? {
        if let SimpleQueryMessage::Row(row) = message {
            last = (0..row.len()).map(|at| row.get(at).unwrap_or_default().to_owned()).collect();
        }
    }
    Ok(last)
}

/// Runs a statement. Returns how many rows it changed.
async fn rows(
    client: &tokio_postgres::Client,
    query: &mut Query<'_>,
    reception: &Reception<'_>,
    last_answer: &Cell<Instant>,
) -> Result<u64, Failure> {
    let parameters = query.statement.parameters.iter().map(|value| (value, Type::UNKNOWN));
    let mut rows = pin!(client.query_typed_raw(&query.statement.text, parameters).await?);
    let mut is_selection = false;
    while let Some(row) = rows.next().await {
        is_selection = true;
        reception.has_rows.set(true);
        let cells = PostgresRow { row: &row?, zone: reception.zone };
        (query.on_row)(Row::new(&cells)).map_err(Failure::Receiver)?;
        last_answer.set(Instant::now());
    }
    Ok(if is_selection { 0 } else { rows.rows_affected().unwrap_or_default() })
}
