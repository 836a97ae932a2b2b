//! `createsuperuser`: the lines, options and variables that scripts know from `manage.py`.
//!
//! Tags such as `G11` name cases of `tests/CASES.md`.

use std::os::unix::ffi::OsStrExt;

use snapbox::{assert_data_eq, str};

use crate::support::{Invocation, Sandbox, Site};

const ARGS: [&str; 5] = ["createsuperuser", "--noinput", "--username=root", "--email", "Root@EXAMPLE.com"];

#[test]
fn createsuperuser_prints_djangos_line() {
    let sandbox = Sandbox::stock();
    let theirs = sandbox.copy().manage(&ARGS);
    let ours = sandbox.drfctl(ARGS).run();
    assert_eq!(ours, theirs);
    assert_data_eq!(
        ours.to_string(),
        str![[r#"
exit: 0
--- stdout
Superuser created successfully.
--- stderr

"#]]
    );
}

#[test]
fn createsuperuser_creates_the_same_row_as_django() {
    for (site, table) in [(Site::Stock, "auth_user"), (Site::Big, "accounts_user")] {
        let (ours, theirs) = (Sandbox::new(site), Sandbox::new(site));
        let _ = ours.drfctl(ARGS).env("DJANGO_SUPERUSER_PASSWORD", "pw é").run().ok();
        let program = "import os\nos.environ['DJANGO_SUPERUSER_PASSWORD'] = 'pw é'\n\
             from django.core.management import call_command\n\
             call_command('createsuperuser', '--noinput', '--username=root', '--email=Root@EXAMPLE.com')";
        theirs.django(program);
        let without = ["password", "date_joined"];
        assert_eq!(ours.rows(table, &without), theirs.rows(table, &without), "{site:?}");
        let pairs = [("root", "pw é"), ("root", "pw")];
        assert_eq!(
            (ours.passwords_match(&pairs), theirs.passwords_match(&pairs)),
            (vec![true, false], vec![true, false])
        );
    }
}

#[test]
fn createsuperuser_accepts_every_spelling_of_djangos_options() {
    for args in [
        &["createsuperuser", "--noinput", "--username", "root", "--email", "r@example.com"][..],
        &["createsuperuser", "--no-input", "--username=root", "--email=r@example.com"],
        &[
            "createsuperuser",
            "-v",
            "1",
            "--skip-checks",
            "--no-color",
            "--noinput",
            "--username=root",
            "--email=r@example.com",
        ],
    ] {
        let sandbox = Sandbox::stock();
        let theirs = sandbox.copy().manage(args);
        assert_eq!(sandbox.drfctl(args).run(), theirs, "{args:?}");
        assert_eq!(sandbox.value("SELECT count(*) FROM auth_user WHERE is_superuser"), "1");
    }
}

/// An email address may be empty, if an option or a variable says so explicitly.
#[test]
fn createsuperuser_accepts_an_explicit_empty_address() {
    let args = ["createsuperuser", "--noinput", "--username", "root"];
    let message = "Superuser created successfully.";
    let theirs = Sandbox::stock().django(
        "import os\nos.environ['DJANGO_SUPERUSER_EMAIL'] = ''\nfrom django.core.management import call_command\n\
         call_command('createsuperuser', '--noinput', '--username=root')",
    );
    assert_eq!(
        (theirs.as_str(), Sandbox::stock().copy().manage([&args[..], &["--email", ""]].concat()).status.as_str()),
        (message, "0")
    );
    for (more, set) in [(&["--email", ""][..], "x@example.com"), (&[], "")] {
        let sandbox = Sandbox::stock();
        let outcome = sandbox.drfctl(args).args(more).env("DJANGO_SUPERUSER_EMAIL", set).run();
        assert_eq!(outcome.to_string(), format!("exit: 0\n--- stdout\n{message}\n--- stderr\n"));
        assert_eq!(sandbox.value("SELECT email FROM auth_user WHERE username = 'root'"), "");
    }
}

#[test]
fn createsuperuser_rejects_with_djangos_message() {
    let long = "a".repeat(151);
    for (username, email, status) in [
        ("alice", "a@example.com", "4"),
        ("a b", "a@example.com", "3"),
        (&long, "a@example.com", "3"),
        ("root", "nonsense", "3"),
    ] {
        let sandbox = Sandbox::stock();
        let args = ["createsuperuser", "--noinput", "--username", username, "--email", email];
        let theirs = sandbox.copy().manage(&args);
        let message = theirs.stderr.trim().trim_start_matches("CommandError: ").trim_start_matches("Error: ");
        assert!(theirs.status == "1" && !message.is_empty(), "{theirs}");
        let ours = sandbox.unchanged(sandbox.drfctl(args));
        let first = ours.stderr.lines().next().unwrap_or_default();
        let seen = (ours.status.as_str(), ours.stdout.as_str(), first);
        assert_eq!(seen, (status, "", format!("error: {message}").as_str()), "{username} {email}");
    }
}

#[test]
fn createsuperuser_prints_a_generated_password() {
    let sandbox = Sandbox::stock();
    let outcome = sandbox.drfctl(["createsuperuser", "--username", "root", "--generate-password"]).run().ok();
    let password = outcome.stdout.strip_prefix("Superuser created successfully.\nGenerated password ").unwrap();
    assert_eq!(sandbox.passwords_match(&[("root", password.trim_end())]), [true]);
}

#[test]
fn required_columns_are_set_by_options_and_the_environment() {
    for (args, set, stored) in [
        (&[][..], "Z\u{e9}", "Z\u{e9}"),
        (&["--set", "nickname=Y"], "Z", "Y"),
        (&["--set", "nickname=", "--set", "is_active=no"], "Z", ""),
    ] {
        let sandbox = Sandbox::new(Site::Member);
        let call = sandbox.drfctl(ARGS).args(args).env("DJANGO_SUPERUSER_NICKNAME", set);
        assert_eq!(call.run().to_string(), "exit: 0\n--- stdout\nSuperuser created successfully.\n--- stderr\n");
        let row = "SELECT nickname, is_superuser, is_active FROM member_member JOIN accounts_user ON id = user_ptr_id \
                   WHERE username = 'root'";
        let active = if args.len() > 2 { "0" } else { "1" };
        assert_eq!(sandbox.sql(row), [[stored, "1", active]]);
    }
}

#[test]
fn a_missing_required_column_is_named() {
    for set in [None, Some("")] {
        let sandbox = Sandbox::with_badge();
        let call = sandbox.drfctl(ARGS);
        let call = set.into_iter().fold(call, |call, set| call.env("DJANGO_SUPERUSER_BADGE", set));
        assert_data_eq!(
            sandbox.unchanged(call).to_string(),
            str![[r#"
exit: 3
--- stdout
--- stderr
error: missing columns that the user model requires: badge
hint: --set badge=VALUE

"#]]
        );
    }
}

/// Django's environment variable has the name of the username field.
#[test]
fn the_variable_of_the_username_has_the_name_of_its_field() {
    let sandbox = Sandbox::new(Site::Odd);
    let call = sandbox.drfctl(["createsuperuser", "--noinput", "--set", "Code Name=U-9"]);
    let outcome = call.env("DJANGO_SUPERUSER_HANDLE", "root").run();
    assert_eq!(outcome.to_string(), "exit: 0\n--- stdout\nSuperuser created successfully.\n--- stderr\n");
    assert_eq!(sandbox.value("SELECT handle FROM \"Odd \"\"User\"\" Table\" WHERE \"Code Name\" = 'U-9'"), "root");
}

#[test]
fn a_model_without_superuser_column_is_rejected_with_a_hint() {
    let sandbox = Sandbox::new(Site::Odd);
    assert_data_eq!(
        sandbox.unchanged(sandbox.drfctl(["createsuperuser", "--noinput", "--username", "root"])).to_string(),
        str![[r#"
exit: 3
--- stdout
--- stderr
error: the user model has neither a column is_superuser nor is_staff
hint: --set COLUMN=true, for the column that makes a superuser here

"#]]
    );
}

/// Sets Django's environment variables for a superuser.
fn superuser(call: Invocation, name: &str, email: &str, password: &str) -> Invocation {
    call.env("DJANGO_SUPERUSER_USERNAME", name)
        .env("DJANGO_SUPERUSER_EMAIL", email)
        .env("DJANGO_SUPERUSER_PASSWORD", password)
}

#[test]
fn with_noinput_the_environment_is_read() {
    for call in [&["createsuperuser", "--noinput"][..], &["create-user", "--superuser", "--no-input"]] {
        let sandbox = Sandbox::stock();
        let _ = superuser(sandbox.drfctl(call), "root", "Root@EXAMPLE.com", " pw ").run().ok();
        let row = sandbox.sql("SELECT username, email, is_superuser, is_staff FROM auth_user ORDER BY id DESC LIMIT 1");
        assert_eq!(row, [["root", "Root@example.com", "1", "1"]]);
        assert_eq!(sandbox.passwords_match(&[("root", " pw "), ("root", "pw")]), [true, false]);
    }
}

#[test]
fn without_noinput_the_environment_is_ignored() {
    let sandbox = Sandbox::stock();
    for call in [&["createsuperuser"][..], &["create-user", "carol"], &["set-password", "alice"]] {
        let outcome = sandbox.unchanged(superuser(sandbox.drfctl(call), "root", "r@example.com", "pw"));
        assert_eq!((outcome.status.as_str(), outcome.stdout.as_str()), ("2", ""), "{outcome}");
    }
    let call = sandbox.drfctl(["create-user", "carol", "--password-stdin"]).stdin("typed");
    let _ = superuser(call, "root", "r@example.com", "pw").run().ok();
    assert_eq!(sandbox.sql("SELECT username, email FROM auth_user ORDER BY id DESC LIMIT 1"), [["carol", ""]]);
    assert_eq!(sandbox.passwords_match(&[("carol", "typed")]), [true]);
}

#[test]
fn options_override_the_environment() {
    let sandbox = Sandbox::stock();
    let call = sandbox.drfctl(["createsuperuser", "--noinput", "--username", "flag", "--email", "flag@example.com"]);
    let _ = superuser(call.arg("--password-stdin").stdin("flag"), "root", "r@example.com", "pw").run().ok();
    assert_eq!(
        sandbox.sql("SELECT username, email FROM auth_user ORDER BY id DESC LIMIT 1"),
        [["flag", "flag@example.com"]]
    );
    assert_eq!(sandbox.passwords_match(&[("flag", "flag"), ("flag", "pw")]), [true, false]);
}

#[test]
fn a_blank_password_in_the_environment_is_rejected() {
    let sandbox = Sandbox::stock();
    for password in ["", " ", "\t\n"] {
        for call in [&["createsuperuser", "--noinput"][..], &["create-user", "--noinput"]] {
            let outcome = sandbox.unchanged(superuser(sandbox.drfctl(call), "root", "r@example.com", password));
            assert_eq!(
                outcome.to_string(),
                "exit: 3\n--- stdout\n--- stderr\nerror: Blank passwords aren't allowed.\n",
                "{password:?}"
            );
        }
    }
}

/// G11
#[test]
fn a_password_in_the_environment_that_is_not_utf_8_is_rejected() {
    let sandbox = Sandbox::stock();
    let password = std::ffi::OsStr::from_bytes(b"p\xffw");
    let call = sandbox.drfctl(["createsuperuser", "--noinput", "--username", "root", "--email", "r@example.com"]);
    let outcome = sandbox.unchanged(call.env("DJANGO_SUPERUSER_PASSWORD", password));
    assert_eq!((outcome.status.as_str(), outcome.stdout.as_str()), ("3", ""), "{outcome}");
}

#[test]
fn noinput_without_a_username_is_a_usage_error() {
    let sandbox = Sandbox::stock();
    for call in [["createsuperuser", "--noinput"], ["create-user", "--noinput"]] {
        let unset = sandbox.drfctl(call).env("DJANGO_SUPERUSER_PASSWORD", "pw");
        let empty = superuser(sandbox.drfctl(call), "", "r@example.com", "pw");
        for call in [unset, empty] {
            assert_data_eq!(
                sandbox.unchanged(call).to_string(),
                str![[r#"
exit: 2
--- stdout
--- stderr
error: You must use --username with --noinput.
hint: give --username, or set DJANGO_SUPERUSER_USERNAME

"#]]
            );
        }
    }
}
