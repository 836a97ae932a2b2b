//! Connects to the first server of a list that answers and is of the wanted
//! kind.

use std::time::Duration;

use tokio_postgres::error::SqlState;

use crate::engine::options::Options;
use crate::engine::postgres::access::{Access, SessionKind};
use crate::engine::postgres::client::{Client, Endpoint, Failure};
use crate::engine::postgres::errors;
use crate::engine::server::connect_patiently;
use crate::error::{Error, Kind, Result};

/// Connects.
///
/// # Errors
/// The error of the last server; interrupted if a signal came.
pub(super) fn connect(access: &Access, options: &Options, place: &str) -> Result<Client> {
    // Without a standby, any server.
    let passes: &[SessionKind] = match access.wanted {
        SessionKind::PreferStandby => &[SessionKind::Standby, SessionKind::Any],
        ref wanted => std::slice::from_ref(wanted),
    };
    let is_full = |failure: &Failure| matches!(failure, Failure::Driver(error) if errors::is_full(error));
    let mut last = None;
    for wanted in passes.iter().copied() {
        for endpoint in &access.endpoints {
            let (endpoint, own, limit) = (endpoint.clone(), options.clone(), access.limit);
            let attempt = move || attempt(endpoint.clone(), &own, limit, wanted);
            let error = match connect_patiently(options, access.limit, place, is_full, attempt) {
                Ok(Ok(Some(client))) => return Ok(client),
                Ok(Ok(None)) => mismatch(place, wanted),
                Ok(Err(failure)) => {
                    let is_final = is_final(&failure);
                    let error = errors::unconnected(failure, place, &access.secrets);
                    if is_final {
                        return Err(error);
                    }
                    error
                }
                Err(error) if error.kind() == Kind::Unusable => error,
                Err(error) => return Err(error),
            };
            last = Some(error);
        }
    }
    Err(last.unwrap_or_else(|| Error::internal("there is no server to connect to")))
}

/// Returns whether libpq tries no other server after this: the server rejected
/// the connection, and not because it starts or stops. The next server would get
/// the password as well.
fn is_final(failure: &Failure) -> bool {
    matches!(failure, Failure::Driver(error) if error.code().is_some_and(|code| *code != SqlState::CANNOT_CONNECT_NOW))
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

/// Connects to one server; `None` if it is of another kind.
fn attempt(
    endpoint: Endpoint,
    options: &Options,
    limit: Duration,
    wanted: SessionKind,
) -> Result<Option<Client>, Failure> {
    let mut client = endpoint.connect(options, limit)?;
    let (question, answer) = match wanted {
        SessionKind::Any => return Ok(Some(client)),
        SessionKind::ReadWrite => ("SHOW transaction_read_only", "off"),
        SessionKind::ReadOnly => ("SHOW transaction_read_only", "on"),
        SessionKind::Primary => ("SELECT pg_catalog.pg_is_in_recovery()", "f"),
        SessionKind::Standby | SessionKind::PreferStandby => ("SELECT pg_catalog.pg_is_in_recovery()", "t"),
    };
    let is_it = client.batch(question)?.first().is_some_and(|cell| cell == answer);
    Ok(is_it.then_some(client))
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, TcpListener};

    use tokio_postgres::Config;

    use super::*;

    #[test]
    fn the_next_server_is_tried_if_one_does_not_answer() {
        // It accepts a connection, and says nothing.
        let silent = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let (silent_port, closed_port) = (silent.local_addr().unwrap().port(), 1);
        let endpoint = |port| {
            let mut config = Config::new();
            config.user("u").host("127.0.0.1").port(port);
            Endpoint { config, connector: None }
        };
        let connect = |ports: &[u16], limit| {
            let endpoints = ports.iter().map(|port| endpoint(*port)).collect();
            let access = Access { endpoints, wanted: SessionKind::Any, limit, secrets: Vec::new() };
            super::connect(&access, &Options::for_test(Duration::ZERO), "db").err().unwrap().to_string()
        };
        let refused = connect(&[silent_port, closed_port], Duration::from_secs(2));
        assert!(refused.contains("Connection refused"), "{refused}");
        assert_eq!(connect(&[closed_port, silent_port], Duration::ZERO), "cannot connect to db: no answer within 0ns");
        assert_eq!(connect(&[], Duration::ZERO), "there is no server to connect to");
    }

    #[test]
    fn an_error_names_the_kind_of_server_that_is_missing() {
        for (wanted, words) in [
            (SessionKind::ReadWrite, "accepts writes"),
            (SessionKind::ReadOnly, "is read-only"),
            (SessionKind::Primary, "is a primary server"),
            (SessionKind::Standby, "is a standby server"),
        ] {
            assert_eq!(mismatch("db", wanted).to_string(), format!("cannot connect to db: no server {words}"));
        }
    }
}
