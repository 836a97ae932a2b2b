//! Turns: what keeps two of drfctl's apart. And changing tables, where each
//! statement that does so ends its transaction.

use mysql::prelude::Queryable;
use mysql::{Conn, Params};

use super::MySql;
use crate::engine::Connection;
use crate::engine::server::Wait;
use crate::error::{Error, Kind, Result};
use crate::process;
use crate::sql::{Statement, Value};

/// The lock that keeps two of drfctl's apart, looked for during a second.
const TURN: &str = "SELECT GET_LOCK(CONCAT('drfctl ', MD5(DATABASE())), 1)";

/// The end of it.
const END: &str = "DO RELEASE_LOCK(CONCAT('drfctl ', MD5(DATABASE())))";

impl MySql {
    /// Waits until no other drfctl changes anything here.
    pub(super) fn take_turn(&mut self) -> Result<()> {
        if self.has_turn {
            return Ok(());
        }
        let mut wait = Wait::begin();
        let turn = Statement { text: TURN.to_owned(), parameters: Vec::new() };
        loop {
            let mut is_ours = false;
            self.query(&turn, &mut |row| {
                is_ours = row.first().and_then(Value::as_integer) == Some(1);
                Ok(())
            })?;
            if is_ours {
                self.has_turn = true;
                return Ok(());
            }
            process::heed_signals()?;
            if wait.is_over(self.options.busy_timeout) {
                let words = format!("{} is being changed by another drfctl", self.place);
                return Err(Error::new(Kind::Busy, words).hint(format!("waited {:?}", self.options.busy_timeout)));
            }
            wait.tell(&*self.options.on_wait);
        }
    }

    /// Lets the next one have its turn.
    pub(super) fn give_turn(&mut self) {
        if std::mem::take(&mut self.has_turn) {
            // Where this fails the connection is lost, and the lock with it.
            let _ = self.run_plain(END);
        }
    }

    /// Runs a script line by line. If one fails, the tables that are new are
    /// removed, so that the script can be run again.
    pub(super) fn run_script(&mut self, script: &str) -> Result<()> {
        process::heed_signals()?;
        let mut made = Vec::new();
        for statement in script.lines().filter(|line| !line.is_empty()) {
            let one = Statement { text: statement.to_owned(), parameters: Vec::new() };
            let run = |connection: &mut Conn, text: &str, _: Params| connection.query_drop(text);
            if let Err(error) = self.patiently(&one, run) {
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
