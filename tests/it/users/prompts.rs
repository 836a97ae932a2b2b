//! The prompts of `create-user`, `set-password` and `createsuperuser` on a pseudo-terminal, compared
//! with Django's.
//!
//! Tags such as `G15` name cases of `tests/CASES.md`.

use crate::support::{Sandbox, Site, Terminal};

const GOOD: &str = "pomme de Terre 7";

fn passwords(terminal: &mut Terminal, first: &str, second: &str) -> String {
    let before = terminal.answer("Password: ", first);
    terminal.answer("Password (again): ", second);
    before.trim_end().to_owned()
}

fn accepts(sandbox: &Sandbox, username: &str, password: &str) -> bool {
    let login = format!("authenticate(username={username:?}, password={password:?})");
    sandbox.django(&format!("from django.contrib.auth import authenticate\nprint({login} is not None)")) == "True"
}

#[test]
fn create_user_prompts_for_a_name_and_twice_for_a_password() {
    let sandbox = Sandbox::stock();
    let mut terminal = Terminal::new(&sandbox, ["create-user"]);
    terminal.answer("Username: ", "zed");
    passwords(&mut terminal, GOOD, GOOD);
    let (shown, status) = terminal.end();
    assert!(status == "0" && shown.ends_with("Created user zed\r\n") && !shown.contains(GOOD), "{status}: {shown}");
    assert!(accepts(&sandbox, "zed", GOOD));
}

#[test]
fn different_or_blank_passwords_are_asked_for_again() {
    let sandbox = Sandbox::stock();
    let mut terminal = Terminal::new(&sandbox, ["create-user", "zed"]);
    passwords(&mut terminal, GOOD, "another");
    let shown = passwords(&mut terminal, "  ", "  ");
    assert!(shown.ends_with("Error: Your passwords didn't match."), "{shown}");
    let shown = passwords(&mut terminal, GOOD, GOOD);
    assert!(shown.ends_with("Error: Blank passwords aren't allowed."), "{shown}");
    assert_eq!(terminal.end().1, "0");
    assert!(accepts(&sandbox, "zed", GOOD));
}

/// G15.
#[test]
fn create_user_fails_after_three_attempts() {
    for (first, second) in [(GOOD, "another"), ("", ""), (" ", " ")] {
        let sandbox = Sandbox::stock();
        let image = sandbox.image();
        let mut terminal = Terminal::new(&sandbox, ["create-user", "zed"]);
        for _ in 0..3 {
            passwords(&mut terminal, first, second);
        }
        let (shown, status) = terminal.end();
        assert!(status == "3" && shown.ends_with("error: no password after 3 attempts\r\n"), "{status}: {shown}");
        assert_eq!(sandbox.image(), image);
    }
}

/// G19: every character up to Enter belongs to the password, as the guide to users says.
#[test]
fn escape_sequences_belong_to_a_typed_password() {
    let typed = "\u{1b}[200~pomme de Terre 7\u{1b}[201~\u{1b}[A\u{1b}[D";
    let sandbox = Sandbox::stock();
    let mut terminal = Terminal::new(&sandbox, ["create-user", "zed"]);
    passwords(&mut terminal, typed, typed);
    assert_eq!(terminal.end().1, "0");
    assert_eq!((accepts(&sandbox, "zed", GOOD), sandbox.passwords_match(&[("zed", typed)])), (false, vec![true]));
}

#[test]
fn a_weak_password_is_accepted_only_after_confirmation() {
    let sandbox = Sandbox::stock();
    let mut terminal = Terminal::new(&sandbox, ["create-user", "zed"]);
    for answer in ["n", "", "Y"] {
        passwords(&mut terminal, "1234", "1234");
        let shown = terminal.answer("Bypass password validation and create user anyway? [y/N]: ", answer);
        for message in [
            "This password is too short. It must contain at least 8 characters.\r\n",
            "This password is too common.\r\n",
            "This password is entirely numeric.\r\n",
        ] {
            assert!(shown.contains(message), "{shown}");
        }
    }
    assert_eq!(terminal.end().1, "0");
    assert!(accepts(&sandbox, "zed", "1234"));
}

