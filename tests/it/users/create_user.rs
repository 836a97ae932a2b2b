//! `create-user`: creates the same rows as Django's manager, and rejects the same names, addresses
//! and values.
//!
//! Tags such as `B16` name cases of `tests/CASES.md`.

use snapbox::{assert_data_eq, str};

use crate::support::{Sandbox, Site};

/// Users, as arguments of drfctl and as calls of Django's manager.
const USERS: [(&[&str], &str); 12] = [
    (&["carol"], "create_user('carol')"),
    (
        &["dave", "--email", "Dave.D@EXAMPLE.com", "--first-name", "Dave", "--last-name", "O'Neil"],
        r#"create_user("dave", "Dave.D@EXAMPLE.com", first_name="Dave", last_name="O'Neil")"#,
    ),
    (&["--staff", "erin"], "create_user('erin', is_staff=True)"),
    (&["frank", "--superuser", "--email", "f@x.org"], "create_superuser('frank', 'f@x.org')"),
    (&["--inactive", "grace"], "create_user('grace', is_active=False)"),
    (&["heidi", "--staff", "--inactive"], "create_user('heidi', is_staff=True, is_active=False)"),
    (&["judy", "--superuser", "--inactive"], "create_superuser('judy', is_active=False)"),
    (&["\u{fb01}ona", "--email", ""], "create_user('\u{fb01}ona', '')"),
    (&["jose\u{301}", "--first-name", "Jose\u{301}"], "create_user('jose\u{301}', first_name='Jose\u{301}')"),
    (&["kim", "--set", "last_name=a=b", "--set", "is_staff=1"], "create_user('kim', last_name='a=b', is_staff=True)"),
    (&["leo", "--set", "last_name=x", "--set", "last_name="], "create_user('leo', last_name='')"),
    (
        &["--first-name", "x'; DROP TABLE auth_user--", "--", "-rf"],
        "create_user('-rf', first_name=\"x'; DROP TABLE auth_user--\")",
    ),
];

#[test]
fn create_user_creates_the_same_rows_as_django() {
    for (site, table) in [(Site::Stock, "auth_user"), (Site::Big, "accounts_user"), (Site::Local, "auth_user")] {
        let (ours, theirs) = (Sandbox::new(site), Sandbox::new(site));
        let mut program =
            "from django.contrib.auth import get_user_model\nobjects = get_user_model().objects\n".to_owned();
        for (args, call) in USERS {
            assert_eq!(ours.create_user(&["--time-zone", "UTC"]).args(args).run().ok().stdout.lines().count(), 1);
            program.extend(["objects.", call, "\n"]);
        }
        theirs.django(&program);
        let without = ["password", "date_joined"];
        assert_eq!(ours.rows(table, &without), theirs.rows(table, &without), "{site:?}");
    }
}

#[test]
fn date_joined_has_the_format_of_django() {
    for (site, zone) in [(Site::Stock, "UTC"), (Site::Big, "UTC"), (Site::Local, "Europe/Berlin")] {
        let sandbox = Sandbox::new(site);
        let _ = sandbox.create_user(&["carol", "--time-zone", zone]).run().ok();
        let table = if site == Site::Big { "accounts_user" } else { "auth_user" };
        let stored = sandbox.value(&format!("SELECT date_joined FROM {table} WHERE username = 'carol'"));
        let seen = sandbox.django(
            "from django.contrib.auth import get_user_model\n\
             from django.db import connection\n\
             from django.utils import timezone\n\
             joined = get_user_model().objects.get(username='carol').date_joined\n\
             now = abs((timezone.now() - joined).total_seconds()) < 300\n\
             print(connection.ops.adapt_datetimefield_value(joined), now)",
        );
        assert_eq!(seen, format!("{stored} True"), "{site:?}");
    }
}

