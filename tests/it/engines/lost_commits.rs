//! A server lost at the commit: drfctl finds out whether the change is there, or says that it cannot
//! know.
//!
//! Tags such as `J1` name cases of `tests/CASES.md`.

use std::sync::{Arc, Mutex};

use ::mysql::prelude::Queryable;

use crate::support::{Cut, Engine, Invocation, Sandbox, Site, Then, cut_at, cut_at_commit, printed_keys, servers_only};

servers_only![
    a_connection_lost_before_the_commit_changes_nothing,
    after_a_connection_lost_in_the_commit_the_result_is_checked,
    a_server_lost_at_the_commit_is_an_unknown_outcome,
    a_row_changed_again_after_a_lost_commit_is_not_called_unchanged,
    a_server_that_falls_silent_at_the_commit_is_not_waited_for,
    a_server_that_falls_silent_during_a_migration_leaves_a_table_that_is_named,
];

/// Returns a call whose connection breaks at the commit.
fn cut(sandbox: &Sandbox, cut: Cut, words: &[&str]) -> Invocation {
    cut_then(sandbox, cut, Then::default(), words)
}

fn cut_then(sandbox: &Sandbox, cut: Cut, then: Then, words: &[&str]) -> Invocation {
    let url = sandbox.database().into_string().unwrap();
    sandbox.drfctl(words).env("DATABASE_URL", cut_at_commit(&url, cut, then))
}

const CHANGES: [&[&str]; 4] = [
    &["create-token", "-r", "alice"],
    &["create-token", "-r", "--all", "--yes"],
    &["revoke", "alice"],
    &["create-user", "carol", "--no-password", "-v", "0"],
];

/// J1
fn a_connection_lost_before_the_commit_changes_nothing(engine: Engine) {
    for words in CHANGES {
        let sandbox = Sandbox::on(engine, Site::Stock);
        sandbox.give_numbered_tokens();
        let outcome = sandbox.unchanged(cut(&sandbox, Cut::Before, words));
        outcome.refused("6", &["the connection to ", "was lost"]);
    }
}

/// J1
fn after_a_connection_lost_in_the_commit_the_result_is_checked(engine: Engine) {
    for words in CHANGES {
        let sandbox = Sandbox::on(engine, Site::Stock);
        sandbox.give_numbered_tokens();
        let before = sandbox.dump();
        let outcome = cut(&sandbox, Cut::After, words).run();
        assert_eq!(outcome.status, "0", "{outcome}");
        assert!(
            outcome.stderr.contains("warning: committed, although the answer of the server was lost: "),
            "{outcome}"
        );
        assert_ne!(sandbox.dump(), before, "{words:?}");
        if words[0] == "create-token" {
            let stored = sandbox.keys();
            let printed = printed_keys(&outcome.stdout);
            assert!(!printed.is_empty() && printed.iter().all(|(name, key)| stored[name] == *key), "{outcome}");
        }
    }
}

/// J1
fn a_server_lost_at_the_commit_is_an_unknown_outcome(engine: Engine) {
    for words in CHANGES {
        let sandbox = Sandbox::on(engine, Site::Stock);
        sandbox.give_numbered_tokens();
        let outcome = cut(&sandbox, Cut::ForGood, words).run();
        outcome.refused("8", &["the outcome of the commit is unknown"]);
    }
}

/// N88: PostgreSQL knows the outcome of each transaction. Elsewhere, neither the new value nor the
/// former one is there.
fn a_row_changed_again_after_a_lost_commit_is_not_called_unchanged(engine: Engine) {
    let quoted = |name: &str| if engine == Engine::Postgres { format!("\"{name}\"") } else { format!("`{name}`") };
    let key = quoted("key");
    let of_token = format!("UPDATE authtoken_token SET {key} = '{}' WHERE user_id = 1", "e".repeat(40));
    let of_user = "UPDATE auth_user SET password = '!x' WHERE id = 1".to_owned();
    for (words, update) in [
        (&["create-token", "-r", "alice"][..], of_token.clone()),
        (&["create-token", "-r", "--all", "--yes"], of_token.clone()),
        (&["create-token", "-r", "--all", "--yes", "--single-transaction"], of_token),
        (&["set-password", "alice", "--generate-password"], of_user),
    ] {
        let sandbox = Sandbox::on(engine, Site::Stock);
        sandbox.give_numbered_tokens();
        let url = sandbox.database().into_string().unwrap();
        let change = move || match engine {
            Engine::Postgres => {
                ::postgres::Client::connect(&url, ::postgres::NoTls).unwrap().batch_execute(&update).unwrap();
            }
            _ => ::mysql::Conn::new(::mysql::Opts::from_url(&url).unwrap()).unwrap().query_drop(&update).unwrap(),
        };
        let then: Then = Arc::new(Mutex::new(Some(Box::new(change))));
        let outcome = cut_then(&sandbox, Cut::After, then, words).run();
        if engine == Engine::Postgres {
            assert_eq!(outcome.status, "0", "{outcome}");
            assert!(
                outcome.stderr.contains("warning: committed, although the answer of the server was lost: "),
                "{outcome}"
            );
        } else {
            outcome.refused("8", &["the outcome of the commit is unknown"]);
        }
    }
}

/// N90
fn a_server_that_falls_silent_at_the_commit_is_not_waited_for(engine: Engine) {
    let sandbox = Sandbox::on(engine, Site::Stock);
    sandbox.give_numbered_tokens();
    let call = cut(&sandbox, Cut::Silent, &["--busy-timeout", "1s", "create-token", "-r", "alice"]);
    call.run().refused("8", &["the outcome of the commit is unknown"]);
}

/// N90: PostgreSQL rolls back, and MySQL cannot.
fn a_server_that_falls_silent_during_a_migration_leaves_a_table_that_is_named(engine: Engine) {
    let sandbox = Sandbox::empty_on(engine);
    let (at, status, says): (_, _, &[&str]) = match engine {
        Engine::Postgres => ("CREATE TABLE \"auth_permission\"", "6", &["does not answer"]),
        _ => (
            "CREATE TABLE `auth_permission`",
            "9",
            &[
                "error: stopped after 2 of 18: auth.0001_initial: ",
                "does not answer",
                "hint: run DROP TABLE IF EXISTS `auth_permission`, then this command again\n",
            ],
        ),
    };
    let words = ["--busy-timeout", "1s", "migrate", "-v", "0"];
    let url = cut_at(&sandbox.database().into_string().unwrap(), Cut::Silent, at, Then::default());
    sandbox.drfctl(&words).env("DATABASE_URL", url).run().refused(status, says);
}