#[test]
fn an_existing_username_is_reported_before_the_password_prompt() {
    let sandbox = Sandbox::stock();
    let mut terminal = Terminal::new(&sandbox, ["create-user"]);
    terminal.answer("Username: ", "alice");
    let (shown, status) = terminal.end();
    assert!(status == "4" && shown.contains("user alice already exists"), "{status}: {shown}");
}

#[test]
fn set_password_names_the_user_before_and_after() {
    let sandbox = Sandbox::stock();
    for command in ["set-password", "changepassword"] {
        let password = format!("{GOOD} {command}");
        let mut terminal = Terminal::new(&sandbox, [command, "alice"]);
        let shown = passwords(&mut terminal, GOOD, "another");
        assert_eq!(shown, "Changing password for user 'alice'");
        let shown = passwords(&mut terminal, "1234", "1234");
        assert!(shown.ends_with("Passwords do not match. Please try again."), "{shown}");
        // Like Django's command, drfctl does not offer to bypass validation here.
        let shown = passwords(&mut terminal, &password, &password);
        assert!(shown.ends_with("This password is entirely numeric."), "{shown}");
        let (shown, status) = terminal.end();
        assert!(status == "0" && shown.ends_with("Password changed successfully for user 'alice'\r\n"), "{shown}");
        assert!(accepts(&sandbox, "alice", &password));
    }
}

#[test]
fn changepassword_without_a_name_prompts_for_the_system_user() {
    let sandbox = Sandbox::stock();
    sandbox.exec("UPDATE auth_user SET username = 'Zo\u{eb}' WHERE username = 'bob'");
    let mut terminal = Terminal::new(&sandbox, ["changepassword"]);
    let shown = passwords(&mut terminal, GOOD, GOOD);
    // The reader of the pseudo-terminal decodes each byte as a letter.
    assert!(shown.starts_with("Changing password for user 'Zo"), "{shown}");
    let (shown, status) = terminal.end();
    assert!(status == "0" && shown.contains("\nPassword changed successfully for user 'Zo"), "{status}: {shown}");
    assert!(accepts(&sandbox, "Zo\u{eb}", GOOD));
}

#[test]
fn verify_does_not_echo_a_typed_key() {
    let sandbox = Sandbox::stock();
    let key = sandbox.drfctl(["create-token", "alice"]).run().ok().key();
    for (typed, words, status) in [
        (key.as_str(), "DRF's TokenAuthentication would accept this token of user alice\r\n", "0"),
        ("0123456789", "error: Invalid token.\r\n", "3"),
        ("", "error: Invalid token header. No credentials provided.\r\n", "3"),
    ] {
        let mut terminal = Terminal::new(&sandbox, ["verify"]);
        terminal.asked("Key: ");
        assert!(!terminal.echoes());
        terminal.enter(typed);
        let (shown, ended) = terminal.end();
        assert!(ended == status && shown.ends_with(words) && !shown.contains(&key), "{ended}: {shown}");
        assert!(terminal.is_as_before());
    }
}

