//! Runs statements that change tables, each of which commits.

use std::thread;
use std::time::Duration;

use crate::engine::mysql::client::{Client, Failure};
use crate::error::Error;

/// Takes the migration lock, waiting at most a second.
pub(super) const TAKE_LOCK: &str = "SELECT GET_LOCK(CONCAT('drfctl ', SHA2(DATABASE(), 224)), 1)";

/// Releases it.
pub(super) const RELEASE_LOCK: &str = "DO RELEASE_LOCK(CONCAT('drfctl ', SHA2(DATABASE(), 224)))";

/// The pause between two attempts at a lock, so that other sessions get it.
const PAUSE: Duration = Duration::from_millis(50);

/// Runs a script line by line. Retries a line that does not get its lock while
/// `waits` returns true. If a line fails, drops the new tables, so that the
/// script can be run again.
///
/// # Errors
/// The server's error as converted by `classify`. Its hints name the new tables
/// that could not be dropped.
pub(super) fn run(
    client: &mut Client,
    script: &str,
    classify: impl Fn(Failure) -> Error,
    waits: impl Fn(&Failure) -> bool,
) -> Result<(), Error> {
    let mut created = Vec::new();
    for statement in script.lines().filter(|line| !line.is_empty()) {
        let outcome = loop {
            match client.run(statement) {
                Err(failure) if waits(&failure) => thread::sleep(PAUSE),
                outcome => break outcome,
            }
        };
        if let Err(failure) = outcome {
            let mut error = classify(failure);
            for table in created.into_iter().rev() {
                if client.run_to_the_end(&format!("DROP TABLE {table}")).is_err() {
                    error = error.hint(format!("drop the new table {table}, then run the command again"));
                }
            }
            return Err(error);
        }
        created.extend(statement.strip_prefix("CREATE TABLE ").and_then(|rest| rest.split(" (").next()));
    }
    Ok(())
}
