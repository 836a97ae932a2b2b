//! `migrate` while other processes use the database: exactly one of them applies the migrations.
//!
//! Tags such as `E1` name cases of `tests/CASES.md`.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Stdio};

use crate::support::{MIGRATE_CALLS, Outcome, Running, Sandbox, State, names_in};

/// The end of the output if migrations were applied, and if there were none.
const DONE: &str = "Applying authtoken.0004_alter_tokenproxy_options... OK\n";

const NOTHING: &str = "Running migrations:\n  No migrations to apply.\n";

/// Runs calls at the same time: each waits for the end of one pipe before it begins.
fn at_once(sandbox: &Sandbox, calls: &[&[&str]]) -> Vec<Outcome> {
    let (reader, starter) = std::io::pipe().expect("a pipe");
    let start = |args: &&[&str]| {
        let call = sandbox.drfctl(*args).through(["sh", "-c", r#"read -r _; exec "$@""#, "sh"]);
        let stdin = reader.try_clone().expect("a second end");
        call.command().stdin(Stdio::from(stdin)).spawn().expect("drfctl starts")
    };
    let running: Vec<Child> = calls.iter().map(start).collect();
    drop(starter);
    running.into_iter().map(|child| child.wait_with_output().expect("drfctl ends").into()).collect()
}

/// Asserts that one of several calls applied the migrations, and that the others had nothing to do.
#[track_caller]
fn assert_applied_once(outcomes: &[Outcome]) {
    let failed = outcomes.iter().find(|outcome| outcome.status != "0");
    assert!(failed.is_none(), "{}", failed.expect("a failed call"));
    let count = |end: &str| outcomes.iter().filter(|outcome| outcome.stdout.ends_with(end)).count();
    assert_eq!((count(DONE), count(NOTHING)), (1, outcomes.len() - 1));
}

/// E1
#[test]
fn concurrent_migrations_of_a_missing_database_all_succeed() {
    for many in [2, 2, 2, 10] {
        let sandbox = Sandbox::empty();
        let outcomes = at_once(&sandbox, &vec![MIGRATE_CALLS[0]; many]);
        assert_applied_once(&outcomes);
        let created = outcomes.iter().filter(|outcome| outcome.stderr.contains("created the database")).count();
        assert_eq!((created, names_in(sandbox.dir())), (1, vec!["db.sqlite3".into()]));
        sandbox.assert_migrated();
        sandbox.assert_django_agrees();
    }
}

/// E1
#[test]
fn concurrent_migrations_of_an_old_database_all_succeed() {
    for (many, mode) in [(2, "delete"), (2, "wal"), (10, "delete"), (10, "wal")] {
        let sandbox = Sandbox::at_auth_0005();
        sandbox.exec(&format!("PRAGMA journal_mode = {mode}"));
        assert_applied_once(&at_once(&sandbox, &vec![MIGRATE_CALLS[0]; many]));
        sandbox.assert_migrated();
        sandbox.assert_django_agrees();
    }
}

/// I1, I2: a process may remove its unused new file after another process has
/// opened it.
#[test]
fn failing_migrations_do_not_disturb_successful_ones() {
    for _ in 0..15 {
        let sandbox = Sandbox::empty();
        let failing: &[&str] = &["--user-table", "shop_customer", "migrate"];
        let outcomes =
            at_once(&sandbox, &[failing, MIGRATE_CALLS[0], failing, MIGRATE_CALLS[0], failing, MIGRATE_CALLS[0]]);
        for (at, outcome) in outcomes.iter().enumerate() {
            // Once another process has created the tables, the wrong name is an error.
            let may = if at % 2 == 0 { ["3", "6"] } else { ["0", "6"] };
            assert!(may.contains(&outcome.status.as_str()), "{outcome}");
        }
        if outcomes.iter().any(|outcome| outcome.status == "0") {
            sandbox.assert_migrated();
        }
        let again = sandbox.drfctl(MIGRATE_CALLS[0]).run();
        assert_eq!(again.status, "0", "{again}");
        sandbox.assert_migrated();
    }
}

/// E6, A30
#[test]
fn a_lock_timeout_changes_nothing_and_names_the_option() {
    for sandbox in [Sandbox::at_auth_0005(), Sandbox::empty(), Sandbox::stock()] {
        let mut other = sandbox.session();
        assert_eq!(other.run("BEGIN IMMEDIATE"), "ok []");
        let outcome = sandbox.drfctl(["--busy-timeout", "200ms", "migrate"]).run();
        let holder = format!("process {}", other.id());
        outcome.refused("5", &["locked by process ", "--busy-timeout", &holder]);
        assert_eq!(other.run("ROLLBACK"), "ok []");
        assert_eq!(names_in(sandbox.dir()), ["db.sqlite3"]);
        let _ = sandbox.drfctl(["migrate"]).run().ok();
        sandbox.assert_migrated();
    }
}

/// E6: only the commit of another process blocks a reader.
#[test]
fn reading_during_a_write_succeeds_and_waits_for_the_commit() {
    for call in &MIGRATE_CALLS[1..] {
        let sandbox = Sandbox::at_auth_0005();
        let alone = sandbox.drfctl(*call).run();
        let mut other = sandbox.session();
        assert_eq!(other.run("BEGIN IMMEDIATE"), "ok []");
        assert_eq!(other.run("DELETE FROM django_migrations"), "ok []");
        let impatient = || sandbox.drfctl(["--busy-timeout", "0s"]).args(*call).run();
        assert_eq!(impatient(), alone);
        assert_eq!(other.run("ROLLBACK"), "ok []");
        assert_eq!(other.run("BEGIN EXCLUSIVE"), "ok []");
        impatient().refused("5", &["locked by process "]);
        let mut waiting = sandbox.drfctl(*call).spawn();
        waiting.until_it_waits();
        assert_eq!(other.run("COMMIT"), "ok []");
        assert_eq!(waiting.wait(), alone);
    }
}

/// A18
#[test]
fn a_database_replaced_while_migrate_waits_is_not_written() {
    let sandbox = Sandbox::at_auth_0005();
    sandbox.assert_replaced_file_is_rejected(sandbox.drfctl(["migrate"]));
}

/// B4
#[test]
fn changes_during_the_wait_of_migrate_are_respected() {
    let sandbox = Sandbox::stock();
    let mut other = sandbox.session();
    assert_eq!(other.run("BEGIN IMMEDIATE"), "ok []");
    assert_eq!(other.run("DELETE FROM django_migrations WHERE app = 'authtoken'"), "ok []");
    let mut running = sandbox.drfctl(["migrate"]).spawn();
    running.until_it_waits();
    assert_eq!(other.run("COMMIT"), "ok []");
    let before = sandbox.dump();
    running.wait().refused("6", &["half migrated", "authtoken_token", "--fake-initial"]);
    assert_eq!(sandbox.dump(), before);
}

/// Starts Django's `migrate`, which pauses inside its transaction, after the first statement that
/// contains `marker`.
fn pause_djangos_migrate_after(sandbox: &Sandbox, marker: &str) -> Child {
    let program = format!(
        "import sys\n\
         from django.core.management import call_command\n\
         from django.db import connection\n\
         def pause(execute, sql, params, many, context):\n\
         \x20   done = execute(sql, params, many, context)\n\
         \x20   if {marker:?} in sql + repr(params):\n\
         \x20       print('paused', flush=True)\n\
         \x20       sys.stdin.readline()\n\
         \x20   return done\n\
         with connection.execute_wrapper(pause):\n\
         \x20   call_command('migrate', verbosity=0)\n"
    );
    let mut django = sandbox.django_started(&program);
    let mut line = String::new();
    BufReader::new(django.stdout.take().expect("stdout is a pipe")).read_line(&mut line).expect("a line");
    assert_eq!(line, "paused\n");
    django
}

/// B4
#[test]
fn migrate_waits_for_djangos_migrate_and_has_nothing_to_do() {
    for sandbox in [Sandbox::empty(), Sandbox::at_auth_0005()] {
        let mut django = pause_djangos_migrate_after(&sandbox, "view_tokenproxy");
        let mut running = sandbox.drfctl(["migrate"]).spawn();
        running.until_it_waits();
        django.stdin.take().expect("stdin is a pipe").write_all(b"go\n").expect("Django reads");
        let outcome = running.wait().ok();
        assert!(outcome.stdout.ends_with(NOTHING), "{outcome}");
        assert!(django.wait().expect("Django ends").success());
        sandbox.assert_migrated();
        sandbox.assert_django_agrees();
    }
}

/// B4: SQLite rolls back the incomplete changes before drfctl gets the lock.
#[test]
fn migrate_applies_everything_if_djangos_migrate_is_killed() {
    for marker in [r#"CREATE TABLE "auth_user""#, r#"DROP TABLE "auth_group""#, "'authtoken', '0002"] {
        let sandbox = Sandbox::empty();
        let mut django = pause_djangos_migrate_after(&sandbox, marker);
        let mut running = sandbox.drfctl(["migrate"]).spawn();
        running.until_it_waits();
        django.kill().expect("Django is killed");
        let _ = django.wait();
        let outcome = running.wait().ok();
        assert!(outcome.stdout.ends_with(DONE) && !outcome.stdout.contains("contenttypes.0001"), "{outcome}");
        sandbox.assert_migrated();
        sandbox.assert_django_agrees();
    }
}

/// DR10
#[test]
fn migrate_keeps_the_journal_mode_and_ignores_wal_readers() {
    for mode in ["delete", "wal"] {
        let sandbox = Sandbox::at_auth_0005();
        sandbox.exec(&format!("PRAGMA journal_mode = {mode}"));
        let mut reader = sandbox.session();
        let count = "SELECT count(*) FROM django_migrations";
        if mode == "wal" {
            assert_eq!(reader.run("BEGIN"), "ok []");
        }
        assert_eq!(reader.run(count), "ok [[6]]");
        let _ = sandbox.drfctl(["migrate"]).run().ok();
        assert_eq!(reader.run(count), if mode == "wal" { "ok [[6]]" } else { "ok [[18]]" });
        let _ = reader.run("COMMIT");
        assert_eq!(reader.run(count), "ok [[18]]");
        drop(reader);
        assert_eq!(sandbox.value("PRAGMA journal_mode"), mode);
        sandbox.assert_migrated();
    }
}

/// E6: with a rollback journal, a reader blocks the commit, which is rolled back.
#[test]
fn a_long_reader_prevents_the_commit_and_nothing_changes() {
    let sandbox = Sandbox::at_auth_0005();
    let before = sandbox.dump();
    let mut reader = sandbox.session();
    assert_eq!(reader.run("BEGIN"), "ok []");
    assert_eq!(reader.run("SELECT count(*) FROM django_migrations"), "ok [[6]]");
    sandbox.drfctl(["--busy-timeout", "200ms", "migrate"]).run().refused("5", &["locked by another process"]);
    assert_eq!(reader.run("COMMIT"), "ok []");
    assert_eq!(sandbox.dump(), before);
    assert_eq!(names_in(sandbox.dir()), ["db.sqlite3"]);
    let _ = sandbox.drfctl(["migrate"]).run().ok();
    sandbox.assert_migrated();
}

#[test]
fn a_lock_timeout_changes_nothing() {
    let sandbox = State::oldest_with_users().sandbox();
    let mut session = sandbox.session();
    assert_eq!(session.run("BEGIN IMMEDIATE"), "ok []");
    let before = sandbox.dump();
    let outcome = sandbox.drfctl(["migrate", "--busy-timeout", "50ms"]).run();
    assert_eq!((outcome.status.as_str(), outcome.stdout.as_str(), sandbox.dump()), ("5", "", before), "{outcome}");
}

#[test]
fn concurrent_calls_apply_the_migrations_once() {
    for sandbox in [Sandbox::empty(), State::oldest_with_users().sandbox()] {
        let running: Vec<_> = (0..4).map(|_| sandbox.drfctl(["migrate"]).spawn()).collect();
        let outcomes: Vec<_> = running.into_iter().map(Running::wait).collect();
        assert!(outcomes.iter().all(|outcome| outcome.status == "0"), "{outcomes:?}");
        let applied = outcomes.iter().filter(|outcome| outcome.stdout.contains("... OK\n")).count();
        let found_done =
            outcomes.iter().filter(|outcome| outcome.stdout.contains("  No migrations to apply.\n")).count();
        assert_eq!((applied, found_done), (1, 3), "{outcomes:?}");
        assert_eq!(sandbox.value("SELECT count(*) FROM django_migrations"), "18");
    }
}
