//! A key must not appear in arguments, the environment, messages, other files or memory dumps, and
//! must not be predictable.
//!
//! Tags such as `H1` name cases of `tests/CASES.md`.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::process::Command;
use std::time::{Duration, Instant};

use crate::support::{Invocation, Outcome, Running, Sandbox, Session, Shim, names_in, tested_program};

/// A secret that must not appear in any output.
const MARKER: &str = "MaRk3r-5f0e9d1c7b2a48f6-n0t-t0-b3-s33n";

/// Creates a sandbox with the marker in a file named `key`.
fn with_marker() -> Sandbox {
    let sandbox = Sandbox::stock();
    fs::write(sandbox.dir().join("key"), format!("{MARKER}\n")).expect("a key file");
    sandbox
}

/// Creates a token whose key is the marker.
fn create_token(sandbox: &Sandbox, user: &str) -> Invocation {
    sandbox.drfctl(["create-token", "--key-from", "key", user])
}

/// Starts a call that reads the marker and waits for a lock.
fn waiting(sandbox: &Sandbox, call: Invocation) -> (Session, Running) {
    let mut server = sandbox.session();
    assert_eq!(server.run("BEGIN IMMEDIATE"), "ok []");
    let mut running = call.spawn();
    running.until_it_waits();
    (server, running)
}

fn proc_file(running: &Running, name: &str) -> String {
    let path = format!("/proc/{}/{name}", running.id());
    String::from_utf8_lossy(&fs::read(path).expect("a file of /proc")).into_owned()
}

/// H1, H2, H10
#[test]
fn a_key_is_not_in_arguments_or_the_environment() {
    let sandbox = with_marker();
    let (mut server, running) = waiting(&sandbox, create_token(&sandbox, "alice"));
    let words = proc_file(&running, "cmdline");
    assert!(words.contains("create-token") && !words.contains(MARKER), "{words:?}");
    // An unreadable file is fine, too.
    let environment = fs::read(format!("/proc/{}/environ", running.id())).unwrap_or_default();
    assert!(!String::from_utf8_lossy(&environment).contains(MARKER));
    server.run("ROLLBACK");
    let outcome = running.wait();
    assert_eq!((outcome.status.as_str(), sandbox.value("SELECT key FROM authtoken_token")), ("0", MARKER.to_owned()));
}

/// H1, H10
#[test]
fn no_option_accepts_a_secret_as_its_value() {
    let sandbox = Sandbox::stock();
    let users = ["create-user", "createsuperuser", "set-password", "changepassword", "activate", "verify"];
    for command in ["", "create-token", "drf_create_token", "inspect"].into_iter().chain(users) {
        let help = sandbox.drfctl(command.split_whitespace()).arg("--help").run();
        assert_eq!(help.status, "0", "{help}");
        for word in help.stdout.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-')) {
            let secret = ["--key", "--token", "--password", "--secret", "--pass", "--api-key"];
            assert!(!secret.contains(&word), "{word} in the help of {command:?}");
        }
    }
    let before = sandbox.dump();
    for option in ["--key", "--token", "--password", "--secret"] {
        for command in ["create-token", "create-user", "set-password", "verify"] {
            for call in [&[command, "alice", option, MARKER][..], &[command, "alice", &format!("{option}={MARKER}")]] {
                let outcome = sandbox.drfctl(call).run();
                assert!(outcome.status == "2" && !outcome.stderr.contains(MARKER), "{outcome}");
            }
        }
    }
    assert_eq!(sandbox.dump(), before);
}

