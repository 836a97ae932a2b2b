//! Lists of names and keys for `create-token`, and where its keys may be written.
//!
//! Tags such as `N64` name cases of `tests/CASES.md`.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::support::{KEY, Sandbox, printed_keys};

/// N66: leaked keys are replaced without a moment in which their users have no token.
#[test]
fn the_keys_of_a_file_are_replaced() {
    for pace in [&[][..], &["--single-transaction"]] {
        let sandbox = Sandbox::four_tokens();
        let before = sandbox.keys();
        let (alice, unknown) = (KEY, "f".repeat(40));
        let leaked = format!("\u{feff}{alice}\r\n\n{unknown}\nToken {alice}\n");
        let call = |more: &[&str]| {
            let call = sandbox.drfctl(["create-token", "-r", "--keys-from", "-"]).args(pace);
            call.args(more).stdin(leaked.clone())
        };
        let said = "no token has the key in line 3\n";
        for dry in [&[][..], &["--dry-run"]] {
            let outcome = sandbox.unchanged(call(dry));
            outcome.is("3", "", &format!("error: {said}hint: --missing-ok skips unknown keys\n"));
        }
        let dry = sandbox.unchanged(call(&["--missing-ok", "--dry-run"]));
        dry.is("0", "Would replace the token of user alice\n", &format!("note: {said}"));
        let outcome = call(&["--missing-ok"]).run();
        assert_eq!((outcome.status.as_str(), &*outcome.stderr), ("0", &*format!("note: {said}")), "{outcome}");
        let after = sandbox.keys();
        assert_eq!(printed_keys(&outcome.stdout), BTreeMap::from([("alice".to_owned(), after["alice"].clone())]));
        assert_ne!(after["alice"], before["alice"]);
        assert!(after.iter().filter(|(name, key)| before[*name] == **key).count() == 3 && after.len() == 4);
        let none = sandbox.unchanged(call(&["--missing-ok"]));
        none.is("0", "", "note: no token has 3 of the 3 keys: lines 1, 3, 4\nnote: no tokens match\n");
    }
}

/// N64: a user who does not exist is named and skipped.
#[test]
fn unknown_users_are_skipped_where_that_is_asked_for() {
    for args in [&["-"][..], &["-r", "-"], &["b*", "-", "-y"], &["-", "--active", "-y"]] {
        let sandbox = Sandbox::four_tokens();
        let call = || sandbox.drfctl(["create-token"]).args(args).stdin("nobody\nbob\nnoone\n");
        sandbox.unchanged(call()).error_is("3", "2 users do not exist: nobody, noone");
        let outcome = call().arg("--missing-ok").run();
        assert!(outcome.status == "0" && outcome.stdout.contains("for user bob"), "{outcome}");
        assert!(outcome.stderr.starts_with("note: 2 users do not exist: nobody, noone\n"), "{outcome}");
    }
}

/// N68: one rule for all commands that print a key or a password.
#[test]
fn secrets_are_not_written_to_a_file_that_everybody_can_read() {
    for args in [
        &["create-token", "bob"][..],
        &["create-token", "-r", "--all", "-y"],
        &["drf_create_token", "bob"],
        &["create-user", "zoe", "--no-password", "--with-token"],
        &["create-user", "zoe", "--generate-password"],
        &["set-password", "bob", "--generate-password"],
        &["changepassword", "bob", "--generate-password"],
        &["createsuperuser", "--noinput", "--username", "zoe", "--email", "z@x.org", "--generate-password"],
        &["list", "--show-keys"],
    ] {
        let sandbox = Sandbox::four_tokens();
        let path = sandbox.dir().join("result");
        let open = |mode| {
            fs::write(&path, "").unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            fs::OpenOptions::new().append(true).open(&path).unwrap()
        };
        let outcome = sandbox.unchanged(sandbox.drfctl(args).stdout(open(0o644)));
        assert!(
            outcome.status == "2" && outcome.stderr.contains("every user of this machine can read"),
            "{args:?} {outcome}"
        );
        assert_eq!(fs::read_to_string(&path).unwrap(), "");
        let private = sandbox.drfctl(args).stdout(open(0o640)).run();
        assert_eq!(private.status, "0", "{args:?} {private}");
    }
}
