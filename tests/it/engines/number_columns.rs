//! Usernames in columns of numbers, on every engine.
//!
//! Tags such as `N5` name cases of `tests/CASES.md`.

use serde_json::json;

use crate::support::{Engine, Sandbox, Site, scenarios};

scenarios![a_number_column_accepts_only_numbers, a_number_outside_the_range_of_the_column_is_not_a_username,];

/// N5
fn a_number_column_accepts_only_numbers(engine: Engine) {
    let sandbox = Sandbox::on(engine, Site::Telegram);
    let drfctl = |words: &[&str]| sandbox.drfctl(["--username-field", "telegram_id"]).args(words);
    let key = drfctl(&["create-token", "42"]).run().ok().key();
    assert_eq!(sandbox.serve().whoami(&key), r#"200 {"user":42}"#);
    for name in ["42x", "alice", "4 2", "0x2a", "42.0", "99999999999999999999"] {
        for words in [
            &["create-token", name][..],
            &["revoke", name],
            &["deactivate", name],
            &["set-password", name, "--no-password"],
        ] {
            sandbox.unchanged(drfctl(words)).refused("3", &[&format!("user {name} does not exist")]);
        }
        let outcome = sandbox.unchanged(drfctl(&["create-user", name, "--no-password"]));
        outcome.refused("3", &["column telegram_id: expected a whole number"]);
    }
    let _ = drfctl(&["create-user", "77", "--no-password"]).run().ok();
    let users = "from telegram.models import Chatter
print(*Chatter.objects.order_by('telegram_id').values_list('telegram_id', flat=True))";
    assert_eq!(sandbox.django(users), "1 42 77");
    assert_eq!(drfctl(&["list"]).records("0")[0]["username"], json!(42));
    let verified = drfctl(&["verify"]).stdin(key.clone());
    assert_eq!(verified.run().ok().stdout, "DRF's TokenAuthentication would accept this token of user 42\n");
    assert_eq!(drfctl(&["verify"]).stdin(key).records("0")[0]["username"], json!(42));
}

/// N5
fn a_number_outside_the_range_of_the_column_is_not_a_username(engine: Engine) {
    let sandbox = Sandbox::on(engine, Site::Telegram);
    match engine {
        Engine::Sqlite => {}
        Engine::Postgres => sandbox.exec("ALTER TABLE telegram_chatter ALTER COLUMN telegram_id TYPE integer"),
        Engine::MySql => sandbox.exec("ALTER TABLE telegram_chatter MODIFY telegram_id int unsigned NOT NULL"),
    }
    let drfctl = |words: &[&str]| sandbox.drfctl(["--username-field", "telegram_id"]).args(words);
    for name in ["3000000000", "9000000000"] {
        for (words, status) in [
            (&["create-token", name][..], "3"),
            (&["create-token", "-r", "42", name], "3"),
            (&["list", "42", name], "3"),
            (&["revoke", name], "3"),
            (&["deactivate", name], "3"),
            (&["drf_create_token", name], "1"),
        ] {
            let outcome = sandbox.unchanged(drfctl(words));
            let is_reported = outcome.stderr.to_lowercase().contains(&format!("user {name} does not exist"));
            assert!(outcome.status == status && is_reported, "{words:?}\n{outcome}");
        }
        assert_eq!(drfctl(&["revoke", name, "--missing-ok"]).run().status, "0", "{name}");
    }
    if engine != Engine::Sqlite {
        let outcome = sandbox.unchanged(drfctl(&["create-user", "9000000000", "--no-password"]));
        outcome.refused("3", &["column telegram_id: expected a whole number"]);
    }
}
