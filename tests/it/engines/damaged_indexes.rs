//! A damaged index of PostgreSQL, which reads the row itself but does not compare it.
//!
//! Tags such as `N96` name cases of `tests/CASES.md`.

use crate::support::{Engine, KEY, Sandbox, Site};

/// N96: no index is maintained while two usernames are exchanged.
#[test]
fn a_damaged_index_of_postgresql_leads_to_no_other_user() {
    let sandbox = Sandbox::on(Engine::Postgres, Site::Stock);
    sandbox.give_token("alice", KEY);
    sandbox.give_token("bob", &KEY.replace('0', "1"));
    let maintain = |is_live: bool| {
        sandbox.exec(&format!(
            "UPDATE pg_index SET indislive = {is_live} WHERE indrelid = 'auth_user'::regclass AND NOT indisprimary"
        ));
    };
    maintain(false);
    sandbox.exec("UPDATE auth_user SET username = CASE username WHEN 'alice' THEN 'bob' ELSE 'alice' END WHERE username IN ('alice', 'bob')");
    maintain(true);
    // A planner would not search the index of so small a table.
    sandbox
        .exec("DO $$ BEGIN EXECUTE 'ALTER DATABASE \"' || current_database() || '\" SET enable_seqscan = off'; END $$");
    let before = sandbox.dump();
    for command in
        [&["create-token", "alice"][..], &["revoke", "alice", "--yes"], &["list", "alice"], &["deactivate", "alice"]]
    {
        let outcome = sandbox.drfctl(command).run();
        outcome.refused("6", &["the database is damaged: an index leads to the row of another user"]);
    }
    assert_eq!(sandbox.dump(), before);
}
