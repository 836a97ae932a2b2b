//! Generated files: completion scripts and manual pages. `BLESS=1 cargo test generated` writes
//! them.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::path::Path;

use clap::ValueEnum;
use drfctl::cli::shell::completions::{Shell, script};
use drfctl::cli::shell::man::pages;

use crate::support::{Sandbox, completion_script, root};

fn kept(folder: &Path) -> BTreeMap<OsString, String> {
    let entries = fs::read_dir(folder).into_iter().flatten().map(Result::unwrap);
    entries.map(|entry| (entry.file_name(), fs::read_to_string(entry.path()).unwrap())).collect()
}

/// Asserts that a folder contains exactly these files.
#[track_caller]
fn assert_kept(folder: &str, made: &BTreeMap<OsString, String>) {
    let folder = root().join(folder);
    if std::env::var_os("BLESS").is_some() {
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir(&folder).unwrap();
        for (name, text) in made {
            fs::write(folder.join(name), text).unwrap();
        }
    }
    assert!(
        kept(&folder) == *made,
        "{} differs from what the code generates: BLESS=1 cargo test generated",
        folder.display()
    );
}

#[test]
fn the_completion_scripts_are_up_to_date() {
    let made = Shell::value_variants().iter().map(|shell| {
        (completion_script(*shell).file_name().unwrap().into(), String::from_utf8(script(*shell).unwrap()).unwrap())
    });
    assert_kept("completions", &made.collect());
}

#[test]
fn the_manual_pages_are_up_to_date() {
    let made = pages(&drfctl::cli::definition()).unwrap();
    assert_kept("man", &made.into_iter().map(|page| (page.name.into(), page.text)).collect());
}

#[test]
fn every_listed_command_has_a_page_and_a_group() {
    let help = Sandbox::empty().drfctl(["--help"]).run().ok().stdout;
    for command in drfctl::cli::definition().get_subcommands().filter(|command| !command.is_hide_set()) {
        let name = command.get_name();
        assert!(root().join(format!("man/drfctl-{name}.1")).exists(), "{name}");
        let about = command.get_about().unwrap();
        assert!(help.contains(&format!("\n  {name:<12}  {about}\n")), "{name} is in no group of\n{help}");
    }
}
