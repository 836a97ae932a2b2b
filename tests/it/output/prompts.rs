//! Prompts on a real pseudo-terminal: the state in which they leave it, and that no database is
//! open while drfctl waits.
//!
//! Tags such as `E10` name cases of `tests/CASES.md`.

use std::fs;

use rexpect::process::Signal;

use crate::support::{Sandbox, Terminal, state, until};

/// A command, and the question that it asks: one that hides the answer, and one that shows it.
const HIDDEN: (&[&str], &str) = (&["set-password", "alice"], "Password: ");
const SHOWN: (&[&str], &str) = (&["create-token"], "Username: ");

fn asking(sandbox: &Sandbox, (args, question): (&[&str], &str)) -> Terminal {
    let mut terminal = Terminal::new(sandbox, args);
    terminal.asked(question);
    terminal
}

#[test]
fn a_name_that_is_missing_is_asked_for_on_a_terminal() {
    let sandbox = Sandbox::stock();
    let mut terminal = asking(&sandbox, SHOWN);
    terminal.enter("alice");
    let (shown, status) = terminal.end();
    let line = format!("Generated token {} for user alice", sandbox.value("SELECT key FROM authtoken_token"));
    assert!(shown.contains(&line) && status == "0", "{status}: {shown}");
}

/// E10: the database need not even be there before the answer.
#[test]
fn a_name_is_asked_for_before_a_database_is_looked_for() {
    let sandbox = Sandbox::empty();
    let mut terminal = asking(&sandbox, SHOWN);
    fs::copy(Sandbox::stock().db(), sandbox.db()).unwrap();
    terminal.enter("alice");
    let (shown, _) = terminal.end();
    assert!(shown.contains("Generated token ") && shown.contains(" for user alice"), "{shown}");
}

/// E10, DR13: another connection gets every lock there is, and drfctl has no descriptor of the file.
#[test]
fn no_database_is_open_while_a_password_is_waited_for() {
    let sandbox = Sandbox::stock();
    let mut terminal = asking(&sandbox, HIDDEN);
    let mut session = sandbox.session();
    assert!(session.run("BEGIN EXCLUSIVE").starts_with("ok"));
    assert!(session.run("ROLLBACK").starts_with("ok"));
    // What may not leave a core may not be looked at either, but by root.
    if let Ok(open) = fs::read_dir(format!("/proc/{}/fd", terminal.pid())) {
        let open: Vec<_> = open.filter_map(|entry| fs::read_link(entry.ok()?.path()).ok()).collect();
        assert!(open.iter().all(|path| !path.starts_with(sandbox.dir())), "{open:?}");
    }
    assert_eq!(fs::read_dir(sandbox.dir()).unwrap().count(), 1, "the database has a neighbour");
    terminal.control('c');
    terminal.end();
}

/// G1, G2: the shell sees 128 + n, and nothing was changed.
#[test]
fn a_signal_at_a_question_ends_the_program_by_that_signal_and_leaves_the_terminal_as_it_was() {
    for question in [HIDDEN, SHOWN] {
        for signal in [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP, Signal::SIGQUIT] {
            let sandbox = Sandbox::stock();
            let image = sandbox.image();
            let mut terminal = asking(&sandbox, question);
            assert_eq!(terminal.echoes(), question == SHOWN, "{question:?}");
            terminal.signal(signal);
            let (_, status) = terminal.end();
            assert_eq!(status, signal.to_string(), "{question:?}");
            assert!(terminal.is_as_before(), "{signal} at {question:?}");
            assert_eq!(sandbox.image(), image);
        }
    }
}

#[test]
fn the_keys_that_send_a_signal_do_so_at_every_question() {
    for question in [HIDDEN, SHOWN] {
        for (key, signal) in [('c', "SIGINT"), ('\\', "SIGQUIT")] {
            let sandbox = Sandbox::stock();
            let mut terminal = asking(&sandbox, question);
            terminal.control(key);
            assert_eq!(terminal.end().1, signal, "{question:?}");
            assert!(terminal.is_as_before(), "{signal} at {question:?}");
        }
    }
}

