//! The number of statements that a command sends, according to the server's log, in a database with
//! 200 other tables and a custom user model.
//!
//! Tags such as `N51` name cases of `tests/CASES.md`.

use crate::support::{Engine, Invocation, Sandbox, Site, servers_only};

servers_only![
    a_command_sends_few_statements,
    many_tables_are_described_in_one_query,
    a_list_of_names_is_sent_in_batches,
    users_are_read_by_name_or_in_pages,
];

const OTHER_TABLES: usize = 200;

fn site_with_other_tables(engine: Engine) -> Sandbox {
    let mut sandbox = Sandbox::on(engine, Site::Big);
    let other = |n| {
        format!(
            "CREATE TABLE other_{n} (id bigint PRIMARY KEY, owner_id bigint NULL, name varchar(40) UNIQUE, \
             FOREIGN KEY (owner_id) REFERENCES accounts_user (id))"
        )
    };
    let script: Vec<String> = (0..OTHER_TABLES).map(other).collect();
    sandbox.exec(&script.join(";\n"));
    sandbox.use_logged_account();
    sandbox
}

/// Asserts that a call sends at most `most` statements, and returns its standard output.
fn assert_statements(sandbox: &Sandbox, most: usize, words: &str, stdin: Option<String>) -> String {
    let mut call: Invocation = sandbox.drfctl(words.split(' '));
    if let Some(stdin) = stdin {
        call = call.stdin(stdin);
    }
    let mut outcome = None;
    let mut statements = sandbox.statements_during(|| outcome = Some(call.run()));
    statements.retain(|sql| !sql.contains("SAVEPOINT"));
    let outcome = outcome.unwrap();
    assert_eq!(outcome.status, "0", "{words}: {outcome}");
    let count = statements.len();
    assert!((1..=most).contains(&count), "{words}: {count} statements, at most {most}:\n{}", statements.join("\n"));
    outcome.stdout
}

/// N51
fn a_command_sends_few_statements(engine: Engine) {
    let sandbox = site_with_other_tables(engine);
    let password = || Some("correct horse battery".to_owned());
    for (most, words, stdin) in [
        // Two of them compare the new user with existing users.
        (16, "create-user carol --password-stdin", password()),
        (22, "create-user dave --no-password --with-token", None),
        (14, "create-user dave --update --superuser", None),
        (12, "set-password carol --password-stdin", password()),
        (10, "deactivate carol", None),
        (10, "activate carol", None),
        // Before writing a key, one of them reads keys of other users.
        (11, "create-token alice", None),
        (10, "create-token alice", None),
        (11, "create-token -r alice", None),
        (7, "verify --user carol --password-stdin", password()),
        // One of them reads the page of rows.
        (8, "list", None),
        (8, "list users", None),
        (12, "revoke alice", None),
    ] {
        assert_statements(&sandbox, most, words, stdin);
    }
    let key = assert_statements(&sandbox, 11, "create-token bob --format raw", None);
    assert_statements(&sandbox, 7, "verify", Some(key.clone()));
    assert_statements(&sandbox, 12, "revoke --keys-from - --yes", Some(key));
}

/// Any of the tables could be the user table.
fn many_tables_are_described_in_one_query(engine: Engine) {
    let sandbox = site_with_other_tables(engine);
    sandbox.without_token_reference(engine);
    let mut counted = None;
    let statements = sandbox.statements_during(|| counted = Some(sandbox.drfctl(["list", "--count"]).run()));
    assert_eq!(counted.unwrap().ok().stdout, "0\n");
    let selects: usize = statements.iter().map(|sql| sql.matches("SELECT").count()).sum();
    assert!(selects <= 60, "{selects} queries:\n{}", statements.join("\n"));
}

fn a_list_of_names_is_sent_in_batches(engine: Engine) {
    let sandbox = site_with_other_tables(engine);
    let names = || (0..500).map(|n| format!("user{n}\n"));
    let file = format!("username\n{}", names().collect::<String>());
    assert_statements(&sandbox, 60, "create-user --from - --no-password", Some(file));
    for words in ["create-token -", "create-token -r -"] {
        assert_statements(&sandbox, 60, words, Some(names().collect()));
    }
    let words = format!("revoke --yes {}", names().collect::<String>().trim_end().replace('\n', " "));
    assert_statements(&sandbox, 60, &words, None);
}

/// N52: each query of users has a condition on names, or a limit.
fn users_are_read_by_name_or_in_pages(engine: Engine) {
    let mut sandbox = Sandbox::on(engine, Site::Big);
    sandbox.use_logged_account();
    for words in [
        "create-user carol --no-password",
        "create-user Carol --no-password",
        "create-user carol --update --staff",
        "set-password carol --generate-password",
        "deactivate carol",
        "create-token carol",
        "create-token Caroll",
        "create-token -r carol",
        "verify --user carol --password-stdin",
        "revoke carol",
    ] {
        let statements = sandbox.statements_during(|| {
            let _ = sandbox.drfctl(words.split(' ')).run();
        });
        let mut of_users =
            statements.iter().filter(|sql| sql.contains("SELECT") && sql.contains("accounts_user")).peekable();
        assert!(of_users.peek().is_some(), "{words}: {statements:#?}");
        for sql in of_users {
            let folds_case = ["upper(", "lower("].iter().any(|function| sql.to_lowercase().contains(function));
            assert!(sql.contains(" LIMIT ") || sql.contains(" WHERE ") && !folds_case, "{words}: {sql}");
        }
    }
}
