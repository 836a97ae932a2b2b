//! Generated files: completion scripts, manual pages and guides. `BLESS=1 cargo test generated`
//! writes them.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::path::Path;

use clap::ValueEnum;
use drfctl::cli::shell::completions::{Shell, script};
use drfctl::cli::shell::guides::{GUIDES, Guide, page_name};
use drfctl::cli::shell::man::pages;

use crate::support::{Block, Sandbox, completion_script, parse_markdown, render_page, render_text, root};

fn read_files(folder: &Path) -> BTreeMap<OsString, String> {
    let entries = fs::read_dir(folder).into_iter().flatten().map(Result::unwrap);
    let generated = entries.map(|entry| entry.path()).filter(|path| path.extension().is_none_or(|kind| kind != "md"));
    generated.map(|path| (path.file_name().unwrap().into(), fs::read_to_string(&path).unwrap())).collect()
}

/// Asserts that a folder contains exactly these files, and Markdown.
#[track_caller]
fn assert_up_to_date(folder: &str, generated: &BTreeMap<OsString, String>) {
    let folder = root().join(folder);
    if std::env::var_os("BLESS").is_some() {
        for name in read_files(&folder).into_keys() {
            fs::remove_file(folder.join(name)).unwrap();
        }
        for (name, text) in generated {
            fs::write(folder.join(name), text).unwrap();
        }
    }
    assert!(
        read_files(&folder) == *generated,
        "{} differs from what the code generates: BLESS=1 cargo test generated",
        folder.display()
    );
}

#[test]
fn the_completion_scripts_are_up_to_date() {
    let generated = Shell::value_variants().iter().map(|shell| {
        (completion_script(*shell).file_name().unwrap().into(), String::from_utf8(script(*shell).unwrap()).unwrap())
    });
    assert_up_to_date("completions", &generated.collect());
}

#[test]
fn the_manual_pages_are_up_to_date() {
    let commands = pages(&drfctl::cli::definition()).unwrap().into_iter().map(|page| (page.name.into(), page.text));
    let guides =
        GUIDES.iter().map(|guide| (format!("{}.7", page_name(guide)).into(), render_page(guide, &blocks(guide))));
    assert_up_to_date("man", &commands.chain(guides).collect());
}

#[test]
fn the_guides_for_help_are_up_to_date() {
    let texts = GUIDES.iter().map(|guide| (format!("{}.txt", guide.name).into(), render_text(guide, &blocks(guide))));
    assert_up_to_date("src/cli/shell/guides", &texts.collect());
}

/// Returns the Markdown of a guide as blocks.
fn blocks(guide: &Guide) -> Vec<Block> {
    let markdown = fs::read_to_string(root().join(format!("man/{}.7.md", page_name(guide)))).unwrap();
    let start = format!("# {}\n\n{}.\n", page_name(guide), guide.about);
    assert!(markdown.starts_with(&start), "{} does not begin with\n{start}", page_name(guide));
    parse_markdown(&markdown)
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
