//! Connects to the first server of a list that answers and is of the wanted
//! kind.

use postgres::error::SqlState;
use postgres::{Client, NoTls, SimpleQueryMessage};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::engine::options::Options;
use crate::engine::postgres::access::{Access, Route, SessionKind};
use crate::engine::postgres::errors;
use crate::engine::server::connect_patiently;
use crate::error::{Error, Kind, Result};

/// Connects, and returns the connector that the connection used.
///
/// # Errors
/// The error of the last server; interrupted if a signal came.
pub(super) fn connect(access: &Access, options: &Options, place: &str) -> Result<(Client, Option<MakeRustlsConnect>)> {
    // Without a standby, any server.
    let passes: &[SessionKind] = match access.wanted {
        SessionKind::PreferStandby => &[SessionKind::Standby, SessionKind::Any],
        ref wanted => std::slice::from_ref(wanted),
    };
    let mut failure = None;
    for wanted in passes.iter().copied() {
        for route in &access.routes {
            let attempt = route.clone();
            let attempt = move || attempt.connect(wanted);
            let error = match connect_patiently(options, access.limit, place, errors::is_full, attempt) {
                Ok(Ok(Some(client))) => return Ok((client, route.connector.clone())),
                Ok(Ok(None)) => mismatch(place, wanted),
                // The next server would get the password as well.
                Ok(Err(error)) if is_final(&error) => {
                    return Err(errors::unconnected(&error, place, &access.secrets));
                }
                Ok(Err(error)) => errors::unconnected(&error, place, &access.secrets),
                Err(error) if error.kind() == Kind::Unusable => error,
                Err(error) => return Err(error),
            };
            failure = Some(error);
        }
    }
    Err(failure.unwrap_or_else(|| Error::internal("there is no server to connect to")))
}

/// Returns whether libpq tries no other server after this error: the server
/// rejected the connection, and not because it starts or stops.
fn is_final(error: &postgres::Error) -> bool {
    error.code().is_some_and(|code| *code != SqlState::CANNOT_CONNECT_NOW)
}

fn mismatch(place: &str, wanted: SessionKind) -> Error {
    let wanted = match wanted {
        SessionKind::ReadWrite => "accepts writes",
        SessionKind::ReadOnly => "is read-only",
        SessionKind::Primary => "is a primary server",
        SessionKind::Standby | SessionKind::PreferStandby | SessionKind::Any => "is a standby server",
    };
    Error::unusable(format!("cannot connect to {place}: no server {wanted}"))
        .hint("target_session_attrs selects the servers")
}

impl Route {
    /// Connects; `None` if the server is of another kind.
    fn connect(&self, wanted: SessionKind) -> Result<Option<Client>, postgres::Error> {
        let mut client = match self.connector.clone() {
            Some(connector) => self.config.connect(connector)?,
            None => self.config.connect(NoTls)?,
        };
        let (question, answer) = match wanted {
            SessionKind::Any => return Ok(Some(client)),
            SessionKind::ReadWrite => ("SHOW transaction_read_only", "off"),
            SessionKind::ReadOnly => ("SHOW transaction_read_only", "on"),
            SessionKind::Primary => ("SELECT pg_catalog.pg_is_in_recovery()", "f"),
            SessionKind::Standby | SessionKind::PreferStandby => ("SELECT pg_catalog.pg_is_in_recovery()", "t"),
        };
        let rows = client.simple_query(question)?;
        let is_it = rows.iter().any(|row| matches!(row, SimpleQueryMessage::Row(row) if row.get(0) == Some(answer)));
        Ok(is_it.then_some(client))
    }
}
