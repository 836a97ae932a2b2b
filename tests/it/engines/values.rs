//! Converting text to the type of a column, on every engine, compared with Django's forms.
//!
//! Tags such as `N22` name cases of `tests/CASES.md`.

use serde::Deserialize;
use serde_json::json;

use crate::support::{Engine, Sandbox, Site, scenarios};

scenarios![
    values_are_converted_like_in_djangos_forms_or_rejected,
    flags_in_integer_columns_are_0_and_1,
    a_new_user_gets_the_defaults_of_djangos_fields,
    a_required_last_login_suggests_migrate,
    an_unknown_type_is_converted_by_the_server_or_rejected,
];

/// Text for the columns of [`Site::Club`].
const TYPED: [(&str, &str); 48] = [
    ("balance", "12.5"),
    ("balance", "-0.05"),
    ("balance", "+7"),
    ("balance", ".5"),
    ("balance", "999999.99"),
    ("balance", "12,5"),
    ("balance", "NaN"),
    ("balance", "one"),
    ("birthday", "2001-02-03"),
    ("birthday", "2001-2-3"),
    ("birthday", "2001-02-30"),
    ("birthday", "yesterday"),
    ("wakes_at", "07:30"),
    ("wakes_at", "7:30"),
    ("wakes_at", "07:30:15.25"),
    ("wakes_at", "24:00"),
    ("wakes_at", "early"),
    ("seen_at", "2026-01-31 09:00:00"),
    ("seen_at", "2026-01-31"),
    ("seen_at", "2026-01-31T09:00:00.000042"),
    ("seen_at", "2026-02-31 09:00:00"),
    ("seen_at", "soon"),
    ("height", "1.82"),
    ("height", "-1e3"),
    ("height", "tall"),
    ("height", "inf"),
    ("card", "6fa459ea-ee8a-4ca4-894e-db77e160355e"),
    ("card", "6FA459EAEE8A4CA4894EDB77E160355E"),
    ("card", "6fa459ea"),
    ("address", "192.0.2.1"),
    ("address", "2001:DB8:0::1"),
    ("address", "::ffff:192.0.2.1"),
    ("address", "192.0.2"),
    ("address", "localhost"),
    ("choices", r#"{"a": [1, null]}"#),
    ("choices", "7"),
    ("choices", "{"),
    ("level", "-32768"),
    ("level", " 5 "),
    ("level", "five"),
    ("level", "5.5"),
    ("points", "0"),
    ("points", "2147483647"),
    ("points", "-1"),
    ("nickname", "Z"),
    ("nickname", "twenty-one characters"),
    ("bio", ""),
    ("is_verified", "true"),
];

/// Django's result for a text.
#[derive(Deserialize)]
struct Comparison {
    is_accepted: bool,
    /// Whether the user that drfctl created has the same value as Django's form.
    is_stored: bool,
}

/// N22
fn values_are_converted_like_in_djangos_forms_or_rejected(engine: Engine) {
    let sandbox = Sandbox::on(engine, Site::Club);
    let mut accepted = Vec::new();
    for (at, (column, typed)) in TYPED.iter().enumerate() {
        let set = format!("{column}={typed}");
        let call = sandbox.create_user(&[&format!("n{at}"), "--set", "language=en", "--set", &set]);
        let outcome = call.run();
        if outcome.status != "0" {
            assert_eq!((outcome.status.as_str(), outcome.stdout.as_str()), ("3", ""), "{column} {typed}: {outcome}");
            let error = outcome.stderr.lines().find(|line| line.starts_with("error: ")).unwrap_or_default();
            assert!(error.contains(column), "{column} {typed}: {outcome}");
        }
        accepted.push(outcome.status == "0");
    }
    let comparison: Vec<Comparison> = sandbox.ask(
        &TYPED.as_slice(),
        r"
from django.core.exceptions import ValidationError
from club.models import User
users = {user.username: user for user in User.objects.all()}
answer = []
for at, (column, typed) in enumerate(table):
    field = User._meta.get_field(column)
    try:
        value = field.formfield().clean(typed)
    except ValidationError:
        value = ValidationError
    user = users.get(f'n{at}')
    answer.append({
        'is_accepted': value is not ValidationError,
        'is_stored': user is None or getattr(user, column) == value,
    })
",
    );
    for (((column, typed), accepted), comparison) in TYPED.iter().zip(accepted).zip(comparison) {
        assert_eq!((accepted, comparison.is_stored), (comparison.is_accepted, true), "{column} {typed}");
    }
}

/// N23
fn flags_in_integer_columns_are_0_and_1(engine: Engine) {
    let sandbox = Sandbox::on(engine, Site::Stock);
    for column in ["is_active", "is_staff", "is_superuser"] {
        sandbox.exec(&match engine {
            Engine::Sqlite => format!(
                "PRAGMA writable_schema = ON;\
                 UPDATE sqlite_schema SET sql = replace(sql, '\"{column}\" bool', '\"{column}\" smallint')"
            ),
            Engine::Postgres => {
                format!("ALTER TABLE auth_user ALTER {column} TYPE smallint USING CASE WHEN {column} THEN 1 ELSE 0 END")
            }
            Engine::MySql => format!("ALTER TABLE auth_user MODIFY {column} tinyint(4) NOT NULL"),
        });
    }
    let _ = sandbox.create_user(&["carol", "--superuser", "--inactive"]).run().ok();
    let _ = sandbox.drfctl(["deactivate", "alice"]).run().ok();
    let _ = sandbox.drfctl(["activate", "ina"]).run().ok();
    let columns = "SELECT username, is_active, is_staff, is_superuser FROM auth_user ORDER BY id";
    assert_eq!(
        sandbox.sql(columns),
        [["alice", "0", "0", "0"], ["bob", "1", "0", "0"], ["ina", "1", "0", "0"], ["carol", "0", "1", "1"]]
    );
}

/// N22c
fn a_new_user_gets_the_defaults_of_djangos_fields(engine: Engine) {
    let sandbox = Sandbox::on(engine, Site::Club);
    // If the existing users differ, their values are no default.
    sandbox.exec("UPDATE club_user SET language = 'de' WHERE username = 'bob'");
    let call = sandbox.create_user(&["carol", "--superuser", "--group", "members", "--with-token"]);
    assert_eq!(call.run().status, "0");
    let seen: serde_json::Value = sandbox.ask(
        &"",
        "
from club.models import User
from django.utils import timezone
carol = User.objects.get(username='carol')
answer = [carol.language, carol.bio, carol.is_verified, carol.email, carol.nickname, carol.birthday,
          abs((timezone.now() - carol.joined_club).total_seconds()) < 300, carol.kind.model, carol.is_superuser]",
    );
    assert_eq!(seen, json!(["", "", false, "", null, null, true, "user", true]));
}

/// N24
fn a_required_last_login_suggests_migrate(engine: Engine) {
    let sandbox = Sandbox::on(engine, Site::Stock);
    sandbox.exec("UPDATE auth_user SET last_login = date_joined");
    sandbox.exec(match engine {
        Engine::Sqlite => {
            "PRAGMA writable_schema = ON;\
             UPDATE sqlite_schema SET sql = replace(sql, '\"last_login\" datetime NULL', '\"last_login\" datetime NOT NULL')"
        }
        Engine::Postgres => "ALTER TABLE auth_user ALTER last_login SET NOT NULL",
        Engine::MySql => "ALTER TABLE auth_user MODIFY last_login datetime(6) NOT NULL",
    });
    let outcome = sandbox.unchanged(sandbox.create_user(&["carol"]));
    outcome.reports(
        "3",
        "error: the column last_login is NOT NULL, as before Django 1.8\n\
         hint: apply the migrations: drfctl migrate\n",
    );
}

/// N22b
fn an_unknown_type_is_converted_by_the_server_or_rejected(engine: Engine) {
    let sandbox = Sandbox::on(engine, Site::Stock);
    let columns: &[(&str, &str, &str)] = match engine {
        // SQLite itself would store anything.
        Engine::Sqlite => {
            for (at, kind) in ["interval", "point", "blob", ""].into_iter().enumerate() {
                sandbox.exec(&format!("ALTER TABLE auth_user ADD COLUMN extra{at} {kind}"));
                let outcome = sandbox.unchanged(sandbox.create_user(&["carol", "--set", &format!("extra{at}=1")]));
                let kind = if kind.is_empty() { "(none)" } else { kind };
                outcome.error_is("3", &format!("the column extra{at} has the type {kind}, which is not supported"));
            }
            return;
        }
        Engine::Postgres => &[
            ("interval", "1 day 02:00:00", "a while"),
            ("point", "(1,2)", "here"),
            ("int4range", "[1,5)", "1 to 5"),
            ("integer[]", "{1,2}", "1,2"),
        ],
        Engine::MySql => &[("enum('a','b')", "b", "c"), ("year", "2026", "soon"), ("bigint unsigned", "18", "-1")],
    };
    for (at, (kind, right, wrong)) in columns.iter().enumerate() {
        sandbox.exec(&format!("ALTER TABLE auth_user ADD COLUMN extra{at} {kind} NULL"));
        let set = |value: &str| format!("extra{at}={value}");
        let rejected = sandbox.unchanged(sandbox.create_user(&["carol", "--set", &set(wrong)]));
        assert_eq!((rejected.status.as_str(), rejected.stdout.as_str()), ("3", ""), "{kind}: {rejected}");
        let name = format!("n{at}");
        let _ = sandbox.create_user(&[&name, "--set", &set(right)]).run().ok();
        let text = if engine == Engine::Postgres { "text" } else { "char" };
        let stored = format!("SELECT CAST(extra{at} AS {text}) FROM auth_user WHERE username = '{name}'");
        assert_eq!(sandbox.value(&stored), *right, "{kind}");
    }
}

/// N25
#[test]
fn a_sequence_behind_its_table_is_not_an_existing_user() {
    let sandbox = Sandbox::on(Engine::Postgres, Site::Stock);
    sandbox.exec("ALTER SEQUENCE auth_user_id_seq RESTART WITH 1");
    let outcome = sandbox.unchanged(sandbox.create_user(&["carol"]));
    outcome.error_is("6", "the sequence of auth_user.id is behind the table: its next value already exists");
    let remedy = outcome.stderr.lines().find_map(|line| line.strip_prefix("hint: advance the sequence: ")).unwrap();
    sandbox.exec(remedy);
    let _ = sandbox.create_user(&["carol"]).run().ok();
    // Other duplicates are reported as such.
    sandbox.exec("CREATE UNIQUE INDEX address ON auth_user (lower(email)) WHERE email <> ''");
    let outcome = sandbox.unchanged(sandbox.create_user(&["dave", "--email", "ALICE@example.com"]));
    outcome.error_is("4", "duplicate value for unique index address");
}
