//! Filters that match no user, conflict with each other or the user model, or cannot be parsed; and
//! times with time zones.
//!
//! Tags such as `H11` name cases of `tests/CASES.md`.

use snapbox::{assert_data_eq, str};

use crate::support::{KEY, Outcome, Sandbox, Site};

#[test]
fn an_unknown_name_is_rejected_a_pattern_may_match_nothing() {
    let sandbox = Sandbox::stock();
    sandbox.give_token("alice", KEY);
    for args in [
        &["list", "alice", "alicia"][..],
        &["list", "users", "alicia"],
        &["list", "--count", "alicia", "a*"],
        // A name is compared exactly, whatever the case and the other filters.
        &["list", "--inactive", "ALICIA"],
        &["list", "users", "--staff", "alic\u{e9}"],
    ] {
        sandbox.drfctl(args).run().refused("3", &["user alic", "does not exist"]);
    }
    sandbox.drfctl(["list", "Alice"]).run().refused("3", &["user Alice does not exist"]);
    // A user without a token is not an error.
    for args in [&["list", "bob"][..], &["list", "alicia*"], &["list", "--inactive", "alice"], &["list", "users", "z?"]]
    {
        let outcome: Outcome = sandbox.drfctl(args).args(["--columns", "username"]).run();
        assert_eq!(outcome.to_string(), "exit: 0\n--- stdout\nusername\n--- stderr\n", "{args:?}");
    }
    // The first argument selects tokens or users; any later one is a name.
    sandbox.drfctl(["list", "tokens", "users"]).run().refused("3", &["user users does not exist"]);
    sandbox.drfctl(["list", "users", "tokens"]).run().refused("3", &["user tokens does not exist"]);
}

