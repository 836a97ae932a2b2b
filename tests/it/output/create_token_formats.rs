//! The formats in which `create-token` prints its records.

use snapbox::{assert_data_eq, str};

use crate::support::Sandbox;

#[test]
fn every_format_has_four_fields_except_raw() {
    for (args, has_token, output) in [
        (
            &["raw", "alice"][..],
            false,
            str![[r#"
exit: 0
--- stdout
KEY
--- stderr

"#]],
        ),
        (
            &["jsonl", "-r", "alice", "bob"],
            false,
            str![[r#"
exit: 0
--- stdout
{"username":"alice","key":"KEY","created":"[..]Z","outcome":"created"}
{"username":"bob","key":"KEY","created":"[..]Z","outcome":"created"}
--- stderr

"#]],
        ),
        (
            &["csv", "-r", "alice"],
            true,
            str![[r#"
exit: 0
--- stdout
username,key,created,outcome
alice,KEY,[..]Z,reset
--- stderr

"#]],
        ),
        (
            &["tsv", "alice"],
            true,
            str![[r#"
exit: 0
--- stdout
username	key	created	outcome
alice	KEY	[..]Z	existing
--- stderr

"#]],
        ),
        (
            &["table", "alice"],
            false,
            str![[r#"
exit: 0
--- stdout
username  key[..]  created (UTC)     outcome
────────  ────────────────────────────────────────  ────────────────  ───────
alice     KEY  [..]  created
--- stderr

"#]],
        ),
    ] {
        let sandbox = Sandbox::stock();
        if has_token {
            let _ = sandbox.drfctl(["create-token", "alice"]).run().ok();
        }
        let outcome = sandbox.drfctl(["create-token", "--format"]).args(args).run();
        assert_data_eq!(outcome.mask_keys().to_string(), output);
    }
}

#[test]
fn json_of_two_users_is_an_array() {
    let sandbox = Sandbox::stock();
    let _ = sandbox.drfctl(["create-token", "alice"]).run().ok();
    let outcome = sandbox.drfctl(["create-token", "--format", "json", "alice", "bob"]).run().ok();
    let records: serde_json::Value = serde_json::from_str(&outcome.stdout).unwrap();
    let seen: Vec<_> = records
        .as_array()
        .unwrap()
        .iter()
        .map(|record| {
            let record = record.as_object().unwrap();
            (
                record.keys().map(String::as_str).collect::<Vec<_>>().len(),
                record["username"].as_str().unwrap(),
                record["key"].as_str().unwrap().len(),
                record["outcome"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(seen, [(4, "alice", 40, "existing"), (4, "bob", 40, "created")]);
}

/// I12
#[test]
fn json_says_whether_a_token_was_created_existing_or_reset() {
    let sandbox = Sandbox::stock();
    for (options, outcome) in [(&[][..], "created"), (&[], "existing"), (&["-r"], "reset")] {
        let printed = sandbox.drfctl(["create-token", "--format", "json", "alice"]).args(options).run().ok();
        let records: serde_json::Value = serde_json::from_str(&printed.stdout).unwrap();
        assert_eq!(records[0]["outcome"], outcome);
    }
}

#[test]
fn json_of_one_user_is_an_array() {
    let outcome = Sandbox::stock().drfctl(["--format", "json", "create-token", "alice"]).run().ok();
    let records: serde_json::Value = serde_json::from_str(&outcome.stdout).unwrap();
    assert_eq!(records.as_array().unwrap().len(), 1);
}

#[test]
fn an_unknown_format_is_rejected() {
    let sandbox = Sandbox::stock();
    assert_eq!(sandbox.unchanged(sandbox.drfctl(["create-token", "--format", "yaml", "alice"])).status, "2");
}

#[test]
fn the_created_field_is_the_time_in_the_row() {
    let sandbox = Sandbox::stock();
    let outcome = sandbox.drfctl(["create-token", "--format", "json", "alice"]).run().ok();
    let records: serde_json::Value = serde_json::from_str(&outcome.stdout).unwrap();
    let row = sandbox.value("SELECT created FROM authtoken_token");
    assert_eq!(records[0]["created"].as_str().unwrap(), format!("{}Z", row.replace(' ', "T")));
}

#[test]
fn a_time_without_a_fraction_is_accepted() {
    let sandbox = Sandbox::stock();
    sandbox.exec(
        "INSERT INTO authtoken_token SELECT 'k', '2001-02-03 04:05:06', id FROM auth_user WHERE username = 'alice'",
    );
    assert_data_eq!(
        sandbox.drfctl(["create-token", "--format", "csv", "alice"]).run().to_string(),
        str![[r#"
exit: 0
--- stdout
username,key,created,outcome
alice,k,2001-02-03T04:05:06Z,existing
--- stderr

"#]]
    );
}
