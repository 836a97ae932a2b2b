//! Signals that stop drfctl: every committed change is printed, every printed change is committed,
//! and the parent process sees the signal.
//!
//! Tags such as `C20` name cases of `tests/CASES.md`.

use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::CommandExt;
use std::process::Stdio;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use snapbox::{assert_data_eq, str};

use crate::support::{Invocation, MANY, Outcome, Sandbox, Shim, Terminal, printed_keys, state, until};

const SIGNALS: [Signal; 3] = [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP];

fn send(pid: u32, signal: Signal) {
    kill(Pid::from_raw(pid.try_into().unwrap()), signal).unwrap();
}

/// Sends signals while the output waits for its reader, and then reads the rest. Returns standard
/// output, standard error and the exit status.
fn interrupt(call: Invocation, signals: &[Signal]) -> (String, String, String) {
    let mut running = call.spawn();
    let mut out = BufReader::new(running.child.stdout.take().unwrap());
    let mut read = String::new();
    out.read_line(&mut read).unwrap();
    // A batch does not fit into the buffer of a pipe.
    let pid = running.id();
    until("drfctl waits for the reader", || state(pid) == Some('S'));
    for signal in signals {
        send(pid, *signal);
    }
    out.read_to_string(&mut read).unwrap();
    let outcome = running.wait();
    (read, outcome.stderr, outcome.status)
}

/// C20: the committed batch is reported, and no other begins.
#[test]
fn a_signal_between_commit_and_print_loses_no_key_of_a_batch() {
    for signal in SIGNALS {
        let sandbox = Sandbox::with_tokens(MANY);
        let before = sandbox.keys();
        let (read, errors, status) = interrupt(sandbox.drfctl(["create-token", "-r", "--all", "--yes"]), &[signal]);
        let after = sandbox.keys();
        let changed = after.iter().filter(|(name, key)| before[*name] != **key);
        assert_eq!(printed_keys(&read), changed.map(|(name, key)| (name.clone(), key.clone())).collect(), "{signal}");
        assert_eq!(status, format!("signal {}", signal as i32));
        assert!(errors.contains(&format!("error: stopped after 2000 of 4500: interrupted by {signal}\n")), "{errors}");
        assert!(
            errors.contains("hint: the printed keys are valid; run the same command with --older-than "),
            "{errors}"
        );
    }
}

/// N95: the change is done and delivered.
#[test]
fn a_signal_after_a_single_commit_changes_neither_output_nor_status() {
    for signal in SIGNALS {
        let sandbox = Sandbox::with_tokens(MANY);
        let call = ["create-token", "-r", "--all", "--yes", "--single-transaction", "-v", "0"];
        let (read, errors, status) = interrupt(sandbox.drfctl(call), &[signal]);
        assert_eq!((printed_keys(&read), errors.as_str(), status.as_str()), (sandbox.keys(), "", "0"), "{signal}");
    }
}

/// C18
#[test]
fn a_second_signal_stops_drfctl_at_once() {
    let sandbox = Sandbox::with_tokens(MANY);
    let call = ["create-token", "-r", "--all", "--yes", "--single-transaction", "-v", "0"];
    let (read, errors, status) = interrupt(sandbox.drfctl(call), &[Signal::SIGINT, Signal::SIGTERM]);
    let after = sandbox.keys();
    assert!(printed_keys(&read).iter().all(|(name, key)| after[name] == *key) && printed_keys(&read).len() < 4_500);
    assert!(errors.is_empty() && (status == "signal 2" || status == "signal 15"), "{status} {errors}");
}

