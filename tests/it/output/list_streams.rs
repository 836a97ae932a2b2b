//! The output of lists: pipes, files, readers that stop or pause; and complete keys only with
//! `--show-keys`.
//!
//! Tags such as `H11` name cases of `tests/CASES.md`.

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::{BufRead, BufReader, Read, Write};

use serde_json::Value;

use crate::support::{ENVIRONMENTS, FORMATS, KEY, Sandbox, python, set_mode, state, until};

/// Creates the stock site with `count` more users, and a token for every user.
fn many(count: u32) -> Sandbox {
    let sandbox = Sandbox::stock();
    sandbox.add_users(count);
    sandbox.give_tokens("2026-01-02 03:04:05", "TRUE");
    sandbox
}

/// H11
#[test]
fn a_key_is_shortened_to_eight_characters_without_show_keys() {
    let sandbox = Sandbox::with_known_dates();
    let other = "Correct-Horse-Battery-Staple";
    sandbox.exec(&format!(
        "INSERT INTO authtoken_token SELECT '{other}', '2026-01-02 03:04:05', id FROM auth_user WHERE username = 'bob'"
    ));
    let keys = sandbox.sql("SELECT key FROM authtoken_token").concat();
    assert_eq!(keys.len(), 3);
    for format in FORMATS {
        for more in [
            &[][..],
            &["--traceback", "-v", "3"],
            &["--columns", "user_id,key,key_kind"],
            &["--key-prefix", "01dc0ffe"],
            &["--key-prefix", "01dc0ffee01dc0"],
            &["--columns", "nothing"],
            &["nobody"],
        ] {
            let outcome = sandbox.drfctl(["list", "--format", format]).args(more).run();
            for key in &keys {
                assert!(!outcome.to_string().contains(&key[..9]), "{format} {more:?}\n{outcome}");
            }
        }
    }
    let users = sandbox.drfctl(["list", "users", "--format", "json"]).run().ok().stdout;
    assert!(keys.iter().all(|key| !users.contains(&key[..6])), "{users}");
}

/// H11
#[test]
fn show_keys_rejects_a_file_that_every_user_can_read() {
    let sandbox = Sandbox::with_known_dates();
    set_mode(sandbox.dir(), 0o755);
    let path = sandbox.dir().join("keys");
    for format in ["tsv", "json", "raw", "table"] {
        let columns: &[&str] = if format == "raw" { &[] } else { &["--columns", "username,key"] };
        let show = || sandbox.drfctl(["list", "--show-keys", "--format", format]).args(columns);
        for mode in [0o644, 0o604, 0o444, 0o666] {
            fs::write(&path, "before").unwrap();
            set_mode(&path, 0o600);
            let file = OpenOptions::new().append(true).open(&path).unwrap();
            set_mode(&path, mode);
            show().stdout(file).run().refused("2", &["every user of this machine can read", "umask 077", "chmod 600"]);
            assert_eq!(fs::read_to_string(&path).unwrap(), "before");
            fs::remove_file(&path).unwrap();
        }
        for mode in [0o600, 0o640] {
            let file = File::create(&path).unwrap();
            set_mode(&path, mode);
            let _ = show().stdout(file).run().ok();
            assert_eq!(fs::read_to_string(&path).unwrap(), show().run().ok().stdout, "{mode:o}");
            assert!(fs::read_to_string(&path).unwrap().contains(KEY));
        }
        let _ = show().stdout(OpenOptions::new().write(true).open("/dev/null").unwrap()).run().ok();
    }
    // Shortened keys are not secret.
    let _ = sandbox.drfctl(["list"]).stdout(File::create(&path).unwrap()).run().ok();
    assert_eq!(fs::read_to_string(&path).unwrap().lines().count(), 3);
}

/// F10: with a hundred times as many rows.
#[test]
fn the_memory_of_a_list_does_not_depend_on_its_length() {
    let [few, very_many] = [many(1_000), many(100_000)];
    for words in [&["list"][..], &["list", "users", "--format", "json", "--reverse"]] {
        // In KiB, as the kernel reports it for the children of a process.
        let peak = |sandbox: &Sandbox| -> u64 {
            let script = "import resource, subprocess, sys
subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)";
            let call = sandbox.drfctl(words).through([python().as_os_str(), "-c".as_ref(), script.as_ref()]);
            call.run().ok().stdout.trim().parse().unwrap()
        };
        let (little, much) = (peak(&few), peak(&very_many));
        assert!(much < little + 8 * 1_024 && much < 64 * 1_024, "{words:?}: {little} and {much} KiB");
    }
}