#[test]
fn a_signal_that_is_ignored_leaves_the_question_as_it_is() {
    let sandbox = Sandbox::stock();
    let mut terminal = Terminal::script(&sandbox, r#"trap "" HUP; exec "$0" "$@""#, HIDDEN.0);
    terminal.asked("Password: ");
    terminal.signal(Signal::SIGHUP);
    terminal.asked("Password: ");
    assert!(!terminal.echoes());
    terminal.enter("a-new-Secret-7");
    terminal.answer("Password (again): ", "a-new-Secret-7");
    assert_eq!(terminal.end().1, "0");
    assert!(terminal.is_as_before());
}

/// The job that a shell at the terminal has stopped.
fn job(shell: &mut Terminal) -> u32 {
    shell.enter("echo job: $(jobs -p)");
    shell.see("job: ");
    shell.see("job: ");
    shell.see("\r\n").trim().parse().unwrap()
}

/// A shell with job control.
fn shell(sandbox: &Sandbox) -> Terminal {
    let script = r#"PS1="ready> " exec bash --noprofile --norc --noediting -i"#;
    let mut shell = Terminal::script(sandbox, script, [""; 0]);
    shell.see("ready> ");
    shell
}

/// G3.
#[test]
fn a_program_that_is_stopped_at_a_question_leaves_the_terminal_to_the_shell_and_asks_again_afterwards() {
    let sandbox = Sandbox::stock();
    let mut shell = shell(&sandbox);
    for (args, question) in [HIDDEN, SHOWN] {
        shell.enter(&format!("{} {}", env!("CARGO_BIN_EXE_drfctl"), args.join(" ")));
        for _ in 0..2 {
            shell.see(question);
            until("the echo is off", || shell.echoes() == (question == SHOWN.1));
            shell.control('z');
            shell.see("Stopped");
            assert!(shell.is_as_before(), "{question}");
            let job = job(&mut shell);
            until("it is stopped", || state(job) == Some('T'));
            shell.enter("fg");
        }
        let between = shell.see(question);
        assert_eq!(between.matches("Password: ").count(), 0);
        until("the echo is off", || shell.echoes() == (question == SHOWN.1));
        shell.control('c');
        shell.see("ready> ");
        shell.enter("echo status: $?");
        shell.see("status: $?");
        shell.see("status: 130");
        shell.see("ready> ");
    }
    assert!(shell.is_as_before());
    shell.enter("exit");
    shell.end();
}

/// Types the answer to a hidden question.
fn enter_secret(shell: &mut Terminal, job: u32, secret: &str) {
    until("it reads", || !shell.echoes() && state(job) == Some('S'));
    shell.enter(secret);
}

#[test]
fn a_program_in_the_background_asks_once_it_is_brought_to_the_foreground() {
    let sandbox = Sandbox::stock();
    let mut shell = shell(&sandbox);
    shell.enter(&format!("{} set-password alice &", env!("CARGO_BIN_EXE_drfctl")));
    let pid = job(&mut shell);
    until("it is stopped", || state(pid) == Some('T'));
    assert!(shell.echoes());
    shell.enter("fg");
    shell.see("Password: ");
    until("it reads", || !shell.echoes() && state(pid) == Some('S'));
    shell.control('z');
    shell.see("ready> ");
    shell.enter("bg");
    shell.see("ready> ");
    until("it is stopped again", || state(pid) == Some('T'));
    assert!(shell.echoes());
    shell.enter("fg");
    shell.see("Password: ");
    enter_secret(&mut shell, pid, "a-new-Secret-7");
    shell.see("Password (again): ");
    enter_secret(&mut shell, pid, "a-new-Secret-7");
    shell.see("Password changed successfully for user 'alice'");
    shell.see("ready> ");
    shell.enter("exit");
    assert_eq!(shell.end().1, "0");
}

/// G5.
#[test]
fn an_empty_line_and_an_end_of_input_are_no_answer() {
    for question in [HIDDEN, SHOWN] {
        for is_end in [false, true] {
            let sandbox = Sandbox::stock();
            let image = sandbox.image();
            let mut terminal = asking(&sandbox, question);
            if is_end {
                terminal.control('d');
            } else {
                terminal.enter("");
            }
            let (shown, status) = terminal.end();
            assert_eq!(status, "3", "{question:?}: {shown}");
            assert!(terminal.is_as_before());
            assert_eq!(sandbox.image(), image);
        }
    }
}

/// G6.
#[test]
fn questions_go_to_the_terminal_and_only_the_result_to_standard_output() {
    let sandbox = Sandbox::stock();
    let script = r#"umask 077; exec "$0" "$@" >result"#;
    let mut terminal = Terminal::script(&sandbox, script, ["create-user", "--format", "raw", "--with-token"]);
    terminal.answer("Username: ", "zoe");
    for question in ["Password: ", "Password (again): "] {
        terminal.answer(question, "12345678");
    }
    terminal.answer("[y/N]: ", "y");
    let (shown, status) = terminal.end();
    assert_eq!(status, "0", "{shown}");
    let key = sandbox.value("SELECT key FROM authtoken_token");
    assert_eq!(fs::read_to_string(sandbox.dir().join("result")).unwrap(), format!("{key}\n"));
    assert!(!shown.contains(&key));
}
