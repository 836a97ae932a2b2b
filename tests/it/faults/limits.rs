//! Limits of threads, descriptors and memory, and a missing folder of temporary files. Each is an error
//! that fits, or drfctl does with less.
//!
//! Tags such as `N92` name cases of `tests/CASES.md`.

use crate::support::{KEY, Outcome, Sandbox, Shim, Site};

/// A hash that needs 16 MiB, which the limit of memory does not leave.
const IMPORT: [&str; 5] = ["create-user", "--from", "-", "--hasher", "scrypt"];

const USERS: &str = "username,password\nnew,Tr0ub4dor-and-3\nnewer,c0rrect-h0rse-b4ttery\n";

/// N92
#[test]
fn a_command_that_needs_threads_works_without_or_fails_before_any_change() {
    for (call, stdin, status) in [
        (&["create-user", "--from", "-", "--hasher", "md5"][..], USERS, "0"),
        (&["create-token", "-r", "--all", "--yes", "--single-transaction"], "", "0"),
        (&["list", "-d", "postgres://shop@127.0.0.1:1/none"], "", "6"),
        (&["list", "-d", "mysql://shop@127.0.0.1:1/none"], "", "6"),
    ] {
        let sandbox = Sandbox::stock();
        sandbox.give_token("alice", KEY);
        let shim = Shim::new(&sandbox);
        let outcome = shim.load(sandbox.drfctl(call)).env("SHIM_THREADS", "0").stdin(stdin).run();
        assert!(shim.fired("threads"), "{outcome}");
        if status == "0" {
            assert!(outcome.ok().stdout.contains(if stdin.is_empty() { "alice" } else { "newer" }));
        } else {
            outcome.refused(status, &["no thread can be started", "ulimit -u"]);
        }
    }
}

/// N92
#[test]
fn settings_without_a_thread_or_a_folder_for_temporary_files_are_an_error_that_fits() {
    let sandbox = Sandbox::stock();
    let before = sandbox.dump();
    let call = || sandbox.with_settings(Site::Stock.settings(), ["create-token", "alice"]);
    let shim = Shim::new(&sandbox);
    let outcome = shim.load(call()).env("SHIM_THREADS", "0").run();
    outcome.refused("6", &["no thread can be started"]);
    let outcome = call().env("TMPDIR", sandbox.dir().join("missing")).run();
    outcome.refused("6", &["cannot create a temporary file", "TMPDIR"]);
    assert_eq!(sandbox.dump(), before);
}

/// N92
#[test]
fn a_limit_of_memory_is_an_error_and_changes_nothing() {
    let sandbox = Sandbox::stock();
    let before = sandbox.dump();
    let outcome = sandbox.drfctl(IMPORT).stdin(USERS).through(["prlimit", "--data=8000000"]).run();
    outcome.refused("1", &["out of memory; uncommitted changes were rolled back", "ulimit"]);
    assert_eq!(sandbox.dump(), before);
}

/// N92
#[test]
fn a_limit_of_descriptors_is_an_error_or_none() {
    let sandbox = Sandbox::stock();
    let mut failed = 0;
    for limit in 4..=9 {
        let limited = |call: &[&str]| -> Outcome {
            sandbox.drfctl(call).through(["prlimit", &format!("--nofile={limit}")]).run()
        };
        for call in [&["list"][..], &["create-token", "-r", "alice"], &["create-token", "bob", "--output-file", "out"]]
        {
            let before = sandbox.dump();
            let outcome = limited(call);
            let _ = std::fs::remove_file(sandbox.dir().join("out"));
            if outcome.status != "0" {
                failed += 1;
                outcome.refused("6", &[]);
                assert_eq!(sandbox.dump(), before, "{limit} {call:?}");
            }
        }
    }
    assert!(failed > 0, "no limit was reached");
}
