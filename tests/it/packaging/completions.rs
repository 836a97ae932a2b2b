//! `completions`: the scripts in real shells, and the offered completions.

use std::process::{Command, Output, Stdio};

use clap::ValueEnum;
use drfctl::cli::shell::completions::Shell;

use crate::support::{Outcome, Sandbox, Site, Terminal, completion_script, tested_program};

/// Runs a program with drfctl in its PATH in the folder of the sandbox.
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
    let drfctl = std::path::Path::new(tested_program());
    format!("{}:{}", drfctl.parent().unwrap().display(), std::env::var("PATH").unwrap())
}

/// Returns the completions that bash offers for the last word.
fn bash(sandbox: &Sandbox, words: &str) -> Outcome {
    let script = completion_script(Shell::Bash);
    let program = format!(
        "source {}; COMP_LINE='{words}'; COMP_POINT=${{#COMP_LINE}}; COMP_WORDS=({words}); \
         COMP_CWORD=$(( ${{#COMP_WORDS[@]}} - 1 )); \
         _drfctl drfctl \"${{COMP_WORDS[COMP_CWORD]}}\"; printf '%s\\n' \"${{COMPREPLY[@]}}\"",
        script.display()
    );
    shell(sandbox, &["bash", "--norc", "-c", &program])
}

#[test]
fn the_program_prints_the_checked_in_scripts() {
    for of in Shell::value_variants() {
        let name = of.to_possible_value().unwrap();
        let printed = Sandbox::empty().drfctl(["completions", name.get_name()]).run().ok().stdout;
        assert_eq!(printed, std::fs::read_to_string(completion_script(*of)).unwrap());
    }
}

#[test]
fn bash_offers_commands_options_values_and_users() {
    let sandbox = Sandbox::stock();
    for (words, offered) in [
        ("drfctl rev", "revoke\n"),
        ("drfctl create-token --outp", "--output-file\n"),
        ("drfctl list --format js", "json\njsonl\n"),
        ("drfctl list --sort la", "last-login\n"),
        ("drfctl migrate se", "sessions\n"),
        ("drfctl migrate --check auth au", "auth\nauthtoken\n"),
        ("drfctl create-token al", "alice\n"),
        ("drfctl create-token alice i", "ina\n"),
        ("drfctl revoke b", "bob\n"),
        ("drfctl set-password b", "bob\n"),
        ("drfctl deactivate b", "bob\n"),
        ("drfctl verify --user b", "bob\n"),
        ("drfctl list u", "users\n"),
        ("drfctl --database db.", "db.sqlite3\n"),
        ("drfctl completions po", "powershell\n"),
        ("drfctl create-user carol --hasher bc", "bcrypt_sha256\nbcrypt\n"),
        ("drfctl drf_create_token al", "alice\n"),
        ("drfctl help re", "revoke\n"),
        ("drfctl help da", "databases\n"),
    ] {
        let outcome = bash(&sandbox, words);
        assert_eq!((outcome.to_string()), format!("exit: 0\n--- stdout\n{offered}--- stderr\n"), "{words}");
    }
}

#[test]
fn fish_offers_users() {
    let sandbox = Sandbox::stock();
    let script = completion_script(Shell::Fish);
    let program = format!("source {}; complete -C 'drfctl create-token al'", script.display());
    let outcome = shell(&sandbox, &["fish", "--no-config", "-c", &program]);
    assert_eq!(outcome.to_string(), "exit: 0\n--- stdout\nalice\n--- stderr\n");
}

#[test]
fn zsh_completes_a_user() {
    let sandbox = Sandbox::stock();
    let mut terminal = Terminal::script(&sandbox, &format!("PATH={} exec zsh -f -i", path()), [""; 0]);
    let script = completion_script(Shell::Zsh);
    let folder = script.parent().unwrap().display();
    terminal.enter(&format!("PS1='$ '; fpath=({folder} $fpath); autoload -U compinit; compinit -D -u"));
    terminal.enter("echo rea''dy");
    terminal.see("ready");
    terminal.enter("drfctl list users --format tsv --columns username al\t");
    terminal.see("\nusername\r\nalice\r\n");
    terminal.enter("exit");
    assert_eq!(terminal.end().1, "0");
}

