//! Many processes on one database, and one that keeps the others waiting.

use std::collections::BTreeSet;

use super::scenarios;
use crate::concurrency::at_once;
use crate::support::{Engine, Outcome, Sandbox, Site};

scenarios![
    a_hundred_that_create_one_token_all_print_the_same_key,
    a_hundred_that_reset_one_token_print_a_hundred_keys_of_which_one_is_stored,
    a_hundred_that_create_one_user_make_one,
    resets_beside_revocations_leave_one_token_or_none,
];

/// E1
fn a_hundred_that_create_one_token_all_print_the_same_key(engine: Engine) {
    let sandbox = Sandbox::on(engine, Site::Stock);
    let calls = vec![(&["create-token", "-"][..], "alice\n".to_owned()); 100];
    let outcomes = at_once(&sandbox, &calls);
    let bad = outcomes.iter().find(|outcome| outcome.status != "0");
    assert!(bad.is_none(), "{}", bad.expect("there is one"));
    let keys: BTreeSet<String> = outcomes.iter().map(Outcome::key).collect();
    let stored: Vec<_> = sandbox.sql("SELECT * FROM authtoken_token").into_iter().map(|row| row[0].clone()).collect();
    assert_eq!((keys.len(), stored), (1, keys.into_iter().collect()));
}

/// E3
fn a_hundred_that_reset_one_token_print_a_hundred_keys_of_which_one_is_stored(engine: Engine) {
    let sandbox = Sandbox::on(engine, Site::Stock);
    let calls = vec![(&["create-token", "-r", "-"][..], "alice\n".to_owned()); 100];
    let outcomes = at_once(&sandbox, &calls);
    let bad = outcomes.iter().find(|outcome| outcome.status != "0");
    assert!(bad.is_none(), "{}", bad.expect("there is one"));
    let keys: BTreeSet<String> = outcomes.iter().map(Outcome::key).collect();
    let stored: Vec<_> = sandbox.sql("SELECT * FROM authtoken_token").into_iter().map(|row| row[0].clone()).collect();
    assert_eq!((keys.len(), stored.len()), (100, 1));
    assert!(keys.contains(&stored[0]));
}

/// E2
fn a_hundred_that_create_one_user_make_one(engine: Engine) {
    let sandbox = Sandbox::on(engine, Site::Stock);
    let calls = vec![(&["create-user", "--from", "-", "--no-password"][..], "username\ncarol\n".to_owned()); 100];
    let outcomes = at_once(&sandbox, &calls);
    let statuses: Vec<_> = outcomes.iter().map(|outcome| outcome.status.as_str()).collect();
    let made = statuses.iter().filter(|status| **status == "0").count();
    let refused = statuses.iter().filter(|status| **status == "4").count();
    assert_eq!(
        (made, refused),
        (1, 99),
        "{}",
        outcomes.iter().find(|o| o.status != "0" && o.status != "4").unwrap_or(&outcomes[0])
    );
}

/// E4
fn resets_beside_revocations_leave_one_token_or_none(engine: Engine) {
    let sandbox = Sandbox::on(engine, Site::Stock);
    let _ = sandbox.drfctl(["create-token", "alice"]).run().ok();
    let mut calls = Vec::new();
    for _ in 0..20 {
        calls.push((&["create-token", "-r", "-"][..], "alice\n".to_owned()));
        calls.push((&["revoke", "alice"][..], String::new()));
    }
    let outcomes = at_once(&sandbox, &calls);
    let bad = outcomes.iter().find(|outcome| outcome.status != "0");
    assert!(bad.is_none(), "{}", bad.expect("there is one"));
    let count: u32 = sandbox.value("SELECT count(*) FROM authtoken_token").parse().unwrap();
    assert!(count <= 1);
}
