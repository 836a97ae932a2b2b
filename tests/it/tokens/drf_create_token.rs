//! `drf_create_token` prints the same lines and has the same exit statuses as DRF's command. Both
//! run on copies of one database.

use snapbox::{assert_data_eq, str};

use crate::support::{Outcome, Sandbox, Site};

/// Returns the outcomes of drfctl and of DRF's command, on copies of the same database.
fn both(sandbox: &Sandbox, args: &[&str]) -> (Outcome, Outcome) {
    let copy = sandbox.copy();
    let theirs = copy.manage(std::iter::once(&"drf_create_token").chain(args));
    let ours = sandbox.drfctl(["drf_create_token"]).args(args).run();
    (ours, theirs)
}

/// I9
#[test]
fn a_new_token_has_the_output_of_django() {
    let (ours, theirs) = both(&Sandbox::stock(), &["alice"]);
    assert_eq!(ours.mask_keys(), theirs.mask_keys());
}

#[test]
fn an_existing_token_has_the_output_of_django() {
    let sandbox = Sandbox::stock();
    let _ = sandbox.drfctl(["create-token", "alice"]).run().ok();
    let (ours, theirs) = both(&sandbox, &["alice"]);
    assert_eq!(ours, theirs);
}

/// I9
#[test]
fn reset_before_the_name_has_the_output_of_django() {
    let sandbox = Sandbox::stock();
    let _ = sandbox.drfctl(["create-token", "alice"]).run().ok();
    let (ours, theirs) = both(&sandbox, &["-r", "alice"]);
    assert_eq!(ours.mask_keys(), theirs.mask_keys());
}

#[test]
fn reset_after_the_name_has_the_output_of_django() {
    let sandbox = Sandbox::stock();
    let (ours, theirs) = both(&sandbox, &["alice", "--reset"]);
    assert_eq!(ours.mask_keys(), theirs.mask_keys());
}

#[test]
fn an_unknown_user_fails_like_in_django() {
    let (ours, theirs) = both(&Sandbox::stock(), &["nobody"]);
    assert_eq!(ours, theirs);
}

#[test]
fn an_unknown_user_has_djangos_message_and_status() {
    assert_data_eq!(
        Sandbox::stock().drfctl(["drf_create_token", "nobody"]).run().to_string(),
        str![[r#"
exit: 1
--- stdout
--- stderr
CommandError: Cannot create the Token: user nobody does not exist

"#]]
    );
}

#[test]
fn no_name_has_the_status_of_django() {
    let (ours, theirs) = both(&Sandbox::stock(), &[]);
    assert_eq!((ours.status, ours.stdout), (theirs.status, theirs.stdout));
}

#[test]
fn two_names_have_the_status_of_django() {
    let (ours, theirs) = both(&Sandbox::stock(), &["alice", "bob"]);
    assert_eq!((ours.status, ours.stdout), (theirs.status, theirs.stdout));
}

#[test]
fn an_inactive_user_has_the_output_of_django_and_a_warning() {
    let (ours, theirs) = both(&Sandbox::stock(), &["ina"]);
    assert_eq!(ours.clone().mask_keys().stdout, theirs.clone().mask_keys().stdout);
    assert_eq!(
        (ours.status.as_str(), ours.stderr.as_str()),
        (theirs.status.as_str(), "warning: user ina is inactive: the application rejects this token\n")
    );
}

#[test]
fn a_user_with_a_uuid_has_the_output_of_django() {
    let (ours, theirs) = both(&Sandbox::new(Site::Email), &["alice@example.com"]);
    assert_eq!(ours.mask_keys(), theirs.mask_keys());
}

#[test]
fn an_unknown_email_address_fails_like_in_django() {
    let (ours, theirs) = both(&Sandbox::new(Site::Email), &["nobody@example.com"]);
    assert_eq!(ours, theirs);
}

#[test]
fn verbosity_0_prints_the_line() {
    let (ours, theirs) = both(&Sandbox::stock(), &["-v", "0", "alice"]);
    assert_eq!(ours.mask_keys(), theirs.mask_keys());
}

#[test]
fn the_common_options_of_django_are_accepted() {
    for option in ["--no-color", "--force-color", "--traceback", "--skip-checks", "--verbosity=3", "--pythonpath=."] {
        let (ours, theirs) = both(&Sandbox::stock(), &[option, "alice"]);
        assert_eq!(ours.mask_keys(), theirs.mask_keys(), "{option}");
    }
}

#[test]
fn a_database_without_tables_fails_as_a_command_error() {
    let sandbox = Sandbox::empty();
    sandbox.exec("CREATE TABLE lonely (id INTEGER)");
    assert_data_eq!(
        sandbox.drfctl(["drf_create_token", "alice"]).run().to_string(),
        str![[r#"
exit: 6
--- stdout
--- stderr
CommandError: [..]
...
"#]]
    );
}

#[test]
fn an_empty_name_and_a_dash_are_looked_up_literally() {
    for name in ["", "-"] {
        let outcome = Sandbox::stock().drfctl(["drf_create_token", "--", name]).stdin("alice\n").run();
        let words = format!("CommandError: Cannot create the Token: user {name} does not exist\n");
        assert_eq!(outcome.to_string(), format!("exit: 1\n--- stdout\n--- stderr\n{words}"));
    }
}

#[test]
fn options_may_be_repeated_and_abbreviated_like_in_argparse() {
    let sandbox = Sandbox::stock();
    let key = sandbox.drfctl(["drf_create_token", "alice", "-r", "--res", "-v", "1", "-v", "2"]).run().ok().key();
    assert_eq!(sandbox.value("SELECT key FROM authtoken_token"), key);
}
