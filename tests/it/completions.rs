//! `completions`: the scripts as real shells load them, and what is offered there.

use std::process::{Command, Output, Stdio};

use clap::ValueEnum;
use drfctl::commands::completions::Shell;

use crate::generated::script_of;
use crate::support::{Outcome, Sandbox, Site, Terminal};

/// A program with drfctl on its path, in the sandbox.
fn shell(sandbox: &Sandbox, words: &[&str]) -> Outcome {
    let output: Output = Command::new(words[0])
        .args(&words[1..])
        .current_dir(sandbox.dir())
        .env_clear()
        .env("PATH", path())
        .env("HOME", sandbox.dir())
        .stdin(Stdio::null())
        .output()
        .unwrap_or_else(|error| panic!("{} does not start: {error}; tests/run installs it", words[0]));
    output.into()
}

fn path() -> String {
    let drfctl = std::path::Path::new(env!("CARGO_BIN_EXE_drfctl"));
    format!("{}:{}", drfctl.parent().unwrap().display(), std::env::var("PATH").unwrap())
}

/// What bash offers for the last of these words.
fn bash(sandbox: &Sandbox, words: &str) -> Outcome {
    let script = script_of(Shell::Bash);
    let program = format!(
        "source {}; COMP_WORDS=({words}); COMP_CWORD=$(( ${{#COMP_WORDS[@]}} - 1 )); \
         _clap_complete_drfctl drfctl \"${{COMP_WORDS[COMP_CWORD]}}\"; printf '%s\\n' \"${{COMPREPLY[@]}}\"",
        script.display()
    );
    shell(sandbox, &["bash", "--norc", "-c", &program])
}

#[test]
fn the_program_prints_the_scripts_that_are_kept() {
    for of in Shell::value_variants() {
        let name = of.to_possible_value().unwrap();
        let printed = Sandbox::empty().drfctl(["completions", name.get_name()]).run().ok().stdout;
        assert_eq!(printed, std::fs::read_to_string(script_of(*of)).unwrap());
    }
}

#[test]
fn bash_offers_commands_options_values_and_users() {
    let sandbox = Sandbox::new(Site::Stock);
    for (words, offered) in [
        ("drfctl rev", "revoke\n"),
        ("drfctl create-token --outp", "--output-file\n"),
        ("drfctl list --format js", "json\njsonl\n"),
        ("drfctl list --sort la", "last-login\n"),
        ("drfctl create-token al", "alice\n"),
        ("drfctl create-token alice i", "ina\n"),
        ("drfctl revoke b", "bob\n"),
        ("drfctl set-password b", "bob\n"),
        ("drfctl deactivate b", "bob\n"),
        ("drfctl verify --user b", "bob\n"),
        ("drfctl list u", "users\n"),
        ("drfctl --database db.", "db.sqlite3\n"),
        ("drfctl completions po", "powershell\n"),
    ] {
        let outcome = bash(&sandbox, words);
        assert_eq!((outcome.to_string()), format!("exit: 0\n--- stdout\n{offered}--- stderr\n"), "{words}");
    }
}

#[test]
fn fish_offers_users() {
    let sandbox = Sandbox::new(Site::Stock);
    let script = script_of(Shell::Fish);
    let program = format!("source {}; complete -C 'drfctl create-token al'", script.display());
    let outcome = shell(&sandbox, &["fish", "--no-config", "-c", &program]);
    assert_eq!(outcome.to_string(), "exit: 0\n--- stdout\nalice\n--- stderr\n");
}

#[test]
fn zsh_completes_a_user() {
    let sandbox = Sandbox::new(Site::Stock);
    let mut terminal = Terminal::script(&sandbox, &format!("PATH={} exec zsh -f -i", path()), [""; 0]);
    terminal
        .enter(&format!("PS1='$ '; autoload -U compinit; compinit -D -u; source {}", script_of(Shell::Zsh).display()));
    terminal.enter("echo rea''dy");
    terminal.see("ready");
    terminal.enter("drfctl list users --format tsv --columns username al\t");
    terminal.see("\nusername\r\nalice\r\n");
    terminal.enter("exit");
    assert_eq!(terminal.end().1, "0");
}

#[test]
fn the_database_of_the_command_line_is_asked() {
    let (sandbox, other) = (Sandbox::new(Site::Stock), Sandbox::new(Site::Email));
    let outcome = bash(&sandbox, &format!("drfctl -d {} create-token al", other.db().display()));
    assert_eq!(outcome.to_string(), "exit: 0\n--- stdout\nalice@example.com\n--- stderr\n");
}

#[test]
fn a_name_that_a_shell_would_run_is_not_offered() {
    for name in ["$(reboot)", "`id`", "a;b", "a b", "a'b", "a\nb", "-rf", "a*"] {
        let sandbox = Sandbox::new(Site::Stock);
        sandbox.exec(&format!(
            "UPDATE auth_user SET username = '{}' WHERE username = 'alice'; UPDATE auth_user SET username = 'a1' WHERE username = 'bob'",
            name.replace('\'', "''")
        ));
        let outcome = bash(&sandbox, "drfctl create-token a");
        assert_eq!(outcome.to_string(), "exit: 0\n--- stdout\na1\n--- stderr\n", "{name}");
    }
}

#[test]
fn where_no_database_answers_nothing_is_said_and_nothing_made() {
    for words in [
        "drfctl create-token al",
        "drfctl -d missing.sqlite3 create-token al",
        "drfctl -d postgres://nobody@127.0.0.1:1/none create-token al",
        "drfctl --settings nothing.settings create-token al",
        "drfctl --busy-timeout soon create-token al",
    ] {
        let sandbox = Sandbox::empty();
        assert_eq!(bash(&sandbox, words).to_string(), "exit: 0\n--- stdout\n\n--- stderr\n", "{words}");
        assert_eq!(std::fs::read_dir(sandbox.dir()).unwrap().count(), 0, "{words}");
    }
}

#[test]
fn a_database_that_is_locked_offers_no_names() {
    let sandbox = Sandbox::new(Site::Stock);
    let mut server = sandbox.session();
    assert_eq!(server.run("BEGIN EXCLUSIVE"), "ok []");
    assert_eq!(bash(&sandbox, "drfctl create-token al").to_string(), "exit: 0\n--- stdout\n\n--- stderr\n");
    assert_eq!(server.run("ROLLBACK"), "ok []");
}
