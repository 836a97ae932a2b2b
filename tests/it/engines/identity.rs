//! Which table contains the users, and which user a name identifies. On every engine, drfctl agrees
//! with Django or refuses to run.
//!
//! Tags such as `N1` name cases of `tests/CASES.md`.

use serde_json::json;

use crate::support::{Engine, INVALID_TOKEN, Outcome, Sandbox, Site, scenarios, until};

scenarios![
    a_column_that_is_not_unique_is_not_a_username,
    a_name_in_two_unique_columns_is_one_user_or_rejected,
    settings_with_another_user_model_than_the_tokens_are_rejected,
    settings_decide_between_username_and_another_unique_column,
    settings_of_a_user_model_without_a_table_are_rejected,
    an_ambiguous_name_in_a_list_is_rejected,
    without_a_foreign_key_the_only_user_table_or_settings_decide,
    a_custom_user_model_in_djangos_table_is_not_migrated,
    a_nullable_column_is_the_username_if_it_is_the_only_one,
    an_unusual_username_comes_from_the_option_or_the_models,
];

fn whoami(user: &str) -> String {
    format!(r#"200 {{"user":"{user}"}}"#)
}

/// Returns the key of a user's token, as drfctl prints it.
fn token(sandbox: &Sandbox, options: &[&str], name: &str) -> String {
    sandbox.drfctl(["create-token", name]).args(options).run().ok().key()
}

/// N1: one user's `username` is another's email address.
fn a_column_that_is_not_unique_is_not_a_username(engine: Engine) {
    let sandbox = Sandbox::on(engine, Site::Mail);
    let key = token(&sandbox, &[], "alice@example.com");
    assert_eq!(sandbox.serve().whoami(&key), whoami("alice@example.com"));
    let promoted = ["create-user", "alice@example.com", "--update", "--superuser"];
    let _ = sandbox.drfctl(promoted).run().ok();
    let superusers = "from mail.models import Person; print(*Person.objects.filter(is_superuser=True))";
    assert_eq!(sandbox.django(superusers), "alice@example.com");
    sandbox.unchanged(sandbox.drfctl(["create-token", "alice"])).refused("3", &["user alice does not exist"]);
    let listed = sandbox.drfctl(["list", "users"]).records("0");
    let names: Vec<_> = listed.iter().map(|user| user["username"].clone()).collect();
    assert_eq!(names, [json!("alice@example.com"), json!("bob@example.com"), json!("mallory@example.com")]);
}

/// N2: Carol's username is Bob's email address.
fn a_name_in_two_unique_columns_is_one_user_or_rejected(engine: Engine) {
    let sandbox = Sandbox::on(engine, Site::Both);
    let key = token(&sandbox, &[], "alice");
    assert_eq!(token(&sandbox, &[], "alice@example.com"), key);
    assert_eq!(sandbox.serve().whoami(&key), whoami("alice@example.com"));
    for words in [
        &["create-token", "bob@example.com"][..],
        &["create-token", "-r", "alice", "bob@example.com"],
        &["revoke", "bob@example.com"],
        &["list", "bob@example.com"],
        &["set-password", "bob@example.com", "--no-password"],
        &["deactivate", "bob@example.com"],
        &["create-user", "bob@example.com", "--update", "--superuser"],
    ] {
        let outcome = sandbox.unchanged(sandbox.drfctl(words));
        outcome.refused("3", &["more than one user", "--username-field username or --username-field email"]);
    }
    // A new name could be a username or an email address, too.
    let new = sandbox.unchanged(sandbox.drfctl(["create-user", "dora@example.com", "--no-password"]));
    new.refused("3", &["both columns are unique", "--username-field email or --username-field username"]);
    let carol = token(&sandbox, &["--username-field", "username"], "bob@example.com");
    let bob = token(&sandbox, &["--username-field", "email"], "bob@example.com");
    let by_settings =
        sandbox.with_settings(Site::Both.settings(), ["create-token", "bob@example.com"]).run().ok().key();
    assert_eq!(by_settings, bob);
    let server = sandbox.serve();
    assert_eq!((server.whoami(&bob), server.whoami(&carol)), (whoami("bob@example.com"), whoami("carol@example.com")));
    // With the settings, users log in with their email address, and a username is unknown.
    let by_username = sandbox.with_settings(Site::Both.settings(), ["create-token", "alice"]);
    sandbox.unchanged(by_username).refused("3", &["user alice does not exist"]);
}

/// N3: the application changed its user model, and the tokens still belong to the old one.
fn settings_with_another_user_model_than_the_tokens_are_rejected(engine: Engine) {
    let sandbox = Sandbox::on(engine, Site::Stock);
    sandbox.with_another_user_table();
    let parts = [
        "tokens reference the table auth_user, but the settings name the user model",
        "python manage.py migrate authtoken zero; then: python manage.py migrate authtoken",
    ];
    for words in [
        &["create-token", "alice"][..],
        &["create-token", "-r", "--all", "--yes"],
        &["list"],
        &["list", "users"],
        &["revoke", "alice"],
        &["set-password", "alice", "--no-password"],
        &["activate", "alice"],
        &["create-user", "carol", "--no-password"],
        &["migrate", "--check"],
    ] {
        sandbox.unchanged(sandbox.with_settings(Site::Big.settings(), words)).refused("3", &parts);
    }
    // Without settings, drfctl uses the users that the tokens belong to, and warns.
    let outcome = sandbox.drfctl(["create-token", "alice"]).run();
    let warning = "warning: tokens reference users of auth_user, but accounts_user also looks like a user model";
    assert!(outcome.status == "0" && outcome.stderr.starts_with(warning), "{outcome}");
    assert_eq!(sandbox.serve().whoami(&outcome.key()), whoami("alice"));
    for words in [&["list"][..], &["list", "users"], &["verify"], &["revoke", "alice", "--dry-run"]] {
        let reading = sandbox.drfctl(words).stdin(outcome.key()).run();
        assert!(reading.status == "0" && reading.stderr.starts_with(warning), "{words:?} {reading}");
    }
    let by_settings = sandbox.with_settings(Site::Stock.settings(), ["create-token", "alice"]).run().ok();
    assert_eq!(by_settings.key(), outcome.key());
}

/// N2: `slug` is the username, and `username` is unique as well.
fn settings_decide_between_username_and_another_unique_column(engine: Engine) {
    let sandbox = Sandbox::on(engine, Site::Slug);
    sandbox.exec("UPDATE slug_member SET username = slug");
    sandbox.exec("UPDATE slug_member SET slug = 'x' WHERE username = 'alice'");
    sandbox.exec("UPDATE slug_member SET slug = 'alice' WHERE username = 'bob'");
    sandbox.exec("CREATE UNIQUE INDEX unique_username ON slug_member (username)");
    let key = sandbox.with_settings(Site::Slug.settings(), ["create-token", "alice"]).run().ok().key();
    assert_eq!(
        sandbox.value("SELECT username FROM slug_member WHERE id = (SELECT user_id FROM authtoken_token)"),
        "bob"
    );
    assert_eq!(sandbox.serve().whoami(&key), whoami("alice"));
}

/// N3: the settings belong to another site.
fn settings_of_a_user_model_without_a_table_are_rejected(engine: Engine) {
    let sandbox = Sandbox::on(engine, Site::Stock);
    for (site, table) in [(Site::Big, "accounts_user"), (Site::Mail, "mail_person")] {
        for words in [&["create-token", "alice"][..], &["list"], &["deactivate", "alice"], &["migrate", "--check"]] {
            let outcome = sandbox.unchanged(sandbox.with_settings(site.settings(), words));
            outcome.refused("6", &[&format!("the table {table} of the user model "), " is missing"]);
        }
    }
}

/// N2: MariaDB's collation treats `zoe` and `Zoé` as equal, and unique indexes prevent that only
/// within one column.
fn an_ambiguous_name_in_a_list_is_rejected(engine: Engine) {
    let sandbox = Sandbox::on(engine, Site::Both);
    sandbox.exec("UPDATE both_person SET username = 'zoe' WHERE username = 'alice'");
    sandbox.exec("UPDATE both_person SET email = 'Zo\u{e9}' WHERE email = 'carol@example.com'");
    let call = sandbox.drfctl(["create-token", "zoe", "Zo\u{e9}"]);
    if engine == Engine::MySql {
        sandbox.unchanged(call).refused("3", &["more than one user is named "]);
    } else {
        assert_eq!(call.run().ok().keys().len(), 2);
    }
}

/// N2: a user gets the name while drfctl waits for the lock.
#[test]
fn a_name_that_becomes_ambiguous_before_the_lock_is_rejected() {
    let sandbox = Sandbox::on(Engine::Postgres, Site::Both);
    let key = token(&sandbox, &[], "alice");
    let carol = token(&sandbox, &["--username-field", "email"], "carol@example.com");
    let mut holder = sandbox.postgres();
    holder.batch_execute("BEGIN; SELECT 1 FROM authtoken_token FOR UPDATE").unwrap();
    for words in ["create-token -r alice@example.com --older-than 2099-01-01 --yes", "revoke alice@example.com --yes"] {
        holder.batch_execute("ROLLBACK; BEGIN; SELECT 1 FROM authtoken_token FOR UPDATE").unwrap();
        let running = sandbox.drfctl(words.split(' ')).args(["--busy-timeout", "1h"]).spawn();
        until("it waits", || {
            sandbox.value("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'drfctl' AND datname = current_database() AND wait_event_type = 'Lock'") == "1"
        });
        holder
            .batch_execute("UPDATE both_person SET username = 'alice@example.com' WHERE email = 'carol@example.com'; COMMIT; BEGIN")
            .unwrap();
        running.wait().refused("3", &["more than one user is named alice@example.com"]);
        sandbox.exec("UPDATE both_person SET username = 'carol' WHERE email = 'carol@example.com'");
        let keys = sandbox.sql("SELECT key FROM authtoken_token ORDER BY user_id").concat();
        assert_eq!(keys, [key.clone(), carol.clone()], "{words}");
    }
}

/// N4
fn without_a_foreign_key_the_only_user_table_or_settings_decide(engine: Engine) {
    let sandbox = Sandbox::on(engine, Site::Stock);
    sandbox.without_token_reference(engine);
    let key = token(&sandbox, &[], "alice");
    assert_eq!(sandbox.serve().whoami(&key), whoami("alice"));
    sandbox.with_another_user_table();
    for words in [&["create-token", "alice"][..], &["list"], &["revoke", "alice"], &["activate", "alice"]] {
        let parts =
            ["cannot detect the table of the user model", "--user-table accounts_user or --user-table auth_user"];
        sandbox.unchanged(sandbox.drfctl(words)).refused("6", &parts);
        let options = ["--user-table", "auth_user"];
        if words[0] != "revoke" {
            let named = sandbox.drfctl(words).args(options).run().ok();
            let by_settings = sandbox.with_settings(Site::Stock.settings(), words).run().ok();
            let ageless = |outcome: &Outcome| outcome.stdout.split('\t').take(3).map(str::to_owned).collect::<Vec<_>>();
            assert_eq!(ageless(&named), ageless(&by_settings), "{words:?}");
        }
    }
    let _ = sandbox.with_settings(Site::Stock.settings(), ["revoke", "alice"]).run().ok();
    assert_eq!(sandbox.serve().whoami(&key), INVALID_TOKEN);
}

/// N6
fn a_custom_user_model_in_djangos_table_is_not_migrated(engine: Engine) {
    const SETTINGS: &[&str] = &["--settings", "shop.settings_kept"];
    for (knows_models, options) in [(true, &[][..]), (true, SETTINGS), (false, SETTINGS)] {
        let sandbox = Sandbox::on(engine, Site::Kept);
        sandbox.exec("DELETE FROM django_migrations WHERE app = 'auth' AND name LIKE '0012%'");
        if !knows_models {
            sandbox.exec("DELETE FROM auth_permission");
            sandbox.exec("DELETE FROM django_content_type");
        }
        let shape = |sandbox: &Sandbox| {
            sandbox.django(
                "from django.db import connection
with connection.cursor() as cursor:
    print([column[:7] for column in connection.introspection.get_table_description(cursor, 'auth_user')])",
            )
        };
        let before = shape(&sandbox);
        let note = "note: auth_user has a column that Django does not create: phone\n";
        for (words, status) in [("--check", "1"), ("--plan", "0")] {
            let outcome = sandbox.drfctl(["migrate", words]).run();
            let status = if knows_models { status } else { "6" };
            assert_eq!(
                (outcome.status.as_str(), outcome.stderr.starts_with(note)),
                (status, knows_models),
                "{words}: {outcome}"
            );
        }
        let call = if options.is_empty() {
            sandbox.drfctl(["migrate"])
        } else {
            sandbox.with_settings(Site::Kept.settings(), ["migrate"])
        };
        let outcome = call.run();
        let expected = if options.is_empty() { note } else { "" };
        assert_eq!((outcome.status.as_str(), outcome.stderr.as_str()), ("0", expected), "{outcome}");
        assert_eq!(shape(&sandbox), before);
        let models = "from django.contrib.contenttypes.models import ContentType
print(ContentType.objects.filter(app_label='auth').values_list('model', flat=True).order_by('model'))";
        assert_eq!(sandbox.django(models), "<QuerySet ['group', 'permission']>");
        assert_eq!(sandbox.manage(["migrate", "--check"]).status, "0");
        let key = token(&sandbox, &[], "alice");
        assert_eq!(sandbox.serve().whoami(&key), whoami("alice"));
    }
    // Without settings and content types, a table that differs from Django's is not changed.
    let sandbox = Sandbox::on(engine, Site::Kept);
    sandbox.exec("DELETE FROM django_migrations WHERE app = 'auth' AND name LIKE '0012%'");
    sandbox.exec("DELETE FROM auth_permission");
    sandbox.exec("DELETE FROM django_content_type");
    let outcome = sandbox.unchanged(sandbox.drfctl(["migrate"]));
    outcome.refused("6", &["auth_user differs from what the applied migrations create", "--settings MODULE"]);
}

/// N7b: like pretix.
fn a_nullable_column_is_the_username_if_it_is_the_only_one(engine: Engine) {
    let sandbox = Sandbox::on(engine, Site::Nullable);
    let key = token(&sandbox, &[], "bob@example.com");
    assert_eq!(sandbox.serve().whoami(&key), whoami("bob@example.com"));
    let listed = sandbox.drfctl(["list", "users", "--columns", "username"]).records("0");
    let names: Vec<_> = listed.iter().map(|user| user["username"].clone()).collect();
    assert_eq!(names, [json!("alice@example.com"), json!("bob@example.com"), json!(null), json!(null)]);
    sandbox.exec("UPDATE authtoken_token SET user_id = 3");
    assert_eq!(sandbox.drfctl(["verify"]).stdin(key).records("0")[0]["username"], json!(null));
}

/// N7b: like Misago.
fn an_unusual_username_comes_from_the_option_or_the_models(engine: Engine) {
    let sandbox = Sandbox::on(engine, Site::Slug);
    for words in [&["create-token", "alice"][..], &["list", "users"], &["activate", "alice"]] {
        let parts = ["has no obvious username column", "--username-field slug"];
        sandbox.unchanged(sandbox.drfctl(words)).refused("6", &parts);
    }
    let key = token(&sandbox, &["--username-field", "slug"], "alice");
    assert_eq!(sandbox.serve().whoami(&key), whoami("alice"));
    let by_settings = sandbox.with_settings(Site::Slug.settings(), ["create-token", "alice"]).run().ok();
    assert_eq!(by_settings.key(), key);
}

/// N8: only PostgreSQL has a search path.
#[test]
fn a_user_table_outside_the_search_path_is_named_with_its_schema() {
    for site in [Site::Stock, Site::Big] {
        for (schema, encoded) in [("people", "people"), ("Ten ant's", "%22Ten%5C%20ant%27s%22")] {
            let sandbox = Sandbox::on(Engine::Postgres, site);
            let table = if site == Site::Stock { "auth_user" } else { "accounts_user" };
            sandbox.exec(&format!("CREATE SCHEMA \"{schema}\"; ALTER TABLE {table} SET SCHEMA \"{schema}\""));
            // A table with the same name, which tokens do not reference.
            sandbox.exec(&format!("CREATE TABLE {table} (LIKE \"{schema}\".{table})"));
            let option = format!("?options=-c%20search_path={encoded},public");
            for words in [&["create-token", "alice"][..], &["list"], &["list", "users"], &["activate", "alice"]] {
                let parts = [&*format!("the user table {table} is in the schema {schema}"), &*option];
                sandbox.unchanged(sandbox.drfctl(words)).refused("6", &parts);
            }
            let url = format!("{}{option}", sandbox.database().into_string().unwrap());
            let reached = sandbox.drfctl(["create-token", "alice"]).env("DATABASE_URL", url).run().ok();
            sandbox.exec(&format!("DROP TABLE public.{table}"));
            let database = sandbox.value("SELECT current_database()");
            sandbox.exec(&format!("ALTER DATABASE {database} SET search_path = public, \"{schema}\""));
            assert_eq!(sandbox.serve().whoami(&reached.key()), whoami("alice"), "{site:?}");
        }
    }
}
