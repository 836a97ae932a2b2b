//! Runs the command lines of transcripts in this process, and compares what they print with the
//! transcript. `tests/it` runs the program itself; mutation testing uses this, which takes less than a minute.
//!
//! A transcript has sections. Each begins with `# ` and a sentence that it shows, and has a database
//! and a folder of its own: the users are `alice`, `bob` and the inactive `ina`. After a command
//! (`$ `) come the lines of its standard input (`< `), standard output (`  `) and standard error
//! (`! `), and its exit status unless it is 0 (`? `). Keys, times, hashes and generated passwords
//! have placeholders.
//!
//! `$ drfctl …` has the section's database as `--database`, unless the line selects one or sets a
//! variable (`NAME=value drfctl …`). `[DATABASE]` is that database, `[READER]` the same with the account
//! `[ACCOUNT]`, `[UNKNOWN]` the same with an account that does not exist, `[SECOND]` a database without
//! tables, `[PYTHON]` the interpreter, which has Django, `[PROJECT]` the folder of `tests/django`; `[USER]`,
//! `[HOST]` and `[PORT]` are those of the server. Carriage returns are printed as `␍`, and white space
//! at the end of a line is followed by `⏎`. Other commands:
//!
//! * `$ ends drfctl …` prints only the first and the last line of standard output,
//! * `$ tty drfctl …` runs it on a terminal, with a line of the input typed after each question,
//! * `$ screen drfctl …` does the same, and the result is on the terminal, too,
//! * `$ full drfctl …` runs it with standard output on a full disk,
//! * `$ public drfctl …` runs it with standard output in a file that every user can read,
//! * `$ cut before drfctl …` runs it with a connection that breaks before the commit; also `after` the commit,
//!   `for-good` (no later connection succeeds) and `silent` (the server no longer answers); `[PROXY]` is the URL of
//!   the database through the proxy that breaks it,
//! * `$ tokens` gives `alice` and `ina` a token,
//! * `$ sql STATEMENTS` runs statements,
//! * `$ lock STATEMENT` runs one in a transaction that stays open until `$ unlock`,
//! * `$ file PATH` writes its input to a file,
//! * `$ sh SCRIPT` runs a script.
//!
//! `SNAPSHOTS=overwrite` writes the transcripts.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test helper may panic like a test")]

#[path = "../it/support/connections.rs"]
mod connections;
#[path = "../it/support/cut.rs"]
mod cut;
mod database;
mod placeholders;
mod streams;

use std::fmt::Write as _;
use std::fs;
use std::io::{Write as _, stdout};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use connections::Engine;
use cut::{Cut, Then, cut_at_commit};
use database::{Database, ENGINES};
use placeholders::Placeholders;
use snapbox::Data;
use streams::{Outcome, Streams};
use tempfile::TempDir;

/// A command of a transcript, with its standard input.
struct Command {
    line: String,
    input: String,
}

/// A part of a transcript, from its title to the next one.
struct Section {
    title: String,
    commands: Vec<Command>,
}

/// Returns the commands of a transcript, without what they print.
fn sections(transcript: &str) -> Vec<Section> {
    let mut sections: Vec<Section> = Vec::new();
    for line in transcript.lines() {
        if let Some(title) = line.strip_prefix("# ") {
            sections.push(Section { title: title.to_owned(), commands: Vec::new() });
        } else if let Some(line) = line.strip_prefix("$ ") {
            let section = sections.last_mut().expect("a title");
            section.commands.push(Command { line: line.to_owned(), input: String::new() });
        } else if let Some(line) = line.strip_prefix('<') {
            let command = sections.last_mut().and_then(|section| section.commands.last_mut()).expect("a command");
            command.input.push_str(line.strip_prefix(' ').unwrap_or(line));
            command.input.push('\n');
        }
    }
    sections
}

