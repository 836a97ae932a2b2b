//! `migrate --fake-initial` and `--fake`: tables without a history.

use snapbox::{assert_data_eq, str};

use crate::support::{Sandbox, Site, State, stock_history};

const ALL_LOST: &str = "DELETE FROM django_migrations";
const TABLE_LOST: &str = "DROP TABLE django_migrations";
const TOKENS_LOST: &str = "DELETE FROM django_migrations WHERE app = 'authtoken'";

/// Returns the schema and the sorted rows, without the history and the sequences.
fn tables(sandbox: &Sandbox) -> String {
    let dump = sandbox.dump();
    let numbered =
        |section: &&str| !["django_migrations\n", "sqlite_sequence\n"].iter().any(|name| section.starts_with(name));
    dump.split("== ").filter(numbered).collect()
}

/// Returns the applied migrations in the order of their rows.
fn history(sandbox: &Sandbox) -> Vec<String> {
    let rows = sandbox.sql("SELECT app || '.' || name FROM django_migrations ORDER BY id");
    rows.into_iter().map(|mut row| row.remove(0)).collect()
}

fn whole_history() -> Vec<String> {
    stock_history().iter().map(ToString::to_string).collect()
}

/// Creates the newest state with rows in every table.
fn newest() -> Sandbox {
    State::after("authtoken.0004_alter_tokenproxy_options").sandbox()
}

#[test]
fn a_lost_history_is_recognized_in_every_state() {
    for state in State::by_app() {
        for loss in [ALL_LOST, TABLE_LOST] {
            let sandbox = state.sandbox();
            sandbox.exec(loss);
            let outcome = sandbox.drfctl(["migrate", "--fake-initial"]).run();
            assert_eq!((outcome.status.as_str(), outcome.stderr.as_str()), ("0", ""), "{state} {loss}\n{outcome}");
            assert_eq!(tables(&sandbox), tables(&state.migrated()), "{state} {loss}");
            assert_eq!(history(&sandbox), whole_history(), "{state} {loss}");
        }
    }
}

#[test]
fn django_has_no_migrations_after_a_recovered_history() {
    for state in [State::oldest_with_users(), State::after("auth.0008_alter_user_username_max_length")] {
        let sandbox = state.sandbox();
        sandbox.exec(ALL_LOST);
        let _ = sandbox.drfctl(["migrate", "--fake-initial"]).run().ok();
        let before = sandbox.dump();
        let outcome = sandbox.manage(["migrate"]);
        assert_eq!(outcome.ok().stdout.lines().last(), Some("  No migrations to apply."), "{state}");
        assert_eq!(sandbox.dump(), before, "{state}");
    }
}

#[test]
fn a_lost_history_is_rejected_without_fake_initial() {
    for loss in [ALL_LOST, TABLE_LOST, TOKENS_LOST] {
        let sandbox = newest();
        sandbox.exec(loss);
        let outcome = sandbox.unchanged(sandbox.drfctl(["migrate"]));
        outcome.refused("6", &[]);
        assert!(
            outcome
                .stderr
                .ends_with("\nhint: record the migrations if the history was lost: drfctl migrate --fake-initial\n"),
            "{outcome}"
        );
    }
}

