//! Where `create-user`, `createsuperuser` and `set-password` read a password, and which passwords
//! they reject.
//!
//! Tags such as `G7` name cases of `tests/CASES.md`.

use std::fs;

use snapbox::{assert_data_eq, str};

use crate::support::{Sandbox, until};

/// Every call that reads a password from standard input.
const CALLS: [&[&str]; 3] = [
    &["create-user", "carol", "--password-stdin"],
    &["createsuperuser", "--username", "carol", "--password-stdin"],
    &["set-password", "alice", "--password-stdin"],
];

/// G7, G9, G12, G14
#[test]
fn one_line_end_is_stripped_from_a_password() {
    let long = "x".repeat(4096);
    let cases = [
        ("pw", "pw"),
        ("pw\n", "pw"),
        ("pw\r\n", "pw"),
        ("  pw \n", "  pw "),
        ("pw\r", "pw\r"),
        ("\tpw\u{a0}", "\tpw\u{a0}"),
        ("nul\0inside", "nul\0inside"),
        ("u\u{308}\u{fb01}", "u\u{308}\u{fb01}"),
        ("$(id) `id` 'x' \"y\"", "$(id) `id` 'x' \"y\""),
        ("🔑\u{200b}\u{1b}[31m", "🔑\u{200b}\u{1b}[31m"),
        (&long, &long),
    ];
    let sandbox = Sandbox::stock();
    let names: Vec<String> = (0..cases.len()).map(|number| format!("u{number}")).collect();
    let mut pairs = Vec::new();
    for (name, (typed, password)) in names.iter().zip(cases) {
        let call = sandbox.drfctl(["create-user", name, "--password-stdin", "--hasher", "pbkdf2_sha256"]);
        let _ = call.args(["--iterations", "1000"]).stdin(typed).run().ok();
        pairs.extend([(name.as_str(), password), (name, password.trim_ascii())]);
    }
    let expected: Vec<bool> = pairs.chunks(2).flat_map(|pair| [true, pair[0].1 == pair[1].1]).collect();
    assert_eq!(sandbox.passwords_match(&pairs), expected);
}

/// G8, G10, G11, G13
#[test]
fn an_invalid_password_is_rejected() {
    let more = "standard input has more than one line";
    let blank = "Blank passwords aren't allowed.";
    let long = "standard input is longer than 4096 bytes";
    for (typed, words) in [
        (b"pw\nsecond".to_vec(), more),
        (b"pw\n\n".to_vec(), more),
        (b"\npw\n".to_vec(), more),
        (b"".to_vec(), blank),
        (b"\n".to_vec(), blank),
        (b"\r\n".to_vec(), blank),
        (b"  \t ".to_vec(), blank),
        ("\u{a0}\u{3000}".into(), blank),
        (b"p\xffw".to_vec(), "standard input is not UTF-8"),
        (vec![b'x'; 4097], long),
        (vec![b'x'; 1 << 20], long),
    ] {
        let sandbox = Sandbox::stock();
        for call in CALLS {
            let outcome = sandbox.unchanged(sandbox.drfctl(call).stdin(typed.clone()));
            let expected = format!("exit: 3\n--- stdout\n--- stderr\nerror: {words}\n");
            assert_eq!(outcome.to_string(), expected, "{call:?} {} bytes", typed.len());
        }
    }
}

/// Returns the seconds of CPU time that a process has used.
fn cpu_time(pid: u32) -> f64 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let fields: Vec<_> = stat.rsplit_once(") ").unwrap().1.split(' ').collect();
    fields[11].parse::<f64>().unwrap() / 100.0
}

/// G16: with the maximum of iterations, so that hashing is still running when the test checks.
#[test]
fn the_database_is_not_locked_while_a_password_is_hashed() {
    let users = "username,password\ncarol,pw\ndora,pw\n";
    for words in CALLS.into_iter().chain([&["create-user", "--from", "-"][..]]) {
        let sandbox = Sandbox::stock();
        let typed = if words.contains(&"--from") { users } else { "pw" };
        let slow = ["--hasher", "pbkdf2_sha256", "--iterations", "10000000"];
        let mut server = sandbox.session();
        assert_eq!(server.run("SELECT 1"), "ok [[1]]");
        let running = sandbox.drfctl(words).args(slow).stdin(typed).spawn();
        // The steps before hashing take far less.
        until("the password is being hashed", || cpu_time(running.id()) > 1.0);
        assert_eq!(server.run("BEGIN EXCLUSIVE"), "ok []", "{words:?}");
        assert_eq!(server.run("COMMIT"), "ok []");
    }
}