#[test]
fn create_user_prints_one_line() {
    assert_data_eq!(
        Sandbox::stock().create_user(&["carol"]).run().to_string(),
        str![[r#"
exit: 0
--- stdout
Created user carol
--- stderr

"#]]
    );
}

#[test]
fn an_invalid_address_is_rejected_with_djangos_message() {
    let sandbox = Sandbox::stock();
    let invalid = "Enter a valid email address.";
    for address in ["nonsense", "a@b", "@example.com", "a b@example.com", "a@example.com\n", "<a@example.com>", " "] {
        sandbox.unchanged(sandbox.create_user(&["carol", "--email", address])).error_is("3", invalid);
        sandbox.unchanged(sandbox.create_user(&["alice", "--update", "--email", address])).error_is("3", invalid);
    }
    let long = format!("{}@example.com", "a".repeat(243));
    sandbox
        .unchanged(sandbox.create_user(&["carol", "--email", &long]))
        .error_is("3", "Ensure this value has at most 254 characters (it has 255).");
}

#[test]
fn an_address_given_with_set_is_validated() {
    let sandbox = Sandbox::stock();
    sandbox
        .unchanged(sandbox.create_user(&["carol", "--set", "email=nonsense"]))
        .error_is("3", "Enter a valid email address.");
}

/// B16, B20 to B25, B28, B29, B30
#[test]
fn an_invalid_username_is_rejected_with_djangos_message() {
    let sandbox = Sandbox::stock();
    let invalid = "Enter a valid username. This value may contain only letters, numbers, and @/./+/-/_ characters.";
    let names = [
        "a b",
        " alice",
        "alice ",
        "two\nlines",
        "line\n",
        "tab\tbed",
        "esc\u{1b}[31m",
        "del\u{7f}",
        "c1\u{9b}31m",
        "over\u{202e}ride",
        "zwj\u{200d}",
        "soft\u{ad}hyphen",
        "o'; DROP TABLE--",
        "%",
        "\"",
        "`",
        "😀",
        "½",
        "\u{fdfa}",
        "क्षि",
        "\u{378}",
        "a/b",
    ];
    for name in names {
        sandbox.unchanged(sandbox.create_user(&["--", name])).error_is("3", invalid);
    }
    for name in ["", "  ", "\t", "\u{a0}"] {
        sandbox.unchanged(sandbox.create_user(&[name])).error_is("3", "This field cannot be blank.");
    }
    for (name, length) in [("a".repeat(151), 151), ("\u{fb01}".repeat(76), 152), ("é".repeat(151), 151)] {
        sandbox
            .unchanged(sandbox.create_user(&[&name]))
            .error_is("3", &format!("Ensure this value has at most 150 characters (it has {length})."));
    }
}

/// B17, B20, B26, B27, B30
#[test]
fn a_valid_username_is_normalized_like_django() {
    let sandbox = Sandbox::stock();
    let long = "b".repeat(150);
    for (typed, stored) in [
        (&*long, &*long),
        ("²", "2"),
        ("@", "@"),
        (".", "."),
        ("..", ".."),
        ("-rf", "-rf"),
        ("--", "--"),
        ("_", "_"),
        ("a+b@x-y.z", "a+b@x-y.z"),
        ("e\u{301}", "é"),
        ("\u{fb01}ona", "fiona"),
        ("админ", "админ"),
        ("日本", "日本"),
        ("Ⅷ", "VIII"),
    ] {
        let outcome = sandbox.create_user(&["--", typed]).run().ok();
        assert_eq!(outcome.stdout, format!("Created user {stored}\n"), "{typed}");
        assert_eq!(sandbox.sql("SELECT username FROM auth_user ORDER BY id DESC LIMIT 1"), [[stored]], "{typed}");
    }
}

/// B26
#[test]
fn a_username_that_mixes_scripts_is_created_with_a_warning() {
    assert_data_eq!(
        Sandbox::stock().create_user(&["\u{430}dmin"]).run().to_string(),
        str![[r#"
exit: 0
--- stdout
Created user аdmin
--- stderr
warning: the name аdmin mixes letters of several scripts: it may look like another name

"#]]
    );
}

/// B27
#[test]
fn a_username_with_a_leading_dash_is_an_option_with_a_hint() {
    let sandbox = Sandbox::stock();
    let outcome = sandbox.unchanged(sandbox.create_user(&["-rf"]));
    assert_eq!((outcome.status.as_str(), outcome.stdout.as_str()), ("2", ""), "{outcome}");
    assert!(outcome.stderr.contains("hint: a name that begins with a dash goes after --"), "{outcome}");
}

#[test]
fn a_user_is_added_to_existing_groups() {
    let sandbox = Sandbox::stock();
    sandbox.django("from django.contrib.auth.models import Group\nfor n in 'abc': Group.objects.create(name=n)");
    let _ = sandbox.create_user(&["carol", "--group", "a", "--group", "c", "--group", "a"]).run().ok();
    let _ = sandbox.create_user(&["alice", "--update", "--group", "b"]).run().ok();
    let _ = sandbox.create_user(&["alice", "--update", "--group", "b", "--group", "c"]).run().ok();
    let groups = "from django.contrib.auth.models import User\n\
        for n in ('carol', 'alice'): print(*User.objects.get(username=n).groups.order_by('name').values_list('name', flat=True))";
    assert_eq!(sandbox.django(groups), "a c\nb c");
}

#[test]
fn an_unknown_group_is_rejected() {
    let sandbox = Sandbox::stock();
    sandbox.exec("INSERT INTO auth_group (name) VALUES ('a')");
    for args in [&["carol", "--group", "a", "--group", "z"][..], &["alice", "--update", "--staff", "--group", "z"]] {
        sandbox.unchanged(sandbox.create_user(args)).error_is("3", "group z does not exist");
    }
}

#[test]
fn unknown_columns_and_invalid_values_are_rejected() {
    let sandbox = Sandbox::stock();
    for (set, words) in [
        ("nickname=Z", "the user model auth_user has no column nickname"),
        ("=Z", "the user model auth_user has no column "),
        ("username=zed", "column username is the username field; give its value as the argument USERNAME"),
        ("is_staff=maybe", "column is_staff: expected true or false"),
        ("id=x", "column id: expected a whole number"),
        ("id=99999999999999999999", "column id: expected a whole number"),
    ] {
        sandbox.unchanged(sandbox.create_user(&["carol", "--set", set])).error_is("3", words);
    }
}

#[test]
fn a_time_that_django_cannot_parse_is_rejected() {
    for set in ["date_joined=maybe", "date_joined=2001-02-30 00:00:00", "date_joined=", "last_login=yesterday"] {
        let sandbox = Sandbox::stock();
        let outcome = sandbox.unchanged(sandbox.create_user(&["carol", "--set", set]));
        assert_eq!((outcome.status.as_str(), outcome.stdout.as_str()), ("3", ""), "{outcome}");
    }
}

#[test]
fn a_value_that_is_longer_than_its_column_is_rejected() {
    let long = "x".repeat(151);
    for args in [["--first-name", &long], ["--set", &format!("last_name={long}")]] {
        let sandbox = Sandbox::stock();
        let outcome = sandbox.unchanged(sandbox.create_user(&["carol"]).args(args));
        assert_eq!((outcome.status.as_str(), outcome.stdout.as_str()), ("3", ""), "{outcome}");
    }
}

#[test]
fn a_password_on_the_command_line_is_rejected() {
    let sandbox = Sandbox::stock();
    for set in ["password=s3cret", "PassWord=s3cret"] {
        let outcome = sandbox.unchanged(sandbox.create_user(&["carol", "--set", set]));
        assert_eq!((outcome.status.as_str(), outcome.stdout.as_str()), ("2", ""), "{outcome}");
        assert!(!outcome.stderr.contains("s3cret"), "the error repeats the password\n{outcome}");
    }
}

#[test]
fn a_created_user_is_a_record_in_every_format() {
    for (format, expected) in [
        ("text", "Created user carol\nGenerated token KEY for user carol\n"),
        ("raw", "KEY\n"),
        ("json", "[\n  {\"username\":\"carol\",\"outcome\":\"created\",\"password\":null,\"key\":\"KEY\"}\n]\n"),
        ("jsonl", "{\"username\":\"carol\",\"outcome\":\"created\",\"password\":null,\"key\":\"KEY\"}\n"),
        ("csv", "username,outcome,password,key\r\ncarol,created,,KEY\r\n"),
        ("tsv", "username\toutcome\tpassword\tkey\ncarol\tcreated\t\tKEY\n"),
    ] {
        let sandbox = Sandbox::stock();
        let call = sandbox.drfctl(["create-user", "carol", "--no-password", "--with-token", "--format", format]);
        assert_eq!(call.run().ok().mask_keys().stdout, expected);
    }
    let call = Sandbox::stock()
        .drfctl(["create-user", "carol", "--no-password", "--with-token", "--format", "table"])
        .run()
        .ok();
    assert_data_eq!(
        call.mask_keys().stdout,
        str![[r#"
username  outcome  password  key
────────  ───────  ────────  ────────────────────────────────────────
carol     created            KEY

"#]]
    );
}
