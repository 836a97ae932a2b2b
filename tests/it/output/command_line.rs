//! The command line: options before and after the command, names that look like options, help and
//! version.

use snapbox::{assert_data_eq, str};

use crate::support::{Sandbox, django_project, python};

#[test]
fn every_global_option_works_before_and_after_the_command() {
    let project = django_project();
    let project = project.to_str().unwrap();
    for option in [
        &["--database", "db.sqlite3"][..],
        &["-d", "db.sqlite3"],
        &["--settings", "shop.settings", "--pythonpath", project],
        &["--user-table", "auth_user"],
        &["--username-field", "username"],
        &["--time-zone", "UTC"],
        &["--format", "text"],
        &["--busy-timeout", "5s"],
        &["--verbosity", "0"],
        &["-v", "1"],
        &["--no-color"],
        &["--force-color"],
        &["--color", "never"],
        &["--color=auto"],
        &["--traceback"],
        &["--skip-checks"],
    ] {
        for before in [true, false] {
            let sandbox = Sandbox::stock();
            let command = ["create-token", "alice"];
            let (first, second) = if before { (option, &command[..]) } else { (&command[..], option) };
            let outcome = sandbox
                .drfctl(first)
                .args(second)
                .env("PYTHON", python())
                .env("PYTHONDONTWRITEBYTECODE", "1")
                .env("DRFCTL_TEST_DATABASE", sandbox.db())
                .run();
            assert_eq!(
                outcome.mask_keys().to_string(),
                "exit: 0\n--- stdout\nGenerated token KEY for user alice\n--- stderr\n",
                "{option:?}"
            );
        }
    }
}

#[test]
fn verbosity_out_of_range_is_a_usage_error() {
    for given in ["4", "-1", "x", ""] {
        let outcome = Sandbox::stock().drfctl(["create-token", "alice"]).arg(format!("--verbosity={given}")).run();
        assert_eq!(outcome.status, "2", "{outcome}");
    }
}

/// N71
#[test]
fn verbosity_counts_or_takes_the_number_of_django() {
    let sandbox = Sandbox::stock();
    for (words, level) in [
        ("-v 0", 0),
        ("-v0", 0),
        ("-v 1", 1),
        ("-q -v 1", 1),
        ("-v", 2),
        ("-v2", 2),
        ("-v 2", 2),
        ("--verbose", 2),
        ("--verbosity 2", 2),
        ("-vv", 3),
        ("-v -v", 3),
        ("-v3", 3),
        ("-vvvv", 3),
    ] {
        let outcome = sandbox.drfctl(["create-token", "alice"]).args(words.split(' ')).run();
        assert_eq!(outcome.status, "0", "{words}\n{outcome}");
        assert_eq!(outcome.stderr.contains("note: connected: "), level >= 2, "{words}\n{outcome}");
    }
}

/// N71
#[test]
fn color_is_always_never_or_automatic() {
    let sandbox = Sandbox::stock();
    for (words, has_color) in [
        ("--color always", true),
        ("--color=always", true),
        ("--force-color", true),
        ("--color never", false),
        ("--color auto", false),
        ("--no-color", false),
    ] {
        for args in ["create-token nobody", "create-token --frobnicate"] {
            let outcome = sandbox.drfctl(args.split(' ')).args(words.split(' ')).run();
            assert_eq!(outcome.stderr.starts_with('\u{1b}'), has_color, "{args} {words}\n{outcome}");
        }
    }
}

/// N71
#[test]
fn contradictory_color_options_are_a_usage_error() {
    for (words, expected) in [
        (["--color=never", "--force-color"], "--color <WHEN> cannot be used with --force-color"),
        (["--force-color", "--no-color"], "--force-color cannot be used with --no-color"),
        (["--color=always", "--no-color"], "--color <WHEN> cannot be used with --no-color"),
        (["--color=sometimes", "-v"], "invalid value for --color <WHEN>"),
    ] {
        let outcome = Sandbox::stock().drfctl(words).args(["create-token", "alice"]).run();
        assert_eq!((outcome.status.as_str(), outcome.stdout.as_str()), ("2", ""), "{outcome}");
        assert!(outcome.stderr.contains(expected), "{outcome}");
    }
}