/// G10: Python strips these characters, so Django's command treats them as blank.
#[test]
fn a_password_of_python_white_space_is_rejected() {
    for typed in ["\u{1c}", " \u{1f}", "\u{85}"] {
        let sandbox = Sandbox::stock();
        for call in CALLS {
            let outcome = sandbox.unchanged(sandbox.drfctl(call).stdin(typed));
            assert_eq!((outcome.status.as_str(), outcome.stdout.as_str()), ("3", ""), "{typed:?}\n{outcome}");
        }
    }
}

/// G13
#[test]
fn an_endless_standard_input_is_rejected() {
    let sandbox = Sandbox::stock();
    for call in CALLS {
        let script = r#"exec "$@" < /dev/zero"#;
        let outcome = sandbox.unchanged(sandbox.drfctl(call).through(["sh", "-c", script, "sh"]));
        assert_eq!(outcome.status, "3", "{outcome}");
    }
}

/// G12
#[test]
fn plain_bcrypt_rejects_passwords_that_it_would_truncate() {
    let sandbox = Sandbox::stock();
    let (nul, long) = ("nul\0inside".to_owned(), "x".repeat(73));
    for (typed, words) in [
        (&nul, "the password contains a NUL character, where bcrypt stops reading"),
        (&long, "the password is longer than the 72 bytes that bcrypt reads"),
    ] {
        for call in CALLS {
            let call = sandbox.drfctl(call).args(["--hasher", "bcrypt"]).stdin(typed.as_str());
            let expected = format!(
                "exit: 3\n--- stdout\n--- stderr\nerror: {words}\nhint: choose the hasher bcrypt_sha256, which accepts every password\n"
            );
            assert_eq!(sandbox.unchanged(call).to_string(), expected);
        }
    }
    for (name, typed) in [("n", &nul), ("l", &long)] {
        let call = sandbox.drfctl(["create-user", name, "--password-stdin", "--hasher", "bcrypt_sha256"]);
        let _ = call.stdin(typed.as_str()).run().ok();
    }
    let pairs = [("n", &*nul), ("n", "nul"), ("l", &*long), ("l", &long[..72])];
    assert_eq!(sandbox.passwords_match(&pairs), [true, false, true, false]);
}

#[test]
fn a_password_file_is_read() {
    let sandbox = Sandbox::stock();
    fs::write(sandbox.dir().join("pw"), " from file\r\n").unwrap();
    let _ = sandbox.drfctl(["create-user", "carol", "--password-file", "pw"]).run().ok();
    let _ = sandbox.drfctl(["create-user", "dora", "--password-file", "-"]).stdin("from stdin\n").run().ok();
    let _ = sandbox.drfctl(["set-password", "alice", "--password-file=pw"]).run().ok();
    let pairs = [("carol", " from file"), ("dora", "from stdin"), ("alice", " from file"), ("bob", "secret")];
    assert_eq!(sandbox.passwords_match(&pairs), [true; 4]);
}

#[test]
fn an_invalid_password_file_is_rejected() {
    let sandbox = Sandbox::stock();
    fs::write(sandbox.dir().join("empty"), "").unwrap();
    fs::write(sandbox.dir().join("two"), "a\nb\n").unwrap();
    fs::write(sandbox.dir().join("long"), "x".repeat(5000)).unwrap();
    for (file, words) in [
        (
            "no-file",
            "the file cannot be read (name hidden because it could be a secret): No such file or directory (os error 2)\n\
             hint: give the path of a file, or - for standard input",
        ),
        (".", ". cannot be read: Is a directory (os error 21)"),
        ("empty", "Blank passwords aren't allowed."),
        ("two", "two has more than one line"),
        ("long", "long is longer than 4096 bytes"),
    ] {
        for call in [&["create-user", "carol"][..], &["set-password", "alice"]] {
            let outcome = sandbox.unchanged(sandbox.drfctl(call).args(["--password-file", file]));
            assert_eq!(outcome.to_string(), format!("exit: 3\n--- stdout\n--- stderr\nerror: {words}\n"));
        }
    }
}

