//! The output of `revoke`, and of `create-token` for many users, in every format: hostile names,
//! values that are not text, no rows, and output that cannot be written.
//!
//! Tags such as `F5` name cases of `tests/CASES.md`.

use serde_json::{Value, json};
use snapbox::{assert_data_eq, str};

use crate::support::{FORMATS, HOSTILE, Invocation, KEY, MANY, Outcome, Sandbox, is_active, quoted};

/// Commands that change many tokens, and the outcome in their records.
const COMMANDS: [(&[&str], &str); 6] = [
    (&["revoke", "--all", "--dry-run"], "would be revoked"),
    (&["revoke", "--all", "--yes"], "revoked"),
    (&["revoke", "--all", "--yes", "--single-transaction"], "revoked"),
    (&["create-token", "-r", "--all", "--dry-run"], "would be reset"),
    (&["create-token", "-r", "--all", "--yes"], "reset"),
    (&["create-token", "-r", "--all", "--yes", "--single-transaction"], "reset"),
];

/// Creates a site with a user for each hostile name, each with a token.
fn hostile() -> Sandbox {
    let sandbox = Sandbox::stock();
    sandbox.exec("DELETE FROM auth_user");
    for (id, name) in (100..).zip(HOSTILE) {
        sandbox.add_user(&id.to_string(), &quoted(name));
    }
    sandbox.give_tokens("2026-01-02 03:04:05", "TRUE");
    sandbox
}

/// F5, F7, F8, F9
#[test]
fn a_hostile_name_is_escaped_in_one_record() {
    let template = hostile();
    for (words, outcome_of) in COMMANDS {
        for format in FORMATS {
            let sandbox = template.copy();
            let outcome = sandbox.drfctl(words).args(["--format", format]).run();
            assert_eq!((outcome.status.as_str(), outcome.stderr.as_str()), ("0", ""), "{words:?} {format}\n{outcome}");
            let stdout = match format {
                "csv" => outcome.stdout.replace("\r\n", "\n"),
                "tsv" => outcome.stdout.replace('\t', " "),
                _ => outcome.stdout.clone(),
            };
            let lines = stdout.lines().count();
            Outcome { stdout, ..outcome.clone() }.harmless();
            let around = match format {
                "json" | "table" => 2,
                "csv" | "tsv" => 1,
                _ => 0,
            };
            assert_eq!(lines, HOSTILE.len() + around, "{words:?} {format}\n{outcome}");
        }
        let sandbox = template.copy();
        let records = sandbox.drfctl(words).records("0");
        let names: Vec<_> = records.iter().map(|record| record["username"].as_str().unwrap()).collect();
        assert_eq!(names, HOSTILE, "{words:?}");
        assert!(records.iter().all(|record| record["outcome"] == outcome_of), "{words:?}");
    }
}

/// F6
#[test]
fn a_hostile_name_is_escaped_in_messages() {
    for name in HOSTILE {
        let sandbox = Sandbox::stock();
        sandbox.add_user("77", &quoted(name));
        let c = name.chars().find(|c| is_active(*c)).unwrap();
        let shown = format!("\\u{{{:x}}}", u32::from(c));
        for (args, status) in [
            (&["revoke", name][..], "0"),
            (&["revoke", &format!("{name}x")], "3"),
            (&["revoke", &format!("{name}x*")], "3"),
            (&["revoke", "--missing-ok", &format!("{name}x")], "0"),
            (&["revoke", "--key-prefix", &name.chars().take(12).collect::<String>()], "3"),
            (&["create-token", "--staff", &format!("{name}x")], "3"),
            (&["list", &format!("{name}x")], "3"),
        ] {
            let outcome = sandbox.unchanged(sandbox.drfctl(args).args(["--traceback"]));
            assert_eq!((outcome.status.as_str(), outcome.stdout.as_str()), (status, ""), "{args:?}\n{outcome}");
            outcome.harmless();
            assert!(outcome.stderr.contains(&shown), "{args:?} {shown}\n{outcome}");
        }
        sandbox.give_token(name, KEY);
        sandbox.exec("CREATE TRIGGER no BEFORE DELETE ON authtoken_token BEGIN SELECT RAISE(IGNORE); END");
        let outcome = sandbox.unchanged(sandbox.drfctl(["revoke", name]));
        outcome.refused("3", &[&shown]);
        outcome.harmless();
    }
}