#[test]
fn the_history_of_one_app_is_recognized() {
    let sandbox = newest();
    sandbox.exec(TOKENS_LOST);
    assert_data_eq!(
        sandbox.drfctl(["migrate", "--fake-initial"]).run().to_string(),
        str![[r#"
exit: 0
--- stdout
Operations to perform:
  Apply all migrations: auth, authtoken, contenttypes
Running migrations:
  Applying authtoken.0001_initial... FAKED
  Applying authtoken.0002_auto_20160226_1747... FAKED
  Applying authtoken.0003_tokenproxy... FAKED
  Applying authtoken.0004_alter_tokenproxy_options... FAKED
--- stderr

"#]]
    );
    assert_eq!((tables(&sandbox), history(&sandbox)), (tables(&newest()), whole_history()));
}

#[test]
fn recognized_migrations_are_faked_and_the_rest_run() {
    let sandbox = State::after("auth.0009_alter_user_last_name_max_length").sandbox();
    sandbox.exec(ALL_LOST);
    assert_data_eq!(
        sandbox.drfctl(["migrate", "--fake-initial"]).run().to_string(),
        str![[r#"
exit: 0
--- stdout
Operations to perform:
  Apply all migrations: auth, authtoken, contenttypes
Running migrations:
  Applying contenttypes.0001_initial... FAKED
  Applying contenttypes.0002_remove_content_type_name... FAKED
  Applying auth.0001_initial... FAKED
  Applying auth.0002_alter_permission_name_max_length... FAKED
  Applying auth.0003_alter_user_email_max_length... FAKED
  Applying auth.0004_alter_user_username_opts... FAKED
  Applying auth.0005_alter_user_last_login_null... FAKED
  Applying auth.0006_require_contenttypes_0002... FAKED
  Applying auth.0007_alter_validators_add_error_messages... FAKED
  Applying auth.0008_alter_user_username_max_length... FAKED
  Applying auth.0009_alter_user_last_name_max_length... FAKED
  Applying auth.0010_alter_group_name_max_length... OK
  Applying auth.0011_update_proxy_permissions... OK
  Applying auth.0012_alter_user_first_name_max_length... OK
  Applying authtoken.0001_initial... OK
  Applying authtoken.0002_auto_20160226_1747... OK
  Applying authtoken.0003_tokenproxy... OK
  Applying authtoken.0004_alter_tokenproxy_options... OK
--- stderr

"#]]
    );
}

#[test]
fn a_plan_lists_recognized_migrations_like_django() {
    let sandbox = newest();
    sandbox.exec(TOKENS_LOST);
    let before = sandbox.dump();
    let outcome = sandbox.drfctl(["migrate", "--plan", "--fake-initial"]).run().ok();
    let theirs = sandbox.manage(["migrate", "--plan", "--fake-initial"]);
    assert_eq!((outcome, sandbox.dump()), (theirs, before));
}

#[test]
fn a_history_with_a_gap_is_rejected_as_inconsistent() {
    let sandbox = newest();
    sandbox.exec("DELETE FROM django_migrations WHERE app = 'auth'");
    let theirs = sandbox.manage(["migrate", "--fake-initial"]);
    assert!(theirs.stderr.contains("InconsistentMigrationHistory"), "{theirs}");
    for args in [&["migrate"][..], &["migrate", "--fake-initial"], &["migrate", "--fake"], &["migrate", "--plan"]] {
        assert_data_eq!(
            sandbox.unchanged(sandbox.drfctl(args)).to_string(),
            str![[r#"
exit: 6
--- stdout
--- stderr
error: the migration history is inconsistent: authtoken.0001_initial is applied before auth.0001_initial, which it depends on
hint: restore the missing row, or a backup; list what is recorded: drfctl migrate --list

"#]]
        );
    }
}

#[test]
fn fake_on_a_complete_database_does_nothing() {
    for option in ["--fake", "--fake-initial"] {
        let sandbox = newest();
        let outcome = sandbox.untouched(sandbox.drfctl(["migrate", option])).ok();
        assert_eq!(outcome.stdout.lines().last(), Some("  No migrations to apply."));
    }
}

#[test]
fn fake_initial_on_a_new_database_applies_everything() {
    let (ours, theirs) = (Sandbox::empty(), Sandbox::empty());
    let outcome = ours.drfctl(["migrate", "--fake-initial"]).run();
    let django = theirs.manage(["migrate", "--fake-initial"]);
    assert_eq!((outcome.stdout, ours.image()), (django.ok().stdout, theirs.image()));
}

/// Changes of tables, and the messages that report them.
const DIFFERENCES: [(&str, &str); 8] = [
    ("ALTER TABLE auth_user RENAME COLUMN username TO login", "auth_user: username is missing"),
    ("DROP TABLE auth_user_groups", "the table auth_user_groups is missing"),
    ("DROP INDEX auth_permission_content_type_id_codename_01ab375a_uniq", "auth_permission: "),
    ("ALTER TABLE auth_group RENAME TO auth_groups", "the table auth_group is missing"),
    (
        "ALTER TABLE auth_user ADD COLUMN badge integer NOT NULL DEFAULT 0; \
         ALTER TABLE auth_user DROP COLUMN is_staff",
        "auth_user: is_staff is missing",
    ),
    (
        "DROP TABLE authtoken_token; CREATE TABLE authtoken_token (key varchar(64) NOT NULL PRIMARY KEY, \
         created datetime NOT NULL, user_id integer NOT NULL UNIQUE REFERENCES auth_user (id))",
        "authtoken_token: key is varchar(64), not varchar(40)",
    ),
    (
        "DROP TABLE authtoken_token; CREATE TABLE authtoken_token (key varchar(40) NOT NULL PRIMARY KEY, \
         created datetime NOT NULL, user_id integer NOT NULL REFERENCES auth_user (id))",
        "authtoken_token: user_id is not unique",
    ),
    (
        "DROP TABLE authtoken_token; CREATE TABLE authtoken_token (key varchar(40) NOT NULL PRIMARY KEY, \
         created datetime NOT NULL, scope text NOT NULL, user_id integer NOT NULL UNIQUE REFERENCES auth_user (id))",
        "authtoken_token: scope is required, but Django does not create it",
    ),
];

#[test]
fn fake_rejects_tables_that_differ() {
    for (change, words) in DIFFERENCES {
        for option in ["--fake", "--fake-initial"] {
            let sandbox = newest();
            sandbox.exec(change);
            sandbox.exec(ALL_LOST);
            sandbox
                .unchanged(sandbox.drfctl(["migrate", option]))
                .error_begins("6", &format!("the tables differ from what the migrations create: {words}"));
        }
    }
}

#[test]
fn fake_rejects_an_empty_database() {
    let empty_file = Sandbox::empty();
    std::fs::write(empty_file.db(), "").unwrap();
    let outcome = empty_file.unchanged(empty_file.drfctl(["migrate", "--fake"]));
    assert_data_eq!(
        outcome.to_string(),
        str![[r#"
exit: 6
--- stdout
--- stderr
error: the tables differ from what the migrations create: the table auth_group is missing
hint: omit this option to run the migrations: --fake or --fake-initial

"#]]
    );
}

#[test]
fn fake_rejects_a_missing_database() {
    let sandbox = Sandbox::empty();
    let outcome = sandbox.drfctl(["migrate", "--fake"]).run();
    assert_eq!((outcome.status.as_str(), outcome.stdout.as_str(), sandbox.files().len()), ("6", "", 0), "{outcome}");
}

#[test]
fn fake_records_everything_if_the_tables_match() {
    for loss in [ALL_LOST, TABLE_LOST, TOKENS_LOST] {
        let sandbox = newest();
        sandbox.exec(loss);
        let outcome = sandbox.drfctl(["migrate", "--fake"]).run().ok();
        let steps: Vec<_> = outcome.stdout.lines().skip(3).collect();
        assert!(!steps.is_empty() && steps.iter().all(|step| step.ends_with("... FAKED")), "{loss}\n{outcome}");
        assert_eq!((tables(&sandbox), history(&sandbox)), (tables(&newest()), whole_history()), "{loss}");
        let check = sandbox.manage(["migrate", "--check"]);
        assert_eq!(check.ok().stdout, "", "{loss}");
    }
}

#[test]
fn fake_rejects_an_older_state() {
    let sandbox = State::after("auth.0011_update_proxy_permissions").sandbox();
    let outcome = sandbox.unchanged(sandbox.drfctl(["migrate", "--fake"]));
    outcome.error_begins("6", "the tables differ from what the migrations create: ");
}

#[test]
fn the_history_of_a_custom_user_model_is_recognized() {
    for site in [Site::Email, Site::Odd, Site::Member, Site::Big] {
        let sandbox = Sandbox::new(site);
        let complete = sandbox.copy();
        sandbox.exec("DELETE FROM django_migrations WHERE app IN ('contenttypes', 'auth', 'authtoken')");
        let _ = sandbox.drfctl(["migrate", "--fake-initial"]).run().ok();
        assert_eq!(tables(&sandbox), tables(&complete), "{site:?}");
        let check = sandbox.manage(["migrate", "--check"]);
        assert_eq!(check.ok().stdout, "", "{site:?}");
    }
}
