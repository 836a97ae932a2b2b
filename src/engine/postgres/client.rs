//! The driver, as blocking calls: each acts on an interrupt, and ends if the
//! server falls silent.

use std::cell::Cell;
use std::future::Future;
use std::pin::pin;
use std::time::{Duration, Instant};

use futures_util::StreamExt;
use futures_util::future::join3;
use tokio::runtime::{Builder, Runtime};
use tokio::time::timeout;
use tokio_postgres::types::Type;
use tokio_postgres::{CancelToken, Config, NoTls, Row, SimpleQueryMessage};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::engine::options::Options;
use crate::engine::statement::Statement;
use crate::error::{Error, Result};
use crate::os::Interrupt;

/// How often an interrupt is checked for during a statement.
const LOOK: Duration = Duration::from_millis(100);

/// How long a canceled statement may take to end.
const CANCELED: Duration = Duration::from_secs(5);

/// The shortest silence after which drfctl checks that the server still answers.
const SHORTEST_SILENCE: Duration = Duration::from_secs(5);

/// How to connect.
#[derive(Clone)]
pub(super) struct Way {
    pub(super) config: Config,
    /// The TLS connector; `None` for a Unix socket.
    pub(super) connector: Option<MakeRustlsConnect>,
}

/// A connection, which works while one of its calls runs.
pub(super) struct Client {
    runtime: Runtime,
    driver: tokio_postgres::Client,
    way: Way,
    cancel: CancelToken,
    interrupt: Interrupt,
    /// How long the server may be silent.
    silence: Duration,
    /// Whether the server has stopped answering.
    is_lost: bool,
}

/// Why a call failed.
pub(super) enum Failure {
    /// The server or the driver reported an error.
    Driver(tokio_postgres::Error),
    /// The server did not answer in time, or not after an interrupt.
    NoAnswer,
    /// The receiver of the rows failed.
    Receiver(Error),
    /// The process has no resources for a connection.
    System(std::io::Error),
}

impl From<tokio_postgres::Error> for Failure {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Driver(error)
    }
}

/// Whether an interrupt cancels a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum OnInterrupt {
    Cancel,
    Ignore,
}

/// Receives a row.
type OnRow<'a> = dyn FnMut(&Row) -> Result<()> + 'a;

impl Way {
    /// Connects. Blocks until the server answers.
    pub(super) fn connect(self, options: &Options) -> Result<Client, Failure> {
        let runtime = Builder::new_current_thread().enable_all().build().map_err(Failure::System)?;
        let client = runtime.block_on(self.open())?;
        let cancel = client.cancel_token();
        let silence = options.busy_timeout.max(SHORTEST_SILENCE);
        Ok(Client {
            runtime,
            driver: client,
            way: self,
            cancel,
            interrupt: options.interrupt.clone(),
            silence,
            is_lost: false,
        })
    }

    /// Returns whether the server answers a new connection, be it with an error.
    async fn answers(&self) -> bool {
        let asked = async { self.open().await?.simple_query("SELECT 1").await };
        match asked.await {
            Ok(_) => true,
            Err(error) => error.as_db_error().is_some(),
        }
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
        let heard = Cell::new(Instant::now());
        let outcome = self.drive(&heard, on_interrupt, async {
            let mut last = Vec::new();
            for message in self.driver.simple_query(text).await? {
                if let SimpleQueryMessage::Row(row) = message {
                    last = (0..row.len()).map(|at| row.get(at).unwrap_or_default().to_owned()).collect();
                }
            }
            Ok(last)
        });
        self.settle(outcome)
    }

    /// Runs a statement, unnamed, since a pooler may use another session for
    /// the next one. The server infers the types of the parameters. Returns
    /// how many rows it changed.
    pub(super) fn query(&mut self, statement: &Statement, on_row: &mut OnRow<'_>) -> Result<u64, Failure> {
        let heard = Cell::new(Instant::now());
        let outcome = self.drive(&heard, OnInterrupt::Cancel, rows(&self.driver, statement, &heard, on_row));
        self.settle(outcome)
    }

    /// Runs a statement in a transaction of its own, with one round trip: what
    /// `before` sets ends with the transaction.
    pub(super) fn query_alone(
        &mut self,
        before: &str,
        statement: &Statement,
        on_row: &mut OnRow<'_>,
    ) -> Result<u64, Failure> {
        let heard = Cell::new(Instant::now());
        let driver = &self.driver;
        let outcome = self.drive(&heard, OnInterrupt::Cancel, async {
            // Sent in this order, before the first answer.
            let (begun, rows, committed) = join3(
                driver.batch_execute(before),
                rows(driver, statement, &heard, on_row),
                driver.batch_execute("COMMIT"),
            )
            .await;
            begun?;
            let rows = rows?;
            committed?;
            Ok(rows)
        });
        self.settle(outcome)
    }

    /// Returns whether the connection is closed.
    pub(super) fn is_closed(&self) -> bool {
        self.is_lost || self.driver.is_closed()
    }

    fn settle<T>(&mut self, outcome: Result<T, Failure>) -> Result<T, Failure> {
        self.is_lost |= matches!(outcome, Err(Failure::NoAnswer));
        outcome
    }

    /// Runs a call until it ends, the server falls silent, or an interrupt has
    /// had its time.
    fn drive<T>(
        &self,
        heard: &Cell<Instant>,
        on_interrupt: OnInterrupt,
        call: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Failure> {
        if self.is_lost {
            return Err(Failure::NoAnswer);
        }
        self.runtime.block_on(async {
            let mut call = pin!(call);
            let mut canceled: Option<Instant> = None;
            loop {
                if let Ok(outcome) = timeout(LOOK, &mut call).await {
                    return outcome;
                }
                if canceled.is_none() && on_interrupt == OnInterrupt::Cancel && self.interrupt.is_requested() {
                    self.cancel();
                    canceled = Some(Instant::now());
                }
                if canceled.is_some_and(|since| since.elapsed() >= CANCELED) {
                    return Err(Failure::NoAnswer);
                }
                if heard.get().elapsed() >= self.silence {
                    // A statement may take long: ask on another connection.
                    match timeout(SHORTEST_SILENCE, self.way.answers()).await {
                        Ok(true) => heard.set(Instant::now()),
                        Ok(false) | Err(_) => return Err(Failure::NoAnswer),
                    }
                }
            }
        })
    }

    /// Asks the server to cancel the statement that runs.
    fn cancel(&self) {
        let (token, connector) = (self.cancel.clone(), self.way.connector.clone());
        tokio::spawn(async move {
            let asked = async {
                match connector {
                    Some(connector) => token.cancel_query(connector).await,
                    None => token.cancel_query(NoTls).await,
                }
            };
            // If the server does not answer, the call is given up.
            let _ = timeout(CANCELED, asked).await;
        });
    }
}

async fn rows(
    client: &tokio_postgres::Client,
    statement: &Statement,
    heard: &Cell<Instant>,
    on_row: &mut OnRow<'_>,
) -> Result<u64, Failure> {
    let parameters = statement.parameters.iter().map(|value| (value, Type::UNKNOWN));
    let mut rows = pin!(client.query_typed_raw(&statement.text, parameters).await?);
    while let Some(row) = rows.next().await {
        on_row(&row?).map_err(Failure::Receiver)?;
        heard.set(Instant::now());
    }
    Ok(rows.rows_affected().unwrap_or_default())
}
