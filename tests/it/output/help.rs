//! Help: one screen for drfctl, a short and a full version for each command.

use snapbox::{assert_data_eq, str};

use crate::support::{Sandbox, Terminal};

/// Returns the names of the commands that help lists.
fn commands() -> Vec<String> {
    let definition = drfctl::cli::definition();
    let shown = definition.get_subcommands().filter(|command| !command.is_hide_set());
    shown.map(|command| command.get_name().to_owned()).collect()
}

/// Returns what drfctl shows on a terminal of 24 lines and 80 columns, and its exit status.
fn shown(args: &[&str]) -> (String, String) {
    let sandbox = Sandbox::empty();
    let (shown, status) = Terminal::script(&sandbox, r#"stty rows 24 cols 80; exec "$0" "$@""#, args).end();
    (shown.replace("\r\n", "\n"), status)
}

#[test]
fn help_ends_by_sigpipe_when_its_reader_is_gone() {
    for args in [&["--help"][..], &["list", "-h"], &["--version"], &["help"], &["help", "tokens"]] {
        let outcome = Sandbox::empty().drfctl(args).run_unread();
        assert_eq!(outcome.to_string(), "exit: signal 13\n--- stdout\n--- stderr\n", "{args:?}");
    }
}

#[test]
fn help_of_the_program_fits_one_screen() {
    for (args, status) in [(&[][..], "2"), (&["-h"], "0"), (&["-v", "-h"], "0")] {
        let (shown, ended) = shown(args);
        assert_eq!(ended, status, "{shown}");
        // The last line is for the prompt.
        assert!(shown.lines().count() <= 23, "{} lines\n{shown}", shown.lines().count());
        assert!(shown.lines().all(|line| line.len() < 80), "{shown}");
        assert_data_eq!(
            shown,
            str![[r#"
Administer users and API tokens of Django REST framework in the database

Usage: drfctl [OPTIONS] <COMMAND>

Tokens:
  create-token  Create API tokens for users, or print the existing ones
  list          List tokens with their users, or all users
  revoke        Delete tokens, so that requests that use them are rejected
  verify        Check whether DRF accepts a token, or Django a password
Users:
  create-user   Create a user, or the users of a file
  set-password  Set the password of a user
  activate      Let users log in, and accept their tokens
  deactivate    Stop users from logging in, and reject their tokens
Database:
  migrate       Create or update the tables of Django's own apps
  inspect       Show the detected tables, columns and migrations
Shell:
  completions   Print a shell's completion script
  man           Write the manual pages to a directory
  help          Show the help of a command, or a guide

drfctl COMMAND -h shows the options of a command, drfctl --help all of them.

"#]]
        );
    }
}

#[test]
fn brief_help_of_a_command_shows_only_its_own_options() {
    for command in commands() {
        let help = Sandbox::empty().drfctl([&command, "-h"]).run().ok().stdout;
        assert!(!help.contains("--database"), "{help}");
        let end = format!("\n\nExamples: drfctl {command} --help   Global options: drfctl --help\n");
        assert!(help.ends_with(&end), "{help}");
    }
}

#[test]
fn full_help_of_a_command_has_examples_and_global_options() {
    for command in commands() {
        let help = Sandbox::empty().drfctl([&command, "--help"]).run().ok();
        assert!(help.stdout.contains("\n\nExamples:\n  # "), "{help}");
        assert!(help.stdout.contains("\nGlobal options:\n  -d, --database <PATH|URL>"), "{help}");
        assert_eq!(Sandbox::empty().drfctl(["help", &command]).run(), help);
    }
    assert_eq!(Sandbox::empty().drfctl(["help"]).run(), Sandbox::empty().drfctl(["--help"]).run());
}

#[test]
fn help_of_an_unknown_command_names_the_known_ones() {
    let outcome = Sandbox::empty().drfctl(["help", "frobnicate"]).run();
    assert_data_eq!(
        outcome.to_string(),
        str![[r#"
exit: 2
--- stdout
--- stderr
error: invalid value for [COMMAND|GUIDE]
hint: possible values: create-token, list, revoke, verify, create-user, set-password, activate, deactivate, migrate, inspect, completions, man, help, tokens, users, scripts, databases, migrations, django, safety, drf_create_token, createsuperuser, changepassword

"#]]
    );
}

#[test]
fn options_of_create_user_have_headings() {
    let help = Sandbox::empty().drfctl(["create-user", "-h"]).run().ok().stdout;
    let headings: Vec<&str> = help.lines().filter(|line| !line.starts_with(' ') && line.ends_with(':')).collect();
    assert_eq!(
        headings,
        ["Arguments:", "Account:", "Related data:", "Existing users:", "Many users:", "Password:"],
        "{help}"
    );
}
