//! What is written beside the code tells the same story as the code.

use std::path::Path;

use drfctl::error::EXIT_STATUSES;

use crate::support::{Sandbox, Site};

fn read(name: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap()
}

#[test]
fn readme_has_every_exit_status_of_the_code() {
    let table: Vec<_> =
        EXIT_STATUSES.iter().map(|status| format!("| {} | {} |\n", status.code, status.meaning)).collect();
    assert!(read("README.md").contains(&table.concat()), "write into README.md:\n{}", table.concat());
}

#[test]
fn readme_names_every_option_that_it_uses_as_the_code_does() {
    let known = drfctl::cli::definition();
    let options: Vec<String> = std::iter::once(&known)
        .chain(known.get_subcommands())
        .flat_map(|command| command.get_arguments().filter_map(|argument| argument.get_long()))
        .map(|long| format!("--{long}"))
        .collect();
    let readme = read("README.md");
    // Cargo's own, and the standard ones that clap adds when it parses.
    let others = ["--release", "--locked", "--path"];
    let unknown: Vec<&str> = readme
        .split(|c: char| c.is_whitespace() || "`,;:.()".contains(c))
        .filter(|word| !word.trim_start_matches('-').is_empty() && word.starts_with("--"))
        .filter(|word| !others.contains(word) && !options.iter().any(|option| option == word))
        .collect();
    assert_eq!(unknown, Vec::<&str>::new());
}

#[test]
fn the_example_database_of_readme_makes_a_token_that_django_accepts() {
    let sandbox = Sandbox::new(Site::Stock);
    std::fs::copy(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/django/example.sqlite3"), sandbox.db()).unwrap();
    let key = sandbox.drfctl(["create-token", "alice"]).run().ok().key();
    let (status, body, _) = sandbox.serve().get("/whoami", Some(&format!("Token {key}")));
    assert_eq!((status, body.as_str()), (200, r#"{"user":"alice"}"#));
}
