//! README and the guides agree with the code.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::path::Path;
use std::process::{Command, Stdio};

use drfctl::cli::EXIT_STATUSES;
use drfctl::cli::shell::guides::{GUIDES, page_name};

use crate::support::{Engine, Outcome, Sandbox, Site, Terminal, root, tested_program};

fn read(name: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap()
}

/// Returns README and the guides with their names.
fn documents() -> Vec<(String, String)> {
    let guides = GUIDES.iter().map(|guide| format!("man/{}.7.md", page_name(guide)));
    std::iter::once("README.md".to_owned()).chain(guides).map(|name| (name.clone(), read(&name))).collect()
}

#[test]
fn guide_to_scripts_has_every_exit_status_of_the_code() {
    let table: Vec<_> =
        EXIT_STATUSES.iter().map(|status| format!("| {} | {} |\n", status.code, status.meaning)).collect();
    assert!(read("man/drfctl-scripts.7.md").contains(&table.concat()), "write into the guide:\n{}", table.concat());
}

#[test]
fn documents_name_only_options_of_the_code() {
    let known = drfctl::cli::definition();
    let options: Vec<String> = std::iter::once(&known)
        .chain(known.get_subcommands())
        .flat_map(|command| command.get_arguments().filter_map(|argument| argument.get_long()))
        .map(|long| format!("--{long}"))
        .collect();
    // Options of other programs.
    let others = ["--applications", "--from", "--full", "--locked", "--mutants", "--path", "--release", "--tag"];
    for (name, text) in documents() {
        let unknown: Vec<&str> = text
            .split(|c: char| c.is_whitespace() || "`,;:.()=".contains(c))
            .filter(|word| !word.trim_start_matches('-').is_empty() && word.starts_with("--"))
            .filter(|word| !others.contains(word) && !options.iter().any(|option| option == word))
            .collect();
        assert_eq!(unknown, Vec::<&str>::new(), "{name}");
    }
}

#[test]
fn help_prints_every_guide() {
    for guide in &GUIDES {
        let outcome = Sandbox::empty().drfctl(["help", guide.name]).run();
        assert_eq!(outcome.to_string(), format!("exit: 0\n--- stdout\n{}--- stderr\n", guide.text));
    }
}

