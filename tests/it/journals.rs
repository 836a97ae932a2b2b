//! Journals and logs that were there before, and file systems on which they cannot be trusted.
//!
//! The tags (`A25`) are the fault cases that a test holds.

use std::fs;

use crate::faults::{Shim, give};
use crate::files::names_in;
use crate::support::{Sandbox, Site};

/// The modes that a database of Django's may be in.
pub(crate) const JOURNALS: [&str; 2] = ["delete", "wal"];

/// A key that stands in the database before.
const OLD: &str = "01dc0ffee01dc0ffee01dc0ffee01dc0ffee01dc";

fn with_bobs_token(journal: &str) -> Sandbox {
    let sandbox = Sandbox::new(Site::Stock);
    give(&sandbox, "bob", OLD);
    sandbox.exec(&format!("PRAGMA journal_mode = {journal}"));
    sandbox
}

/// A database that was left in the middle of a commit: pages have changed, and the journal that
/// leads back is beside it.
pub(crate) fn crashed() -> Sandbox {
    for nth in 1.. {
        let sandbox = with_bobs_token("delete");
        let before = fs::read(sandbox.db()).unwrap();
        let shim = Shim::new(&sandbox);
        let call = shim.load(sandbox.drfctl(["create-token", "-r", "bob"]));
        let outcome = call.env("SHIM_WRITE", format!("kill:{nth}")).run();
        assert_eq!(outcome.status, "signal 9", "no write was in the middle");
        if fs::read(sandbox.db()).unwrap() != before {
            assert_eq!(names_in(sandbox.dir()), ["db.sqlite3", "db.sqlite3-journal"]);
            return sandbox;
        }
    }
    unreachable!("a commit has a last write")
}

/// A25
#[test]
fn what_a_crash_left_half_done_is_undone_without_a_word() {
    let before = with_bobs_token("delete").dump();
    for (command, says) in [
        (&["list", "--format", "raw", "--show-keys"][..], OLD),
        (&["create-token", "bob"], OLD),
        (&["list", "--count"], "1"),
        (&["verify", "--format", "json"], "bob"),
    ] {
        let sandbox = crashed();
        let outcome = sandbox.drfctl(command).stdin(OLD).run().ok();
        assert!(outcome.stdout.contains(says), "{outcome}");
        assert_eq!(names_in(sandbox.dir()), ["db.sqlite3"], "{command:?}");
        assert_eq!(sandbox.dump(), before, "{command:?}");
    }
}
