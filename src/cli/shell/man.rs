//! `man`: the manual pages, generated from the definition of the command line.

use std::fs;
use std::path::{Path, PathBuf};

use clap::{Args as ClapArgs, Command, ValueHint};
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

use crate::cli::args::raw::check_raw;
use crate::cli::context::Context;
use crate::cli::exit_status::{EXIT_STATUSES, UNCHANGED};
use crate::cli::manual::commands::{self, PROGRAM};
use crate::cli::manual::entry::{Entry, Example};
use crate::cli::shell::guides::{GUIDES, page_name};
use crate::error::{Error, Result};
use crate::output;

/// The sections of drfctl(1) about files, variables and secrets.
const SURROUNDINGS: &str = include_str!("man/surroundings.roff");

/// The date of the last change of content.
pub const DATE: &str = "2026-11-28";

/// What the crate writes before each section. A page needs it once.
const PREAMBLE: &str = ".ie \\n(.g .ds Aq \\(aq\n.el .ds Aq '\n";

/// The arguments.
#[derive(Clone, Debug, Default, ClapArgs)]
pub struct Args {
    /// Write man1 and man7 into this directory, not the current one
    #[arg(value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub folder: Option<PathBuf>,
}

/// A manual page.
#[derive(Debug)]
pub struct Page {
    /// The name of its file.
    pub name: String,
    /// Its content.
    pub text: String,
}

/// Writes the pages to a directory.
///
/// # Errors
/// Rejected if the directory cannot be written to.
pub fn run(args: &Args, definition: &Command, context: &Context) -> Result<()> {
    check_raw(0, context)?;
    let folder = args.folder.clone().unwrap_or_else(|| PathBuf::from("."));
    let pages = pages(definition)?;
    output::create_folder(&folder)?;
    for page in &pages {
        write(&folder, &page.name, &page.text)?;
    }
    for guide in &GUIDES {
        write(&folder, &format!("{}.7", page_name(guide)), guide.page)?;
    }
    let count = pages.len() + GUIDES.len();
    context.notes().note(&format!("wrote {count} pages to {}/man1 and man7", folder.display()));
    Ok(())
}

/// Writes a page into the folder of its section, which `man` expects: `man1` or `man7`.
fn write(folder: &Path, name: &str, text: &str) -> Result<()> {
    let section = name.rsplit('.').next().unwrap_or_default();
    let folder = folder.join(format!("man{section}"));
    fs::create_dir_all(&folder)
        .map_err(|error| Error::rejected(format!("cannot create {}: {error}", folder.display())).caused_by(error))?;
    output::write_file(&folder.join(name), text.as_bytes())
}

/// Returns all pages: one of the program and one of each command.
///
/// # Errors
/// Internal if they cannot be generated.
pub fn pages(definition: &Command) -> Result<Vec<Page>> {
    let mut program = definition.clone().display_name("drfctl");
    program.build();
    let commands: Vec<Command> = program.get_subcommands().filter(|command| !command.is_hide_set()).cloned().collect();
    let mut pages = vec![page(&program, "drfctl", &commands)?];
    for command in &commands {
        let name = format!("drfctl-{}", command.get_name());
        pages.push(page(command, &name, &[])?);
    }
    Ok(pages)
}

/// Returns a page: the program's if there are commands.
fn page(command: &Command, name: &str, commands: &[Command]) -> Result<Page> {
    let is_program = !commands.is_empty();
    let version = command.get_version().unwrap_or_default();
    // The usage line of help: a synopsis of all options would be too long to read.
    let usage = command.clone().render_usage().to_string();
    let usage = usage.trim_start_matches("Usage: ").to_owned();
    let shown = command
        .clone()
        .display_name(name.to_owned())
        .override_usage(usage)
        .mut_args(|argument| if argument.is_global_set() && !is_program { argument.hide(true) } else { argument });
    let man =
        Man::new(shown).title(name.to_uppercase()).date(DATE).source(format!("drfctl {version}")).manual("drfctl");
    let mut text = Vec::new();
    let sections = [
        Man::render_title,
        Man::render_name_section,
        Man::render_synopsis_section,
        Man::render_description_section,
        Man::render_options_section,
    ];
    sections
        .iter()
        .try_for_each(|section| section(&man, &mut text))
        .and_then(|()| rest(command, commands).to_writer(&mut text))
        .map_err(|error| Error::internal("the manual page cannot be generated").caused_by(error))?;
    if is_program {
        text.extend_from_slice(SURROUNDINGS.as_bytes());
    }
    text.extend_from_slice(see_also(commands).to_roff().as_bytes());
    let text = String::from_utf8_lossy(&text).replace(PREAMBLE, "").replace(".br\n\n.br\n", ".sp\n");
    Ok(Page { name: format!("{name}.1"), text: format!("{PREAMBLE}{text}") })
}

/// Returns the sections after the options.
fn rest(command: &Command, others: &[Command]) -> Roff {
    let mut roff = Roff::new();
    if !others.is_empty() {
        roff.control("SH", ["COMMANDS"]);
        for command in others {
            roff.control("TP", []).text([bold(format!("drfctl-{}", command.get_name())), roman("(1)")]);
            roff.text([roman(command.get_about().map(ToString::to_string).unwrap_or_default())]);
        }
    }
    let entry = if others.is_empty() { commands::of(command.get_name()) } else { PROGRAM };
    examples_and_notes(&entry, &mut roff);
    roff.control("SH", ["EXIT STATUS"]);
    for status in &EXIT_STATUSES {
        roff.control("TP", ["8"]).text([bold(status.code)]).text([roman(status.meaning)]);
    }
    roff.control("PP", []).text([roman(format!("{UNCHANGED}."))]);
    roff
}

/// Adds the examples and the notes of an entry.
fn examples_and_notes(entry: &Entry, roff: &mut Roff) {
    if !entry.examples.is_empty() {
        roff.control("SH", ["EXAMPLES"]).control("nf", []);
        for (at, Example { purpose, line }) in entry.examples.iter().enumerate() {
            if at > 0 {
                roff.control("sp", []);
            }
            roff.text([roman(format!("# {purpose}"))]).text([roman(*line)]);
        }
        roff.control("fi", []);
    }
    if !entry.notes.is_empty() {
        roff.control("SH", ["NOTES"]);
        for (at, note) in entry.notes.iter().enumerate() {
            if at > 0 {
                roff.control("PP", []);
            }
            roff.text([roman(*note)]);
        }
    }
}

fn see_also(commands: &[Command]) -> Roff {
    let mut roff = Roff::new();
    roff.control("SH", ["SEE ALSO"]);
    if commands.is_empty() {
        let shared = "The global options, the files and the variables are those of ";
        roff.text([roman(shared), bold("drfctl"), roman("(1).")]);
    } else {
        let names = commands.iter().map(|command| format!("drfctl-{}(1)", command.get_name()));
        let guides = GUIDES.iter().map(|guide| format!("{}(7)", page_name(guide)));
        roff.text([roman(names.chain(guides).collect::<Vec<_>>().join(", "))]);
    }
    roff
}
