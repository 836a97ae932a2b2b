//! No message repeats a secret that is in the wrong position of a command line.

use crate::support::Sandbox;

/// A key, and a password that resembles no option, command or value.
const KEY: &str = "0bb2f3ad94c5fb2cd26a4bb6ad2ecf2e44be0ea5";
const PASSWORD: &str = "s3cret/Pw";

const HIDDEN: &str = "hidden because it could be a secret";
const KEYS: &str = "hint: --keys-from FILE reads keys from a file, --keys-from - from standard input";
const NO_FILE: &str = "the file cannot be read (name hidden because it could be a secret): No such file or directory \
                       (os error 2)\nhint: give the path of a file, or - for standard input\n";
const VERIFY: &str = "hint: drfctl verify asks for the key, or reads it from standard input: drfctl verify < FILE";
const PASSWORD_HINT: &str =
    "hint: drfctl asks for the password, or reads it: --password-stdin, or --password-file FILE";

/// N63
#[test]
fn a_secret_in_the_wrong_position_is_not_repeated() {
    for (args, status, stderr) in [
        (&["verify", KEY][..], "2", format!("unexpected argument (word 2, {HIDDEN})\n{VERIFY}\n\nUsage: drfctl verify [OPTIONS]\n")),
        (&[KEY], "2", format!("unknown command (word 1, {HIDDEN})\nhint: drfctl help lists the commands\nhint: a key goes to standard input: drfctl verify < FILE\n\nUsage: drfctl [OPTIONS] <COMMAND>\n")),
        (&["set-password", "alice", PASSWORD], "2", format!("unexpected argument (word 3, {HIDDEN})\n{PASSWORD_HINT}\n\nUsage: drfctl set-password [OPTIONS] <USERNAME>\n")),
        (&["set-password", "alice", "--password", PASSWORD], "2", format!("unknown option --password\n{PASSWORD_HINT}\n\nUsage: drfctl set-password --password-file <FILE> <USERNAME>\n")),
        (&["set-password", "alice", "--password=s3cret/Pw"], "2", format!("unknown option --password\n{PASSWORD_HINT}\n\nUsage: drfctl set-password --password-file <FILE> <USERNAME>\n")),
        (&["set-password", "alice", "--password-stdin=s3cret/Pw"], "2", format!("--password-stdin takes no value\n{PASSWORD_HINT}\n\nUsage: drfctl set-password --password-stdin <USERNAME>\n")),
        (&["set-password", "alice", "--s3cret/Pw"], "2", format!("unknown option (word 3, {HIDDEN})\n{PASSWORD_HINT}\n\nUsage: drfctl set-password <USERNAME>\n")),
        (&["set-password", "alice", "--password-file", PASSWORD], "3", NO_FILE.to_owned()),
        (&["create-user", "carol", "--password-file", "s3cret"], "3", NO_FILE.to_owned()),
        (&["create-token", "alice", "--key-from", KEY], "3", NO_FILE.to_owned()),
        (&["verify", "--key-from", KEY], "3", NO_FILE.to_owned()),
        (&["revoke", "--keys-from", KEY, "--yes"], "3", NO_FILE.to_owned()),
        (&["revoke", "--token", KEY], "2", format!("unknown option --token\n{KEYS}\n\nUsage: drfctl revoke [OPTIONS] [USERNAME]...\n")),
        (&["changepassword", "alice", PASSWORD], "2", format!("unexpected argument (word 3, {HIDDEN})\n{PASSWORD_HINT}\n\nUsage: drfctl changepassword [OPTIONS] [USERNAME]\n")),
        (&["list", "--format", KEY], "2", "invalid value for --format <FORMAT>\nhint: possible values: text, raw, json, jsonl, csv, tsv, table\n".to_owned()),
        (&["list", "--limit", PASSWORD], "2", "invalid value for --limit <N>: expected a whole number, 0 or more\n".to_owned()),
        (&["migrate", KEY], "2", "invalid value for [APP_LABEL]...\nhint: possible values: admin, auth, authtoken, contenttypes, sessions, sites\n".to_owned()),
    ] {
        let sandbox = Sandbox::stock();
        let outcome = sandbox.unchanged(sandbox.drfctl(args));
        assert_eq!(outcome.to_string(), format!("exit: {status}\n--- stdout\n--- stderr\nerror: {stderr}"), "{args:?}");
    }
}

/// Options whose value is the name of a user, table, column, database, group or file: an error repeats
/// the name if it is unknown. Keys are shortened there, too.
const NAMES: [&str; 17] = [
    "alias",
    "database",
    "from",
    "group",
    "like",
    "output-file",
    "pythonpath",
    "user",
    "user-table",
    "username",
    "username-field",
    "email",
    "first-name",
    "last-name",
    "busy-timeout",
    "key-prefix",
    "set",
];

/// N63: with every option, and with the most verbose messages.
#[test]
fn a_secret_instead_of_any_value_is_not_repeated() {
    let sandbox = Sandbox::stock();
    let definition = drfctl::cli::definition();
    let mut options = 0;
    for command in definition.get_subcommands() {
        let taking = definition.get_arguments().chain(command.get_arguments());
        for option in taking.filter(|option| option.get_action().takes_values()).filter_map(|option| option.get_long())
        {
            // The name of a database is not secret: `migrate` creates a file with that name.
            if option == "database" && ["migrate", "man"].contains(&command.get_name()) {
                continue;
            }
            for secret in [KEY, PASSWORD, "postgres://shop:s3cret Pw@db/shop"] {
                if secret != KEY && NAMES.contains(&option) {
                    continue;
                }
                let option = format!("--{option}");
                let call = sandbox.drfctl([command.get_name(), &option, secret]).args(["--traceback", "-vv"]);
                let outcome = sandbox.unchanged(call);
                let shown = outcome.to_string();
                let has_secret = shown.contains(KEY) || shown.contains("s3cret") || shown.contains("Pw");
                assert!(!has_secret, "{} {option} {secret}\n{outcome}", command.get_name());
                options += 1;
            }
        }
    }
    assert!(options > 300, "only {options} options were found");
}

/// N71
#[test]
fn a_word_that_resembles_a_command_or_an_option_is_repeated() {
    for (args, expected) in [
        (&["creat-token"][..], "unknown command creat-token\nhint: did you mean create-token?\n"),
        (&["list", "--formt", "json"], "unknown option --formt\nhint: did you mean --format?\n"),
        (&["list", "--json"], "unknown option --json\nhint: did you mean --format json?\n"),
        (&["list", "--xyzzy"], "unknown option --xyzzy\n"),
        (&["create-token", "--frobnicate"], "unknown option --frobnicate\n"),
        (&["list", "--verbosity", "9"], "invalid value for --verbosity <0-3>: expected 0, 1, 2 or 3\n"),
        (
            &["list", "--format", "jsn"],
            "invalid value for --format <FORMAT>\nhint: did you mean json?\n\
             hint: possible values: text, raw, json, jsonl, csv, tsv, table\n",
        ),
    ] {
        let outcome = Sandbox::empty().drfctl(args).run();
        assert_eq!((outcome.status.as_str(), outcome.stdout.as_str()), ("2", ""), "{outcome}");
        let message = outcome.stderr.split("\nUsage:").next().unwrap();
        assert_eq!(message, format!("error: {expected}"), "{args:?}");
    }
}
