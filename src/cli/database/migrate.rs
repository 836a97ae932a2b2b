//! `migrate`: brings the tables of contenttypes, auth and authtoken up to date.

use std::borrow::Cow;

use clap::Args as ClapArgs;
use zeroize::Zeroizing;

use crate::admin::migrate::{FakeMode, MigrateRequest, Migrated, Planned, Step};
use crate::cli::args::raw::check_raw;
use crate::cli::context::Context;
use crate::error::{Error, Kind, Result};
use crate::migrations::{self, HISTORY};
use crate::output::{self, Behind, Destination, Field, Format, Record};
use crate::schema::{History, Recorded};

/// How many migrations are named in a sentence.
const NAMED: usize = 3;

/// What is typed.
#[derive(Clone, Debug, Default, ClapArgs)]
pub(in crate::cli) struct Args {
    /// Exit with 1 if a migration is not applied; writes nothing
    #[arg(long)]
    pub check: bool,

    /// Show what would be applied; writes nothing
    #[arg(long)]
    pub plan: bool,

    /// Show every migration, and whether it is applied; writes nothing
    #[arg(short, long, conflicts_with_all = ["check", "plan", "fake", "fake_initial"])]
    pub list: bool,

    /// Record an app as migrated as far as its tables are, where its history
    /// is lost
    #[arg(long, conflicts_with = "fake")]
    pub fake_initial: bool,

    /// Record everything as applied without running it; refused unless the
    /// tables have the columns and keys that the migrations leave
    #[arg(long)]
    pub fake: bool,

    /// Accepted, because Django's command has it: nothing is ever asked
    #[arg(long, alias = "no-input", hide = true)]
    pub noinput: bool,
}

/// Applies what is not applied, or shows it.
///
/// # Errors
/// See [`crate::cli::EXIT_STATUSES`]; all but 7 and 8 mean that nothing was
/// changed.
pub(in crate::cli) fn run(args: &Args, context: &Context) -> Result<()> {
    check_raw(0, context)?;
    let destination = Destination::stdout()?;
    if args.list {
        list(destination, context)
    } else if args.plan || args.check {
        look(args, destination, context)
    } else {
        migrate(args, destination, context)
    }
}

fn list(destination: Destination, context: &Context) -> Result<()> {
    let history =
        context.session_if_exists()?.map_or_else(|| Ok(History::default()), |mut session| session.recorded())?;
    let shown = Listed::all(&history);
    let lines = || {
        let with_time = context.notes().verbosity >= 2;
        let mut lines = Vec::new();
        for app in migrations::apps() {
            lines.push(app.to_owned());
            lines.extend(shown.iter().filter(|listed| listed.app == app).map(|listed| listed.line(with_time)));
        }
        lines
    };
    deliver(destination, &Behind::Nothing, context, &shown, lines)
}

fn look(args: &Args, destination: Destination, context: &Context) -> Result<()> {
    let fake_mode = fake_mode(args);
    let (planned, notices) = match context.session_if_exists()? {
        Some(mut session) => session.plan(fake_mode)?,
        None => (Planned::of_new_database(fake_mode, &context.given()?)?, Vec::new()),
    };
    for notice in &notices {
        context.notes().note(notice);
    }
    if args.plan {
        let shown: Vec<Shown<'_>> = planned.iter().map(Shown::new).collect();
        deliver(destination, &Behind::Nothing, context, &shown, || plan(&planned))?;
    }
    if args.check && !planned.is_empty() {
        return Err(unapplied(&planned));
    }
    Ok(())
}

fn unapplied(planned: &[Planned]) -> Error {
    let some: Vec<_> = planned.iter().take(NAMED).map(|planned| planned.migration.to_string()).collect();
    let more = if planned.len() > NAMED { format!(" and {} more", planned.len() - NAMED) } else { String::new() };
    Error::new(Kind::Unapplied, format!("not applied: {}{more}", some.join(", ")))
        .hint("drfctl migrate; or to see first what it would do: drfctl migrate --plan")
}

fn plan(planned: &[Planned]) -> Vec<String> {
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
    let request = MigrateRequest { fake_mode: fake_mode(args), now: context.now() };
    let mut session = context.session_to_migrate()?;
    let migrated = session.migrate(request)?;
    let remarks = session.remarks();
    drop(session);
    if let Some(path) = &migrated.created {
        notes.note(&format!("made the database {path}"));
    }
    for notice in &migrated.notices {
        notes.note(notice);
    }
    for warning in migrated.warnings.iter().chain(&remarks) {
        notes.warning(warning);
    }
    let behind = Behind::change("drfctl migrate --list shows what is applied");
    deliver(destination, &behind, context, &migrated.steps, || report(&migrated, notes.verbosity))
}

