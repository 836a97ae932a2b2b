//! Words that do not belong in help, messages, names and comments.

use clap::Command;

use crate::support::{files_below, root};

/// Words that make English read as translated.
const WORDS: [&str; 24] = [
    "afresh",
    "anew",
    "anybody",
    "anyone",
    "are told",
    "beside",
    "cannot be told",
    "everybody",
    "farewell",
    "heed",
    "heeded",
    "heeds",
    "is told",
    "lest",
    "lets in",
    "meanwhile",
    "nobody",
    "not said",
    "so many",
    "somebody",
    "stands",
    "that there is",
    "unless told",
    "whoever",
];

/// Returns the words of `WORDS` in a text, across line breaks and in names of
/// code.
fn found(text: &str) -> Vec<&'static str> {
    let letters = text.chars().map(|letter| if letter.is_alphanumeric() { letter } else { ' ' });
    let words = letters.collect::<String>().to_lowercase();
    let words = format!(" {} ", words.split_whitespace().collect::<Vec<_>>().join(" "));
    WORDS.into_iter().filter(|word| words.contains(&format!(" {word} "))).collect()
}

fn strays_below(folder: &str, extension: &str) -> Vec<String> {
    let mut strays = Vec::new();
    for path in files_below(&root().join(folder), extension) {
        let text = std::fs::read_to_string(&path).expect("a source file");
        strays.extend(found(&text).into_iter().map(|word| format!("{}: {word}", path.display())));
    }
    strays
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
        assert_eq!(strays_below("src", extension), Vec::<String>::new());
    }
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