/// F3
#[test]
fn a_reader_that_closes_the_pipe_stops_the_list() {
    let sandbox = many(20_000);
    for args in [
        &["list"][..],
        &["list", "users", "--sort", "created"],
        &["list", "--format", "json"],
        &["list", "--format", "table"],
        &["list", "-0", "--traceback"],
    ] {
        let mut running = sandbox.drfctl(args).spawn();
        let mut stdout = BufReader::with_capacity(16, running.child.stdout.take().unwrap());
        let mut first = Vec::new();
        stdout.read_until(if args.contains(&"-0") { b'\0' } else { b'\n' }, &mut first).unwrap();
        assert!(!first.is_empty());
        drop(stdout);
        assert_eq!(running.wait().to_string(), "exit: signal 13\n--- stdout\n--- stderr\n", "{args:?}");
    }
}

/// F1, F2
#[test]
fn a_list_that_cannot_be_written_has_status_7() {
    let sandbox = Sandbox::with_known_dates();
    let full = || OpenOptions::new().write(true).open("/dev/full").unwrap();
    for args in [&["list"][..], &["list", "users", "--format", "table"], &["list", "--count"]] {
        let outcome = sandbox.drfctl(args).stdout(full()).run();
        outcome.refused("7", &["No space left", "run the command again; nothing was changed"]);
        let closed = sandbox.drfctl(args).through(["sh", "-c", r#"exec "$@" >&-"#, "sh"]).run();
        closed.refused("2", &["standard output is closed"]);
    }
    let many = many(3_000);
    many.drfctl(["list"]).stdout(full()).run().refused("7", &["No space left"]);
}

/// F11, F12
#[test]
fn the_environment_does_not_change_a_list() {
    let sandbox = Sandbox::with_known_dates();
    sandbox
        .exec("UPDATE auth_user SET username = 'İIıi-Ünï' WHERE username = 'bob'; UPDATE auth_user SET is_active = 0");
    for format in FORMATS {
        for words in [
            &["users", "--sort", "username"][..],
            &["users", "--newer-than", "2025-12-31", "*I*"],
            &["--columns", "username,key,created"],
        ] {
            let call = || sandbox.drfctl(["list", "--format", format]).args(words);
            let plain = call().run().ok();
            let zones = [("TZ", "Pacific/Apia"), ("TZ", "Not/A_Zone")];
            for (name, value) in ENVIRONMENTS.into_iter().chain(zones) {
                assert_eq!(call().env(name, value).run(), plain, "{format} {name}={value}");
            }
        }
    }
    let plain = sandbox.drfctl(["list"]).run().ok();
    assert!(!plain.stdout.contains('\u{1b}') && plain.stdout.starts_with("username\t"), "{plain}");
}

/// F13
#[test]
fn lists_that_append_to_one_file_write_complete_lines() {
    let sandbox = many(2_500);
    let expected: BTreeSet<String> = sandbox.sql("SELECT username FROM auth_user").concat().into_iter().collect();
    for format in ["jsonl", "tsv"] {
        let path = sandbox.dir().join(format);
        let running: Vec<_> = (0..8)
            .map(|_| {
                let file = OpenOptions::new().create(true).append(true).open(&path).unwrap();
                sandbox
                    .drfctl(["list", "--no-header", "--columns", "username,key,created", "--format", format])
                    .stdout(file)
                    .spawn()
            })
            .collect();
        for one in running {
            let _ = one.wait().ok();
        }
        let text = fs::read_to_string(&path).unwrap();
        let mut seen = Vec::new();
        for line in text.lines() {
            seen.push(if format == "jsonl" {
                serde_json::from_str::<Value>(line).unwrap()["username"].as_str().unwrap().to_owned()
            } else {
                assert!(line.ends_with('Z') && line.split('\t').count() == 3, "{line:?}");
                line.split('\t').next().unwrap().to_owned()
            });
        }
        assert_eq!(
            (seen.len(), seen.into_iter().collect::<BTreeSet<_>>()),
            (8 * expected.len(), expected.clone()),
            "{format}"
        );
    }
}

/// I7, E9
#[test]
fn a_list_that_waits_for_its_reader_has_no_lock() {
    let sandbox = many(20_000);
    let mut django = sandbox.django_started(
        "from django.contrib.auth.models import User
from rest_framework.authtoken.models import Token
from django.db import connection
connection.cursor().execute('PRAGMA busy_timeout = 0')
print('ready', flush=True)
import sys
while sys.stdin.readline():
    n = Token.objects.count()
    Token.objects.filter(user__username='u7').delete()
    Token.objects.create(user=User.objects.get(username='u7'))
    User.objects.create_user(f'new{n}-{User.objects.count()}')
    print(n, Token.objects.count(), flush=True)",
    );
    let mut lines = BufReader::new(django.stdout.take().unwrap()).lines();
    assert_eq!(lines.next().unwrap().unwrap(), "ready");
    let total = (20_000 + 3).to_string();
    for args in
        [&["list"][..], &["list", "--sort", "created", "--format", "json"], &["list", "users", "--sort", "last-login"]]
    {
        let mut running = sandbox.drfctl(args).args(["--columns", "username"]).spawn();
        let mut stdout = running.child.stdout.take().unwrap();
        let mut first = [0; 1];
        stdout.read_exact(&mut first).unwrap();
        // The pipe is full: every thread sleeps in the middle of a page.
        until("the list waits for its reader", || all_wait(running.id()));
        django.stdin.as_mut().unwrap().write_all(b"go\n").unwrap();
        assert_eq!(lines.next().unwrap().unwrap(), format!("{total} {total}"), "{args:?}");
        assert!(all_wait(running.id()), "{args:?}: the list did not wait");
        let mut rest = String::new();
        stdout.read_to_string(&mut rest).unwrap();
        let outcome = running.wait().ok();
        assert_eq!(outcome.stdout, "");
        assert!(rest.contains("u19999") && rest.contains("u20000"), "{args:?}");
        assert!(rest.lines().count() >= 20_003, "{args:?}: {}", rest.lines().count());
    }
    drop(django.stdin.take());
    let _ = django.wait();
}

/// Returns whether all threads of a process sleep.
fn all_wait(pid: u32) -> bool {
    let sleeps = |id: &str| id.parse().ok().and_then(state) == Some('S');
    let threads = fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    let states: Vec<bool> = threads.map(|task| sleeps(&task.file_name().to_string_lossy())).collect();
    !states.is_empty() && states.iter().all(|sleeps| *sleeps)
}

#[test]
fn a_list_reads_a_read_only_database() {
    for kind in ["tokens", "users"] {
        let sandbox = Sandbox::with_known_dates();
        sandbox.chown_to_nobody();
        let expected = sandbox.drfctl(["list", kind, "--columns", "username"]).run().ok();
        let before = sandbox.files();
        set_mode(&sandbox.db(), 0o444);
        set_mode(sandbox.dir(), 0o555);
        assert_eq!(sandbox.drfctl(["list", kind, "--columns", "username"]).run(), expected);
        assert_eq!(sandbox.drfctl(["list", kind, "--count"]).run().ok().stdout.lines().count(), 1);
        set_mode(sandbox.dir(), 0o755);
        assert!(sandbox.files() == before, "a file changed");
    }
}

/// In both journal modes.
#[test]
fn a_list_has_committed_rows_only() {
    for journal in ["delete", "wal"] {
        let sandbox = Sandbox::with_known_dates();
        sandbox.exec(&format!("PRAGMA journal_mode = {journal}"));
        let mut session = sandbox.session();
        let list = || sandbox.drfctl(["list", "users", "--no-header", "--columns", "username", "a*"]).run().ok().stdout;
        for sql in ["BEGIN IMMEDIATE", "UPDATE auth_user SET username = 'anna' WHERE username = 'alice'"] {
            assert!(session.run(sql).starts_with("ok"), "{sql}");
        }
        assert_eq!(list(), "alice\n", "{journal}");
        assert!(session.run("COMMIT").starts_with("ok"));
        assert_eq!(list(), "anna\n", "{journal}");
    }
}

#[test]
fn a_list_of_a_locked_database_has_status_5() {
    let sandbox = Sandbox::with_known_dates();
    let mut session = sandbox.session();
    assert!(session.run("BEGIN EXCLUSIVE").starts_with("ok"));
    for args in [&["list"][..], &["list", "users", "--count"]] {
        let outcome = sandbox.drfctl(["--busy-timeout", "50ms"]).args(args).run();
        outcome.refused("5", &["locked"]);
    }
}
