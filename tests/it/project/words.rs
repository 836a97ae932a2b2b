//! Words that do not belong in help, messages, names and comments.

use std::path::{Path, PathBuf};

use clap::Command;

use crate::support::{files_below, root};

/// Words that make English read as translated.
const WORDS: [&str; 33] = [
    "afresh",
    "anew",
    "anybody",
    "anyone",
    "are told",
    "beside",
    "cannot be told",
    "everybody",
    "farewell",
    "foreseen",
    "gets at",
    "heed",
    "heeded",
    "heeds",
    "is seen that",
    "is told",
    "lest",
    "lets in",
    "looked after",
    "meanwhile",
    "nobody",
    "not said",
    "sees to",
    "so many",
    "somebody",
    "stands",
    "that there is",
    "unless told",
    "was made",
    "was tried",
    "were made",
    "what is there",
    "whoever",
];

/// Words that tests may use: the account `nobody`.
const ALLOWED_IN_TESTS: [&str; 1] = ["nobody"];

/// Scripts, which have no extension.
const SCRIPTS: [&str; 17] = [
    ".ci/run",
    ".github/release/build",
    ".github/release/package",
    ".github/release/tools",
    "benches/compare",
    "benches/distance",
    "benches/waiting",
    "tests/applications/run",
    "tests/environment",
    "tests/faults/run",
    "tests/fuzz/run",
    "tests/mutants",
    "tests/packages",
    "tests/release",
    "tests/run",
    "tests/servers",
    "tests/tools",
];

/// Returns the words of `WORDS` in a text, across line breaks and in names of code.
fn found(text: &str) -> Vec<&'static str> {
    let letters = text.chars().map(|letter| if letter.is_alphanumeric() { letter } else { ' ' });
    let words = letters.collect::<String>().to_lowercase();
    let words = format!(" {} ", words.split_whitespace().collect::<Vec<_>>().join(" "));
    WORDS.into_iter().filter(|word| words.contains(&format!(" {word} "))).collect()
}

/// Returns the words of `WORDS` in a file, with its path.
fn found_in(path: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(path).expect("a source file");
    found(&text).into_iter().map(|word| format!("{}: {word}", path.display())).collect()
}

fn found_below(folder: &str, extension: &str) -> Vec<String> {
    let files = files_below(&root().join(folder), extension);
    // Not this file and the build of the fuzz targets.
    let is_source = |path: &&PathBuf| {
        let path = path.strip_prefix(root()).expect("a path below the root");
        path != Path::new(file!()) && !path.starts_with("tests/fuzz/target")
    };
    files.iter().filter(is_source).flat_map(|path| found_in(path)).collect()
}

#[test]
fn the_search_finds_words_across_lines_and_in_names() {
    for (text, expected) in [
        ("Whoever waits, waits.", &["whoever"][..]),
        ("a port, unless\n/// told", &["unless told"]),
        ("fn held_by_nobody()", &["nobody"]),
        ("a standstill, besides", &[]),
    ] {
        assert_eq!(found(text), expected, "{text}");
    }
}

#[test]
fn sources_use_plain_words() {
    for extension in ["rs", "py", "sql"] {
        assert_eq!(found_below("src", extension), Vec::<String>::new());
    }
}

#[test]
fn tests_and_benchmarks_use_plain_words() {
    let mut words: Vec<String> = SCRIPTS.iter().flat_map(|script| found_in(&root().join(script))).collect();
    for folder in ["tests", "benches", ".github"] {
        for extension in ["rs", "py", "md", "sql", "c"] {
            words.extend(found_below(folder, extension));
        }
    }
    words.retain(|found| !ALLOWED_IN_TESTS.iter().any(|word| found.ends_with(&format!(": {word}"))));
    assert_eq!(words, Vec::<String>::new());
}

/// Adds the help of a command and of its subcommands.
fn add_help(command: &Command, all: &mut Vec<(String, String)>) {
    let mut command = command.clone();
    all.push((command.get_name().to_owned(), command.render_long_help().to_string()));
    all.push((command.get_name().to_owned(), command.render_help().to_string()));
    for subcommand in command.get_subcommands() {
        add_help(subcommand, all);
    }
}

#[test]
fn the_help_of_every_command_uses_plain_words() {
    let mut all = Vec::new();
    add_help(&drfctl::cli::definition(), &mut all);
    assert!(all.len() > 20, "only {} texts", all.len());
    for (command, help) in all {
        assert_eq!(found(&help), Vec::<&str>::new(), "{command}\n{help}");
    }
}
