//! `migrate`: brings the tables of contenttypes, auth and authtoken up to date.

use clap::Args as ClapArgs;
use zeroize::Zeroizing;

use crate::context::Context;
use crate::error::{Error, Kind, Result};
use crate::migrations::{self, HISTORY};
use crate::output::{self, Behind, Destination, Field, Format, Record};
use crate::schema::history::{History, Recorded};
use crate::store::{Faking, MigrateOrder, Migrated, Planned, Step};

/// How many migrations are named in a sentence.
const NAMED: usize = 3;

/// What is typed.
#[derive(Clone, Debug, Default, ClapArgs)]
pub struct Args {
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
/// See [`crate::error::EXIT_STATUSES`]; all but 7 and 8 mean that nothing was
/// changed.
pub fn run(args: &Args, context: &Context) -> Result<()> {
    super::check_raw(0, context)?;
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
    let history = context.store_if_there()?.map_or_else(|| Ok(History::default()), |mut store| store.recorded())?;
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
    let faking = faking(args);
    let (planned, notices) = match context.store_if_there()? {
        Some(mut store) => store.plan(faking)?,
        None => (Planned::of_a_new_database(faking, &context.overrides()?)?, Vec::new()),
    };
    for notice in &notices {
        context.notes().note(notice);
    }
    if args.plan {
        deliver(destination, &Behind::Nothing, context, &planned, || plan(&planned))?;
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
    let order = MigrateOrder { faking: faking(args), now: context.now() };
    let mut store = context.store_to_migrate()?;
    let migrated = store.migrate(order)?;
    let farewell = store.farewell();
    drop(store);
    if let Some(path) = &migrated.made {
        notes.note(&format!("made the database {path}"));
    }
    for notice in &migrated.notices {
        notes.note(notice);
    }
    for warning in migrated.warnings.iter().chain(&farewell) {
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

fn faking(args: &Args) -> Faking {
    match (args.fake, args.fake_initial) {
        (true, _) => Faking::All,
        (_, true) => Faking::Initial,
        _ => Faking::Nothing,
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
    let format = context.format().unwrap_or(Format::Text);
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
    fn fields(&self) -> Vec<(&'static str, Field<'_>)> {
        vec![("line", Field::text(self.0.as_str()))]
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
        let known = HISTORY.iter().map(|migration| Self {
            app: migration.app,
            name: migration.name,
            recorded: history.record(*migration),
        });
        let unknown = history.unknown().map(|row| Self { app: &row.app, name: &row.name, recorded: Some(row) });
        let mut listed: Vec<Self> = known.chain(unknown).collect();
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
    fn fields(&self) -> Vec<(&'static str, Field<'_>)> {
        vec![
            ("app", Field::text(self.app)),
            ("name", Field::text(self.name)),
            ("applied", Field::optional(self.recorded.map(|recorded| recorded.applied.as_str()))),
        ]
    }
}

impl Record for Planned {
    fn fields(&self) -> Vec<(&'static str, Field<'_>)> {
        let operations = self.operations.iter().map(|operation| (*operation).to_owned()).collect();
        vec![
            ("app", Field::text(self.migration.app)),
            ("name", Field::text(self.migration.name)),
            ("operations", Field::List(operations)),
        ]
    }
}

impl Record for Step {
    fn fields(&self) -> Vec<(&'static str, Field<'_>)> {
        vec![
            ("app", Field::text(self.migration.app)),
            ("name", Field::text(self.migration.name)),
            ("outcome", Field::text(if self.faked { "faked" } else { "applied" })),
            ("applied", Field::text(self.applied.as_str())),
        ]
    }
}
