//! `migrate`: creates and updates the tables of Django's and DRF's own apps.

use clap::Args as ClapArgs;
use clap::builder::PossibleValuesParser;

use crate::admin::migrate::{FakeMode, Inventory, MigrateRequest, Migrated, Plan, Planned};
use crate::cli::args::raw::check_raw;
use crate::cli::context::Context;
use crate::cli::database::migrate_records::{Line, Listed, Shown};
use crate::error::{Error, Kind, Result};
use crate::migrations;
use crate::output::{self, Behind, Destination, Format, Record};

/// The most migrations that a message names.
const NAMED: usize = 3;

/// The arguments.
#[derive(Clone, Debug, Default, ClapArgs)]
pub(in crate::cli) struct Args {
    /// Migrate only these apps and the apps that they depend on
    #[arg(value_name = "APP_LABEL", value_parser = PossibleValuesParser::new(migrations::apps()))]
    pub labels: Vec<String>,

    /// Exit with 1 if a migration is not applied; write nothing
    #[arg(long)]
    pub check: bool,

    /// Show what would be applied; write nothing
    #[arg(long)]
    pub plan: bool,

    /// List all migrations and whether they are applied; write nothing
    #[arg(short, long, conflicts_with_all = ["check", "plan", "fake", "fake_initial"])]
    pub list: bool,

    /// Record migrations whose tables exist and whose history is lost
    #[arg(long, conflicts_with = "fake")]
    pub fake_initial: bool,

    /// Record migrations without running them, if the tables match
    #[arg(long)]
    pub fake: bool,

    /// Accepted, because Django's command has it; does nothing
    #[arg(long, alias = "no-input", hide = true)]
    pub noinput: bool,
}

/// Applies migrations, or shows them.
///
/// # Errors
/// See [`crate::cli::EXIT_STATUSES`]; all but 7 and 8 mean that the database is
/// unchanged.
pub(in crate::cli) fn run(args: &Args, context: &Context) -> Result<()> {
    check_raw(0, context)?;
    let destination = Destination::stdout()?;
    if args.list {
        list(args, destination, context)
    } else if args.plan || args.check {
        look(args, destination, context)
    } else {
        migrate(args, destination, context)
    }
}

fn list(args: &Args, destination: Destination, context: &Context) -> Result<()> {
    let inventory = match context.session_if_exists()? {
        Some(mut session) => session.inventory(&args.labels)?,
        None => Inventory::of_new_database(&args.labels, context.installed()?.as_ref())?,
    };
    let shown = Listed::all(&inventory);
    let lines = || {
        let verbosity = context.notes().verbosity;
        let mut lines = Vec::new();
        for app in &inventory.apps {
            lines.push((*app).to_owned());
            lines.extend(shown.iter().filter(|listed| listed.app == *app).map(|listed| listed.line(verbosity)));
        }
        lines
    };
    deliver(destination, &Behind::Nothing, context, &shown, lines)
}

fn look(args: &Args, destination: Destination, context: &Context) -> Result<()> {
    let (fake_mode, installed) = (fake_mode(args), context.installed()?);
    let plan = match context.session_if_exists()? {
        Some(mut session) => session.plan(&args.labels, fake_mode)?,
        None => Plan::of_new_database(&args.labels, fake_mode, &context.given()?, installed.as_ref())?,
    };
    for notice in &plan.notices {
        context.notes().note(notice);
    }
    if args.plan {
        let shown: Vec<Shown<'_>> = plan.planned.iter().map(Shown::new).collect();
        deliver(destination, &Behind::Nothing, context, &shown, || lines_of_plan(&plan.planned))?;
    }
    if args.check {
        return check(&plan, context).map_err(|error| match installed {
            None if !plan.has_initial() => error.hint(
                "an older Django or DRF has fewer migrations: name the settings with --settings MODULE, or the apps to check",
            ),
            _ => error,
        });
    }
    warn_of_newer(&plan.newer, context);
    Ok(())
}