/// H2
#[test]
fn a_secret_in_the_environment_is_not_printed() {
    let sandbox = Sandbox::stock();
    for name in ["DRFCTL_KEY", "DRF_TOKEN", "TOKEN", "PASSWORD", "DRFCTL_PASSWORD"] {
        let outcome = sandbox.drfctl(["--traceback", "-v", "3", "create-token", "alice"]).env(name, MARKER).run();
        assert_eq!(outcome.status, "0", "{outcome}");
        assert!(!outcome.to_string().contains(MARKER), "{outcome}");
    }
    assert_ne!(sandbox.value("SELECT key FROM authtoken_token"), MARKER);
    for scheme in ["postgres", "mysql", "nonsense"] {
        let url = format!("{scheme}://app:{MARKER}@localhost/app");
        let outcome =
            sandbox.drfctl(["--traceback", "-v", "3", "create-token", "alice"]).env("DATABASE_URL", url).run();
        assert!(outcome.status != "0" && outcome.stdout.is_empty(), "{outcome}");
        assert!(!outcome.stderr.contains(MARKER), "{outcome}");
    }
}

/// H4
#[test]
fn a_process_with_a_key_cannot_be_dumped_or_read() {
    let sandbox = with_marker();
    // As an ordinary user, because root owns the files in /proc of its processes anyway.
    let program = sandbox.dir().join("drfctl");
    fs::copy(tested_program(), &program).expect("a copy of the program");
    let root = fs::metadata(sandbox.dir()).expect("the folder").uid() == 0;
    if root {
        for path in [sandbox.dir(), &sandbox.db(), &sandbox.dir().join("key")] {
            chown(path, Some(65534), Some(65534)).expect("a new owner");
        }
    }
    let drop = if root { "exec setpriv --reuid=65534 --regid=65534 --clear-groups" } else { "exec" };
    let script =
        format!(r#"ulimit -c unlimited 2>/dev/null || ulimit -S -c "$(ulimit -H -c)"; shift; {drop} ./drfctl "$@""#);
    let call = create_token(&sandbox, "alice").through(["sh", "-c", &script, "sh"]);
    let (mut server, running) = waiting(&sandbox, call);
    let limits = proc_file(&running, "limits");
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).expect("a limit");
    let sizes: Vec<&str> = core.split_whitespace().skip(4).take(2).collect();
    assert_eq!(sizes, ["0", "0"], "{core}");
    let owner = fs::metadata(format!("/proc/{}/environ", running.id())).expect("a file of /proc").uid();
    assert_eq!(owner, 0, "another process of the same user can read its memory");
    server.run("ROLLBACK");
    assert_eq!(running.wait().status, "0");
}

/// Runs a call that must fail, and asserts that its output does not contain the marker.
#[track_caller]
fn assert_error_without_key(call: Invocation, status: &str) {
    let outcome = call.env("RUST_BACKTRACE", "full").env("RUST_LOG", "trace").run();
    assert!(outcome.status == status && outcome.stdout.is_empty(), "{outcome}");
    assert!(!outcome.stderr.contains(MARKER) && !outcome.stderr.contains(&hex::encode(MARKER)), "{outcome}");
    assert!(!outcome.stderr.contains("panicked"), "{outcome}");
}

/// H5
#[test]
fn no_error_shows_a_key_even_with_traceback() {
    let noisy = |sandbox: &Sandbox, user: &str| create_token(sandbox, user).args(["--traceback", "-v", "3"]);
    let sandbox = with_marker();
    assert_error_without_key(noisy(&sandbox, "nobody"), "3");
    assert_error_without_key(noisy(&sandbox, "alice").arg("bob"), "2");
    assert_error_without_key(noisy(&sandbox, "alice").args(["-d", "missing"]), "6");
    assert_error_without_key(noisy(&sandbox, "alice").args(["-d", "key"]), "6");
    assert_error_without_key(noisy(&sandbox, "alice").args(["--output-file", "key"]), "4");
    let mut server = sandbox.session();
    server.run("BEGIN IMMEDIATE");
    assert_error_without_key(noisy(&sandbox, "alice").args(["--busy-timeout", "100ms"]), "5");
    drop(server);
    let shim = Shim::new(&sandbox);
    assert_error_without_key(shim.load(noisy(&sandbox, "alice")).env("SHIM_FSYNC", "eio:1"), "6");
    let full = fs::OpenOptions::new().write(true).open("/dev/full").expect("the full device");
    assert_error_without_key(noisy(&sandbox, "alice").stdout(full), "7");
    // Now the key is Alice's.
    assert_error_without_key(noisy(&sandbox, "bob"), "4");
    for bad in [
        format!("{MARKER} {MARKER}"),
        format!("{MARKER}{MARKER}"),
        format!("{MARKER}\n{MARKER}"),
        format!("{MARKER}é"),
        format!("{MARKER}\0"),
    ] {
        let sandbox = Sandbox::stock();
        fs::write(sandbox.dir().join("key"), bad).expect("a key file");
        assert_error_without_key(noisy(&sandbox, "alice"), "3");
    }
}

