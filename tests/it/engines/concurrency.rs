//! Many processes on one database, on every engine.
//!
//! Tags such as `E1` name cases of `tests/CASES.md`.

use std::collections::BTreeSet;

use crate::support::{Application, Engine, Outcome, Sandbox, Site, scenarios};

scenarios![
    concurrent_creations_of_one_token_print_the_same_key,
    concurrent_resets_of_one_token_store_one_of_the_keys,
    concurrent_creations_of_one_user_create_one,
    a_hundred_mixed_commands_next_to_the_application_all_succeed,
    concurrent_create_user_if_not_exists_all_succeed,
    concurrent_resets_and_revocations_leave_one_token_or_none,
];

/// E1
fn concurrent_creations_of_one_token_print_the_same_key(engine: Engine) {
    let mut sandbox = Sandbox::on(engine, Site::Stock);
    sandbox.limit_connections(80);
    let calls = vec![(&["--busy-timeout", "5m", "create-token", "-"][..], "alice\n".to_owned()); 100];
    let outcomes = sandbox.at_once(&calls);
    let bad = outcomes.iter().find(|outcome| outcome.status != "0");
    assert!(bad.is_none(), "{}", bad.expect("a failed call"));
    let keys: BTreeSet<String> = outcomes.iter().map(Outcome::key).collect();
    let stored: Vec<_> = sandbox.sql("SELECT * FROM authtoken_token").into_iter().map(|row| row[0].clone()).collect();
    assert_eq!((keys.len(), stored), (1, keys.into_iter().collect()));
}

/// I10, E3
fn concurrent_resets_of_one_token_store_one_of_the_keys(engine: Engine) {
    let mut sandbox = Sandbox::on(engine, Site::Stock);
    sandbox.limit_connections(80);
    let calls = vec![(&["--busy-timeout", "5m", "create-token", "-r", "-"][..], "alice\n".to_owned()); 100];
    let outcomes = sandbox.at_once(&calls);
    let bad = outcomes.iter().find(|outcome| outcome.status != "0");
    assert!(bad.is_none(), "{}", bad.expect("a failed call"));
    let keys: BTreeSet<String> = outcomes.iter().map(Outcome::key).collect();
    let stored: Vec<_> = sandbox.sql("SELECT * FROM authtoken_token").into_iter().map(|row| row[0].clone()).collect();
    assert_eq!((keys.len(), stored.len()), (100, 1));
    assert!(keys.contains(&stored[0]));
}

/// E2
fn concurrent_creations_of_one_user_create_one(engine: Engine) {
    let mut sandbox = Sandbox::on(engine, Site::Stock);
    sandbox.limit_connections(80);
    let calls = vec![
        (
            &["--busy-timeout", "5m", "create-user", "--from", "-", "--no-password"][..],
            "username\ncarol\n".to_owned()
        );
        100
    ];
    let outcomes = sandbox.at_once(&calls);
    let statuses: Vec<_> = outcomes.iter().map(|outcome| outcome.status.as_str()).collect();
    let created = statuses.iter().filter(|status| **status == "0").count();
    let rejected = statuses.iter().filter(|status| **status == "4").count();
    assert_eq!(
        (created, rejected),
        (1, 99),
        "{}",
        outcomes.iter().find(|o| o.status != "0" && o.status != "4").unwrap_or(&outcomes[0])
    );
}

/// E4
fn concurrent_resets_and_revocations_leave_one_token_or_none(engine: Engine) {
    let mut sandbox = Sandbox::on(engine, Site::Stock);
    sandbox.limit_connections(80);
    let _ = sandbox.drfctl(["create-token", "alice"]).run().ok();
    let mut calls = Vec::new();
    for _ in 0..20 {
        calls.push((&["--busy-timeout", "5m", "create-token", "-r", "-"][..], "alice\n".to_owned()));
        calls.push((&["--busy-timeout", "5m", "revoke", "alice"][..], String::new()));
    }
    let outcomes = sandbox.at_once(&calls);
    let bad = outcomes.iter().find(|outcome| outcome.status != "0");
    assert!(bad.is_none(), "{}", bad.expect("a failed call"));
    let count: u32 = sandbox.value("SELECT count(*) FROM authtoken_token").parse().unwrap();
    assert!(count <= 1);
}

/// As a deployment on several machines does.
fn concurrent_create_user_if_not_exists_all_succeed(engine: Engine) {
    let mut sandbox = Sandbox::on(engine, Site::Stock);
    sandbox.limit_connections(80);
    let words = [
        "--busy-timeout",
        "5m",
        "create-user",
        "--from",
        "-",
        "--no-password",
        "--with-token",
        "--if-not-exists",
        "-v",
        "0",
    ];
    let calls = vec![(&words[..], "username\ncarol\ndave\n".to_owned()); 30];
    let outcomes = sandbox.at_once(&calls);
    let bad = outcomes.iter().find(|outcome| outcome.status != "0");
    assert!(bad.is_none(), "{}", bad.expect("a failed call"));
    assert_eq!(sandbox.value("SELECT count(*) FROM authtoken_token"), "2");
}

/// I3, I4, E7: each call competes with the others and with Django.
fn a_hundred_mixed_commands_next_to_the_application_all_succeed(engine: Engine) {
    let mut sandbox = Sandbox::on(engine, Site::Stock);
    sandbox.add_users(1_000);
    sandbox.give_numbered_tokens();
    sandbox.limit_connections(80);
    let commands: [(&[&str], &str); 10] = [
        (&["create-token", "-"], "alice\nu1\n"),
        (&["create-token", "-r", "-"], "u1\nu2\nalice\n"),
        (&["create-token", "-r", "u1*", "--yes"], ""),
        (&["revoke", "u2", "u3", "--yes"], ""),
        (&["list", "--show-keys"], ""),
        (&["create-user", "--from", "-", "--no-password", "--with-token", "--update"], "username\ncarol\nu4\n"),
        (&["set-password", "u5", "--no-password"], ""),
        (&["deactivate", "u6", "u7"], ""),
        (&["activate", "u7", "u6"], ""),
        (&["migrate"], ""),
    ];
    let patient = |words: &[&'static str]| [&["--busy-timeout", "5m", "-v", "0"][..], words].concat();
    let commands = commands.map(|(words, input)| (patient(words), input));
    let calls: Vec<_> = (0..100).map(|n| &commands[n % 10]).map(|(w, input)| (&w[..], (*input).to_owned())).collect();
    let application = Application::at_work(&sandbox);
    let outcomes = sandbox.at_once(&calls);
    application.end();
    let bad = outcomes.iter().find(|outcome| outcome.status != "0");
    assert!(bad.is_none(), "{}", bad.expect("a failed call"));
    let twice = "SELECT count(*) FROM (SELECT user_id FROM authtoken_token GROUP BY user_id HAVING count(*) > 1) t";
    assert_eq!(sandbox.value(twice), "0");
    let printed = outcomes.iter().flat_map(|outcome| outcome.stdout.lines()).collect::<Vec<_>>().join("\n");
    for (name, key) in sandbox.keys() {
        // Django creates some keys itself, and some are unchanged.
        let is_theirs = key.starts_with("000") || !name.starts_with("u1");
        assert!(is_theirs || printed.contains(&key), "no process printed the key of {name}");
    }
}