/// B32, B33: names and keys that are not text, and keys not created by DRF.
#[test]
fn a_value_that_is_not_text_is_printed() {
    let template = Sandbox::stock();
    for (id, name, key) in [
        ("501", "x'616c696365ff00'", "x'ff00aabbccddeeff00112233445566778899aabb'"),
        ("502", "CAST(x'ff61fe' AS TEXT)", "CAST(x'ff61fe' AS TEXT)"),
        ("503", "12345", "'short'"),
        ("504", "'nul' || char(0) || 'inside'", "'01DC0FFEE01DC0FFEE01DC0FFEE01DC0FFEE01DC'"),
        ("505", "'blank key'", "'two words and then some more of them'"),
        ("-7", "'below zero'", "'k' || char(27) || '[31m-and-so-on-and-on'"),
        ("9223372036854775807", "'the last'", "''"),
    ] {
        template.add_user(id, name);
        template.exec(&format!("INSERT INTO authtoken_token VALUES ({key}, '2026-01-02 03:04:05', {id})"));
    }
    let names = [
        json!("below zero"),
        json!({"hex": "616c696365ff00"}),
        json!({"hex": "ff61fe"}),
        json!("12345"),
        json!("nul\0inside"),
        json!("blank key"),
        json!("the last"),
    ];
    for (words, _) in COMMANDS {
        let sandbox = template.copy();
        let records = sandbox.drfctl(words).records("0");
        assert_eq!(records.iter().map(|record| record["username"].clone()).collect::<Vec<_>>(), names, "{words:?}");
        if words[0] == "revoke" {
            // At most a quarter of the key, and at most eight characters.
            let keys: Vec<_> = records.iter().map(|record| record["key"].as_str().unwrap()).collect();
            let expected = ["k\u{1b}[31…", "…", "…", "s…", "01DC0FFE…", "two word…", "…"];
            assert_eq!(keys, expected, "{words:?}");
        }
        if words.contains(&"--yes") {
            let left = if words[0] == "revoke" { "0" } else { "7" };
            assert_eq!(sandbox.value("SELECT count(*) FROM authtoken_token"), left, "{words:?}");
            let keys = "SELECT count(*) FROM authtoken_token WHERE length(key) <> 40 OR typeof(key) <> 'text'";
            assert_eq!(sandbox.value(keys), "0", "{words:?}");
        }
        for format in FORMATS {
            let sandbox = template.copy();
            let outcome = sandbox.drfctl(words).args(["--format", format]).run();
            let stdout = outcome.stdout.replace(['\t', '\r'], " ");
            Outcome { stdout, ..outcome.clone() }.harmless();
            assert_eq!(outcome.status, "0", "{words:?} {format}\n{outcome}");
        }
    }
}

#[test]
fn no_rows_in_every_format() {
    let sandbox = Sandbox::stock();
    sandbox.give_token("alice", KEY);
    for words in [
        &["revoke", "--staff", "-y"][..],
        &["create-token", "-r", "--staff", "-y"],
        &["revoke", "--staff", "--dry-run"],
    ] {
        for format in FORMATS {
            let outcome = sandbox.unchanged(sandbox.drfctl(words).args(["--format", format, "-v", "0"])).ok();
            let shape = match format {
                "json" => "[]\n",
                "csv" => "username,key,created,outcome\r\n",
                "tsv" => "username\tkey\tcreated\toutcome\n",
                _ => "",
            };
            assert_eq!(outcome.stdout, shape, "{words:?} {format}");
        }
    }
}

