//! Lists of names and keys for `create-token`, and where its keys may be written.
//!
//! Tags such as `N64` name cases of `tests/CASES.md`.

use std::collections::BTreeMap;
use std::fs;

use crate::support::{KEY, Sandbox, printed_keys, set_mode};

/// N66: leaked keys are replaced in one step, so their users always have a token.
#[test]
fn create_token_replaces_the_keys_of_a_file() {
    for pace in [&[][..], &["--single-transaction"]] {
        let sandbox = Sandbox::four_tokens();
        let before = sandbox.keys();
        let (alice, unknown) = (KEY, "f".repeat(40));
        let leaked = format!("\u{feff}{alice}\r\n\n{unknown}\nToken {alice}\n");
        let call = |more: &[&str]| {
            let call = sandbox.drfctl(["create-token", "-r", "--keys-from", "-"]).args(pace);
            call.args(more).stdin(leaked.clone())
        };
        let message = "no token has the key in line 3\n";
        for dry in [&[][..], &["--dry-run"]] {
            let outcome = sandbox.unchanged(call(dry));
            outcome.is("3", "", &format!("error: {message}hint: --missing-ok skips unknown keys\n"));
        }
        let dry = sandbox.unchanged(call(&["--missing-ok", "--dry-run"]));
        dry.is("0", "Would replace the token of user alice\n", &format!("note: {message}"));
        let outcome = call(&["--missing-ok"]).run();
        assert_eq!((outcome.status.as_str(), &*outcome.stderr), ("0", &*format!("note: {message}")), "{outcome}");
        let after = sandbox.keys();
        assert_eq!(printed_keys(&outcome.stdout), BTreeMap::from([("alice".to_owned(), after["alice"].clone())]));
        assert_ne!(after["alice"], before["alice"]);
        assert!(after.iter().filter(|(name, key)| before[*name] == **key).count() == 3 && after.len() == 4);
        let none = sandbox.unchanged(call(&["--missing-ok"]));
        none.is("0", "", "note: 3 of 3 keys have no token: lines 1, 3, 4\nnote: no tokens match\n");
    }
}

/// N64: a user who does not exist is named and skipped.
#[test]
fn missing_ok_skips_unknown_users() {
    for args in [&["-"][..], &["-r", "-"], &["b*", "-", "-y"], &["-", "--active", "-y"]] {
        let sandbox = Sandbox::four_tokens();
        let call = || sandbox.drfctl(["create-token"]).args(args).stdin("nobody\nbob\nnoone\n");
        sandbox.unchanged(call()).error_is("3", "2 users do not exist: nobody, noone");
        let outcome = call().arg("--missing-ok").run();
        assert!(outcome.status == "0" && outcome.stdout.contains("for user bob"), "{outcome}");
        assert!(outcome.stderr.starts_with("note: 2 users do not exist: nobody, noone\n"), "{outcome}");
    }
}

/// N68: the same for all commands that print a key or a password.
#[test]
fn a_secret_in_a_world_readable_file_is_warned_about() {
    for args in [
        &["create-token", "bob"][..],
        &["create-token", "-r", "--all", "-y"],
        &["drf_create_token", "bob"],
        &["create-user", "zoe", "--no-password", "--with-token"],
        &["create-user", "zoe", "--generate-password"],
        &["set-password", "bob", "--generate-password"],
        &["changepassword", "bob", "--generate-password"],
        &["createsuperuser", "--noinput", "--username", "zoe", "--email", "z@x.org", "--generate-password"],
    ] {
        let warning = "warning: standard output is a file that every user of this machine can read, and the \
                       output contains secrets\nhint: run umask 077 first, or chmod 600 the file\n";
        for (directory, file, is_public) in [(0o755, 0o644, true), (0o755, 0o640, false), (0o700, 0o644, false)] {
            let sandbox = Sandbox::four_tokens();
            let path = sandbox.dir().join("result");
            let result = fs::File::create(&path).unwrap();
            set_mode(&path, file);
            set_mode(sandbox.dir(), directory);
            let outcome = sandbox.drfctl(args).stdout(result).run();
            assert_eq!(outcome.status, "0", "{args:?} {outcome}");
            assert_eq!(outcome.stderr.contains(warning), is_public, "{args:?} {outcome}");
            assert_ne!(fs::read_to_string(&path).unwrap(), "", "{args:?}");
        }
    }
}
