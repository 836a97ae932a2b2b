//! `list` prints what Django's ORM returns for the same database, in every layout.
//!
//! Tags such as `B2` name cases of `tests/CASES.md`.

use serde_json::{Value, json};
use snapbox::{assert_data_eq, str};

use crate::support::{KEY, ORM, Outcome, Sandbox, Shim, Site};

/// Creates tokens for all users but Bob, and users that differ in every listed column.
const FILL: &str = r#"
now = datetime.datetime.now(UTC) if settings.USE_TZ else datetime.datetime.now()
# In winter and in summer, with and without microseconds.
moments = [datetime.datetime(2025, 1, 31, 23, 59, 59, 7), datetime.datetime(2025, 7, 1, 0, 30)]
for user, moment_of in zip(User.objects.order_by("pk"), moments + [None]):
    aware = moment_of and settings.USE_TZ
    user.last_login = moment_of.replace(tzinfo=UTC) if aware else moment_of
    for flag in ("is_staff", "is_superuser"):
        if hasattr(user, flag):
            setattr(user, flag, user.last_login is None or flag == "is_staff")
    user.save()
    if not user.get_username().startswith("bob"):
        Token.objects.create(user=user)
"#;

/// Returns the records with only the given columns.
fn only(records: Vec<Value>, columns: &[&str]) -> Vec<Value> {
    let one = |record: Value| columns.iter().map(|name| ((*name).to_owned(), record[*name].clone())).collect();
    records.into_iter().map(one).collect()
}

const TOKEN: [&str; 7] = ["username", "key", "created", "active", "staff", "superuser", "last_login"];

const USER: [&str; 9] =
    ["username", "email", "active", "staff", "superuser", "date_joined", "last_login", "has_token", "password"];

#[test]
fn list_agrees_with_the_orm_in_every_layout() {
    for site in Site::ALL {
        let sandbox = Sandbox::new(site);
        let (tokens, users): (Vec<Value>, Vec<Value>) = sandbox.ask(
            &(),
            &format!(
                "{ORM}{FILL}answer = [[of_token(t) for t in Token.objects.order_by('user_id')], \
                 [of_user(u) for u in User.objects.order_by('pk')]]"
            ),
        );
        assert!(!tokens.is_empty() && users.len() == tokens.len() + 1, "{site:?}");
        let list = |words: &[&str]| {
            let zone = if site == Site::Local { &["--time-zone", "Europe/Berlin"][..] } else { &[] };
            sandbox.drfctl(["list"]).args(words).args(zone).records("0")
        };
        assert_eq!(only(list(&["tokens", "--show-keys"]), &TOKEN), tokens, "{site:?}");
        assert_eq!(only(list(&["--show-keys"]), &TOKEN), tokens, "{site:?}");
        let listed = list(&["users"]);
        assert_eq!(only(listed.clone(), &USER), users, "{site:?}");
        assert_eq!(listed[0].as_object().unwrap().keys().collect::<Vec<_>>().len(), USER.len());
        // The shortened key is the beginning of the key.
        for (short, whole) in list(&["tokens"]).iter().zip(&tokens) {
            assert_eq!(short["key"], format!("{}…", &whole["key"].as_str().unwrap()[..8]), "{site:?}");
        }
    }
}

#[test]
fn an_age_is_the_time_since_the_creation() {
    let sandbox = Sandbox::stock();
    sandbox.give_token("alice", KEY);
    for (created, clock, age) in [
        ("2026-01-02 03:04:05", "1767323145", json!(100)),
        ("2026-01-02 03:04:05.9", "1767323145", json!(100)),
        // With clocks that differ a little or much, no age is negative.
        ("2026-01-02 03:04:05", "1767323000", json!(0)),
        ("2026-01-02 03:04:05", "1767319445", json!(null)),
        ("", "1767323145", json!(null)),
        ("yesterday", "1767323145", json!(null)),
    ] {
        sandbox.exec(&format!("UPDATE authtoken_token SET created = '{created}'"));
        let shim = Shim::new(&sandbox);
        let listed = shim.load(sandbox.drfctl(["list"])).env("SHIM_CLOCK", clock).records("0");
        assert_eq!(listed[0]["age"], age, "{created}");
    }
    let listed = sandbox.drfctl(["list", "--columns", "created"]).records("0");
    assert_eq!(listed, [json!({"created": "yesterday"})], "an invalid time is printed unchanged");
}

#[test]
fn the_password_column_shows_only_algorithm_and_work_factor() {
    let sandbox = Sandbox::stock();
    for (encoded, shown) in [
        ("pbkdf2_sha256$1000000$salty$aGFzaA==", "pbkdf2_sha256 iterations=1000000"),
        ("!9aXk", "unusable"),
        ("", "empty"),
        ("pbkdf2_sha256$plainsecret$salty$aGFzaA==", ""),
        ("plainsecret$1$salty$aGFzaA==", "plain text"),
        ("plainsecret", "plain text"),
    ] {
        sandbox.exec(&format!("UPDATE auth_user SET password = '{encoded}' WHERE username = 'alice'"));
        for format in ["json", "tsv", "csv", "table", "text"] {
            let outcome = sandbox.drfctl(["list", "users", "alice", "--format", format]).run().ok();
            assert!(outcome.stdout.contains(shown), "{shown}\n{outcome}");
            for secret in ["salty", "aGFzaA", "9aXk", "plainsecret"] {
                assert!(!outcome.stdout.contains(secret), "{outcome}");
            }
        }
    }
}

/// B2
#[test]
fn without_a_token_table_only_users_can_be_listed() {
    let sandbox = Sandbox::stock();
    sandbox.exec("DROP TABLE authtoken_token; DELETE FROM django_migrations WHERE app = 'authtoken'");
    let outcome: Outcome = sandbox.drfctl(["list", "users", "--columns", "username,has_token"]).run();
    assert_data_eq!(
        outcome.to_string().replace('\t', "|"),
        str![[r#"
exit: 0
--- stdout
username|has_token
alice|
bob|
ina|
--- stderr

"#]]
    );
    assert_eq!(sandbox.drfctl(["list", "users", "alice"]).records("0")[0]["has_token"], Value::Null);
    sandbox.drfctl(["list"]).run().refused("6", &["authtoken"]);
    sandbox.drfctl(["list", "--count"]).run().refused("6", &["authtoken"]);
    sandbox.drfctl(["list", "users", "--with-token"]).run().refused("3", &["no token table"]);
}

#[test]
fn the_help_names_every_column() {
    let sandbox = Sandbox::stock();
    let help = sandbox.drfctl(["list", "--help"]).run().ok().stdout;
    for kind in ["tokens", "users"] {
        let outcome = sandbox.drfctl(["list", kind, "--columns", "none"]).run();
        outcome.refused("2", &["--columns: unknown column"]);
        let names = outcome.stderr.split("hint: choose from ").nth(1).unwrap().trim_end().split(", ");
        let of_kind = help.split(&format!("Columns of {kind}: ")).nth(1).unwrap().split("Columns of ").next().unwrap();
        let words: Vec<_> = of_kind.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').collect();
        let missing: Vec<_> = names.filter(|name| !words.contains(name)).collect();
        assert_eq!(missing, Vec::<&str>::new(), "{kind}");
    }
}