/// Runs the commands of a section, and returns it with what they print.
fn run_section(section: &Section, engine: Engine) -> String {
    let folder = TempDir::with_prefix("drfctl-transcript-").expect("a folder");
    std::env::set_current_dir(folder.path()).expect("the folder");
    let mut database = Database::new(engine);
    let mut placeholders = Placeholders::new(folder.path(), &database);
    let mut text = format!("# {}\n\n", section.title);
    for command in &section.commands {
        writeln!(text, "$ {}", command.line).unwrap();
        for line in command.input.lines() {
            writeln!(text, "{}", format!("< {line}").trim_end()).unwrap();
        }
        let Outcome { stdout, stderr, status } = run(command, &mut database);
        for (label, output) in [("  ", stdout), ("! ", stderr)] {
            for line in placeholders.replace(&output).split_terminator('\n') {
                let line = line.replace('\r', "␍");
                let mark = if line.ends_with([' ', '\t']) { "⏎" } else { "" };
                writeln!(text, "{}", format!("{label}{line}{mark}").trim_end()).unwrap();
            }
        }
        if status != 0 {
            writeln!(text, "? {status}").unwrap();
        }
    }
    std::env::set_current_dir("/").expect("the root folder");
    text
}

/// Returns an interpreter with Django.
fn python() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("../venv/bin/python")
}

/// Returns a command line, or its input, with the values of its placeholders.
fn with_values(line: &str, database: &mut Database) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut line = line
        .replace("[DATABASE]", database.url())
        .replace("[READER]", &database.url_of(&database::name()))
        .replace("[UNKNOWN]", &database.url_of("drfctl_unknown"))
        .replace("[ACCOUNT]", &database::name())
        .replace("[PYTHON]", &python().display().to_string())
        .replace("[PROJECT]", &root.join("tests/django").display().to_string());
    if let Some([user, host, port]) = database.server() {
        line = line.replace("[USER]", user).replace("[HOST]", host).replace("[PORT]", port);
    }
    if line.contains("[SECOND]") {
        line = line.replace("[SECOND]", &database.second());
    }
    line
}

fn run(command: &Command, database: &mut Database) -> Outcome {
    let line = with_values(&command.line, database);
    let input = with_values(&command.input, database);
    let words = shlex::split(&line).unwrap_or_else(|| panic!("quotes: {line}"));
    let variables: Vec<_> = words.iter().map_while(|word| word.split_once('=')).collect();
    let (program, arguments) = words[variables.len()..].split_first().expect("a program");
    match (program.as_str(), arguments) {
        ("drfctl", arguments) => run_program(arguments, &variables, &input, database, Streams::Files),
        ("tty", [_, arguments @ ..]) => run_program(arguments, &variables, &input, database, Streams::Terminal),
        ("cut", [point, _, arguments @ ..]) => {
            let point = match point.as_str() {
                "before" => Cut::Before,
                "after" => Cut::After,
                "for-good" => Cut::ForGood,
                "silent" => Cut::Silent,
                _ => panic!("unknown point: {}", command.line),
            };
            let url = cut_at_commit(database.url(), point, Then::default());
            let proxy = url.split('?').next().expect("a URL").to_owned();
            let words = [&["--database".to_owned(), url][..], arguments].concat();
            let Outcome { stdout, stderr, status } = run_program(&words, &variables, &input, database, Streams::Files);
            Outcome { stdout, stderr: stderr.replace(&proxy, "[PROXY]"), status }
        }
        ("screen", [_, arguments @ ..]) => run_program(arguments, &variables, &input, database, Streams::Screen),
        ("public", [_, arguments @ ..]) => run_program(arguments, &variables, &input, database, Streams::Public),
        ("full", [_, arguments @ ..]) => run_program(arguments, &variables, &input, database, Streams::Full),
        ("tokens", []) => {
            database.create_tokens();
            Outcome::default()
        }
        ("ends", [_, arguments @ ..]) => {
            let outcome = run_program(arguments, &variables, &input, database, Streams::Files);
            let lines: Vec<&str> = outcome.stdout.lines().collect();
            let ends = [lines.first(), lines.last()].map(|line| line.copied().unwrap_or_default());
            let stdout = format!("{}\n{} lines\n{}\n", ends[0], lines.len(), ends[1]);
            Outcome { stdout, ..outcome }
        }
        ("sql", [statements]) => Outcome::printed(database.run(statements)),
        ("file", [path]) => {
            fs::write(path, &input).expect("a file");
            Outcome::default()
        }
        ("lock", [statement]) => {
            database.lock(statement);
            Outcome::default()
        }
        ("unlock", []) => {
            database.unlock();
            Outcome::default()
        }
        ("sh", [script]) => {
            let output = std::process::Command::new("sh").args(["-ec", script]).output().expect("a shell");
            assert!(output.status.success(), "{}: {output:?}", command.line);
            Outcome::printed(String::from_utf8(output.stdout).expect("UTF-8"))
        }
        _ => panic!("unknown command: {}", command.line),
    }
}