/// Fails if a migration is not applied, whether drfctl or only Django has it.
fn check(plan: &Plan, context: &Context) -> Result<()> {
    let mut missing = Vec::new();
    for planned in plan.planned.iter().filter(|planned| Some(planned.migration.app) != plan.assumed) {
        missing.push(planned.migration.to_string());
    }
    let by_drfctl = !missing.is_empty();
    missing.extend(plan.newer.iter().cloned());
    if missing.is_empty() {
        if let Some(app) = plan.assumed {
            context.notes().note(&format!(
                "{app} is not in the migration history and was not checked; drfctl migrate --check {app} checks it"
            ));
        }
        return Ok(());
    }
    let more = if missing.len() > NAMED { format!(" and {} more", missing.len() - NAMED) } else { String::new() };
    missing.truncate(NAMED);
    Err(Error::new(Kind::Unapplied, format!("not applied: {}{more}", missing.join(", "))).hint(if by_drfctl {
        "apply them: drfctl migrate; or show them first: drfctl migrate --plan"
    } else {
        "they are newer than drfctl; apply them with: python manage.py migrate"
    }))
}

/// Warns of migrations that drfctl does not know and cannot apply.
fn warn_of_newer(newer: &[String], context: &Context) {
    if !newer.is_empty() {
        context.notes().warning(&format!(
            "migrations newer than drfctl are not applied: {}; python manage.py migrate applies them",
            newer.join(", ")
        ));
    }
}

fn lines_of_plan(planned: &[Planned]) -> Vec<String> {
    let mut lines = vec!["Planned operations:".to_owned()];
    for planned in planned {
        lines.push(planned.migration.to_string());
        lines.extend(planned.operations.iter().map(|operation| format!("    {operation}")));
    }
    if planned.is_empty() {
        lines.push("  No planned migration operations.".to_owned());
    }
    lines
}

fn migrate(args: &Args, destination: Destination, context: &Context) -> Result<()> {
    let notes = context.notes();
    let request = MigrateRequest { labels: args.labels.clone(), fake_mode: fake_mode(args), now: context.now() };
    let mut session = context.session_to_migrate()?;
    let migrated = session.migrate(&request)?;
    let remarks = session.remarks();
    drop(session);
    if let Some(path) = &migrated.created {
        notes.note(&format!("created the database {path}"));
    }
    for notice in &migrated.notices {
        notes.note(notice);
    }
    for warning in migrated.warnings.iter().chain(&remarks) {
        notes.warning(warning);
    }
    warn_of_newer(&migrated.newer, context);
    let behind = Behind::change("drfctl migrate --list shows what is applied");
    deliver(destination, &behind, context, &migrated.steps, || report(&migrated, notes.verbosity))
}

/// Returns what Django's `migrate` prints.
fn report(migrated: &Migrated, verbosity: u8) -> Vec<String> {
    if verbosity == 0 {
        return Vec::new();
    }
    let mut lines = vec![
        "Operations to perform:".to_owned(),
        format!("  Apply all migrations: {}", migrated.apps.join(", ")),
        "Running migrations:".to_owned(),
    ];
    if migrated.steps.is_empty() {
        lines.push("  No migrations to apply.".to_owned());
    }
    lines.extend(
        migrated
            .steps
            .iter()
            .map(|step| format!("  Applying {}... {}", step.migration, if step.faked { "FAKED" } else { "OK" })),
    );
    if verbosity >= 2 {
        lines.extend(migrated.content_types.iter().map(|added| format!("Adding content type '{added}'")));
        lines.extend(migrated.permissions.iter().map(|added| format!("Adding permission '{added}'")));
        if migrated.default_site.is_some() {
            lines.push("Creating example.com Site object".to_owned());
        }
    }
    lines
}

fn fake_mode(args: &Args) -> FakeMode {
    match (args.fake, args.fake_initial) {
        (true, _) => FakeMode::All,
        (_, true) => FakeMode::Initial,
        _ => FakeMode::Nothing,
    }
}

/// Writes lines as text, and records in every other format.
fn deliver<R: Record>(
    destination: Destination,
    behind: &Behind,
    context: &Context,
    records: &[R],
    lines: impl FnOnce() -> Vec<String>,
) -> Result<()> {
    let style = context.style();
    let bytes = if style.format == Format::Text {
        let lines: Vec<Line> = lines().into_iter().map(Line).collect();
        output::render(style, &lines.iter().map(|line| line as &dyn Record).collect::<Vec<_>>())
    } else {
        output::render(style, &records.iter().map(|record| record as &dyn Record).collect::<Vec<_>>())
    };
    destination.deliver(&bytes, behind)
}
