//! The driver, as blocking calls.

use std::cell::Cell;
use std::pin::pin;
use std::time::{Duration, Instant};

use futures_util::StreamExt;
use futures_util::future::join3;
use tokio::time::timeout;
use tokio_postgres::types::Type;
use tokio_postgres::{CancelToken, Config, NoTls, Row, SimpleQueryMessage};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::engine::calls::{Calls, Failure as CallFailure, OnInterrupt, Server};
use crate::engine::options::Options;
use crate::engine::statement::Statement;
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

/// Receives a row.
type OnRow<'a> = dyn FnMut(&Row) -> Result<()> + 'a;

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
        self.calls.run(&self.peer, on_interrupt, &last_answer, async {
            let mut last = Vec::new();
            for message in self.driver.simple_query(text).await? {
                if let SimpleQueryMessage::Row(row) = message {
                    last = (0..row.len()).map(|at| row.get(at).unwrap_or_default().to_owned()).collect();
                }
            }
            Ok(last)
        })
    }

    /// Runs a statement, unnamed, since a pooler may use another session for
    /// the next one. The server infers the types of the parameters. Returns
    /// how many rows it changed.
    pub(super) fn query(&mut self, statement: &Statement, on_row: &mut OnRow<'_>) -> Result<u64, Failure> {
        let last_answer = Cell::new(Instant::now());
        let call = rows(&self.driver, statement, &last_answer, on_row);
        self.calls.run(&self.peer, OnInterrupt::Cancel, &last_answer, call)
    }

    /// Runs a statement in a transaction of its own, with one round trip: what
    /// `before` sets ends with the transaction.
    pub(super) fn query_alone(
        &mut self,
        before: &str,
        statement: &Statement,
        on_row: &mut OnRow<'_>,
    ) -> Result<u64, Failure> {
        let last_answer = Cell::new(Instant::now());
        let driver = &self.driver;
        self.calls.run(&self.peer, OnInterrupt::Cancel, &last_answer, async {
            // Sent in this order, before the first answer.
            let (begun, rows, committed) = join3(
                driver.batch_execute(before),
                rows(driver, statement, &last_answer, on_row),
                driver.batch_execute("COMMIT"),
            )
            .await;
            begun?;
            let rows = rows?;
            committed?;
            Ok(rows)
        })
    }

    /// Returns whether the connection is closed.
    pub(super) fn is_closed(&self) -> bool {
        self.calls.is_lost() || self.driver.is_closed()
    }
}

async fn rows(
    client: &tokio_postgres::Client,
    statement: &Statement,
    last_answer: &Cell<Instant>,
    on_row: &mut OnRow<'_>,
) -> Result<u64, Failure> {
    let parameters = statement.parameters.iter().map(|value| (value, Type::UNKNOWN));
    let mut rows = pin!(client.query_typed_raw(&statement.text, parameters).await?);
    while let Some(row) = rows.next().await {
        on_row(&row?).map_err(Failure::Receiver)?;
        last_answer.set(Instant::now());
    }
    Ok(rows.rows_affected().unwrap_or_default())
}