fn run_program(
    arguments: &[String],
    variables: &[(&str, &str)],
    input: &str,
    database: &Database,
    streams: Streams,
) -> Outcome {
    let selects = !variables.is_empty() || arguments.iter().any(|word| word == "-d" || word == "--database");
    let option = ["--database".to_owned(), database.url().to_owned()];
    let inserted = if selects { &[] } else { &option[..] };
    let words = [&["drfctl".to_owned()], inserted, arguments].concat();
    streams::run_drfctl(&words, variables, input, streams)
}

/// Returns the transcripts of a folder, sorted by name.
fn transcripts(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/transcripts").join(folder);
    let mut paths: Vec<_> = fs::read_dir(folder).expect("a folder").map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

/// Returns the names by which the arguments of `cargo test` select transcripts; none for all of them.
fn names() -> Option<Vec<String>> {
    let mut arguments = std::env::args().skip(1);
    let mut names = Vec::new();
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            // No transcript is ignored, and none is listed.
            "--ignored" | "--list" => return None,
            "--skip" | "--color" | "--format" | "--logfile" | "--shuffle-seed" | "--test-threads" | "-Z" => {
                drop(arguments.next());
            }
            option if option.starts_with('-') => {}
            name => names.push(name.to_owned()),
        }
    }
    Some(names)
}

/// Runs without libtest, which would print while the standard streams are replaced.
fn main() -> ExitCode {
    let Some(names) = names() else { return ExitCode::SUCCESS };
    let is_selected = |path: &Path| {
        let path = path.strip_prefix(env!("CARGO_MANIFEST_DIR")).expect("a transcript").display().to_string();
        names.is_empty() || names.iter().any(|name| path.contains(name))
    };
    // Mutation testing names the engines that the changed code depends on, and needs only one failure.
    let chosen = std::env::var("DRFCTL_TEST_TRANSCRIPTS").ok();
    let is_chosen = |engine: &Engine| {
        chosen.as_ref().is_none_or(|chosen| chosen.split(',').any(|name| name == database::folder(*engine)))
    };
    assert!(ENGINES.iter().any(is_chosen), "DRFCTL_TEST_TRANSCRIPTS names no engine");
    streams::prepare(&python());
    // The first engine of a folder writes its transcripts, and the others must print the same.
    let writer = snapbox::Assert::new().action_env("SNAPSHOTS");
    let reader = snapbox::Assert::new();
    let mut exit_code = ExitCode::SUCCESS;
    for engine in ENGINES.into_iter().filter(is_chosen) {
        let mut folders = vec![("every_engine", if engine == Engine::Sqlite { &writer } else { &reader })];
        if engine != Engine::Sqlite {
            folders.push(("servers", if engine == Engine::Postgres { &writer } else { &reader }));
        }
        folders.push((database::folder(engine), &writer));
        let all = folders
            .into_iter()
            .flat_map(|(folder, assert)| transcripts(folder).into_iter().map(move |path| (path, assert)));
        for (path, assert) in all.filter(|(path, _)| is_selected(path)) {
            let expected = Data::read_from(&path, None).raw();
            let sections = sections(&expected.to_string());
            let printed: Vec<String> = sections.iter().map(|section| run_section(section, engine)).collect();
            let printed = Data::text(printed.join("\n")).raw();
            let outcome = assert.try_eq(Some(&format!("{engine:?}")), printed, expected);
            let verdict = if outcome.is_ok() { "ok" } else { "FAILED" };
            let _ = writeln!(stdout(), "transcript {} ({engine:?}) ... {verdict}", path.display());
            if let Err(difference) = outcome {
                let _ = writeln!(stdout(), "{difference}");
                exit_code = ExitCode::FAILURE;
                if chosen.is_some() {
                    break;
                }
            }
        }
        database::clean_up(engine);
        if exit_code != ExitCode::SUCCESS {
            break;
        }
    }
    exit_code
}