/// N71
#[test]
fn verbosity_2_names_the_database_tables_and_columns_in_use() {
    let sandbox = Sandbox::stock();
    let outcome = sandbox.drfctl(["list", "--count", "-v"]).run();
    assert_eq!((outcome.status.as_str(), outcome.stdout.as_str()), ("0", "0\n"), "{outcome}");
    assert_data_eq!(
        outcome.stderr,
        str![[r#"
note: connected: engine SQLite, version [..], database [..]/db.sqlite3, owner [..], mode 0644, journal_mode delete
note: users: table auth_user, primary key id, username column username, active column is_active, group table auth_user_groups
note: tokens: table authtoken_token, key column key, user column user_id, created column created

"#]]
    );
}

#[test]
fn a_name_that_begins_with_a_dash_goes_after_two_dashes() {
    for name in ["-rf", "--help", "-"] {
        let sandbox = Sandbox::stock();
        sandbox.exec(&format!("UPDATE auth_user SET username = '{name}' WHERE username = 'alice'"));
        let outcome = sandbox.drfctl(["create-token", "--", name]).stdin(format!("{name}\n")).run();
        assert_eq!(
            outcome.mask_keys().to_string(),
            format!("exit: 0\n--- stdout\nGenerated token KEY for user {name}\n--- stderr\n")
        );
    }
}

#[test]
fn a_name_that_begins_with_a_dash_is_rejected_with_a_hint() {
    let sandbox = Sandbox::stock();
    assert_data_eq!(
        sandbox.unchanged(sandbox.drfctl(["create-token", "-rf"])).to_string(),
        str![[r#"
exit: 2
--- stdout
--- stderr
error: unknown option -f
hint: a name that begins with a dash goes after --: drfctl create-token -- -rf
...
"#]]
    );
}

#[test]
fn names_of_only_punctuation_are_names() {
    for name in ["@", ".", "..", "+", "_"] {
        let sandbox = Sandbox::stock();
        sandbox.exec(&format!("UPDATE auth_user SET username = '{name}' WHERE username = 'alice'"));
        let outcome = sandbox.drfctl(["create-token", name]).run();
        assert_eq!(
            outcome.mask_keys().to_string(),
            format!("exit: 0\n--- stdout\nGenerated token KEY for user {name}\n--- stderr\n")
        );
    }
}

#[test]
fn version_needs_no_database() {
    assert_eq!(
        Sandbox::empty().drfctl(["--version"]).run().ok().stdout,
        format!("drfctl {}\n", env!("CARGO_PKG_VERSION"))
    );
}

#[test]
fn version_after_a_command_is_the_version_of_drfctl() {
    let outcome = Sandbox::empty().drfctl(["create-token", "--version"]).run().ok();
    assert!(outcome.stdout.trim_end().ends_with(env!("CARGO_PKG_VERSION")), "{outcome}");
}

#[test]
fn help_lists_the_exit_statuses() {
    assert_data_eq!(
        Sandbox::empty().drfctl(["--help"]).run().ok().to_string(),
        str![[r#"
exit: 0
--- stdout
...
Exit status:
  0      success; changes are committed
  1      internal error; migrate --check: a migration is not applied
  2      usage error, or no terminal to ask a question
  3      rejected: unknown user or token, invalid input
  4      already exists, or conflicts with existing data
  5      lock not obtained in time
  6      the database cannot be used
  7      the result could not be written; a change is committed
  8      the outcome of the commit is unknown
  9      partly done: printed rows are committed, the error names the others
  10     verify cannot determine whether the application accepts the password
  128+n  terminated by signal n

2 to 6: the database is unchanged, except by create-user --keep-going, which creates the users that
it can
--- stderr

"#]]
    );
}

#[test]
fn help_of_a_command_needs_no_database() {
    for command in ["create-token", "drf_create_token", "inspect"] {
        let _ = Sandbox::empty().drfctl([command, "--help"]).run().ok();
    }
}

#[test]
fn an_unknown_command_is_a_usage_error() {
    assert_data_eq!(
        Sandbox::empty().drfctl(["frobnicate"]).run().to_string(),
        str![[r#"
exit: 2
--- stdout
--- stderr
error: unknown command (word 1, hidden because it could be a secret)
...
"#]]
    );
}

#[test]
fn an_error_has_color_only_if_forced() {
    let sandbox = Sandbox::stock();
    let args = ["create-token", "nobody"];
    let plain = sandbox.drfctl(args).run();
    let forced = sandbox.drfctl(args).arg("--force-color").run();
    assert_eq!((plain.stderr.contains('\u{1b}'), forced.stderr.contains('\u{1b}')), (false, true));
}

#[test]
fn an_argument_that_is_not_utf_8_is_a_usage_error() {
    use std::os::unix::ffi::OsStrExt;
    let bytes = std::ffi::OsStr::from_bytes(b"--\xff");
    let outcome = Sandbox::empty().drfctl(["create-token"]).arg(bytes).run();
    assert_eq!(outcome.status, "2", "{outcome}");
}

#[test]
fn an_unknown_username_gets_a_suggestion() {
    for (args, typed) in [
        (&["create-token", "-r", "bob", "alcie"][..], "alcie"),
        (&["list", "Alice"], "Alice"),
        (&["revoke", "alic"], "alic"),
        (&["set-password", "alicee", "--no-password"], "alicee"),
        (&["deactivate", "alicd"], "alicd"),
    ] {
        let outcome = Sandbox::stock().drfctl(args).run();
        let expected =
            format!("exit: 3\n--- stdout\n--- stderr\nerror: user {typed} does not exist\nhint: did you mean alice?\n");
        assert_eq!(outcome.to_string(), expected, "{args:?}");
    }
}

#[test]
fn a_similar_username_is_found_among_thousands() {
    let sandbox = Sandbox::stock();
    sandbox.add_users(20_000);
    let known = sandbox.value("SELECT username FROM auth_user ORDER BY id DESC LIMIT 1");
    let outcome = sandbox.drfctl(["revoke", &format!("x{known}")]).run();
    let expected = format!("error: user x{known} does not exist\nhint: did you mean {known}?\n");
    assert_eq!(outcome.to_string(), format!("exit: 3\n--- stdout\n--- stderr\n{expected}"));
}

#[test]
fn a_key_instead_of_a_name_gets_no_suggestion() {
    let sandbox = Sandbox::stock();
    let key = "0bb2f3ad94c5fb2cd26a4bb6ad2ecf2e44be0ea5";
    sandbox.exec(&format!("UPDATE auth_user SET username = '{key}' WHERE username = 'alice'"));
    let outcome = sandbox.drfctl(["list", &key.replace("0bb", "1bb")]).run();
    assert_eq!(
        outcome.to_string(),
        "exit: 3\n--- stdout\n--- stderr\nerror: user 1bb2f3ad… does not exist\n\
         hint: put a key into a file: revoke --keys-from FILE, or verify --keys-from FILE\n"
    );
}

#[test]
fn a_mistyped_command_gets_a_suggestion() {
    for (typed, similar) in [("creat-token", "create-token"), ("revok", "revoke"), ("migrat", "migrate")] {
        let outcome = Sandbox::empty().drfctl([typed]).run();
        let expected = format!(
            "error: unknown command {typed}\nhint: did you mean {similar}?\n\nUsage: drfctl [OPTIONS] <COMMAND>\n"
        );
        assert_eq!(outcome.to_string(), format!("exit: 2\n--- stdout\n--- stderr\n{expected}"));
    }
}

#[test]
fn a_name_without_a_similar_one_gets_no_suggestion() {
    let outcome = Sandbox::stock().drfctl(["create-token", "zoe"]).run();
    assert_eq!(outcome.to_string(), "exit: 3\n--- stdout\n--- stderr\nerror: user zoe does not exist\n");
}