/// Like under `nohup`.
#[test]
fn a_signal_that_was_ignored_stays_ignored() {
    let sandbox = Sandbox::with_tokens(MANY);
    let call = sandbox.drfctl(["create-token", "-r", "--all", "--yes", "-v", "0"]);
    let call = call.through(["sh", "-c", r#"trap "" HUP; exec "$0" "$@""#]);
    let (read, errors, status) = interrupt(call, &[Signal::SIGHUP]);
    assert_eq!((printed_keys(&read), errors.as_str(), status.as_str()), (sandbox.keys(), "", "0"));
}

/// C17: the lock would be available only in an hour.
#[test]
fn a_signal_during_the_wait_for_a_lock_changes_nothing() {
    for words in [
        &["create-token", "-r", "alice"][..],
        &["create-token", "-r", "--all", "--yes"],
        &["create-token", "-r", "--all", "--yes", "--single-transaction"],
        &["revoke", "alice"],
        &["create-user", "carol", "--no-password"],
        &["deactivate", "alice"],
        &["migrate"],
    ] {
        let sandbox = Sandbox::stock();
        let before = sandbox.dump();
        let mut holder = sandbox.session();
        assert_eq!(holder.run("BEGIN IMMEDIATE"), "ok []");
        let mut running = sandbox.drfctl(["--busy-timeout", "1h"]).args(words).spawn();
        let mut errors = BufReader::new(running.child.stderr.take().unwrap());
        let mut note = String::new();
        // Waits for the note.
        while !note.contains("waiting") {
            note.clear();
            assert!(errors.read_line(&mut note).unwrap() > 0, "{words:?} does not wait");
        }
        send(running.id(), Signal::SIGTERM);
        let mut message = String::new();
        errors.read_to_string(&mut message).unwrap();
        let outcome = running.wait();
        assert_eq!(message, "error: interrupted by SIGTERM\n", "{words:?}");
        assert_eq!((outcome.status.as_str(), outcome.stdout.as_str()), ("signal 15", ""), "{words:?}");
        holder.run("ROLLBACK");
        assert_eq!(sandbox.dump(), before, "{words:?}");
    }
}

/// C17: in the middle of a statement that would take an hour.
#[test]
fn a_signal_interrupts_a_long_statement() {
    let sandbox = Sandbox::with_tokens(20);
    sandbox.exec(
        "CREATE TABLE slow (n); CREATE TRIGGER slow AFTER UPDATE ON authtoken_token BEGIN
         INSERT INTO slow WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 1000000000000)
         SELECT count(*) FROM c; END",
    );
    let before = sandbox.dump();
    let running = sandbox.drfctl(["create-token", "-r", "u1"]).spawn();
    let pid = running.id();
    until("the transaction has begun", || sandbox.session().run("BEGIN IMMEDIATE") != "ok []");
    send(pid, Signal::SIGINT);
    let outcome = running.wait();
    assert_data_eq!(
        outcome.to_string(),
        str![[r#"
exit: signal 2
--- stdout
--- stderr
error: interrupted by SIGINT

"#]]
    );
    assert_eq!(sandbox.dump(), before);
    assert!(!sandbox.dir().join("db.sqlite3-journal").exists());
}

#[test]
fn ctrl_c_at_the_question_leaves_no_output_file() {
    for pace in [&[][..], &["--single-transaction"]] {
        let sandbox = Sandbox::with_tokens(20);
        let before = sandbox.dump();
        let words = ["create-token", "-r", "--all", "--output-file", "keys"];
        let mut terminal = Terminal::new(&sandbox, words.iter().chain(pace));
        terminal.asked("Replace the keys of 20 users? [y/N]: ");
        terminal.control('c');
        assert_eq!(terminal.end().1, "SIGINT");
        assert_eq!(std::fs::read_dir(sandbox.dir()).unwrap().count(), 1, "a file other than the database is left");
        assert_eq!(sandbox.dump(), before);
    }
}

#[test]
fn ctrl_c_during_bulk_work_keeps_the_committed_batches() {
    let sandbox = Sandbox::with_tokens(MANY);
    let session = std::cell::RefCell::new(sandbox.session());
    let call = ["create-token", "-r", "--all", "--yes", "--output-file", "keys", "--busy-timeout", "1h"];
    let running = sandbox.drfctl(call).spawn();
    let has_keys = || std::fs::metadata(sandbox.dir().join("keys")).is_ok_and(|found| found.len() > 0);
    until("a batch is written", has_keys);
    until("the test has the lock", || session.borrow_mut().run("BEGIN IMMEDIATE") == "ok []");
    send(running.id(), Signal::SIGINT);
    let outcome = running.wait();
    session.borrow_mut().run("ROLLBACK");
    let done = printed_keys(&std::fs::read_to_string(sandbox.dir().join("keys")).unwrap());
    let new = sandbox.value("SELECT count(*) FROM authtoken_token WHERE created > '2026-01-01'");
    assert_eq!((done.len().to_string(), outcome.status.as_str()), (new, "signal 2"), "{outcome}");
    let after = sandbox.keys();
    assert!(done.iter().all(|(name, key)| after[name] == *key));
}

/// Runs a call that is stopped, or stopped and continued, at its N-th sync for every N. Calls
/// `on_stop` while it is stopped, and continues it.
fn stop_at_every_sync(sandbox: &Sandbox, words: &[&str], mode: &str, mut on_stop: impl FnMut(&Sandbox)) {
    for nth in 1.. {
        let sandbox = sandbox.copy();
        let shim = Shim::new(&sandbox);
        let call = shim.load(sandbox.drfctl(words)).env("SHIM_FSYNC", format!("{mode}:{nth}"));
        // A process group like that of a shell's job; the kernel ignores keyboard stops of an
        // orphaned group.
        let child = call.command().process_group(0).stdout(Stdio::null()).spawn().unwrap();
        let pid = child.id();
        until("drfctl stops or ends", || matches!(state(pid), Some('T' | 'Z')));
        let is_stopped = state(pid) == Some('T');
        if is_stopped {
            on_stop(&sandbox);
            send(pid, Signal::SIGCONT);
        }
        let outcome = Outcome::from(child.wait_with_output().unwrap());
        assert_eq!((outcome.status.as_str(), outcome.stderr.as_str()), ("0", ""), "{words:?} at sync {nth}");
        if !shim.fired("fsync") {
            assert!(nth > 1, "nothing was synced");
            break;
        }
        assert_eq!(is_stopped, mode == "stop", "{words:?} at sync {nth}");
    }
}

/// C19: a stopped process would keep its locks, and the application would wait in vain.
#[test]
fn ctrl_z_takes_effect_after_the_transaction() {
    for words in [
        &["create-token", "-r", "alice"][..],
        &["create-token", "-r", "--all", "--yes", "--single-transaction", "-v", "0"],
        &["revoke", "u1"],
        &["create-user", "carol", "--no-password"],
        &["deactivate", "alice"],
    ] {
        let sandbox = Sandbox::with_tokens(3);
        for journal in ["delete", "wal"] {
            sandbox.exec(&format!("PRAGMA journal_mode = {journal}"));
            let before = sandbox.dump();
            stop_at_every_sync(&sandbox, words, "stop", |sandbox| {
                assert_eq!(sandbox.session().run("BEGIN EXCLUSIVE"), "ok []", "{words:?} has a lock");
                assert_ne!(sandbox.dump(), before, "{words:?} was not finished");
            });
        }
    }
}

/// C19: SIGCONT cancels a pending stop, like in the kernel.
#[test]
fn sigcont_before_the_stop_cancels_it() {
    stop_at_every_sync(&Sandbox::with_tokens(3), &["create-token", "-r", "alice"], "go", |_| {});
}

/// N82: a background process that writes to a terminal with `stty tostop` is sent this signal.
#[test]
fn a_stop_for_writing_to_the_terminal_is_ignored_in_a_transaction() {
    stop_at_every_sync(&Sandbox::with_tokens(3), &["create-token", "-r", "alice"], "ttou", |_| {});
}

/// A script that interrupts drfctl sees only complete batches.
#[test]
fn a_signal_while_reading_names_stops_drfctl() {
    let sandbox = Sandbox::stock();
    let call = sandbox.drfctl(["create-token", "-"]).command();
    let mut call = call;
    let mut child = call.stdin(Stdio::piped()).spawn().unwrap();
    let pid = child.id();
    until("drfctl reads names", || state(pid) == Some('S'));
    send(pid, Signal::SIGTERM);
    let status = child.wait().unwrap();
    assert_eq!(std::os::unix::process::ExitStatusExt::signal(&status), Some(15));
}