/// H6
#[test]
fn a_database_error_about_a_row_does_not_show_the_key() {
    for schema in [
        "CREATE TRIGGER t BEFORE INSERT ON authtoken_token BEGIN SELECT RAISE(ABORT, 'refused by policy'); END",
        "CREATE TRIGGER t BEFORE INSERT ON authtoken_token BEGIN SELECT RAISE(ABORT, 'refused: ' || NEW.key); END",
        "CREATE TABLE log (key text CHECK (length(key) < 5)); \
         CREATE TRIGGER t AFTER INSERT ON authtoken_token BEGIN INSERT INTO log VALUES (NEW.key); END",
    ] {
        let sandbox = with_marker();
        sandbox.exec(schema);
        let before = sandbox.dump();
        assert_error_without_key(create_token(&sandbox, "alice").args(["--traceback", "-v", "3"]), "3");
        assert_eq!(sandbox.dump(), before);
    }
}

/// H9
#[test]
fn an_output_file_is_private_and_contains_the_line() {
    let sandbox = Sandbox::stock();
    let call = sandbox.drfctl(["create-token", "--output-file", "out", "alice"]);
    let outcome = call.through(["sh", "-c", r#"umask 000; exec "$@""#, "sh"]).run();
    assert_eq!((outcome.status.as_str(), outcome.stdout.as_str()), ("0", ""), "{outcome}");
    let out = sandbox.dir().join("out");
    let key = sandbox.value("SELECT key FROM authtoken_token");
    assert_eq!(fs::read_to_string(&out).expect("the file"), format!("Generated token {key} for user alice\n"));
    assert_eq!(fs::metadata(&out).expect("the file").permissions().mode() & 0o7777, 0o600);
    assert!(!outcome.stderr.contains(&key), "{outcome}");
    let raw = sandbox.drfctl(["--format", "raw", "create-token", "--output-file", "raw", "alice"]).run();
    assert_eq!(raw.status, "0", "{raw}");
    assert_eq!(fs::read_to_string(sandbox.dir().join("raw")).expect("the file"), format!("{key}\n"));
    assert_eq!(names_in(sandbox.dir()), ["db.sqlite3", "out", "raw"]);
}

/// H9
#[test]
fn an_existing_or_invalid_output_file_is_rejected_early() {
    let sandbox = Sandbox::stock();
    let path = |name: &str| sandbox.dir().join(name);
    fs::write(path("file"), "precious").expect("a file");
    symlink("file", path("link")).expect("a link");
    symlink("nowhere", path("dangling")).expect("a link");
    fs::create_dir(path("folder")).expect("a folder");
    assert!(Command::new("mkfifo").arg(path("pipe")).status().expect("mkfifo runs").success());
    let (before, names) = (sandbox.dump(), names_in(sandbox.dir()));
    for (name, status) in [
        ("file", "4"),
        ("link", "4"),
        ("dangling", "4"),
        ("db.sqlite3", "4"),
        ("pipe", "3"),
        ("/dev/null", "3"),
        ("folder", "4"),
        ("missing/out", "3"),
        ("", "2"),
    ] {
        let started = Instant::now();
        let outcome = sandbox.drfctl(["create-token", "--output-file", name, "alice"]).run();
        outcome.refused(status, &[]);
        assert!(started.elapsed() < Duration::from_secs(20), "{name} blocked drfctl");
    }
    assert_eq!((sandbox.dump(), names_in(sandbox.dir())), (before, names));
    assert_eq!(fs::read_to_string(path("file")).expect("the file"), "precious");
}

/// H9
#[test]
fn a_failed_command_leaves_no_output_file() {
    let sandbox = Sandbox::stock();
    sandbox.give_token("bob", "b0bb0bb0bb0bb0bb0bb0bb0bb0bb0bb0bb0bb0bb");
    sandbox.exec("CREATE TRIGGER no BEFORE UPDATE ON authtoken_token BEGIN SELECT RAISE(ABORT, 'no'); END");
    let before = sandbox.dump();
    let mut server = sandbox.session();
    for (args, status) in [
        (&["create-token", "nobody"][..], "3"),
        (&["create-token", "alice", "nobody"], "3"),
        (&["create-token", "-r", "bob"], "3"),
        (&["-d", "missing", "create-token", "alice"], "6"),
        (&["--busy-timeout", "50ms", "create-token", "alice"], "5"),
    ] {
        if status == "5" {
            assert_eq!(server.run("BEGIN IMMEDIATE"), "ok []");
        }
        sandbox.drfctl(args).args(["--output-file", "out"]).run().refused(status, &[]);
        let names = names_in(sandbox.dir());
        assert!(
            names.iter().all(|name| name == "db.sqlite3" || name.to_string_lossy().starts_with("db.sqlite3-")),
            "{args:?}"
        );
    }
    server.run("ROLLBACK");
    assert_eq!(sandbox.dump(), before);
}

/// H9: the disk of the output file fails after the commit.
#[test]
fn a_failed_sync_of_the_output_file_is_reported() {
    let sandbox = Sandbox::stock();
    let mut fired = 0;
    for nth in 1.. {
        let sandbox = sandbox.copy();
        let before = sandbox.dump();
        let shim = Shim::new(&sandbox);
        let call = shim.load(sandbox.drfctl(["create-token", "--output-file", "out", "alice"]));
        let outcome: Outcome = call.env("SHIM_FSYNC", format!("eio:{nth}")).run();
        if !shim.fired("fsync") {
            break;
        }
        fired += 1;
        let out = sandbox.dir().join("out");
        match outcome.status.as_str() {
            "0" | "7" => assert_eq!(sandbox.value("SELECT count(*) FROM authtoken_token"), "1", "{outcome}"),
            "8" => {}
            other => {
                assert!(["3", "6"].contains(&other), "{outcome}");
                assert!(sandbox.dump() == before && !out.exists(), "{outcome}");
            }
        }
    }
    assert!(fired > 2, "the output file is not synced");
}

/// H12
#[test]
fn two_thousand_keys_are_unique_and_evenly_distributed() {
    let sandbox = Sandbox::stock();
    let names = sandbox.add_users(2000);
    let outcome = sandbox.drfctl(["--format", "raw", "create-token", "-"]).stdin(names).run().ok();
    let keys: BTreeSet<&str> = outcome.stdout.lines().collect();
    assert_eq!(keys.len(), 2000);
    let is_valid =
        |key: &&str| key.len() == 40 && key.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
    assert!(keys.iter().all(is_valid));
    // The count of each of the 160 bits, and of all bits, is within 6 standard deviations of a fair
    // coin. A good source exceeds that once in 500 million draws.
    let bytes: Vec<Vec<u8>> = keys.iter().map(|key| hex::decode(key).expect("hexadecimal")).collect();
    let near = |ones: u32, draws: u32| {
        let (ones, draws) = (f64::from(ones), f64::from(draws));
        (ones - draws / 2.0).abs() < 6.0 * draws.sqrt() / 2.0
    };
    let ones_of = |bit: usize| bytes.iter().map(|key| u32::from(key[bit / 8] >> (bit % 8) & 1)).sum::<u32>();
    for bit in 0..160 {
        assert!(near(ones_of(bit), 2000), "bit {bit} is set {} times of 2000", ones_of(bit));
    }
    assert!(near((0..160).map(ones_of).sum(), 320_000));
}
