//! README and the other documents agree with the code.

use std::path::Path;
use std::process::{Command, Stdio};

use drfctl::cli::EXIT_STATUSES;

use crate::support::{Outcome, Sandbox};

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
    // Those of cargo, maturin and the tests.
    let others = ["--applications", "--full", "--release", "--locked", "--path", "--zig", "--compatibility"];
    let unknown: Vec<&str> = readme
        .split(|c: char| c.is_whitespace() || "`,;:.()".contains(c))
        .filter(|word| !word.trim_start_matches('-').is_empty() && word.starts_with("--"))
        .filter(|word| !others.contains(word) && !options.iter().any(|option| option == word))
        .collect();
    assert_eq!(unknown, Vec::<&str>::new());
}

/// The blocks of README that are to be copied into a shell.
fn blocks(readme: &str) -> Vec<&str> {
    readme.split("```sh\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect()
}

#[test]
fn every_block_of_readme_runs_as_it_stands() {
    // These build, test or install drfctl.
    let others = ["cargo run", "tests/run", "pip install", "benches/"];
    let readme = read("README.md");
    let blocks: Vec<&str> =
        blocks(&readme).into_iter().filter(|block| !others.iter().any(|other| block.contains(other))).collect();
    assert!(blocks.len() >= 6, "only {} blocks were found", blocks.len());
    let path = format!(
        "{}:{}",
        Path::new(env!("CARGO_BIN_EXE_drfctl")).parent().unwrap().display(),
        std::env::var("PATH").unwrap()
    );
    for block in blocks {
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
        let script = block.replace("/srv/shop", sandbox.dir().to_str().unwrap());
        let mut bash = Command::new("bash");
        bash.args(["--norc", "-euo", "pipefail", "-c", &script]).current_dir(sandbox.dir()).env_clear();
        if block.contains("--signals") {
            bash.envs(sandbox.settings_variables());
        }
        let outcome: Outcome = bash.env("PATH", &path).stdin(Stdio::null()).output().unwrap().into();
        assert_eq!(outcome.status, "0", "{block}\n{outcome}");
    }
}

#[test]
fn the_example_database_of_readme_makes_a_token_that_django_accepts() {
    let sandbox = Sandbox::stock();
    std::fs::copy(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/django/example.sqlite3"), sandbox.db()).unwrap();
    let key = sandbox.drfctl(["create-token", "alice"]).run().ok().key();
    let (status, body, _) = sandbox.serve().get("/whoami", Some(&format!("Token {key}")));
    assert_eq!((status, body.as_str()), (200, r#"{"user":"alice"}"#));
}
