//! The command line itself: options before and after the command, names that look like options,
//! help and version.

use snapbox::{assert_data_eq, str};

use crate::support::{Sandbox, django_project, python};

#[test]
fn every_global_option_is_taken_before_and_after_the_command() {
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
        &["-v2"],
        &["--verbosity=3"],
        &["--no-color"],
        &["--force-color"],
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
fn verbosity_has_four_degrees() {
    for given in ["4", "-1", "x", ""] {
        let outcome = Sandbox::stock().drfctl(["create-token", "alice"]).arg(format!("--verbosity={given}")).run();
        assert_eq!(outcome.status, "2", "{outcome}");
    }
}

#[test]
fn colour_cannot_be_both_wanted_and_not() {
    let outcome = Sandbox::stock().drfctl(["--no-color", "--force-color", "create-token", "alice"]).run();
    assert_eq!(outcome.status, "2", "{outcome}");
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
fn a_name_that_begins_with_a_dash_is_a_usage_error_with_a_hint_elsewhere() {
    let sandbox = Sandbox::stock();
    assert_data_eq!(
        sandbox.unchanged(sandbox.drfctl(["create-token", "-rf"])).to_string(),
        str![[r#"
exit: 2
--- stdout
--- stderr
error: unexpected argument '-f' found
...
[..]'-- -[..]
...
"#]]
    );
}

#[test]
fn names_of_only_signs_are_names() {
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
fn version_is_printed_and_needs_no_database() {
    assert_eq!(
        Sandbox::empty().drfctl(["--version"]).run().ok().stdout,
        format!("drfctl {}\n", env!("CARGO_PKG_VERSION"))
    );
}

#[test]
fn version_after_a_command_is_the_programs() {
    let outcome = Sandbox::empty().drfctl(["create-token", "--version"]).run().ok();
    assert!(outcome.stdout.trim_end().ends_with(env!("CARGO_PKG_VERSION")), "{outcome}");
}

#[test]
fn help_lists_the_exit_codes() {
    assert_data_eq!(
        Sandbox::empty().drfctl(["--help"]).run().ok().to_string(),
        str![[r#"
exit: 0
--- stdout
...
Exit status:
  0      done and durable
  1      internal fault; migrate --check: something is not applied
  2      usage, or a question that could not be asked
  3      rejected: no such user or token, invalid input
  4      already exists, or in conflict
  5      lock not obtained in time
  6      database unusable
  7      the result could not be delivered; a change is committed
  8      outcome unknown
  9      done in part: what was printed is done, and the error says what is not
  10     verify cannot tell whether the application accepts the password
  128+n  ended by signal n

2 to 6: nothing was changed in the database, but by create-user --keep-going, which makes the users
that can be made
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
error: unrecognized subcommand 'frobnicate'
...
"#]]
    );
}

#[test]
fn an_error_has_colour_only_when_forced() {
    let sandbox = Sandbox::stock();
    let args = ["create-token", "nobody"];
    let plain = sandbox.drfctl(args).run();
    let forced = sandbox.drfctl(args).arg("--force-color").run();
    assert_eq!((plain.stderr.contains('\u{1b}'), forced.stderr.contains('\u{1b}')), (false, true));
}

#[test]
fn an_argument_that_is_not_utf_8_never_panics() {
    use std::os::unix::ffi::OsStrExt;
    let bytes = std::ffi::OsStr::from_bytes(b"--\xff");
    let outcome = Sandbox::empty().drfctl(["create-token"]).arg(bytes).run();
    assert_eq!(outcome.status, "2", "{outcome}");
}

#[test]
fn a_name_that_nobody_has_is_answered_with_the_one_that_was_meant() {
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
fn of_very_many_the_one_that_was_meant_is_found() {
    let sandbox = Sandbox::stock();
    sandbox.add_users(20_000);
    let known = sandbox.value("SELECT username FROM auth_user ORDER BY id DESC LIMIT 1");
    let outcome = sandbox.drfctl(["revoke", &format!("x{known}")]).run();
    let said = format!("error: user x{known} does not exist\nhint: did you mean {known}?\n");
    assert_eq!(outcome.to_string(), format!("exit: 3\n--- stdout\n--- stderr\n{said}"));
}

#[test]
fn a_key_in_the_place_of_a_name_is_answered_with_none() {
    let sandbox = Sandbox::stock();
    let key = "0bb2f3ad94c5fb2cd26a4bb6ad2ecf2e44be0ea5";
    sandbox.exec(&format!("UPDATE auth_user SET username = '{key}' WHERE username = 'alice'"));
    let outcome = sandbox.drfctl(["list", &key.replace("0bb", "1bb")]).run();
    assert_eq!(outcome.to_string(), "exit: 3\n--- stdout\n--- stderr\nerror: user 1bb2f3ad… does not exist\n");
}

#[test]
fn a_mistyped_command_is_answered_with_the_best_one_that_help_shows() {
    for (typed, meant) in [("creat-token", "create-token"), ("revok", "revoke"), ("migrat", "migrate")] {
        let outcome = Sandbox::empty().drfctl([typed]).run();
        let said = format!(
            "error: unrecognized subcommand '{typed}'\n\n  tip: a similar subcommand exists: '{meant}'\n\n\
             Usage: drfctl [OPTIONS] <COMMAND>\n\nFor more information, try '--help'.\n"
        );
        assert_eq!(outcome.to_string(), format!("exit: 2\n--- stdout\n--- stderr\n{said}"));
    }
}

#[test]
fn a_name_like_nobodys_is_answered_with_none() {
    let outcome = Sandbox::stock().drfctl(["create-token", "zoe"]).run();
    assert_eq!(outcome.to_string(), "exit: 3\n--- stdout\n--- stderr\nerror: user zoe does not exist\n");
}