#[test]
fn password_sources_conflict() {
    let sources: [&[&str]; 5] = [
        &["--password-stdin"],
        &["--password-file", "f"],
        &["--no-password"],
        &["--unusable"],
        &["--generate-password"],
    ];
    let sandbox = Sandbox::stock();
    for (at, first) in sources.iter().enumerate() {
        for second in
            sources[at + 1..].iter().filter(|second| **second != ["--unusable"] || *first != ["--no-password"])
        {
            for call in [&["create-user", "carol"][..], &["set-password", "alice"]] {
                let outcome = sandbox.unchanged(sandbox.drfctl(call).args(*first).args(*second).stdin("pw"));
                let seen = (outcome.status.as_str(), outcome.stdout.as_str());
                assert_eq!(seen, ("2", ""), "{first:?} {second:?}\n{outcome}");
                assert!(outcome.stderr.contains("cannot be used with"), "{outcome}");
            }
        }
    }
}

/// G4
#[test]
fn a_missing_password_without_a_terminal_is_a_usage_error() {
    let sandbox = Sandbox::stock();
    for call in [&["create-user", "carol"][..], &["createsuperuser", "--username", "carol"], &["set-password", "alice"]]
    {
        let mut outcome = sandbox.unchanged(sandbox.drfctl(call).stdin("not asked for\n"));
        outcome.stderr = outcome.stderr.replace("note: changing password for user 'alice'\n", "");
        assert_data_eq!(
            outcome.to_string(),
            str![[r#"
exit: 2
--- stdout
--- stderr
error: password required, but there is no terminal to ask on
hint: give --password-stdin, --password-file, --generate-password or --no-password

"#]]
        );
    }
}

#[test]
fn a_generated_password_is_printed_and_valid() {
    let sandbox = Sandbox::stock();
    let created = sandbox.drfctl(["create-user", "carol", "--generate-password", "--format", "json"]).run().ok();
    let record: serde_json::Value = serde_json::from_str(&created.stdout).unwrap();
    let raw = sandbox.drfctl(["set-password", "alice", "--generate-password", "--format", "raw"]).run().ok();
    let text = sandbox.drfctl(["set-password", "bob", "--generate-password"]).run().ok();
    let bobs = text.stdout.strip_prefix("Password changed successfully for user 'bob'\nGenerated password ").unwrap();
    let passwords = [record[0]["password"].as_str().unwrap(), raw.stdout.trim_end(), bobs.trim_end()];
    for password in passwords {
        assert!(password.len() == 22 && password.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{password}");
    }
    assert!(passwords[0] != passwords[1] && passwords[1] != passwords[2], "{passwords:?}");
    let pairs = [("carol", passwords[0]), ("alice", passwords[1]), ("bob", passwords[2]), ("bob", "secret")];
    assert_eq!(sandbox.passwords_match(&pairs), [true, true, true, false]);
}

#[test]
fn no_password_sets_an_unusable_password() {
    let sandbox = Sandbox::stock();
    for (call, name) in [
        (&["create-user", "a", "--no-password"][..], "a"),
        (&["create-user", "b", "--unusable"], "b"),
        (&["create-user", "c", "--noinput"], "c"),
        (&["set-password", "alice", "--no-password"], "alice"),
        (&["changepassword", "bob", "--unusable"], "bob"),
    ] {
        let _ = sandbox.drfctl(call).run().ok();
        let stored = sandbox.value(&format!("SELECT password FROM auth_user WHERE username = '{name}'"));
        assert!(stored.len() == 41 && stored.starts_with('!'), "{name} {stored}");
        let usable: bool = sandbox.ask(
            &name,
            "from django.contrib.auth.models import User\nanswer = User.objects.get(username=table).has_usable_password()",
        );
        assert!(!usable, "{name}");
    }
    let stored = sandbox.sql("SELECT DISTINCT password FROM auth_user WHERE password LIKE '!%'");
    assert_eq!(stored.len(), 5);
}
