//! Filters that match no user, contradict each other or the user model, or cannot be parsed; and
//! times and their zones.
//!
//! Tags such as `H11` name cases of `tests/CASES.md`.

use snapbox::{assert_data_eq, str};

use crate::support::{KEY, Outcome, Sandbox, Site};

#[test]
fn a_name_that_nobody_has_is_refused_and_a_pattern_of_nobody_is_an_empty_list() {
    let sandbox = Sandbox::stock();
    sandbox.give_token("alice", KEY);
    for args in [
        &["list", "alice", "alicia"][..],
        &["list", "users", "alicia"],
        &["list", "--count", "alicia", "a*"],
        // Nobody else's name: neither case nor the other filters matter.
        &["list", "--inactive", "ALICIA"],
        &["list", "users", "--staff", "alic\u{e9}"],
    ] {
        sandbox.drfctl(args).run().refused("3", &["user alic", "does not exist"]);
    }
    sandbox.drfctl(["list", "Alice"]).run().refused("3", &["user Alice does not exist"]);
    // Who is there and holds no token is nothing wrong.
    for args in [&["list", "bob"][..], &["list", "alicia*"], &["list", "--inactive", "alice"], &["list", "users", "z?"]]
    {
        let outcome: Outcome = sandbox.drfctl(args).args(["--columns", "username"]).run();
        assert_eq!(outcome.to_string(), "exit: 0\n--- stdout\nusername\n--- stderr\n", "{args:?}");
    }
    // The first word is what is listed; after it, the same word is a name.
    sandbox.drfctl(["list", "tokens", "users"]).run().refused("3", &["user users does not exist"]);
    sandbox.drfctl(["list", "users", "tokens"]).run().refused("3", &["user tokens does not exist"]);
}

#[test]
fn an_age_that_is_none_is_refused_with_what_there_is() {
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
fn a_whole_key_is_not_taken_for_a_prefix_nor_shown() {
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

/// The help says: as a list shows it.
#[test]
fn a_prefix_is_taken_as_a_list_shows_it() {
    let sandbox = Sandbox::stock();
    sandbox.give_token("alice", KEY);
    let shown = sandbox.drfctl(["list", "--columns", "key", "--no-header"]).run().ok().stdout;
    assert_eq!(shown, format!("{}\u{2026}\n", &KEY[..8]));
    let found = sandbox.drfctl(["list", "--count", "--key-prefix", shown.trim_end()]).run();
    assert_eq!(found.to_string(), "exit: 0\n--- stdout\n1\n--- stderr\n");
}

#[test]
fn filters_that_contradict_each_other_or_the_model_are_refused() {
    let stock = Sandbox::stock();
    for args in [&["--active", "--inactive"][..], &["users", "--with-token", "--without-token"]] {
        stock.drfctl(["list"]).args(args).run().refused("2", &["cannot be used with"]);
    }
    for args in [&["--with-token"][..], &["--without-token"], &["tokens", "--without-token"]] {
        stock
            .drfctl(["list"])
            .args(args)
            .run()
            .refused("2", &["select users, not tokens", "run drfctl list users --without-token"]);
    }
    // Without the column everybody is active, as Django's base class says; of the others nothing is known.
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

/// Times are UTC on the command line and Berlin's in the database.
#[test]
fn a_date_is_utc_where_the_database_keeps_local_time() {
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

/// A zone that is written down is not ignored: the moment is that one, or none.
#[test]
fn a_time_of_another_zone_is_not_taken_for_utc() {
    let sandbox = Sandbox::stock();
    sandbox.give_token("alice", KEY);
    // A minute before nine in UTC: nine of Berlin is past by then, four of New York is to come.
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