/// What Django's `migrate` prints.
fn report(migrated: &Migrated, verbosity: u8) -> Vec<String> {
    if verbosity == 0 {
        return Vec::new();
    }
    let mut lines = vec![
        "Operations to perform:".to_owned(),
        format!("  Apply all migrations: {}", migrations::apps().join(", ")),
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

/// Writes lines for people, and records in every other format.
fn deliver<R: Record>(
    destination: Destination,
    behind: &Behind,
    context: &Context,
    records: &[R],
    lines: impl FnOnce() -> Vec<String>,
) -> Result<()> {
    let format = context.format_or_text();
    let bytes = if format == Format::Text {
        let lines: Vec<Line> = lines().into_iter().map(Line).collect();
        output::render(format, &lines.iter().map(|line| line as &dyn Record).collect::<Vec<_>>())
    } else {
        output::render(format, &records.iter().map(|record| record as &dyn Record).collect::<Vec<_>>())
    };
    destination.deliver(&bytes, behind)
}

/// A line for people.
struct Line(String);

impl Record for Line {
    fn columns(&self) -> Cow<'_, [&'static str]> {
        Cow::Borrowed(&["line"])
    }

    fn field(&self, _: usize) -> Field<'_> {
        Field::text(self.0.as_str())
    }

    fn sentences(&self) -> Vec<Zeroizing<String>> {
        vec![Zeroizing::new(self.0.clone())]
    }
}

/// A migration with what is recorded of it.
struct Listed<'a> {
    app: &'a str,
    name: &'a str,
    recorded: Option<&'a Recorded>,
}

impl<'a> Listed<'a> {
    /// All that are known or recorded, app by app.
    fn all(history: &'a History) -> Vec<Self> {
        let mut listed = Vec::new();
        for migration in &HISTORY {
            let recorded = history.record(*migration);
            listed.push(Self { app: migration.app, name: migration.name, recorded });
        }
        for row in history.unknown() {
            listed.push(Self { app: &row.app, name: &row.name, recorded: Some(row) });
        }
        listed.sort_by_key(|listed| (listed.app, listed.name));
        listed
    }

    /// The line of Django's `showmigrations`.
    fn line(&self, with_time: bool) -> String {
        let mark = if self.recorded.is_some() { 'X' } else { ' ' };
        let time = self.recorded.filter(|_| with_time).map_or_else(String::new, |recorded| {
            let seconds: String = recorded.stored.chars().take("2000-01-01 00:00:00".len()).collect();
            format!(" (applied at {seconds})")
        });
        format!(" [{mark}] {}{time}", self.name)
    }
}

impl Record for Listed<'_> {
    fn columns(&self) -> Cow<'_, [&'static str]> {
        Cow::Borrowed(&["app", "name", "applied"])
    }

    fn field(&self, at: usize) -> Field<'_> {
        match at {
            0 => Field::text(self.app),
            1 => Field::text(self.name),
            _ => Field::optional(self.recorded.map(|recorded| recorded.applied.as_str())),
        }
    }
}

/// A migration that would be applied, as it is shown.
struct Shown<'a> {
    planned: &'a Planned,
    operations: Vec<String>,
}

impl<'a> Shown<'a> {
    fn new(planned: &'a Planned) -> Self {
        Self { planned, operations: planned.operations.iter().map(ToString::to_string).collect() }
    }
}

impl Record for Shown<'_> {
    fn columns(&self) -> Cow<'_, [&'static str]> {
        Cow::Borrowed(&["app", "name", "operations"])
    }

    fn field(&self, at: usize) -> Field<'_> {
        match at {
            0 => Field::text(self.planned.migration.app),
            1 => Field::text(self.planned.migration.name),
            _ => Field::List(&self.operations),
        }
    }
}

impl Record for Step {
    fn columns(&self) -> Cow<'_, [&'static str]> {
        Cow::Borrowed(&["app", "name", "outcome", "applied"])
    }

    fn field(&self, at: usize) -> Field<'_> {
        match at {
            0 => Field::text(self.migration.app),
            1 => Field::text(self.migration.name),
            2 => Field::text(if self.faked { "faked" } else { "applied" }),
            _ => Field::text(self.applied.as_str()),
        }
    }
}
