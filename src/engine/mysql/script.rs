//! Changing tables, where each statement that does so ends its transaction.

use std::thread;
use std::time::Duration;

use mysql::Conn;
use mysql::prelude::Queryable;

use crate::error::Error;

/// Takes the lock that keeps two migrations apart, or waits for it during a
/// second.
pub(super) const TAKE_TURN: &str = "SELECT GET_LOCK(CONCAT('drfctl ', SHA2(DATABASE(), 224)), 1)";

/// Releases it.
pub(super) const END_TURN: &str = "DO RELEASE_LOCK(CONCAT('drfctl ', SHA2(DATABASE(), 224)))";

/// How long others get their turn between two attempts at a lock.
const PAUSE: Duration = Duration::from_millis(50);

/// Runs a script line by line; a line whose lock is not obtained again, as long
/// as `waits` says. If one fails, the tables that are new are
/// dropped, so that the script can be run again.
///
/// # Errors
/// What `classify` makes of the server's error; the tables that are left are
/// named in its hints.
pub(super) fn run(
    connection: &mut Conn,
    script: &str,
    classify: impl Fn(mysql::Error) -> Error,
    waits: impl Fn(&mysql::Error) -> bool,
) -> Result<(), Error> {
    let mut created = Vec::new();
    for statement in script.lines().filter(|line| !line.is_empty()) {
        let outcome = loop {
            match connection.query_drop(statement) {
                Err(error) if waits(&error) => thread::sleep(PAUSE),
                outcome => break outcome,
            }
        };
        if let Err(error) = outcome {
            let mut error = classify(error);
            for table in created.into_iter().rev() {
                if connection.query_drop(format!("DROP TABLE {table}")).is_err() {
                    error = error.hint(format!("drop the new table {table}, then run the command again"));
                }
            }
            return Err(error);
        }
        created.extend(statement.strip_prefix("CREATE TABLE ").and_then(|rest| rest.split(" (").next()));
    }
    Ok(())
}