/// F1, F2, F4
#[test]
fn a_closed_or_full_stream_has_a_status() {
    let sandbox = |count: u32| {
        let sandbox = Sandbox::stock();
        sandbox.add_users(count);
        sandbox.give_tokens("2026-01-02 03:04:05", "TRUE");
        sandbox
    };
    let with_redirection = |sandbox: &Sandbox, redirection: &str, args: &[&str]| {
        let script = format!(r#"exec "$@" {redirection}"#);
        sandbox.drfctl(args).through(["sh", "-c", &script, "sh"])
    };
    for args in COMMANDS.map(|(args, _)| args) {
        let few = sandbox(7);
        let outcome = few.unchanged(with_redirection(&few, ">&-", args));
        outcome.refused("2", &["standard output is closed"]);
        for redirection in ["2>&-", "2>/dev/full"] {
            let few = sandbox(7);
            let outcome = with_redirection(&few, redirection, args).run();
            assert_eq!((outcome.status.as_str(), outcome.stdout.lines().count()), ("0", 10), "{args:?}\n{outcome}");
        }
    }
    for (args, expected) in [
        (&["revoke", "--all", "--yes"][..], "drfctl list shows the remaining tokens"),
        (&["revoke", "--all", "--yes", "--single-transaction"], "drfctl list shows the remaining tokens"),
        (&["create-token", "-r", "--all", "--yes"], "drfctl list --show-keys --newer-than "),
        (&["create-token", "-r", "--all", "--yes", "--single-transaction"], "drfctl list --show-keys --newer-than "),
    ] {
        let few = sandbox(7);
        let before = few.sql("SELECT key FROM authtoken_token").concat();
        let outcome = with_redirection(&few, ">/dev/full", args).run();
        outcome.refused("7", &["cannot write the result to standard output", expected]);
        let after = few.sql("SELECT key FROM authtoken_token").concat();
        assert!(!after.iter().any(|key| before.contains(key)), "{args:?}");
        assert!(!after.iter().any(|key| outcome.stderr.contains(key)), "{outcome}");
    }
    // A batch whose records cannot be written is the last one.
    let many = sandbox(4_497);
    let outcome = with_redirection(&many, ">/dev/full", &["revoke", "--all", "--yes"]).run();
    outcome.refused("7", &["stopped after 2000 of 4500: ", "run the same command again for the others"]);
    assert_eq!(many.value("SELECT count(*) FROM authtoken_token"), "2500");
}

/// F11, F12
#[test]
fn the_environment_does_not_change_the_output() {
    let sandbox = hostile();
    for (words, format) in
        [(COMMANDS[0].0, "text"), (COMMANDS[0].0, "table"), (COMMANDS[3].0, "csv"), (COMMANDS[3].0, "json")]
    {
        let call = || -> Invocation { sandbox.drfctl(words).args(["--format", format]) };
        let plain = call().run().ok();
        for (name, value) in
            [("LC_ALL", "tr_TR.UTF-8"), ("LANG", "C"), ("TERM", "dumb"), ("NO_COLOR", "1"), ("TZ", "Pacific/Apia")]
        {
            assert_eq!(call().env(name, value).run(), plain, "{words:?} {format} {name}={value}");
        }
    }
}

/// JSON is valid after several batches, and if one fails.
#[test]
fn a_json_array_is_complete_after_batches_and_failures() {
    for (words, expected) in [(&["revoke"][..], "revoked"), (&["create-token", "-r"], "reset")] {
        let sandbox = Sandbox::with_tokens(4_500);
        let event = if words[0] == "revoke" { "DELETE" } else { "UPDATE" };
        sandbox.exec(&format!(
            "CREATE TRIGGER no BEFORE {event} ON authtoken_token WHEN OLD.user_id > 3000
             BEGIN SELECT RAISE(ABORT, 'not these'); END"
        ));
        let call = || sandbox.drfctl(words).args(["--all", "--yes", "-v", "0", "--format", "json"]);
        let outcome = call().run();
        let records: Vec<Value> = serde_json::from_str(&outcome.stdout).unwrap();
        // On a slow machine, the second batch is small enough to succeed, too.
        let count = records.len();
        assert!((2_000..=3_000).contains(&count) && records.iter().all(|record| record["outcome"] == expected));
        let stopped = format!("stopped after {count} of 4500");
        assert!(outcome.status == "9" && outcome.stderr.contains(&stopped), "{}", outcome.stderr);
        sandbox.exec("DROP TRIGGER no");
        let left = if words[0] == "revoke" { 4_500 - count } else { 4_500 };
        assert_eq!(call().records("0").len(), left, "{words:?}");
    }
}

/// F2, F3: the message expected that nothing was changed.
#[test]
fn a_dry_run_that_cannot_be_written_changes_nothing() {
    let sandbox = Sandbox::with_tokens(MANY);
    for words in [
        &["revoke", "--all", "--dry-run"][..],
        &["create-token", "-r", "--all", "--dry-run"],
        &["create-token", "-r", "u1", "--dry-run"],
    ] {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let outcome = sandbox.unchanged(sandbox.drfctl(words).stdout(full));
        assert_data_eq!(
            outcome.to_string(),
            str![[r#"
exit: 7
--- stdout
--- stderr
error: cannot write the result to standard output: No space left on device (os error 28)
hint: run the command again; nothing was changed

"#]]
        );
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let outcome = sandbox.unchanged(sandbox.drfctl(words).stdout(writer));
        assert_eq!(outcome.to_string(), "exit: signal 13\n--- stdout\n--- stderr\n");
        sandbox.unchanged(sandbox.drfctl(words).args(["--format", "raw"])).refused("2", &["no secret to print raw"]);
    }
}
