//! Changing tables, where each statement that does so ends its transaction.

use std::time::Instant;

use super::MySql;
use crate::engine::Connection;
use crate::error::{Error, Kind, Result};
use crate::process;
use crate::sql::{Statement, Value};

/// The lock that keeps two of drfctl's apart, looked for during a second.
const TURN: &str = "SELECT GET_LOCK(CONCAT('drfctl ', DATABASE()), 1)";

impl MySql {
    /// Waits until no other drfctl migrates here.
    pub(super) fn take_turn(&mut self) -> Result<()> {
        let started = Instant::now();
        let turn = Statement { text: TURN.to_owned(), parameters: Vec::new() };
        loop {
            let mut is_ours = false;
            self.query(&turn, &mut |row| {
                is_ours = row.first().and_then(Value::as_integer) == Some(1);
                Ok(())
            })?;
            if is_ours {
                return Ok(());
            }
            process::heed_signals()?;
            if started.elapsed() >= self.options.busy_timeout {
                let words = format!("{} is being migrated by another session", self.place);
                return Err(Error::new(Kind::Busy, words).hint(format!("waited {:?}", started.elapsed())));
            }
        }
    }

    /// Runs a script line by line. If one fails, the tables that are new are
    /// removed, so that the script can be run again.
    pub(super) fn run_script(&mut self, script: &str) -> Result<()> {
        process::heed_signals()?;
        let mut made = Vec::new();
        for statement in script.lines().filter(|line| !line.is_empty()) {
            if let Err(error) = self.run_plain(statement) {
                return Err(self.take_back(&made, error));
            }
            made.extend(statement.strip_prefix("CREATE TABLE ").and_then(|rest| rest.split(" (").next()));
        }
        Ok(())
    }

    fn take_back(&mut self, made: &[&str], error: Error) -> Error {
        made.iter().rev().fold(error, |error, table| match self.run_plain(&format!("DROP TABLE {table}")) {
            Ok(()) => error,
            Err(_) => error.hint(format!("the table {table} is new, and has to go before this is run again")),
        })
    }
}
