//! `createsuperuser`, the name that scripts know from `manage.py`.

use std::process::Output;

use snapbox::{assert_data_eq, str};

use crate::create_user::{rows, unchanged};
use crate::password_sources::has_password;
use crate::support::{Outcome, Sandbox, Site};

const ARGS: [&str; 5] = ["createsuperuser", "--noinput", "--username=root", "--email", "Root@EXAMPLE.com"];

fn stock() -> Sandbox {
    Sandbox::new(Site::Stock)
}

/// What Django's own command says, on a copy of the database.
fn djangos(sandbox: &Sandbox, args: &[&str]) -> Outcome {
    let output: Output = sandbox.copy().manage(args);
    output.into()
}

#[test]
fn a_superuser_is_told_with_djangos_line() {
    let sandbox = stock();
    let theirs = djangos(&sandbox, &ARGS);
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
fn a_superuser_is_the_row_that_djangos_command_makes() {
    for (site, table) in [(Site::Stock, "auth_user"), (Site::Big, "accounts_user")] {
        let (ours, theirs) = (Sandbox::new(site), Sandbox::new(site));
        let _ = ours.drfctl(ARGS).env("DJANGO_SUPERUSER_PASSWORD", "pw é").run().ok();
        let program = "import os\nos.environ['DJANGO_SUPERUSER_PASSWORD'] = 'pw é'\n\
             from django.core.management import call_command\n\
             call_command('createsuperuser', '--noinput', '--username=root', '--email=Root@EXAMPLE.com')";
        theirs.django(program);
        let without = ["password", "date_joined"];
        assert_eq!(rows(&ours, table, &without), rows(&theirs, table, &without), "{site:?}");
        let pairs = [("root", "pw é"), ("root", "pw")];
        assert_eq!(
            (has_password(&ours, &pairs), has_password(&theirs, &pairs)),
            (vec![true, false], vec![true, false])
        );
    }
}

#[test]
fn every_spelling_of_djangos_options_is_taken() {
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
        let sandbox = stock();
        let theirs = djangos(&sandbox, args);
        assert_eq!(sandbox.drfctl(args).run(), theirs, "{args:?}");
        assert_eq!(sandbox.value("SELECT count(*) FROM auth_user WHERE is_superuser"), "1");
    }
}

#[test]
fn what_django_refuses_is_refused_with_its_words() {
    let long = "a".repeat(151);
    for (username, email, status) in [
        ("alice", "a@example.com", "4"),
        ("a b", "a@example.com", "3"),
        (&long, "a@example.com", "3"),
        ("root", "nonsense", "3"),
    ] {
        let sandbox = stock();
        let args = ["createsuperuser", "--noinput", "--username", username, "--email", email];
        let theirs = djangos(&sandbox, &args);
        let said = theirs.stderr.trim().trim_start_matches("CommandError: ").trim_start_matches("Error: ");
        assert!(theirs.status == "1" && !said.is_empty(), "{theirs}");
        let ours = unchanged(&sandbox, sandbox.drfctl(args));
        let first = ours.stderr.lines().next().unwrap_or_default();
        let seen = (ours.status.as_str(), ours.stdout.as_str(), first);
        assert_eq!(seen, (status, "", format!("error: {said}").as_str()), "{username} {email}");
    }
}

#[test]
fn a_generated_password_of_a_superuser_is_told() {
    let sandbox = stock();
    let outcome = sandbox.drfctl(["createsuperuser", "--username", "root", "--generate-password"]).run().ok();
    let told = outcome.stdout.strip_prefix("Superuser created successfully.\nGenerated password ").unwrap();
    assert_eq!(has_password(&sandbox, &[("root", told.trim_end())]), [true]);
}
