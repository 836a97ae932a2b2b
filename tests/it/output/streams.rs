//! Standard output and standard error with every kind of file, and with every value in the database.
//!
//! Tags such as `F1` name cases of `tests/CASES.md`.

use std::fs::OpenOptions;
use std::process::Stdio;

use crate::support::{ENVIRONMENTS, HOSTILE, Invocation, KEY, Outcome, Sandbox, is_active, quoted};

/// The formats of records.
const ALL_FORMATS: [&str; 7] = ["text", "raw", "json", "jsonl", "csv", "tsv", "table"];

/// Runs drfctl with a redirection of the shell.
fn with_redirection(sandbox: &Sandbox, redirection: &str, args: &[&str]) -> Outcome {
    let script = format!(r#"exec "$@" {redirection}"#);
    sandbox.drfctl(args).through(["sh", "-c", &script, "sh"]).run()
}

/// F1
#[test]
fn a_closed_stdout_is_reported_before_any_change() {
    let sandbox = Sandbox::stock();
    let before = sandbox.dump();
    for args in [
        &["create-token", "alice"][..],
        &["create-token", "-r", "alice"],
        &["--format", "json", "create-token", "alice"],
    ] {
        with_redirection(&sandbox, ">&-", args).refused("2", &["standard output"]);
    }
    assert_eq!(sandbox.dump(), before);
}

/// F1
#[test]
fn a_null_device_as_stdout_is_accepted() {
    for redirection in [">/dev/null", "1<>/dev/null", ">>/dev/null"] {
        let sandbox = Sandbox::stock();
        let outcome = with_redirection(&sandbox, redirection, &["create-token", "alice"]).ok();
        assert_eq!(
            (outcome.stdout.as_str(), sandbox.value("SELECT count(*) FROM authtoken_token").as_str()),
            ("", "1")
        );
    }
}

/// F2
#[test]
fn a_full_disk_for_stdout_has_a_hint_to_see_the_token() {
    for args in [
        &["create-token", "alice"][..],
        &["create-token", "-r", "alice"],
        &["--format", "json", "create-token", "alice"],
        &["--format", "csv", "create-token", "alice"],
    ] {
        let sandbox = Sandbox::stock();
        let full = OpenOptions::new().write(true).open("/dev/full").expect("the full device");
        let outcome = sandbox.drfctl(args).stdout(Stdio::from(full)).run();
        outcome.refused("7", &["create-token again"]);
        let key = sandbox.value("SELECT key FROM authtoken_token");
        assert!(!outcome.stderr.contains(&key), "{outcome}");
        // The suggested command must not create another key.
        assert!(!outcome.stderr.contains("create-token -r"), "{outcome}");
        assert_eq!(sandbox.drfctl(["create-token", "alice"]).run().ok().key(), key);
    }
}

/// I15, F3
#[test]
fn a_closed_pipe_for_stdout_has_a_hint_to_see_the_token() {
    for args in [&["create-token", "alice"][..], &["create-token", "-r", "alice"]] {
        let sandbox = Sandbox::stock();
        let outcome = sandbox.drfctl(args).run_unread();
        outcome.refused("7", &["create-token again"]);
        let key = sandbox.value("SELECT key FROM authtoken_token");
        assert!(!outcome.stderr.contains(&key), "{outcome}");
    }
}

/// F4
#[test]
fn a_closed_or_full_stderr_does_not_change_the_status() {
    for redirection in ["2>&-", "2>/dev/full"] {
        let sandbox = Sandbox::stock();
        for (args, status) in [
            (&["create-token", "nobody"][..], "3"),
            (&["create-token"], "2"),
            (&["--no-such-option"], "2"),
            (&["-d", "missing", "create-token", "alice"], "6"),
            (&["create-token", "ina"], "0"),
            (&["drf_create_token", "nobody"], "1"),
        ] {
            let outcome = with_redirection(&sandbox, redirection, args);
            assert_eq!(outcome.status, status, "{args:?} {redirection}\n{outcome}");
        }
        assert_eq!(
            with_redirection(&sandbox, &format!("{redirection} >/dev/full"), &["create-token", "alice"]).status,
            "7"
        );
        // No message was written into the database, whose descriptor could be 2.
        assert_eq!(sandbox.value("PRAGMA integrity_check"), "ok");
        assert_eq!(sandbox.value("SELECT count(*) FROM authtoken_token"), "2");
    }
}

/// F5
#[test]
fn a_hostile_name_is_one_escaped_line() {
    for name in HOSTILE {
        let sandbox = Sandbox::stock();
        sandbox.add_user("77", &quoted(name));
        sandbox.give_token("alice", KEY);
        sandbox.exec(&format!("UPDATE authtoken_token SET user_id = 77 WHERE key = '{KEY}'"));
        for format in ALL_FORMATS {
            let outcome = sandbox.drfctl(["--format", format, "create-token", name]).run();
            assert_eq!(outcome.status, "0", "{outcome}");
            // Without the separators of tsv; csv is for programs, and quotes its values.
            let stdout = match format {
                "csv" => String::new(),
                "tsv" => outcome.stdout.replace('\t', " "),
                _ => outcome.stdout.clone(),
            };
            Outcome { stdout, ..outcome.clone() }.harmless();
            if ["text", "raw", "jsonl"].contains(&format) {
                assert_eq!(outcome.stdout.lines().count(), 1, "{outcome}");
            }
            if format == "tsv" {
                assert_eq!(outcome.stdout.lines().count(), 2, "{outcome}");
            }
        }
        let outcome = sandbox.drfctl(["create-token", name]).run();
        let c = name.chars().find(|c| is_active(*c)).expect("a hostile character");
        if !"\n\r\t".contains(c) {
            assert!(outcome.stdout.contains(&format!("\\u{{{:x}}}", u32::from(c))), "{outcome}");
        }
    }
}

/// F5, F7
#[test]
fn json_escapes_a_hostile_name_without_loss() {
    let sandbox = Sandbox::stock();
    for (id, name) in (100..).zip(HOSTILE) {
        sandbox.add_user(&id.to_string(), &quoted(name));
        for format in ["json", "jsonl"] {
            let outcome = sandbox.drfctl(["--format", format, "create-token", name]).run().ok();
            outcome.harmless();
            let value: serde_json::Value = serde_json::from_str(&outcome.stdout).expect("JSON");
            let record = if format == "json" { &value[0] } else { &value };
            assert_eq!(record["username"], name);
        }
    }
    let outcome = sandbox.drfctl(["--format", "json", "create-token", HOSTILE[0], HOSTILE[7]]).run().ok();
    assert!(outcome.stdout.contains(r"esc\u001b[31mred") && outcome.stdout.contains(r"over\u202eride"), "{outcome}");
}

/// F6
#[test]
fn a_hostile_name_is_escaped_in_messages() {
    for name in HOSTILE {
        let sandbox = Sandbox::stock();
        sandbox.add_user("77", &quoted(name));
        let unknown = format!("{name}x");
        for verbosity in ["0", "1", "3"] {
            let outcome = sandbox.drfctl(["--traceback", "-v", verbosity, "create-token", &unknown]).run();
            assert_eq!((outcome.status.as_str(), outcome.stdout.as_str()), ("3", ""), "{outcome}");
            outcome.harmless();
            let error = outcome.stderr.lines().find(|line| line.starts_with("error: ")).expect("an error");
            assert!(error.ends_with(" does not exist"), "more than one line\n{outcome}");
        }
        sandbox.exec("UPDATE auth_user SET is_active = 0");
        let warned = sandbox.drfctl(["create-token", name]).run();
        assert!(warned.status == "0" && warned.stderr.contains("warning: "), "{warned}");
        warned.harmless();
        // Also in messages of the command line parser.
        sandbox.drfctl([&format!("--{name}")]).run().harmless();
        sandbox.drfctl(["--format", name, "inspect"]).run().harmless();
        sandbox.drfctl([name]).run().harmless();
        sandbox.drfctl(["--busy-timeout", name, "inspect"]).run().harmless();
        sandbox.drfctl(["--user-table", name, "inspect"]).run().harmless();
        sandbox.drfctl(["--username-field", name, "inspect"]).run().harmless();
        sandbox.drfctl(["--time-zone", name, "inspect"]).run().harmless();
        sandbox.drfctl(["create-token", "--output-file", &format!("no/such/{name}"), "alice"]).run().harmless();
    }
}

/// F8
#[test]
fn csv_escapes_names_that_are_spreadsheet_formulas() {
    let sandbox = Sandbox::stock();
    for (name, shown) in [
        ("=1+1", "'=1+1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("+491234", "'+491234"),
        ("-2", "'-2"),
        ("\tx", "'\tx"),
        ("say \"hi\", you", "say \"hi\", you"),
        ("alice", "alice"),
        ("a=b", "a=b"),
    ] {
        if name != "alice" {
            sandbox.add_user("NULL", &quoted(name));
        }
        let outcome = sandbox.drfctl(["--format", "csv", "create-token", "--", name]).run().ok();
        let mut reader = csv::Reader::from_reader(outcome.stdout.as_bytes());
        assert_eq!(reader.headers().expect("a header"), ["username", "key", "created", "outcome"].as_slice());
        let records: Vec<_> = reader.records().map(|record| record.expect("a record")).collect();
        assert_eq!(records.len(), 1);
        let shown_name = records[0][0].replace(r"\u{9}", "\t").replace(r"\t", "\t");
        assert_eq!((shown_name.as_str(), &records[0][3]), (shown, "created"));
    }
}

/// F11
#[test]
fn the_locale_and_the_terminal_do_not_change_the_output() {
    let sandbox = Sandbox::stock();
    sandbox.add_user("77", "'İIıi-Ünï'");
    sandbox.give_token("alice", KEY);
    sandbox.exec("UPDATE authtoken_token SET user_id = 77");
    for format in ALL_FORMATS {
        let call = || sandbox.drfctl(["--format", format, "create-token", "İIıi-Ünï"]);
        let plain = call().run().ok();
        for (name, value) in ENVIRONMENTS {
            assert_eq!(call().env(name, value).run(), plain, "{format} {name}={value}");
        }
        let unknown = |call: Invocation| call.arg("ıI").run();
        assert_eq!(unknown(call().env("LC_ALL", "tr_TR.UTF-8")), unknown(call()));
    }
}

/// F12
#[test]
fn the_time_zone_of_the_shell_does_not_change_the_output() {
    let sandbox = Sandbox::stock();
    sandbox.give_token("alice", KEY);
    for format in ALL_FORMATS {
        let call = || sandbox.drfctl(["--format", format, "create-token", "alice"]);
        let plain = call().run().ok();
        for zone in ["Pacific/Apia", "Europe/Berlin", "Not/A_Zone", "", ":/etc/passwd", "UTC-14"] {
            assert_eq!(call().env("TZ", zone).run(), plain, "{format} TZ={zone}");
        }
    }
    let json = sandbox.drfctl(["--format", "json", "create-token", "alice"]).env("TZ", "Pacific/Apia").run().ok();
    let value: serde_json::Value = serde_json::from_str(&json.stdout).expect("JSON");
    assert_eq!(value[0]["created"], "2026-01-02T03:04:05Z");
}

/// F12: tokens are stored in UTC, too.
#[test]
fn a_new_token_is_stored_in_utc_with_any_time_zone() {
    let sandbox = Sandbox::stock();
    let _ = sandbox.drfctl(["create-token", "alice"]).env("TZ", "Pacific/Apia").run().ok();
    let age = sandbox.value("SELECT abs(julianday('now') - julianday(created)) * 86400 < 600 FROM authtoken_token");
    assert_eq!(age, "1");
}

#[test]
fn quiet_prints_nothing_in_any_format() {
    let sandbox = Sandbox::stock();
    for args in [
        &["create-token", "-q", "alice"][..],
        &["create-token", "--quiet", "-r", "alice"],
        &["--format", "json", "create-token", "-q", "ina"],
    ] {
        let outcome = sandbox.drfctl(args).run();
        assert_eq!(outcome.to_string(), "exit: 0\n--- stdout\n--- stderr\n", "{args:?}");
    }
    assert_eq!(sandbox.value("SELECT count(*) FROM authtoken_token"), "2");
}
