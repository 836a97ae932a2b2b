//! `create-user` on custom user models: required columns, primary keys and username fields.
//!
//! Tags such as `G18` name cases of `tests/CASES.md`.

use crate::support::{Sandbox, Site};

/// The arguments that each site requires for a new user, and the username.
const NEW_USERS: [(Site, &str, &[&str]); 6] = [
    (Site::Stock, "zed", &[]),
    (Site::Email, "zed@example.com", &[]),
    (Site::Odd, "zed", &["--set", "Code Name=U-900"]),
    (Site::Member, "zed", &["--set", "nickname=Z"]),
    (Site::Big, "zed", &[]),
    (Site::Local, "zed", &["--time-zone", "Europe/Berlin"]),
];

/// Creates that user with the password `pw é`.
fn create(sandbox: &Sandbox, name: &str, args: &[&str]) -> String {
    let call = sandbox.drfctl(["create-user", name, "--password-stdin", "--format", "json"]).args(args);
    call.stdin("pw é").run().ok().stdout
}

#[test]
fn a_new_user_can_log_in_to_django_and_gets_the_same_token() {
    for (site, name, args) in NEW_USERS {
        let sandbox = Sandbox::new(site);
        let record: serde_json::Value =
            serde_json::from_str(&create(&sandbox, name, &[args, &["--with-token"]].concat())).unwrap();
        let key = record[0]["key"].as_str().unwrap();
        let server = sandbox.serve();
        let login =
            |password: &str| server.post("/obtain", &format!(r#"{{"username": "{name}", "password": "{password}"}}"#));
        let (status, body, _) = login("pw é");
        assert_eq!((status, body), (200, format!(r#"{{"token":"{key}"}}"#)), "{site:?}");
        assert_eq!(server.whoami(key), format!(r#"200 {{"user":"{name}"}}"#), "{site:?}");
        assert_eq!(login("pw e").0, 400, "{site:?}");
        assert_eq!(record[0]["username"], name);
    }
}

#[test]
fn django_does_not_update_the_hash_of_a_new_user_at_login() {
    for (site, name, args) in NEW_USERS {
        let sandbox = Sandbox::new(site);
        create(&sandbox, name, args);
        let before = sandbox.dump();
        let seen: bool = sandbox.ask(
            &name,
            "from django.contrib.auth import authenticate\nanswer = authenticate(username=table, password='pw é') is not None",
        );
        assert!(seen, "{site:?}");
        assert_eq!(sandbox.dump(), before, "{site:?}");
    }
}

#[test]
fn rows_of_custom_models_are_the_same_as_djangos() {
    for (site, table, without, call) in [
        (Site::Email, "people_emailuser", &["password", "id"][..], "User.objects.create_user('zed@example.com')"),
        (Site::Odd, r#"Odd "User" Table"#, &["password"], "User(code='U-900', handle='zed').save()"),
        (Site::Member, "member_member", &[], "User.objects.create_user('zed', nickname='Z')"),
        (Site::Member, "accounts_user", &["password", "date_joined"], "User.objects.create_user('zed', nickname='Z')"),
    ] {
        let (ours, theirs) = (Sandbox::new(site), Sandbox::new(site));
        let (_, name, args) = NEW_USERS.into_iter().find(|(known, ..)| *known == site).unwrap();
        create(&ours, name, args);
        theirs.django(&format!("from django.contrib.auth import get_user_model\nUser = get_user_model()\n{call}"));
        assert_eq!(ours.rows(table, without), theirs.rows(table, without), "{site:?}");
    }
}

#[test]
fn a_new_uuid_is_valid_and_unique() {
    let sandbox = Sandbox::new(Site::Email);
    for name in ["y@example.com", "z@example.com"] {
        create(&sandbox, name, &[]);
    }
    let seen = sandbox.django(
        "from django.contrib.auth import get_user_model\n\
         keys = list(get_user_model().objects.values_list('id', flat=True))\n\
         print(len(set(keys)), {(key.version, key.variant) for key in keys})",
    );
    assert_eq!(seen, "4 {(4, 'specified in RFC 4122')}");
    assert_eq!(sandbox.value("SELECT group_concat(DISTINCT length(id) || typeof(id)) FROM people_emailuser"), "32text");
}

#[test]
fn a_given_uuid_is_stored_like_django() {
    let sandbox = Sandbox::new(Site::Email);
    create(&sandbox, "z@example.com", &["--set", "id=6FA459EA-EE8A-4CA4-894E-DB77E160355E"]);
    let stored = sandbox.value("SELECT id FROM people_emailuser WHERE email = 'z@example.com'");
    assert_eq!(stored, "6fa459eaee8a4ca4894edb77e160355e");
}

#[test]
fn an_invalid_uuid_is_rejected() {
    for typed in ["nonsense", "", "6fa459ea", "6fa459eaee8a4ca4894edb77e160355g"] {
        let sandbox = Sandbox::new(Site::Email);
        let call = sandbox.drfctl(["create-user", "--no-password", "z@example.com", "--set", &format!("id={typed}")]);
        let outcome = sandbox.unchanged(call);
        assert_eq!((outcome.status.as_str(), outcome.stdout.as_str()), ("3", ""), "{outcome}");
    }
}

#[test]
fn a_username_that_is_an_email_address_is_normalized() {
    let sandbox = Sandbox::new(Site::Email);
    create(&sandbox, "Zed@EXAMPLE.com", &[]);
    assert_eq!(sandbox.sql("SELECT email FROM people_emailuser WHERE email LIKE 'zed%'"), [["Zed@example.com"]]);
}

#[test]
fn a_username_that_is_not_an_email_address_is_rejected() {
    let sandbox = Sandbox::new(Site::Email);
    let outcome = sandbox.unchanged(sandbox.drfctl(["create-user", "--no-password", "zed"]));
    assert_eq!(outcome.to_string(), "exit: 3\n--- stdout\n--- stderr\nerror: Enter a valid email address.\n");
}

#[test]
fn every_missing_required_column_is_named() {
    for (sandbox, more, name, action) in [
        (Sandbox::new(Site::Odd), "", "Code Name", "--set 'Code Name'=VALUE"),
        (Sandbox::with_badge(), "", "badge", "--set badge=VALUE"),
        (
            Sandbox::with_badge(),
            "ALTER TABLE member_member ADD COLUMN note text NULL;\
             ALTER TABLE member_member ADD COLUMN level integer NOT NULL DEFAULT 3;\
             ALTER TABLE accounts_user ADD COLUMN site_id integer NOT NULL DEFAULT 1 REFERENCES auth_group (id);\
             UPDATE accounts_user SET site_id = 2;\
             PRAGMA writable_schema = ON;\
             UPDATE sqlite_schema SET sql = replace(sql, 'site_id integer NOT NULL DEFAULT 1', 'site_id integer NOT NULL')",
            "badge, site_id",
            "--set badge=VALUE --set site_id=2",
        ),
    ] {
        sandbox.exec(more);
        let outcome = sandbox.unchanged(sandbox.drfctl(["create-user", "--no-password", "zed"]));
        let stderr = format!("error: missing columns that the user model requires: {name}\nhint: {action}\n");
        assert_eq!(outcome.to_string(), format!("exit: 3\n--- stdout\n--- stderr\n{stderr}"));
    }
}

#[test]
fn an_empty_value_is_valid_for_a_required_column() {
    let sandbox = Sandbox::new(Site::Member);
    create(&sandbox, "zed", &["--set", "nickname="]);
    assert_eq!(sandbox.value("SELECT quote(nickname) FROM member_member ORDER BY user_ptr_id DESC LIMIT 1"), "''");
}

#[test]
fn columns_of_a_parent_model_are_written_to_its_table() {
    let sandbox = Sandbox::new(Site::Member);
    create(&sandbox, "zed", &["--set", "nickname=Z", "--superuser", "--email", "z@EXAMPLE.com"]);
    let _ = sandbox.drfctl(["create-user", "zed", "--update", "--set", "nickname=Y", "--last-name", "Z"]).run().ok();
    let seen = sandbox.django(
        "from django.contrib.auth import get_user_model\n\
         zed = get_user_model().objects.get(username='zed')\n\
         print(zed.nickname, zed.last_name, zed.email, zed.is_superuser, zed.is_staff, zed.check_password('pw é'))",
    );
    assert_eq!(seen, "Y Z z@example.com True True True");
}

#[test]
fn a_superuser_gets_the_flags_that_the_model_has() {
    for (column, more) in [("is_staff", &[][..]), ("is_superuser", &[]), ("is_admin", &["--set", "is_admin=true"])] {
        let sandbox = Sandbox::new(Site::Email);
        sandbox.exec(&format!("ALTER TABLE people_emailuser ADD COLUMN {column} bool NOT NULL DEFAULT 0"));
        create(&sandbox, "y@example.com", &[&["--superuser"], more].concat());
        let call = sandbox.drfctl(["createsuperuser", "--noinput", "--email", "z@example.com"]).args(more);
        assert_eq!(call.run().to_string(), "exit: 0\n--- stdout\nSuperuser created successfully.\n--- stderr\n");
        let superusers = sandbox.sql(&format!("SELECT email FROM people_emailuser WHERE {column} = 1 ORDER BY email"));
        assert_eq!(superusers, [["y@example.com"], ["z@example.com"]], "{column}");
    }
}

#[test]
fn groups_of_a_parent_model_are_supported() {
    let sandbox = Sandbox::new(Site::Member);
    sandbox.exec("INSERT INTO auth_group (name) VALUES ('staff')");
    create(&sandbox, "zed", &["--set", "nickname=Z", "--group", "staff"]);
    let seen = sandbox.django(
        "from django.contrib.auth import get_user_model\nprint(get_user_model().objects.get(groups__name='staff').username)",
    );
    assert_eq!(seen, "zed");
}

#[test]
fn options_for_missing_columns_are_rejected() {
    for (site, name, args, error) in [
        (
            Site::Email,
            "z@example.com",
            &["--superuser"][..],
            "the user model has neither a column is_superuser nor is_staff",
        ),
        (Site::Email, "z@example.com", &["--staff"], "the user model people_emailuser has no column is_staff"),
        (Site::Email, "z@example.com", &["--inactive"], "the user model people_emailuser has no column is_active"),
        (
            Site::Email,
            "z@example.com",
            &["--first-name", "Z"],
            "the user model people_emailuser has no column first_name",
        ),
        (Site::Odd, "zed", &["--email", "z@example.com"], r#"the user model Odd "User" Table has no column email"#),
        (
            Site::Odd,
            "zed",
            &["--set", "handle=z"],
            "column handle is the username field; give its value as the argument USERNAME",
        ),
        (
            Site::Odd,
            "zed",
            &["--set", "Code Name=U-1", "--group", "g"],
            r#"the user model Odd "User" Table has no groups"#,
        ),
    ] {
        let sandbox = Sandbox::new(site);
        let outcome = sandbox.unchanged(sandbox.drfctl(["create-user", "--no-password", name]).args(args));
        let first = outcome.stderr.lines().next().unwrap_or_default();
        assert_eq!((outcome.status.as_str(), first), ("3", format!("error: {error}").as_str()), "{site:?} {args:?}");
    }
}

#[test]
fn a_duplicate_primary_key_is_a_conflict() {
    let sandbox = Sandbox::new(Site::Odd);
    let call = sandbox.drfctl(["create-user", "--no-password", "zed", "--set", "Code Name=U-001"]);
    let outcome = sandbox.unchanged(call);
    assert_eq!((outcome.status.as_str(), outcome.stdout.as_str()), ("4", ""), "{outcome}");
}

/// G18
#[test]
fn a_password_is_compared_with_the_attributes_that_django_uses() {
    for (site, name, args) in
        [(Site::Email, "zedekiah@example.com", &[][..]), (Site::Odd, "zedekiah", &["--set", "Code Name=U-9"])]
    {
        let sandbox = Sandbox::new(site);
        let theirs: Vec<String> = sandbox.ask(
            &name,
            r#"
from django.contrib.auth import get_user_model
from django.contrib.auth.password_validation import UserAttributeSimilarityValidator
from django.core.exceptions import ValidationError
User = get_user_model()
try:
    UserAttributeSimilarityValidator().validate("zedekiah-77", User(**{User.USERNAME_FIELD: table}))
    answer = []
except ValidationError as error:
    answer = error.messages
"#,
        );
        let call = sandbox.drfctl(["create-user", name, "--password-stdin", "--validate-password"]).args(args);
        let outcome = call.stdin("zedekiah-77").run();
        let stderr: Vec<_> = outcome.stderr.lines().map(|line| line.trim_start_matches("error: ").to_owned()).collect();
        // The message contains the field's verbose_name, which is not in the database.
        assert_eq!(stderr.is_empty(), theirs.is_empty(), "{site:?}\n{outcome}");
    }
}