#[test]
fn help_prints_a_guide_in_bold_and_plain_type_on_a_terminal() {
    let sandbox = Sandbox::empty();
    let mut terminal = Terminal::script(&sandbox, r#"unset NO_COLOR; exec "$0" "$@""#, ["help", "scripts"]);
    terminal.see("\u{1b}[1mOUTPUT\u{1b}[0m\r\n  drfctl prints data");
    terminal.see("\u{1b}[1m--format\u{1b}[0m selects \u{1b}[1mtext\u{1b}[0m,");
    assert_eq!(terminal.end().1, "0");
}

#[test]
fn guide_that_cannot_be_printed_ends_with_status_7() {
    let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
    let outcome = Sandbox::empty().drfctl(["help", "safety"]).stdout(full).run();
    assert_eq!((outcome.status.as_str(), outcome.stdout.as_str()), ("7", ""), "{outcome}");
    assert!(outcome.stderr.contains("standard output: No space left on device"), "{outcome}");
}

#[test]
fn help_lists_every_guide() {
    let outcome = Sandbox::empty().drfctl(["help"]).run().ok();
    for guide in &GUIDES {
        assert!(outcome.stdout.contains(&format!("\n  {:<12}  {}\n", guide.name, guide.about)), "{}", guide.name);
    }
}

#[test]
fn readme_has_at_most_200_lines() {
    assert!(read("README.md").lines().count() <= 200);
}

#[test]
fn links_of_documents_lead_to_files() {
    for (name, text) in documents() {
        let folder = root().join(&name).parent().expect("a folder").to_owned();
        let links = text.split("](").skip(1).map(|rest| rest.split(')').next().unwrap_or_default());
        for link in links.filter(|link| !link.starts_with("https://")) {
            assert!(folder.join(link).exists(), "{name}: {link}");
        }
    }
}

/// Returns the code blocks of a document with their language.
fn blocks(document: &str) -> Vec<(&str, &str)> {
    let fences: Vec<&str> = document.split("```").collect();
    assert_eq!(fences.len() % 2, 1, "a block without an end");
    fences.iter().skip(1).step_by(2).map(|block| block.split_once('\n').expect("a block")).collect()
}

#[test]
fn every_block_of_the_documents_runs() {
    // Blocks that build, test or install drfctl.
    let others = [".github/release", "cargo run", "tests/run", "pip install"];
    let mut counts = BTreeMap::new();
    for (name, text) in documents() {
        for (language, block) in blocks(&text) {
            *counts.entry(language.to_owned()).or_insert(0) += 1;
            match language {
                "sh" if others.iter().any(|other| block.contains(other)) => {}
                "sh" => {
                    let outcome = run(block);
                    assert_eq!(outcome.status, "0", "{name}\n{block}\n{outcome}");
                }
                "console" => assert_transcript(&name, block),
                // The content of a file.
                "csv" => {}
                language => panic!("{name}: a block of {language} is not tested"),
            }
        }
    }
    assert!(counts["sh"] >= 15 && counts["console"] >= 1, "{counts:?}");
}

/// Asserts that the commands of a transcript print what it shows.
#[track_caller]
fn assert_transcript(name: &str, block: &str) {
    let commands: Vec<&str> = block.lines().filter_map(|line| line.strip_prefix("$ ")).collect();
    let shown: Vec<&str> = block.lines().filter(|line| !line.starts_with("$ ")).collect();
    let mut outcome = run(&commands.join("\n"));
    // Transcripts omit the note that names the database.
    outcome.stderr = outcome.stderr.lines().filter(|line| !line.starts_with("note: using ")).collect();
    let masked = |lines: String| Outcome { stdout: lines, status: "0".to_owned(), ..Outcome::default() }.mask_keys();
    assert_eq!(outcome.mask_keys(), masked(shown.join("\n") + "\n"), "{name}\n{block}");
}

/// Runs a block in a folder with the files and, if it names a server, the database that it uses.
fn run(block: &str) -> Outcome {
    let sandbox = Sandbox::stock();
    let key = "0bb2f3ad94c5fb2cd26a4bb6ad2ecf2e44be0ea5";
    sandbox.exec(&format!("INSERT INTO authtoken_token VALUES ('{key}', '2020-01-01 00:00:00', 2)"));
    for (name, text) in [
        ("leaked.txt", key),
        ("fixture.key", "1111111111111111111111111111111111111111"),
        ("carol.password", "correct horse battery staple"),
        (
            "users.csv",
            "username,password,email,is_staff\ndave,looking-glass,dave@example.com,true\nerin,looking-glass,,",
        ),
    ] {
        std::fs::write(sandbox.dir().join(name), format!("{text}\n")).unwrap();
    }
    let mut script = block.replace("/srv/shop", sandbox.dir().to_str().unwrap());
    let path =
        format!("{}:{}", Path::new(tested_program()).parent().unwrap().display(), std::env::var("PATH").unwrap());
    let mut bash = Command::new("bash");
    bash.args(["--norc", "-euo", "pipefail", "-c"]).current_dir(sandbox.dir()).env_clear();
    bash.env("PATH", path).env("HOME", sandbox.dir()).stdin(Stdio::null());
    if block.contains("--signals") {
        bash.envs(sandbox.settings_variables());
    }
    // The servers must exist while the block runs.
    let mut servers = Vec::new();
    for (engine, scheme, password) in
        [(Engine::Postgres, "postgres", "PGPASSWORD"), (Engine::MySql, "mysql", "MYSQL_PWD")]
    {
        let example = format!("{scheme}://shop@db.internal/shop");
        if script.contains(&example) {
            let server = Sandbox::on(engine, Site::Stock);
            let mut url = url::Url::parse(server.database().to_str().unwrap()).unwrap();
            if let Some(secret) = url.password() {
                bash.env(password, percent_encoding::percent_decode_str(secret).decode_utf8_lossy().as_ref());
            }
            url.set_password(None).unwrap();
            script = script.replace(&example, url.as_str());
            servers.push(server);
        }
    }
    bash.arg(script).output().unwrap().into()
}

#[test]
fn django_accepts_a_token_in_the_example_database() {
    let sandbox = Sandbox::stock();
    std::fs::copy(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/django/example.sqlite3"), sandbox.db()).unwrap();
    let key = sandbox.drfctl(["create-token", "alice"]).run().ok().key();
    let (status, body, _) = sandbox.serve().get("/whoami", Some(&format!("Token {key}")));
    assert_eq!((status, body.as_str()), (200, r#"{"user":"alice"}"#));
}