#[test]
fn an_invalid_age_is_rejected_with_examples() {
    let sandbox = Sandbox::stock();
    let outcome = sandbox.drfctl(["list", "--older-than", "yesterday"]).run();
    assert_data_eq!(
        outcome.to_string(),
        str![[r#"
exit: 2
--- stdout
--- stderr
error: --older-than: expected an age or a date
hint: an age is 90d, 12h or 2w; a date is 2026-01-31 or 2026-01-31T09:00:00Z; all times are UTC

"#]]
    );
    for option in ["--older-than", "--newer-than"] {
        for typed in [
            "",
            " ",
            "90",
            "-90d",
            "1d ago",
            "2026-02-30",
            "2026-13-01",
            "99999y",
            "1e9d",
            "NaN",
            "2026-01-31T25:00:00",
        ] {
            sandbox
                .drfctl(["list".to_owned(), format!("{option}={typed}")])
                .run()
                .refused("2", &["expected an age or a date"]);
        }
    }
}

/// H11
#[test]
fn a_complete_key_is_rejected_as_a_prefix_and_not_shown() {
    let sandbox = Sandbox::stock();
    let outcome = sandbox.drfctl(["list", "--key-prefix", KEY]).run();
    assert_data_eq!(
        outcome.to_string(),
        str![[r#"
exit: 2
--- stdout
--- stderr
error: a key on the command line can be seen by every user of this machine
hint: type its first 12 characters, or put it into a file: --keys-from FILE

"#]]
    );
    sandbox.drfctl(["list", "--key-prefix", &KEY[..13]]).run().refused("2", &["can be seen"]);
    sandbox.drfctl(["list", "--key-prefix", ""]).run().refused("2", &["--key-prefix needs the beginning of a key"]);
    sandbox.give_token("alice", KEY);
    assert_eq!(sandbox.drfctl(["list", "--count", "--key-prefix", &KEY[..12]]).run().ok().stdout, "1\n");
}

/// A list shows a prefix, which `--key-prefix` accepts as printed.
#[test]
fn key_prefix_accepts_the_prefix_that_a_list_shows() {
    let sandbox = Sandbox::stock();
    sandbox.give_token("alice", KEY);
    let shown = sandbox.drfctl(["list", "--columns", "key", "--no-header"]).run().ok().stdout;
    assert_eq!(shown, format!("{}\u{2026}\n", &KEY[..8]));
    let found = sandbox.drfctl(["list", "--count", "--key-prefix", shown.trim_end()]).run();
    assert_eq!(found.to_string(), "exit: 0\n--- stdout\n1\n--- stderr\n");
}

#[test]
fn filters_that_contradict_each_other_or_the_model_are_rejected() {
    let stock = Sandbox::stock();
    for args in [&["--active", "--inactive"][..], &["users", "--with-token", "--without-token"]] {
        stock.drfctl(["list"]).args(args).run().refused("2", &["cannot be used with"]);
    }
    for args in [&["--with-token"][..], &["--without-token"], &["tokens", "--without-token"]] {
        let hint = format!("run drfctl list users {}", args.last().unwrap());
        stock.drfctl(["list"]).args(args).run().refused("2", &["select users, not tokens", &hint]);
    }
    // Without the column every user is active, as in Django's base class; other flags are unknown.
    let email = Sandbox::new(Site::Email);
    assert_eq!(email.drfctl(["list", "users", "--active", "--count"]).run().ok().stdout, "2\n");
    assert_eq!(email.drfctl(["list", "users", "--inactive", "--count"]).run().ok().stdout, "0\n");
    for (option, column) in
        [("--staff", "is_staff"), ("--superusers", "is_superuser"), ("--older-than=1d", "date_joined")]
    {
        email.drfctl(["list", "users", option]).run().refused("3", &["people_emailuser", column]);
    }
    assert_eq!(
        email.drfctl(["list", "--older-than=1d", "--count"]).run().ok().stdout,
        "0\n",
        "a token has its own time"
    );
}

/// Times are UTC on the command line and local in the database.
#[test]
fn a_date_is_utc_if_the_database_stores_local_time() {
    let sandbox = Sandbox::new(Site::Local);
    sandbox.give_token("alice", KEY);
    for (stored, date, older) in [
        ("2026-01-31 00:59:59", "2026-01-31", "1"),
        ("2026-01-31 01:00:00", "2026-01-31", "0"),
        ("2026-07-01 01:59:59", "2026-07-01", "1"),
        ("2026-07-01 02:00:00", "2026-07-01", "0"),
    ] {
        sandbox.exec(&format!("UPDATE authtoken_token SET created = '{stored}'"));
        let count = |option: &str| {
            let call = sandbox.drfctl(["--time-zone", "Europe/Berlin", "list", "--count", option, date]);
            call.env("TZ", "Pacific/Apia").run().ok().stdout
        };
        assert_eq!(count("--older-than"), format!("{older}\n"), "{stored}");
        assert_ne!(count("--newer-than"), count("--older-than"), "{stored}");
    }
}

/// A time zone in the argument is respected or rejected, never ignored.
#[test]
fn a_time_with_a_zone_is_converted_or_rejected() {
    let sandbox = Sandbox::stock();
    sandbox.give_token("alice", KEY);
    // A minute before nine in UTC: after nine in Berlin, before four in New York.
    sandbox.exec("UPDATE authtoken_token SET created = '2026-01-31 08:59:00'");
    for (typed, older) in [
        ("2026-01-31T09:00:00", "1"),
        ("2026-01-31T09:00:00Z", "1"),
        ("2026-01-31T09:00:00+01:00", "0"),
        ("2026-01-31T09:00:00+01:00[Europe/Berlin]", "0"),
        ("2026-01-31T09:00:00[Europe/Berlin]", "0"),
        ("2026-01-31T03:00:00[America/New_York]", "0"),
        ("2026-01-31T04:00:00[America/New_York]", "1"),
        ("2026-02-01[Pacific/Apia]", "1"),
    ] {
        let outcome = sandbox.drfctl(["list", "--count", "--older-than", typed]).run();
        if outcome.status == "2" && typed.contains('[') {
            outcome.refused("2", &["expected an age or a date"]);
        } else {
            assert_eq!(outcome.to_string(), format!("exit: 0\n--- stdout\n{older}\n--- stderr\n"), "{typed}");
        }
    }
}
