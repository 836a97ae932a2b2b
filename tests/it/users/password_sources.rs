//! Where `create-user`, `createsuperuser` and `set-password` read a password, and which passwords
//! they reject.
//!
//! Tags such as `G7` name cases of `tests/CASES.md`.

use std::fs;

use snapbox::{assert_data_eq, str};

use crate::support::{Sandbox, until};

/// Every call that takes a password from standard input.
const TAKING: [&[&str]; 3] = [
    &["create-user", "carol", "--password-stdin"],
    &["createsuperuser", "--username", "carol", "--password-stdin"],
    &["set-password", "alice", "--password-stdin"],
];

/// G7, G9, G12, G14
#[test]
fn one_line_end_is_stripped_and_every_other_byte_is_the_password() {
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
fn what_cannot_be_a_password_is_refused_and_nothing_is_changed() {
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
        for call in TAKING {
            let outcome = sandbox.unchanged(sandbox.drfctl(call).stdin(typed.clone()));
            let expected = format!("exit: 3\n--- stdout\n--- stderr\nerror: {words}\n");
            assert_eq!(outcome.to_string(), expected, "{call:?} {} bytes", typed.len());
        }
    }
}

/// Seconds of computing that a process has used.
fn worked(pid: u32) -> f64 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let fields: Vec<_> = stat.rsplit_once(") ").unwrap().1.split(' ').collect();
    fields[11].parse::<f64>().unwrap() / 100.0
}

/// G16: as many iterations as there can be, so that it goes on meanwhile.
#[test]
fn the_database_is_free_while_a_password_is_hashed() {
    let users = "username,password\ncarol,pw\ndora,pw\n";
    for words in TAKING.into_iter().chain([&["create-user", "--from", "-"][..]]) {
        let sandbox = Sandbox::stock();
        let typed = if words.contains(&"--from") { users } else { "pw" };
        let slow = ["--hasher", "pbkdf2_sha256", "--iterations", "10000000"];
        let mut server = sandbox.session();
        assert_eq!(server.run("SELECT 1"), "ok [[1]]");
        let running = sandbox.drfctl(words).args(slow).stdin(typed).spawn();
        // What comes before is done in far less.
        until("it computes", || worked(running.id()) > 1.0);
        assert_eq!(server.run("BEGIN EXCLUSIVE"), "ok []", "{words:?}");
        assert_eq!(server.run("COMMIT"), "ok []");
    }
}

/// G10: what Python strips is blank to Django's command.
#[test]
fn a_password_that_is_blank_to_python_is_refused() {
    for typed in ["\u{1c}", " \u{1f}", "\u{85}"] {
        let sandbox = Sandbox::stock();
        for call in TAKING {
            let outcome = sandbox.unchanged(sandbox.drfctl(call).stdin(typed));
            assert_eq!((outcome.status.as_str(), outcome.stdout.as_str()), ("3", ""), "{typed:?}\n{outcome}");
        }
    }
}

/// G13
#[test]
fn an_endless_standard_input_is_refused() {
    let sandbox = Sandbox::stock();
    for call in TAKING {
        let script = r#"exec "$@" < /dev/zero"#;
        let outcome = sandbox.unchanged(sandbox.drfctl(call).through(["sh", "-c", script, "sh"]));
        assert_eq!(outcome.status, "3", "{outcome}");
    }
}

/// G12
#[test]
fn plain_bcrypt_refuses_what_it_would_cut_off() {
    let sandbox = Sandbox::stock();
    let (nul, long) = ("nul\0inside".to_owned(), "x".repeat(73));
    for (typed, words) in [
        (&nul, "the password contains a NUL character, where bcrypt stops reading"),
        (&long, "the password is longer than the 72 bytes that bcrypt reads"),
    ] {
        for call in TAKING {
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
fn a_password_comes_from_a_file() {
    let sandbox = Sandbox::stock();
    fs::write(sandbox.dir().join("pw"), " from file\r\n").unwrap();
    let _ = sandbox.drfctl(["create-user", "carol", "--password-file", "pw"]).run().ok();
    let _ = sandbox.drfctl(["create-user", "dora", "--password-file", "-"]).stdin("from stdin\n").run().ok();
    let _ = sandbox.drfctl(["set-password", "alice", "--password-file=pw"]).run().ok();
    let pairs = [("carol", " from file"), ("dora", "from stdin"), ("alice", " from file"), ("bob", "secret")];
    assert_eq!(sandbox.passwords_match(&pairs), [true; 4]);
}

#[test]
fn a_password_file_that_cannot_be_used_is_refused() {
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
fn a_password_has_one_source() {
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
fn no_source_and_no_terminal_is_a_usage_error_that_names_the_options() {
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
fn a_generated_password_is_told_once_and_is_the_password() {
    let sandbox = Sandbox::stock();
    let created = sandbox.drfctl(["create-user", "carol", "--generate-password", "--format", "json"]).run().ok();
    let record: serde_json::Value = serde_json::from_str(&created.stdout).unwrap();
    let raw = sandbox.drfctl(["set-password", "alice", "--generate-password", "--format", "raw"]).run().ok();
    let text = sandbox.drfctl(["set-password", "bob", "--generate-password"]).run().ok();
    let bobs = text.stdout.strip_prefix("Password changed successfully for user 'bob'\nGenerated password ").unwrap();
    let told = [record[0]["password"].as_str().unwrap(), raw.stdout.trim_end(), bobs.trim_end()];
    for password in told {
        assert!(password.len() == 22 && password.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{password}");
    }
    assert!(told[0] != told[1] && told[1] != told[2], "{told:?}");
    let pairs = [("carol", told[0]), ("alice", told[1]), ("bob", told[2]), ("bob", "secret")];
    assert_eq!(sandbox.passwords_match(&pairs), [true, true, true, false]);
}

#[test]
fn a_user_without_a_password_has_an_unusable_one() {
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