/// After `=`, in an email address and in a URL.
#[test]
fn bash_completes_a_word_that_bash_splits() {
    let sandbox = Sandbox::stock();
    sandbox.exec("UPDATE auth_user SET username = 'bob@example.com' WHERE username = 'bob'");
    let mut terminal = Terminal::script(&sandbox, &format!("PATH={} exec bash --norc -i", path()), [""; 0]);
    terminal
        .enter(&format!("source {}; bind 'set enable-bracketed-paste off'", completion_script(Shell::Bash).display()));
    for (typed, shown) in [
        (
            "drfctl -d sqlite:///db.sqlite3 --format=ts\tlist users b\t--columns username",
            "username\r\nbob@example.com\r\n",
        ),
        ("drfctl list users --format tsv --columns username bob@ex\t", "username\r\nbob@example.com\r\n"),
        ("drfctl --database=db\tlist --count --format tsv", "\n0\r\n"),
    ] {
        terminal.enter(typed);
        terminal.see(shown);
    }
    terminal.enter("exit");
    assert_eq!(terminal.end().1, "0");
}

#[test]
fn a_file_name_is_quoted_for_bash() {
    let sandbox = Sandbox::empty();
    std::fs::write(sandbox.dir().join("a $(touch b);.sqlite3"), "").unwrap();
    let outcome = bash(&sandbox, "drfctl --database a");
    assert_eq!(outcome.to_string(), "exit: 0\n--- stdout\na\\ \\$\\(touch\\ b\\)\\;.sqlite3\n--- stderr\n");
}

#[test]
fn the_completion_variable_alone_changes_nothing() {
    for value in ["1", "bash", "nonsense", ""] {
        let outcome = Sandbox::stock().drfctl(["create-token", "alice"]).env("_DRFCTL_COMPLETE", value).run();
        assert_eq!(
            outcome.mask_keys().to_string(),
            "exit: 0\n--- stdout\nGenerated token KEY for user alice\n--- stderr\n",
            "{value}"
        );
    }
}

#[test]
fn settings_are_imported_only_if_they_are_typed() {
    let sandbox = Sandbox::empty();
    std::fs::write(sandbox.dir().join("noisy.py"), "open('imported', 'w')\n").unwrap();
    let program = format!(
        "export DJANGO_SETTINGS_MODULE=noisy; source {}; COMP_LINE='drfctl revoke a'; COMP_POINT=15; \
         COMP_WORDS=(drfctl revoke a); COMP_CWORD=2; _drfctl drfctl a",
        completion_script(Shell::Bash).display()
    );
    let outcome = shell(&sandbox, &["bash", "--norc", "-c", &program]);
    assert_eq!(outcome.to_string(), "exit: 0\n--- stdout\n--- stderr\n");
    assert!(!sandbox.dir().join("imported").exists());
}

#[test]
fn an_unresponsive_server_offers_no_usernames() {
    let sandbox = Sandbox::empty();
    for scheme in ["postgres", "mysql"] {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("{scheme}://nobody@{}/none", listener.local_addr().unwrap());
        let outcome = bash(&sandbox, &format!("drfctl -d {url} create-token al"));
        assert_eq!(outcome.to_string(), "exit: 0\n--- stdout\n\n--- stderr\n", "{scheme}");
    }
}

#[test]
fn usernames_are_those_of_the_database_on_the_command_line() {
    let (sandbox, other) = (Sandbox::stock(), Sandbox::new(Site::Email));
    let outcome = bash(&sandbox, &format!("drfctl -d {} create-token al", other.db().display()));
    assert_eq!(outcome.to_string(), "exit: 0\n--- stdout\nalice@example.com\n--- stderr\n");
}

#[test]
fn a_username_with_shell_characters_is_not_offered() {
    for name in ["$(reboot)", "`id`", "a;b", "a b", "a'b", "a\nb", "-rf", "a*"] {
        let sandbox = Sandbox::stock();
        sandbox.exec(&format!(
            "UPDATE auth_user SET username = '{}' WHERE username = 'alice'; UPDATE auth_user SET username = 'a1' WHERE username = 'bob'",
            name.replace('\'', "''")
        ));
        let outcome = bash(&sandbox, "drfctl create-token a");
        assert_eq!(outcome.to_string(), "exit: 0\n--- stdout\na1\n--- stderr\n", "{name}");
    }
}

#[test]
fn without_a_database_nothing_is_printed_or_created() {
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
fn a_locked_database_offers_no_usernames() {
    let sandbox = Sandbox::stock();
    let mut server = sandbox.session();
    assert_eq!(server.run("BEGIN EXCLUSIVE"), "ok []");
    assert_eq!(bash(&sandbox, "drfctl create-token al").to_string(), "exit: 0\n--- stdout\n\n--- stderr\n");
    assert_eq!(server.run("ROLLBACK"), "ok []");
}
