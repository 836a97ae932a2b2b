//! Creating, replacing and revoking tokens on every engine.
//!
//! Tags such as `B17` name cases of `tests/CASES.md`.

use serde_json::json;

use crate::support::{Engine, INVALID_TOKEN, Sandbox, Site, django_project, python, scenarios};

scenarios![
    a_created_token_authenticates_on_every_site,
    after_a_reset_only_the_new_key_is_valid,
    the_application_rejects_a_revoked_token,
    an_existing_token_of_django_is_printed,
    a_failed_command_changes_nothing,
    the_key_of_another_token_is_a_conflict,
    a_user_without_a_token_has_nothing_to_revoke,
    keys_in_a_file_are_revoked,
    verify_agrees_with_the_application,
    a_trigger_that_discards_the_token_is_reported,
    the_settings_name_the_database,
    inspect_reports_the_detected_layout,
    names_are_compared_like_in_the_database,
];

fn a_created_token_authenticates_on_every_site(engine: Engine) {
    for site in Site::ALL {
        let sandbox = Sandbox::on(engine, site);
        let name = site.alice();
        let zone = if site == Site::Local { "Europe/Berlin" } else { "UTC" };
        let key = sandbox.drfctl(["create-token", "--time-zone", zone, name]).run().ok().key();
        assert_eq!(sandbox.serve().whoami(&key), format!(r#"200 {{"user":"{name}"}}"#), "{site:?}");
        let age = "from rest_framework.authtoken.models import Token
from django.utils import timezone
import datetime
now = timezone.now() if timezone.is_aware(Token.objects.get().created) else datetime.datetime.now()
print(abs(now - Token.objects.get().created) < datetime.timedelta(minutes=5))";
        if site != Site::Local {
            assert_eq!(sandbox.django(age), "True", "{site:?}");
        }
    }
}

fn after_a_reset_only_the_new_key_is_valid(engine: Engine) {
    for site in [Site::Stock, Site::Email, Site::Odd] {
        let sandbox = Sandbox::on(engine, site);
        let (name, server) = (site.alice(), sandbox.serve());
        let old = sandbox.drfctl(["create-token", name]).run().ok().key();
        let new = sandbox.drfctl(["create-token", "-r", name]).run().ok().key();
        assert_eq!(server.whoami(&old), INVALID_TOKEN, "{site:?}");
        assert_eq!(server.whoami(&new), format!(r#"200 {{"user":"{name}"}}"#), "{site:?}");
    }
}

fn the_application_rejects_a_revoked_token(engine: Engine) {
    for site in [Site::Stock, Site::Email, Site::Odd, Site::Member] {
        let sandbox = Sandbox::on(engine, site);
        let (name, server) = (site.alice(), sandbox.serve());
        let key = sandbox.drfctl(["create-token", name]).run().ok().key();
        let outcome = sandbox.drfctl(["revoke", name]).run();
        let expected = format!("Revoked token {}… of user {name}\n", &key[..8]);
        assert_eq!(outcome.to_string(), format!("exit: 0\n--- stdout\n{expected}--- stderr\n"), "{site:?}");
        assert_eq!(server.whoami(&key), INVALID_TOKEN, "{site:?}");
    }
}

fn an_existing_token_of_django_is_printed(engine: Engine) {
    let sandbox = Sandbox::on(engine, Site::Email);
    let (_, body, _) = sandbox.serve().post("/obtain", r#"{"username": "bob@example.com", "password": "secret"}"#);
    let key = sandbox.drfctl(["create-token", "bob@example.com"]).run().ok().key();
    assert_eq!(body, format!(r#"{{"token":"{key}"}}"#));
    let by_django = sandbox.manage(["drf_create_token", "bob@example.com"]);
    assert_eq!(by_django.stdout, sandbox.drfctl(["create-token", "bob@example.com"]).run().ok().stdout);
}

fn a_failed_command_changes_nothing(engine: Engine) {
    let sandbox = Sandbox::on(engine, Site::Stock);
    sandbox.give_numbered_tokens();
    for (words, status, message) in [
        (&["create-token", "-r", "alice", "nobody"][..], "3", "user nobody does not exist"),
        (&["revoke", "alice", "nobody"], "3", "user nobody does not exist"),
        (&["create-user", "carol", "--no-password", "--group", "none"], "3", "group none does not exist"),
        (&["create-user", "alice", "--no-password"], "4", "user alice already exists"),
        (&["set-password", "nobody", "--no-password"], "3", "user nobody does not exist"),
        (&["deactivate", "bob", "nobody"], "3", "user nobody does not exist"),
        (&["revoke", "--all"], "2", "there is no terminal to ask"),
        (&["list", "nobody"], "3", "user nobody does not exist"),
    ] {
        let outcome = sandbox.unchanged(sandbox.drfctl(words));
        outcome.refused(status, &[message]);
    }
    for words in [&["create-token", "-r", "--all", "--dry-run"][..], &["revoke", "--all", "--dry-run"]] {
        assert_eq!(sandbox.unchanged(sandbox.drfctl(words)).ok().stdout.lines().count(), 3);
    }
}

fn the_key_of_another_token_is_a_conflict(engine: Engine) {
    let sandbox = Sandbox::on(engine, Site::Stock);
    let key = "2Kx9Wq7LmZ4tVb8NcR3y";
    let give = |name: &'static str, more: &'static [&'static str]| {
        sandbox.drfctl(["create-token", "--key-from", "-", name]).args(more).stdin(format!("{key}\n"))
    };
    assert!(give("alice", &[]).run().ok().stdout.contains(key));
    for more in [&[][..], &["-r"]] {
        let outcome = sandbox.unchanged(give("bob", more));
        outcome.refused("4", &["the key given for user bob is already the token of another user"]);
        assert!(!outcome.stderr.contains(key), "{outcome}");
    }
}

fn a_user_without_a_token_has_nothing_to_revoke(engine: Engine) {
    let sandbox = Sandbox::on(engine, Site::Stock);
    let outcome = sandbox.unchanged(sandbox.drfctl(["revoke", "bob"]));
    assert_eq!(outcome.to_string(), "exit: 0\n--- stdout\n--- stderr\nnote: user bob has no token\n");
}

fn keys_in_a_file_are_revoked(engine: Engine) {
    let sandbox = Sandbox::on(engine, Site::Stock);
    sandbox.give_numbered_tokens();
    let keys = sandbox.keys();
    let leaked = format!("{}\n{}\n", keys["bob"], keys["ina"]);
    let outcome = sandbox.drfctl(["revoke", "--keys-from", "-", "--yes"]).stdin(leaked).run().ok();
    assert_eq!(outcome.stdout.lines().count(), 2);
    assert_eq!(sandbox.keys().into_keys().collect::<Vec<_>>(), ["alice"]);
}

fn verify_agrees_with_the_application(engine: Engine) {
    let sandbox = Sandbox::on(engine, Site::Stock);
    let (alice, ina) =
        (sandbox.drfctl(["create-token", "alice"]).run().key(), sandbox.drfctl(["create-token", "ina"]).run().key());
    let verify = |key: &str| sandbox.drfctl(["verify"]).stdin(format!("{key}\n")).run();
    assert_eq!(verify(&alice).ok().stdout, "DRF's TokenAuthentication would accept this token of user alice\n");
    verify(&ina).refused("3", &["inactive"]);
    // If the collation ignores case, the application does, too.
    let shouted = alice.to_uppercase();
    let theirs = sandbox.serve().whoami(&shouted);
    assert_eq!(verify(&shouted).status == "0", theirs.starts_with("200 "), "{theirs}");
    verify(&"0".repeat(40)).refused("3", &["Invalid token"]);
    let login = |password: &str| {
        sandbox.drfctl(["verify", "--user", "alice", "--password-stdin"]).stdin(format!("{password}\n")).run()
    };
    let _ = login("secret").ok();
    login("Secret").refused("3", &[]);
}

fn a_trigger_that_discards_the_token_is_reported(engine: Engine) {
    let sandbox = Sandbox::on(engine, Site::Stock);
    sandbox.exec(match engine {
        Engine::Sqlite => {
            "CREATE TRIGGER k AFTER INSERT ON authtoken_token BEGIN UPDATE authtoken_token SET key = 'x' || substr(key, 2); END"
        }
        Engine::Postgres => {
            "CREATE FUNCTION k() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.key = 'x' || substr(NEW.key, 2); RETURN NEW; END $$;
             CREATE TRIGGER k BEFORE INSERT ON authtoken_token FOR EACH ROW EXECUTE FUNCTION k()"
        }
        Engine::MySql => {
            "CREATE TRIGGER k BEFORE INSERT ON authtoken_token FOR EACH ROW BEGIN SET NEW.`key` = CONCAT('x', substr(NEW.`key`, 2)); END"
        }
    });
    sandbox
        .unchanged(sandbox.drfctl(["create-token", "alice"]))
        .refused("3", &["a database trigger changed or removed the new token of user alice"]);
}

fn the_settings_name_the_database(engine: Engine) {
    for site in [Site::Stock, Site::Local] {
        let sandbox = Sandbox::on(engine, site);
        let call = sandbox
            .drfctl(["--settings", site.settings(), "--pythonpath"])
            .arg(django_project())
            .args(["create-token", "alice"])
            .env("PYTHON", python())
            .env("DATABASE_URL", "")
            .env("DRFCTL_TEST_DATABASE", sandbox.database());
        let key = call.run().ok().key();
        assert_eq!(sandbox.serve().whoami(&key), r#"200 {"user":"alice"}"#);
    }
}

fn inspect_reports_the_detected_layout(engine: Engine) {
    for (site, table, login, kind) in [
        (Site::Stock, "auth_user", "username", "integer"),
        (Site::Email, "people_emailuser", "email", "uuid"),
        (Site::Big, "accounts_user", "username", "bigint"),
    ] {
        let sandbox = Sandbox::on(engine, site);
        let found = &sandbox.drfctl(["inspect"]).records("0")[0];
        let expected = match engine {
            Engine::Sqlite => "SQLite",
            Engine::Postgres => "PostgreSQL",
            Engine::MySql => "M",
        };
        assert!(found["engine"].as_str().unwrap().starts_with(expected), "{found}");
        // SQLite has only one integer type.
        let is_as_declared = found["user_pk_type"] == kind || engine == Engine::Sqlite;
        assert!(is_as_declared, "{found}");
        assert_eq!((&found["user_table"], &found["username_column"]), (&json!(table), &json!(login)));
        assert_eq!(found["pending_migrations"], json!([]), "{found}");
    }
}

/// B17, B18: on MySQL the collation decides, also for Django.
fn names_are_compared_like_in_the_database(engine: Engine) {
    let sandbox = Sandbox::on(engine, Site::Stock);
    let ignores_case = engine == Engine::MySql;
    let answer: bool = sandbox.ask(
        &"",
        "from django.contrib.auth.models import User\nanswer = User.objects.filter(username='ALICE').exists()",
    );
    assert_eq!(answer, ignores_case);
    let outcome = sandbox.drfctl(["create-token", "ALICE"]).run();
    assert_eq!(outcome.status, if ignores_case { "0" } else { "3" }, "{outcome}");
    let outcome = sandbox.drfctl(["create-user", "Alice", "--no-password"]).run();
    assert_eq!(outcome.status, if ignores_case { "4" } else { "0" }, "{outcome}");
    // A pattern is case-sensitive, like Django's `startswith`.
    let names = sandbox.drfctl(["list", "users", "A*", "--columns", "username", "--no-header"]).run().ok().stdout;
    assert_eq!(names, if ignores_case { "" } else { "Alice\n" });
}