/// drfctl does not wait for an answer if the user cannot see the question.
#[test]
fn verify_does_not_prompt_if_standard_error_is_redirected() {
    let sandbox = Sandbox::stock();
    let mut terminal = Terminal::script(&sandbox, r#"exec "$0" "$@" 2>shown"#, ["verify"]);
    assert_eq!(terminal.end(), (String::new(), "2".to_owned()));
    let shown = std::fs::read_to_string(sandbox.dir().join("shown")).unwrap();
    let words =
        "error: key required, but there is no terminal to ask on\nhint: give a file: drfctl verify --keys-from FILE\n";
    assert_eq!(shown, words);
}

#[test]
fn set_password_fails_like_changepassword_after_three_attempts() {
    let sandbox = Sandbox::stock();
    let image = sandbox.image();
    let mut terminal = Terminal::new(&sandbox, ["set-password", "alice"]);
    for _ in 0..3 {
        passwords(&mut terminal, GOOD, "another");
    }
    let (shown, status) = terminal.end();
    let words = "error: Aborting password change for user 'alice' after 3 attempts\r\n";
    assert!(status == "3" && shown.ends_with(words), "{status}: {shown}");
    let mut terminal = Terminal::new(&sandbox, ["set-password", "alice"]);
    terminal.answer("Password: ", "");
    let (shown, status) = terminal.end();
    assert!(status == "3" && shown.ends_with("error: aborted, nothing was changed\r\n"), "{status}: {shown}");
    assert_eq!(sandbox.image(), image);
}

#[test]
fn createsuperuser_has_the_prompts_of_django() {
    let sandbox = Sandbox::stock();
    let mut terminal = Terminal::new(&sandbox, ["createsuperuser"]);
    terminal.answer("Username (leave blank to use 'zoe'): ", "");
    terminal.answer("Email address: ", "zoe");
    let shown = terminal.answer("Email address: ", "zoe@EXAMPLE.com");
    assert!(shown.ends_with("Error: Enter a valid email address.\r\n"), "{shown}");
    passwords(&mut terminal, GOOD, GOOD);
    let (shown, status) = terminal.end();
    assert!(status == "0" && shown.ends_with("Superuser created successfully.\r\n"), "{status}: {shown}");
    let row = sandbox.sql("SELECT username, email, is_staff, is_superuser FROM auth_user WHERE username = 'zoe'");
    assert_eq!(row, [["zoe", "zoe@example.com", "1", "1"]]);
    assert!(accepts(&sandbox, "zoe", GOOD));
}

#[test]
fn createsuperuser_suggests_only_a_free_name_of_the_stock_model() {
    let sandbox = Sandbox::stock();
    sandbox.exec("UPDATE auth_user SET username = 'zoe' WHERE username = 'bob'");
    let mut terminal = Terminal::new(&sandbox, ["createsuperuser"]);
    terminal.answer("Username: ", "");
    terminal.answer("Error: This field cannot be blank.\r\nUsername: ", "alice");
    terminal.answer("Error: That username is already taken.\r\nUsername: ", "no such name");
    assert_eq!(terminal.end().1, "3");

    let sandbox = Sandbox::new(Site::Email);
    sandbox.exec("ALTER TABLE people_emailuser ADD COLUMN is_superuser bool NOT NULL DEFAULT 0");
    let mut terminal = Terminal::new(&sandbox, ["createsuperuser"]);
    terminal.answer("Email: ", "zoe@example.com");
    let between = terminal.asked("Password: ");
    assert!(!between.contains("Email address"), "{between}");
    terminal.control('c');
    assert_eq!(terminal.end().1, "SIGINT");
}

#[test]
fn createsuperuser_prompts_for_required_columns() {
    let sandbox = Sandbox::with_badge();
    let mut terminal = Terminal::new(&sandbox, ["createsuperuser", "--username", "zoe"]);
    terminal.answer("Email address: ", "");
    terminal.answer("Badge: ", "");
    let shown = terminal.answer("Badge: ", "x");
    assert!(shown.ends_with("Error: column badge: expected a whole number\r\n"), "{shown}");
    let shown = terminal.answer("Badge: ", "7");
    assert!(shown.ends_with("Error: column badge: expected a whole number\r\n"), "{shown}");
    passwords(&mut terminal, GOOD, GOOD);
    let (shown, status) = terminal.end();
    assert!(status == "0" && shown.ends_with("Superuser created successfully.\r\n"), "{status}: {shown}");
    assert_eq!(sandbox.sql("SELECT badge, nickname FROM member_member WHERE user_ptr_id > 3"), [["7", ""]]);
    assert!(accepts(&sandbox, "zoe", GOOD));

    let mut terminal = Terminal::new(&sandbox, ["createsuperuser", "--username", "zed", "--set", "badge=8"]);
    terminal.answer("Email address: ", "");
    let between = terminal.asked("Password: ");
    assert!(!between.contains("Badge"), "{between}");
    terminal.control('c');
    assert_eq!(terminal.end().1, "SIGINT");
}

#[test]
fn createsuperuser_prompts_three_times_for_a_required_column() {
    let sandbox = Sandbox::with_badge();
    let image = sandbox.image();
    let mut terminal = Terminal::new(&sandbox, ["createsuperuser", "--username", "zoe", "--email", ""]);
    for _ in 0..3 {
        terminal.answer("Badge: ", "");
    }
    let (shown, status) = terminal.end();
    let words = "error: no badge after 3 attempts\r\nhint: --set badge=VALUE\r\n";
    assert!(status == "3" && shown.ends_with(words), "{status}: {shown}");
    assert_eq!(sandbox.image(), image);
}

/// Errors that do not depend on the password are reported before the prompt.
#[test]
fn known_errors_are_reported_before_the_password_prompt() {
    let sandbox = Sandbox::with_badge();
    let image = sandbox.image();
    let invalid = "error: Enter a valid username. ";
    let new = ["create-user", "zed", "--set", "badge=7"];
    for (args, more, status, words) in [
        (&new[..], &["--group", "nope"][..], "3", "error: group nope does not exist"),
        (&new, &["--set", "hat=1"], "3", "error: the user model member_member has no column hat"),
        (&new, &["--set", "is_staff=maybe"], "3", "error: column is_staff: expected true or false"),
        (&new, &["--hasher", "md5", "--iterations", "9"], "2", "error: the hasher md5 has no iterations"),
        (&new, &["--iterations", "0"], "2", "error: "),
        (&new[..2], &[], "3", "error: missing columns that the user model requires: badge"),
        (&["createsuperuser"], &["--username", "a b"], "3", invalid),
        (&["createsuperuser"], &["--username", "zed", "--email", "zed"], "3", "error: Enter a valid email address."),
        (&["createsuperuser"], &["--set", "hat=1"], "3", "error: the user model member_member has no column hat"),
        (
            &["createsuperuser"],
            &["--hasher", "md5", "--iterations", "9"],
            "2",
            "error: the hasher md5 has no iterations",
        ),
        (
            &["set-password", "alice"],
            &["--hasher", "md5", "--iterations", "9"],
            "2",
            "error: the hasher md5 has no iterations",
        ),
    ] {
        let mut terminal = Terminal::new(&sandbox, [args, more].concat());
        let (shown, ended) = terminal.end();
        assert!(ended == status && shown.starts_with(words), "{args:?} {more:?}: {ended}: {shown}");
        assert_eq!(sandbox.image(), image);
    }
    let sandbox = Sandbox::stock();
    sandbox.exec("DROP TABLE authtoken_token; DELETE FROM django_migrations WHERE app = 'authtoken'");
    let mut terminal = Terminal::new(&sandbox, ["create-user", "zed", "--with-token"]);
    let (shown, status) = terminal.end();
    assert!(status == "6" && shown.starts_with("error: ") && !shown.contains("Password"), "{status}: {shown}");
}

#[test]
fn without_a_terminal_a_prompt_is_a_usage_error() {
    let sandbox = Sandbox::stock();
    let image = sandbox.image();
    for (args, hint) in [
        (&["create-user"][..], "hint: give a username: drfctl create-user USERNAME"),
        (&["create-user", "zed"], "hint: give --password-stdin"),
        (&["set-password", "alice"], "hint: give --password-stdin"),
        (&["createsuperuser"], "hint: give a username: drfctl createsuperuser --username USERNAME"),
        (&["createsuperuser", "--username", "zed"], "hint: give --password-stdin"),
    ] {
        let outcome = sandbox.drfctl(args).run();
        assert!(outcome.status == "2" && outcome.stdout.is_empty(), "{outcome}");
        assert!(outcome.stderr.starts_with("error: ") && outcome.stderr.contains(hint), "{outcome}");
        assert_eq!(sandbox.image(), image);
    }
}
