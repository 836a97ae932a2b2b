//! Questions, on a real pseudo-terminal.

use std::process::Command;

use rexpect::session::spawn_command;

use crate::support::{Sandbox, Site};

const TIMEOUT: Option<u64> = Some(20_000);

fn ask(sandbox: &Sandbox) -> rexpect::session::PtySession {
    let mut command = Command::new(env!("CARGO_BIN_EXE_drfctl"));
    command.arg("create-token").current_dir(sandbox.dir()).env_clear().env("TERM", "xterm");
    spawn_command(command, TIMEOUT).unwrap()
}

#[test]
fn a_name_that_is_missing_is_asked_for_on_a_terminal() {
    let sandbox = Sandbox::new(Site::Stock);
    let mut terminal = ask(&sandbox);
    terminal.exp_string("Username").unwrap();
    terminal.send_line("alice").unwrap();
    let rest = terminal.exp_eof().unwrap();
    let status = terminal.process().wait().unwrap();
    let token = sandbox.sql("SELECT key FROM authtoken_token");
    let line = format!("Generated token {} for user alice", token[0][0]);
    assert!(rest.contains(&line), "{status:?}: {rest}");
}

/// E10: the database need not even be there before the answer.
#[test]
fn no_database_is_open_while_a_question_waits() {
    let sandbox = Sandbox::empty();
    let mut terminal = ask(&sandbox);
    terminal.exp_string("Username").unwrap();
    std::fs::copy(Sandbox::new(Site::Stock).db(), sandbox.db()).unwrap();
    terminal.send_line("alice").unwrap();
    let rest = terminal.exp_eof().unwrap();
    assert!(rest.contains("Generated token ") && rest.contains(" for user alice"), "{rest}");
}

#[test]
fn an_interrupt_at_the_question_ends_the_program_by_that_signal() {
    let sandbox = Sandbox::empty();
    let mut terminal = ask(&sandbox);
    terminal.exp_string("Username").unwrap();
    terminal.send_control('c').unwrap();
    terminal.exp_eof().unwrap();
    let status = format!("{:?}", terminal.process().wait().unwrap());
    assert!(status.contains("SIGINT"), "{status}");
}
