//! Runs statements that change tables, each of which commits.

use std::thread;
use std::time::Duration;

use crate::engine::mysql::client::{Client, Failure};
use crate::engine::mysql::errors;
use crate::error::{Error, Result};
use crate::os::Interrupt;

/// Takes the migration lock, waiting at most a second. Returns whether it is
/// taken, and whether a commit survives a power failure; see [`weakness`].
pub(super) const TAKE_LOCK: &str = "SELECT GET_LOCK(CONCAT('drfctl ', SHA2(DATABASE(), 224)), 1),
    @@innodb_flush_log_at_trx_commit";

/// Releases it.
pub(super) const RELEASE_LOCK: &str = "DO RELEASE_LOCK(CONCAT('drfctl ', SHA2(DATABASE(), 224)))";

/// The pause between two attempts at a lock, so that other sessions get it.
const PAUSE: Duration = Duration::from_millis(50);

/// Runs a script line by line. Retries a line that does not get its lock while
/// `waits` returns true. Acts on an interrupt between two lines: each commits. If
/// a line fails, drops the new tables, so that the script can be run again.
///
/// # Errors
/// The server's error as converted by `classify`; interrupted if a signal came.
/// Its hints name the new tables that could not be dropped.
pub(super) fn run(
    client: &mut Client,
    script: &str,
    interrupt: &Interrupt,
    classify: impl Fn(Failure) -> Error,
    waits: impl Fn(&Failure) -> bool,
) -> Result<()> {
    let mut created = Vec::new();
    for statement in script.lines().filter(|line| !line.is_empty()) {
        let outcome = loop {
            if let Err(interrupted) = interrupt.check() {
                break Err(interrupted);
            }
            match client.run_to_the_end(statement) {
                Err(failure) if waits(&failure) => thread::sleep(PAUSE),
                Err(failure) => {
                    if !errors::is_answer(&failure) {
                        // The server may have run it.
                        created.extend(new_table(statement));
                    }
                    break Err(classify(failure));
                }
                Ok(()) => break Ok(()),
            }
        };
        if let Err(mut error) = outcome {
            for table in created.into_iter().rev() {
                if client.run_to_the_end(&format!("DROP TABLE {table}")).is_err() {
                    error = error.hint(format!("run DROP TABLE IF EXISTS {table}, then this command again"));
                }
            }
            return Err(error);
        }
        created.extend(new_table(statement));
    }
    Ok(())
}

/// Returns the table that a statement creates, with its quotes.
fn new_table(statement: &str) -> Option<&str> {
    statement.strip_prefix("CREATE TABLE ")?.split(" (").next()
}
