//! Commands that change thousands of tokens, on every engine.
//!
//! Tags such as `B10` name cases of `tests/CASES.md`.

use crate::support::{Application, Engine, MANY, PACES, Sandbox, Site, printed_keys, scenarios};

scenarios![
    all_users_get_a_token_in_batches_and_in_one_transaction,
    all_keys_are_replaced_in_batches_and_in_one_transaction,
    all_tokens_are_revoked_in_batches_and_in_one_transaction,
    a_custom_column_keeps_its_values,
    a_rejected_row_stops_bulk_work_and_is_reported,
    the_application_reads_and_writes_during_bulk_work,
];

fn all_users_get_a_token_in_batches_and_in_one_transaction(engine: Engine) {
    for pace in PACES {
        let sandbox = Sandbox::on(engine, Site::Stock);
        sandbox.add_users(MANY);
        let outcome = sandbox.drfctl(["create-token", "--all", "--yes", "-v", "0"]).args(pace).run();
        assert_eq!(outcome.status, "0", "{outcome}");
        assert_eq!(printed_keys(&outcome.stdout), sandbox.keys(), "{pace:?}");
        assert_eq!(sandbox.keys().len(), 4_503);
    }
}

fn all_keys_are_replaced_in_batches_and_in_one_transaction(engine: Engine) {
    for pace in PACES {
        let sandbox = Sandbox::on(engine, Site::Stock);
        sandbox.add_users(MANY);
        sandbox.give_numbered_tokens();
        let before = sandbox.keys();
        let outcome = sandbox.drfctl(["create-token", "-r", "--all", "--yes", "-v", "0"]).args(pace).run();
        let after = sandbox.keys();
        assert_eq!((outcome.status.as_str(), printed_keys(&outcome.stdout)), ("0", after.clone()), "{pace:?}");
        assert!(after.keys().eq(before.keys()) && after.iter().all(|(name, key)| before[name] != *key));
        let filtered = sandbox.drfctl(["create-token", "-r", "u1*", "--yes", "-v", "0"]).args(pace).run();
        let (changed, end) = (printed_keys(&filtered.stdout), sandbox.keys());
        assert!(!changed.is_empty() && changed.iter().all(|(name, key)| end[name] == *key && after[name] != *key));
    }
}

fn all_tokens_are_revoked_in_batches_and_in_one_transaction(engine: Engine) {
    for pace in PACES {
        let sandbox = Sandbox::on(engine, Site::Stock);
        sandbox.add_users(MANY);
        sandbox.give_numbered_tokens();
        let outcome = sandbox.drfctl(["revoke", "--all", "--yes", "-v", "0"]).args(pace).run().ok();
        assert_eq!((outcome.stdout.lines().count(), sandbox.keys().len()), (4_503, 0), "{pace:?}");
    }
}

fn a_custom_column_keeps_its_values(engine: Engine) {
    for pace in PACES {
        let sandbox = Sandbox::on(engine, Site::Stock);
        sandbox.add_users(20);
        sandbox.give_numbered_tokens();
        sandbox.exec("ALTER TABLE authtoken_token ADD COLUMN label varchar(20) NULL");
        sandbox.exec("UPDATE authtoken_token SET label = user_id");
        let outcome = sandbox.drfctl(["create-token", "-r", "--active", "--yes", "-v", "0"]).args(pace).run().ok();
        let after = sandbox.keys();
        assert!(printed_keys(&outcome.stdout).iter().all(|(name, key)| after[name] == *key), "{pace:?}");
        let unchanged = "SELECT count(*) FROM authtoken_token WHERE user_id = CAST(label AS decimal(20))";
        assert_eq!(sandbox.value(unchanged), "23", "{pace:?}");
    }
}

/// B10
fn a_rejected_row_stops_bulk_work_and_is_reported(engine: Engine) {
    for (pace, status, done) in [(PACES[0], "9", 1_000..=2_500), (PACES[1], "3", 0..=0)] {
        let sandbox = Sandbox::on(engine, Site::Stock);
        sandbox.add_users(3_000);
        sandbox.give_numbered_tokens();
        sandbox.exec(match engine {
            Engine::Sqlite => {
                "CREATE TRIGGER k BEFORE UPDATE ON authtoken_token WHEN OLD.user_id > 2500 BEGIN SELECT RAISE(ABORT, 'not these'); END"
            }
            Engine::Postgres => {
                "CREATE FUNCTION k() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                 IF OLD.user_id > 2500 THEN RAISE EXCEPTION 'not these'; END IF; RETURN NEW; END $$;
                 CREATE TRIGGER k BEFORE UPDATE ON authtoken_token FOR EACH ROW EXECUTE FUNCTION k()"
            }
            Engine::MySql => {
                "CREATE TRIGGER k BEFORE UPDATE ON authtoken_token FOR EACH ROW BEGIN
                 IF OLD.user_id > 2500 THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'not these'; END IF; END"
            }
        });
        let outcome = sandbox.drfctl(["create-token", "-r", "--all", "--yes", "-v", "0"]).args(pace).run();
        let new = sandbox.value("SELECT count(*) FROM authtoken_token WHERE created > '2026-01-01'");
        if status == "3" {
            outcome.refused(status, &["not these"]);
        }
        assert!(outcome.stderr.contains("not these"), "{outcome}");
        let printed = printed_keys(&outcome.stdout).len();
        assert_eq!((outcome.status.as_str(), new), (status, printed.to_string()), "{outcome}");
        assert!(done.contains(&printed), "{printed}");
    }
}

/// E7, in a short form.
fn the_application_reads_and_writes_during_bulk_work(engine: Engine) {
    let sandbox = Sandbox::on(engine, Site::Stock);
    sandbox.add_users(MANY);
    sandbox.give_numbered_tokens();
    let application = Application::at_work(&sandbox);
    let outcome = sandbox.drfctl(["create-token", "-r", "--all", "--yes", "-v", "0"]).run();
    application.end();
    assert_eq!(outcome.status, "0", "{outcome}");
    assert_eq!(printed_keys(&outcome.stdout), sandbox.keys());
}
