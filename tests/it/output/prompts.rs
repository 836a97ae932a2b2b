//! Prompts on a pseudo-terminal: the state of the terminal afterwards, and that no database is open
//! during a prompt.
//!
//! Tags such as `E10` name cases of `tests/CASES.md`.

use std::fs;

use rexpect::process::Signal;

use crate::support::{Sandbox, Terminal, state, tested_program, until};

/// A command and its prompt: one without echo, one with echo.
const HIDDEN: (&[&str], &str) = (&["set-password", "alice"], "Password: ");
const SHOWN: (&[&str], &str) = (&["create-token"], "Username: ");

fn prompt(sandbox: &Sandbox, (args, question): (&[&str], &str)) -> Terminal {
    let mut terminal = Terminal::new(sandbox, args);
    terminal.asked(question);
    terminal
}

#[test]
fn a_missing_name_is_prompted_for_on_a_terminal() {
    let sandbox = Sandbox::stock();
    let mut terminal = prompt(&sandbox, SHOWN);
    terminal.enter("alice");
    let (shown, status) = terminal.end();
    let line = format!("Generated token {} for user alice", sandbox.value("SELECT key FROM authtoken_token"));
    assert!(shown.contains(&line) && status == "0", "{status}: {shown}");
}

/// E10: the database may appear only after the answer.
#[test]
fn a_name_is_prompted_for_before_the_database_is_opened() {
    let sandbox = Sandbox::empty();
    let mut terminal = prompt(&sandbox, SHOWN);
    fs::copy(Sandbox::stock().db(), sandbox.db()).unwrap();
    terminal.enter("alice");
    let (shown, _) = terminal.end();
    assert!(shown.contains("Generated token ") && shown.contains(" for user alice"), "{shown}");
}

/// I7, E10, DR13: another connection can take every lock, and drfctl has no descriptor of the file.
#[test]
fn no_database_is_open_during_a_password_prompt() {
    let sandbox = Sandbox::stock();
    let mut terminal = prompt(&sandbox, HIDDEN);
    let mut session = sandbox.session();
    assert!(session.run("BEGIN EXCLUSIVE").starts_with("ok"));
    assert!(session.run("ROLLBACK").starts_with("ok"));
    // A process without core dumps hides its descriptors, except from root.
    if let Ok(open) = fs::read_dir(format!("/proc/{}/fd", terminal.pid())) {
        let open: Vec<_> = open.filter_map(|entry| fs::read_link(entry.ok()?.path()).ok()).collect();
        assert!(open.iter().all(|path| !path.starts_with(sandbox.dir())), "{open:?}");
    }
    assert_eq!(fs::read_dir(sandbox.dir()).unwrap().count(), 1, "the database has a side file");
    terminal.control('c');
    terminal.end();
}

/// G1, G2: the shell sees status 128 + n, and nothing was changed.
#[test]
fn a_signal_at_a_prompt_terminates_and_restores_the_terminal() {
    for question in [HIDDEN, SHOWN] {
        for signal in [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP, Signal::SIGQUIT] {
            let sandbox = Sandbox::stock();
            let image = sandbox.image();
            let mut terminal = prompt(&sandbox, question);
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
fn ctrl_c_and_ctrl_backslash_work_at_every_prompt() {
    for question in [HIDDEN, SHOWN] {
        for (key, signal) in [('c', "SIGINT"), ('\\', "SIGQUIT")] {
            let sandbox = Sandbox::stock();
            let mut terminal = prompt(&sandbox, question);
            terminal.control(key);
            assert_eq!(terminal.end().1, signal, "{question:?}");
            assert!(terminal.is_as_before(), "{signal} at {question:?}");
        }
    }
}

#[test]
fn an_ignored_signal_does_not_affect_a_prompt() {
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

/// Returns the process id of the job that a shell has stopped.
fn job(shell: &mut Terminal) -> u32 {
    shell.enter("echo job: $(jobs -p)");
    shell.see("job: ");
    shell.see("job: ");
    shell.see("\r\n").trim().parse().unwrap()
}

/// Starts a shell with job control.
fn shell(sandbox: &Sandbox) -> Terminal {
    let script = r#"PS1="ready> " exec bash --noprofile --norc --noediting -i"#;
    let mut shell = Terminal::script(sandbox, script, [""; 0]);
    shell.see("ready> ");
    shell
}

/// G3
#[test]
fn ctrl_z_at_a_prompt_restores_the_terminal_and_fg_prompts_again() {
    let sandbox = Sandbox::stock();
    let mut shell = shell(&sandbox);
    for (args, question) in [HIDDEN, SHOWN] {
        shell.enter(&format!("{} {}", tested_program(), args.join(" ")));
        for _ in 0..2 {
            shell.see(question);
            until("the echo is off", || shell.echoes() == (question == SHOWN.1));
            shell.control('z');
            shell.see("Stopped");
            assert!(shell.is_as_before(), "{question}");
            let job = job(&mut shell);
            until("drfctl is stopped", || state(job) == Some('T'));
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

/// Types the answer to a prompt without echo.
fn enter_secret(shell: &mut Terminal, job: u32, secret: &str) {
    until("drfctl reads", || !shell.echoes() && state(job) == Some('S'));
    shell.enter(secret);
}

#[test]
fn a_background_process_prompts_after_fg() {
    let sandbox = Sandbox::stock();
    let mut shell = shell(&sandbox);
    shell.enter(&format!("{} set-password alice &", tested_program()));
    let pid = job(&mut shell);
    until("drfctl is stopped", || state(pid) == Some('T'));
    assert!(shell.echoes());
    shell.enter("fg");
    shell.see("Password: ");
    until("drfctl reads", || !shell.echoes() && state(pid) == Some('S'));
    shell.control('z');
    shell.see("ready> ");
    shell.enter("bg");
    shell.see("ready> ");
    until("drfctl is stopped again", || state(pid) == Some('T'));
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

/// G5
#[test]
fn an_empty_line_or_end_of_input_aborts_a_prompt() {
    for question in [HIDDEN, SHOWN] {
        for is_end_of_input in [false, true] {
            let sandbox = Sandbox::stock();
            let image = sandbox.image();
            let mut terminal = prompt(&sandbox, question);
            if is_end_of_input {
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

/// G6
#[test]
fn prompts_go_to_the_terminal_and_results_to_standard_output() {
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
