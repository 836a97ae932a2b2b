//! Databases with a journal.

use std::fs;

use super::files::names_in;
use super::sandbox::Sandbox;
use super::shim::Shim;
use super::users::KEY;

/// The journal modes of Django's SQLite databases.
pub(crate) const JOURNAL_MODES: [&str; 2] = ["delete", "wal"];

impl Sandbox {
    /// Creates the stock site with that journal mode, in which `bob` has the token [`KEY`].
    pub(crate) fn with_journal(mode: &str) -> Self {
        let sandbox = Self::stock();
        sandbox.give_token("bob", KEY);
        sandbox.exec(&format!("PRAGMA journal_mode = {mode}"));
        sandbox
    }

    /// Creates a database after a crash in the middle of a commit: pages have changed, and the
    /// journal that restores them exists.
    pub(crate) fn crashed() -> Self {
        for nth in 1.. {
            let sandbox = Self::with_journal("delete");
            let before = fs::read(sandbox.db()).unwrap();
            let shim = Shim::new(&sandbox);
            let call = shim.load(sandbox.drfctl(["create-token", "-r", "bob"]));
            let outcome = call.env("SHIM_WRITE", format!("kill:{nth}")).run();
            assert_eq!(outcome.status, "signal 9", "no write left a half-changed database");
            if fs::read(sandbox.db()).unwrap() != before {
                assert_eq!(names_in(sandbox.dir()), ["db.sqlite3", "db.sqlite3-journal"]);
                return sandbox;
            }
        }
        unreachable!("a commit has a last write")
    }
}
