//! `set-password`, `activate` and `deactivate`: changes of existing users.
//!
//! Tags such as `C11` name cases of `tests/CASES.md`.

use std::collections::BTreeSet;

use snapbox::{assert_data_eq, str};

use crate::support::{Sandbox, Shim, Site};

const INACTIVE: &str = r#"401 {"detail":"User inactive or deleted."}"#;

/// Returns the rows of the user table without the password of one user.
fn others(sandbox: &Sandbox, name: &str) -> Vec<Vec<String>> {
    sandbox.sql(&format!(
        "SELECT id, last_login, is_superuser, username, last_name, email, is_staff, is_active, date_joined, first_name, \
         CASE username WHEN '{name}' THEN '' ELSE password END FROM auth_user ORDER BY id"
    ))
}

#[test]
fn set_password_prints_djangos_line() {
    for name in ["set-password", "changepassword"] {
        assert_data_eq!(
            Sandbox::stock().drfctl([name, "alice", "--password-stdin"]).stdin("new").run().to_string(),
            str![[r#"
exit: 0
--- stdout
Password changed successfully for user 'alice'
--- stderr

"#]]
        );
    }
}

/// Like Django's command, drfctl uses the current system user: the variables that Python reads, in
/// its order.
#[test]
fn changepassword_without_a_name_uses_the_system_user() {
    let none: [(&str, &str); 0] = [];
    for (set, args, name) in [
        (&[("LOGNAME", "alice"), ("USER", "bob")][..], &[][..], "alice"),
        (&[("LOGNAME", ""), ("USER", "bob")], &[], "bob"),
        (&[("LNAME", "alice"), ("USERNAME", "bob")], &[""], "alice"),
        (&[("LOGNAME", "alice")], &["bob"], "bob"),
        (&[("USERNAME", "Zo\u{eb}")], &[], "Zo\u{eb}"),
        (&none, &[], "the account's"),
    ] {
        let sandbox = Sandbox::stock();
        let call = sandbox.drfctl(["changepassword", "--password-stdin"]).args(args).stdin("new");
        let outcome = set.iter().fold(call, |call, (name, value)| call.env(name, value)).run();
        let exists = ["alice", "bob"].contains(&name);
        if exists {
            let stdout = format!("Password changed successfully for user '{name}'\n");
            assert_eq!(outcome.to_string(), format!("exit: 0\n--- stdout\n{stdout}--- stderr\n"));
            assert_eq!(sandbox.passwords_match(&[(name, "new")]), [true]);
        } else {
            let account = sandbox.python(["-c", "import pwd, os; print(pwd.getpwuid(os.getuid()).pw_name)"]).stdout;
            let account = String::from_utf8(account).unwrap();
            let name = if set.is_empty() { account.trim() } else { name };
            let message = format!("error: user {name} does not exist\n");
            assert_eq!(outcome.to_string(), format!("exit: 3\n--- stdout\n--- stderr\n{message}"));
        }
    }
}

#[test]
fn set_password_changes_only_the_password() {
    let sandbox = Sandbox::stock();
    let before = others(&sandbox, "alice");
    let _ = sandbox.drfctl(["changepassword", "alice", "--password-stdin"]).stdin(" nëw ").run().ok();
    let pairs = [("alice", " nëw "), ("alice", "secret"), ("bob", "secret"), ("bob", " nëw ")];
    assert_eq!(sandbox.passwords_match(&pairs), [true, false, true, false]);
    assert_eq!(others(&sandbox, "alice"), before);
}

#[test]
fn after_set_password_only_the_new_password_is_valid() {
    for site in Site::ALL {
        let sandbox = Sandbox::new(site);
        let server = sandbox.serve();
        let name = site.alice();
        let login = |password: &str| {
            server.post("/obtain", &format!(r#"{{"username": "{name}", "password": "{password}"}}"#)).0
        };
        assert_eq!(login("secret"), 200, "{site:?}");
        let _ = sandbox.drfctl(["set-password", name, "--password-stdin"]).stdin("new\n").run().ok();
        assert_eq!((login("new"), login("secret")), (200, 400), "{site:?}");
        let _ = sandbox.drfctl(["set-password", name, "--no-password"]).run().ok();
        assert_eq!((login("new"), login("secret"), login("")), (400, 400, 400), "{site:?}");
    }
}

#[test]
fn a_token_stays_valid_after_set_password() {
    let sandbox = Sandbox::stock();
    let key = sandbox.drfctl(["create-token", "alice"]).run().ok().key();
    let _ = sandbox.drfctl(["set-password", "alice", "--generate-password"]).run().ok();
    assert_eq!(sandbox.serve().whoami(&key), r#"200 {"user":"alice"}"#);
}

#[test]
fn set_password_rejects_an_unknown_user() {
    let sandbox = Sandbox::stock();
    for name in ["nobody", "Alice", "\u{ff41}lice", "alice@example.com", "%"] {
        let outcome = sandbox.unchanged(sandbox.drfctl(["set-password", name, "--password-stdin"]).stdin("new"));
        let first = outcome.stderr.lines().next().unwrap_or_default();
        let seen = (outcome.status.as_str(), outcome.stdout.as_str(), first);
        assert_eq!(seen, ("3", "", format!("error: user {name} does not exist").as_str()), "{outcome}");
    }
    for name in ["", "  "] {
        assert_eq!(sandbox.unchanged(sandbox.drfctl(["set-password", name, "--no-password"])).status, "3");
    }
}

#[test]
fn set_password_requires_exactly_one_name() {
    let sandbox = Sandbox::stock();
    for args in [&["set-password", "--no-password"][..], &["set-password", "--no-password", "alice", "bob"]] {
        let outcome = sandbox.unchanged(sandbox.drfctl(args));
        assert_eq!((outcome.status.as_str(), outcome.stdout.as_str()), ("2", ""), "{outcome}");
    }
}

#[test]
fn set_password_prints_a_record_in_every_format() {
    let sandbox = Sandbox::stock();
    for (format, expected) in [
        ("json", "[\n  {\"username\":\"alice\",\"outcome\":\"changed\",\"password\":null}\n]\n"),
        ("jsonl", "{\"username\":\"alice\",\"outcome\":\"changed\",\"password\":null}\n"),
        ("csv", "username,outcome,password\r\nalice,changed,\r\n"),
        ("tsv", "username\toutcome\tpassword\nalice\tchanged\t\n"),
    ] {
        let call = sandbox.drfctl(["set-password", "alice", "--password-stdin", "--format", format]);
        assert_eq!(call.stdin("new").run().ok().stdout, expected);
    }
}

/// `raw` prints only a generated password or a key, and these calls have neither.
#[test]
fn format_raw_without_a_secret_is_a_usage_error() {
    let sandbox = Sandbox::stock();
    for call in [
        &["set-password", "alice", "--no-password"][..],
        &["create-user", "carol", "--no-password"],
        &["createsuperuser", "--noinput", "--username", "carol"],
        &["deactivate", "alice"],
        &["activate", "ina"],
    ] {
        let outcome = sandbox.unchanged(sandbox.drfctl(call).args(["--format", "raw"]));
        assert_eq!((outcome.status.as_str(), outcome.stdout.as_str()), ("2", ""), "{outcome}");
    }
}

#[test]
fn deactivate_blocks_a_users_token_until_activate() {
    for site in Site::ALL.into_iter().filter(|site| *site != Site::Email) {
        let sandbox = Sandbox::new(site);
        let server = sandbox.serve();
        let key = sandbox.drfctl(["create-token", "alice"]).run().ok().key();
        let accepted = r#"200 {"user":"alice"}"#;
        assert_eq!(server.whoami(&key), accepted, "{site:?}");
        let login = || server.post("/obtain", r#"{"username": "alice", "password": "secret"}"#).0;
        let _ = sandbox.drfctl(["deactivate", "alice"]).run().ok();
        assert_eq!((server.whoami(&key).as_str(), login()), (INACTIVE, 400), "{site:?}");
        let _ = sandbox.drfctl(["activate", "alice"]).run().ok();
        assert_eq!((server.whoami(&key).as_str(), login()), (accepted, 200), "{site:?}");
    }
}

#[test]
fn activate_changes_several_users_in_the_given_order() {
    let sandbox = Sandbox::stock();
    let rest = "SELECT id, password, last_login, username, email, date_joined FROM auth_user ORDER BY id";
    let before = sandbox.sql(rest);
    assert_data_eq!(
        sandbox.drfctl(["activate", "ina", "alice"]).run().to_string(),
        str![[r#"
exit: 0
--- stdout
Activated user ina
User alice is already active
--- stderr

"#]]
    );
    assert_data_eq!(
        sandbox.drfctl(["deactivate", "bob", "ina", "--format", "jsonl"]).run().to_string(),
        str![[r#"
exit: 0
--- stdout
{"username":"bob","active":false,"outcome":"changed"}
{"username":"ina","active":false,"outcome":"changed"}
--- stderr

"#]]
    );
    let active = sandbox.sql("SELECT username, is_active FROM auth_user ORDER BY username");
    assert_eq!(active, [["alice", "1"], ["bob", "0"], ["ina", "0"]]);
    assert_eq!(sandbox.sql(rest), before);
}

/// N74: a name that is given twice counts once.
#[test]
fn activate_leaves_an_active_user_unchanged() {
    let sandbox = Sandbox::stock();
    for (call, message) in [
        (["activate", "alice", "alice"], "User alice is already active\n"),
        (["deactivate", "ina", "ina"], "User ina is already inactive\n"),
    ] {
        assert_eq!(sandbox.unchanged(sandbox.drfctl(call)).ok().stdout, message);
    }
}

/// N64.
#[test]
fn unknown_users_in_a_list_are_reported_together_or_skipped() {
    let sandbox = Sandbox::stock();
    let names = "\u{feff}alice\r\n\nnobody\nnoone\n";
    let outcome = sandbox.unchanged(sandbox.drfctl(["deactivate", "-"]).stdin(names));
    let message = "2 users do not exist: nobody, noone\n";
    outcome.is("3", "", &format!("error: {message}hint: --missing-ok skips unknown users\n"));
    let outcome = sandbox.drfctl(["deactivate", "-", "--missing-ok"]).stdin(names).run();
    outcome.is("0", "Deactivated user alice\n", &format!("note: {message}"));
    assert_eq!(sandbox.value("SELECT is_active FROM auth_user WHERE username = 'alice'"), "0");
}

#[test]
fn deactivate_with_an_unknown_user_changes_nothing() {
    let sandbox = Sandbox::stock();
    for (call, name) in [
        (&["deactivate", "alice", "nobody", "bob"][..], "nobody"),
        (&["activate", "ina", "Bob"], "Bob"),
        (&["deactivate", "alice", "%"], "%"),
    ] {
        let outcome = sandbox.unchanged(sandbox.drfctl(call));
        let first = outcome.stderr.lines().next().unwrap_or_default();
        let seen = (outcome.status.as_str(), outcome.stdout.as_str(), first);
        assert_eq!(seen, ("3", "", format!("error: user {name} does not exist").as_str()), "{outcome}");
    }
    for call in [&["activate"][..], &["deactivate"]] {
        let outcome = sandbox.unchanged(sandbox.drfctl(call));
        assert_eq!((outcome.status.as_str(), outcome.stdout.as_str()), ("2", ""), "{outcome}");
    }
}

#[test]
fn activate_rejects_a_model_without_is_active() {
    let sandbox = Sandbox::new(Site::Email);
    for call in ["activate", "deactivate"] {
        let outcome = sandbox.unchanged(sandbox.drfctl([call, "alice@example.com"]));
        let words = "error: the user model people_emailuser has no column is_active\n";
        assert!(outcome.status == "3" && outcome.stderr.starts_with(words), "{outcome}");
    }
}

/// C11
#[test]
fn a_row_changed_twice_does_not_prove_a_rollback() {
    let file = "username,email\nbob,a1@example.com\nbob,a2@example.com\n";
    let lower = "CREATE TRIGGER lower AFTER UPDATE ON auth_user
                 BEGIN UPDATE auth_user SET email = lower(email) WHERE id = NEW.id; END";
    for (trigger, call) in [
        ("", &["create-user", "--from", "file", "--update"][..]),
        (lower, &["create-user", "bob", "--update", "--email", "New@example.com", "--no-password"]),
    ] {
        let mut statuses = BTreeSet::new();
        for nth in 1.. {
            let sandbox = Sandbox::stock();
            sandbox.exec(trigger);
            std::fs::write(sandbox.dir().join("file"), file).unwrap();
            let before = sandbox.dump();
            let shim = Shim::new(&sandbox);
            let outcome = shim.load(sandbox.drfctl(call)).env("SHIM_FSYNC", format!("eio:{nth}")).run();
            if !shim.fired("fsync") {
                break;
            }
            assert!(outcome.status != "6" || sandbox.dump() == before, "{call:?} {nth}\n{outcome}");
            statuses.insert(outcome.status);
        }
        assert!(statuses.contains("8"), "{statuses:?}");
    }
}

/// C11
#[test]
fn a_failed_sync_is_reported_by_the_contents_of_the_user_table() {
    let calls = [&["deactivate", "ina", "bob"][..], &["create-user", "bob", "--update", "--no-password", "--inactive"]];
    for (journal, call) in [("delete", calls[0]), ("wal", calls[0]), ("delete", calls[1]), ("wal", calls[1])] {
        let (mut rolled_back, mut warned) = (0, false);
        for nth in 1.. {
            let sandbox = Sandbox::stock();
            sandbox.exec(&format!("PRAGMA journal_mode = {journal}"));
            let before = sandbox.dump();
            let shim = Shim::new(&sandbox);
            let outcome = shim.load(sandbox.drfctl(call)).env("SHIM_FSYNC", format!("eio:{nth}")).run();
            if !shim.fired("fsync") {
                break;
            }
            let is_active = sandbox.value("SELECT is_active FROM auth_user WHERE username = 'bob'");
            if outcome.status == "0" {
                warned = outcome.stderr.contains("a power failure now could lose the change");
                assert_eq!(is_active, "0", "{outcome}");
            } else {
                rolled_back += 1;
                assert_eq!((outcome.status.as_str(), outcome.stdout.as_str()), ("6", ""), "{call:?} {nth}\n{outcome}");
                assert_eq!(sandbox.dump(), before);
            }
        }
        assert!(warned && rolled_back > 0, "{journal} {call:?}");
    }
}
