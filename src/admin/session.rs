//! An open database and its detected layout.

use std::fmt;

use crate::admin::application::Application;
use crate::admin::identity::{self, AskDjango, Evidence, ModelFacts, ModelOptions};
use crate::admin::installed::Installed;
use crate::admin::snapshot::{Parts, Snapshot};
use crate::django::timestamp::TimeKeeping;
use crate::engine::{self, Connection, Options, Query, ReadConnection, Row, Table, Tables, Target, moment};
use crate::error::{Error, Result};
use crate::migrations::CORE;
use crate::query;
use crate::query::history::AppliedRow;
use crate::schema::layout::Layout;
use crate::schema::tables::{HISTORY_TABLE, TOKEN_TABLE};
use crate::schema::{Catalog, History, Recorded};

/// Where a database is, how to connect to it, and what is known about its
/// application.
pub struct DatabaseConfig {
    /// The database.
    pub target: Target,
    /// How to connect.
    pub options: Options,
    /// What the command line and the settings say about the user model.
    pub given: ModelOptions,
    /// How the application stores times.
    pub time: TimeKeeping,
    /// What the settings say about Django's own apps.
    pub installed: Option<Installed>,
    /// The application, if it can be asked about its models.
    pub application: Option<Box<dyn Application>>,
}

/// An open database. Detects the layout once, on first use, and verifies it
/// inside each transaction that writes.
pub struct Session {
    pub(super) config: DatabaseConfig,
    connection: Option<Box<dyn Connection>>,
    pub(super) detected: Option<Detected>,
    pub(super) models: Option<ModelFacts>,
}

/// A detected layout, with what shows whether it is still valid.
pub(super) struct Detected {
    layout: Layout,
    /// See [`ReadConnection::schema_version`].
    version: Option<i64>,
    /// The tables that the layout was detected from, in order of their names.
    tables: Vec<Table>,
    /// Other tables that may hold tokens; they are not described yet.
    token_candidates: Vec<String>,
}

/// Whether the application may be asked about its models.
#[derive(Clone, Copy, PartialEq, Eq)]
enum AskApplication {
    Allowed,
    Never,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("is_connected", &self.connection.is_some()).finish_non_exhaustive()
    }
}

impl Session {
    /// Connects to a database.
    ///
    /// # Errors
    /// Same as [`engine::connect`].
    pub fn open(config: DatabaseConfig) -> Result<Self> {
        let connection = engine::connect(&config.target, config.options.clone())?;
        Ok(Self { config, connection: Some(connection), detected: None, models: None })
    }

    /// Closes the connection until it is needed again, so that no lock is held
    /// while a person answers a question. Keeps the detected layout, which is
    /// verified before anything is written.
    pub fn suspend(&mut self) {
        self.connection = None;
    }

    /// Returns the layout of the database.
    ///
    /// # Errors
    /// Unusable if there are no users, or the evidence leaves several layouts;
    /// rejected if an option does not fit the database.
    pub fn layout(&mut self) -> Result<&Layout> {
        Ok(self.parts()?.layout)
    }

    /// Returns a read-only view of the database. Each statement sees one
    /// consistent state.
    ///
    /// # Errors
    /// Same as [`Session::layout`].
    pub fn snapshot(&mut self) -> Result<Snapshot<'_>> {
        self.parts().map(Snapshot::new)
    }

    /// Returns what a person should know about the state that the database is
    /// left in.
    pub fn remarks(&mut self) -> Vec<String> {
        self.connection.as_mut().map(|connection| connection.remarks()).unwrap_or_default()
    }

    /// Returns the half of the connection that reads; opens it if necessary.
    pub(super) fn reads(&mut self) -> Result<&mut (dyn ReadConnection + 'static)> {
        Ok(self.connection()?)
    }

    /// Returns the connection, for a transaction; opens it if necessary.
    pub(super) fn connection(&mut self) -> Result<&mut (dyn Connection + 'static)> {
        if self.connection.is_none() {
            self.connection = Some(engine::connect(&self.config.target, self.config.options.clone())?);
        }
        self.connection.as_deref_mut().ok_or_else(|| Error::internal("the session has no connection"))
    }

    /// Returns the connection and the layout; detects the layout if necessary.
    pub(super) fn parts(&mut self) -> Result<Parts<'_>> {
        if self.detected.is_none() {
            self.detect(AskApplication::Allowed)?;
        }
        self.connection()?;
        match (&mut self.connection, &self.detected) {
            (Some(connection), Some(detected)) => {
                let (given, time) = (&self.config.given, &self.config.time);
                Ok(Parts { connection: &mut **connection, layout: &detected.layout, given, time })
            }
            _ => Err(Error::internal("the session has no connection")),
        }
    }

    /// Returns the tables besides the token table that may hold tokens, by their
    /// columns.
    pub(super) fn token_candidates(&mut self) -> Result<Vec<String>> {
        self.parts()?;
        Ok(self.detected.as_ref().map(|detected| detected.token_candidates.clone()).unwrap_or_default())
    }

    /// Detects the layout before a transaction begins, where that may ask the
    /// application, which can take long.
    pub(super) fn prepare(&mut self) -> Result<()> {
        if self.detected.is_none() && self.config.application.is_some() {
            self.detect(AskApplication::Allowed)?;
        }
        Ok(())
    }

    /// Detects the layout again if a table that it was detected from has
    /// changed. Called inside a transaction, so that the result holds until the
    /// commit.
    pub(super) fn verify(&mut self) -> Result<()> {
        let Some(detected) = self.detected.take() else { return self.detect(AskApplication::Never) };
        let names: Vec<String> = detected.tables.iter().map(|table| table.name.clone()).collect();
        let connection = self.reads()?;
        let is_current = match detected.version {
            Some(version) => connection.schema_version()? == Some(version),
            None => connection.describe(&names)? == detected.tables,
        };
        if is_current {
            self.detected = Some(detected);
            return Ok(());
        }
        self.detect(AskApplication::Never)
    }

    fn detect(&mut self, ask: AskApplication) -> Result<()> {
        if ask == AskApplication::Allowed && self.config.given.ask_django == AskDjango::Always && self.models.is_none()
        {
            self.models = self.ask_application()?;
        }
        let version = self.reads()?.schema_version()?;
        let (mut catalog, history) = self.catalog_and_history()?;
        self.describe_wanted(&mut catalog)?;
        let evidence =
            Evidence { catalog: &catalog, history: &history, given: &self.config.given, models: self.models.as_ref() };
        let mut outcome = identity::resolve(&evidence);
        if ask == AskApplication::Allowed && identity::models_may_decide(&evidence, &outcome) {
            match self.ask_application() {
                Ok(None) => {}
                Ok(models) => {
                    self.models = models;
                    self.describe_wanted(&mut catalog)?;
                    let models = self.models.as_ref();
                    let evidence = Evidence { catalog: &catalog, history: &history, given: &self.config.given, models };
                    outcome = identity::resolve(&evidence);
                }
                // The tables may suffice. Otherwise the error names both
                // reasons.
                Err(why) => match &mut outcome {
                    Ok(layout) => {
                        layout.warnings.push(format!("the application's user model could not be read: {why}"));
                    }
                    Err(_) => outcome = outcome.map_err(|error| error.hint(why.to_string())),
                },
            }
        }
        let token_candidates = catalog.names.into_iter().filter(|table| {
            table.may_hold_tokens && table.schema.is_none() && !table.name.eq_ignore_ascii_case(TOKEN_TABLE)
        });
        let token_candidates = token_candidates.map(|table| table.name).collect();
        let tables = catalog.tables.into_values().filter(|table| !table.columns.is_empty()).collect();
        self.detected = Some(Detected { layout: outcome?, version, tables, token_candidates });
        Ok(())
    }

    /// Returns the catalog, in which only the usual tables and the named user table
    /// are described.
    pub(super) fn table_names(&mut self) -> Result<Catalog> {
        self.usual_tables(None).map(|(catalog, _)| catalog)
    }

    /// Returns the same, and the recorded migrations of the apps that users and
    /// tokens need.
    fn catalog_and_history(&mut self) -> Result<(Catalog, History)> {
        let (mut history, time) = (History::default(), self.config.time.clone());
        let statement = query::history::applied(self.reads()?.dialect(), &CORE);
        let mut add = |row: Row<'_>| {
            history.applied.push(recorded(&AppliedRow(row), &time)?);
            Ok(())
        };
        // Most databases have a history.
        let attempt = Query { statement: &statement, on_row: &mut add };
        let (catalog, has_succeeded) = self.usual_tables(Some(attempt))?;
        if !has_succeeded {
            history = self.history_of(&catalog, &CORE)?;
        }
        Ok((catalog, history))
    }

    fn usual_tables(&mut self, attempt: Option<Query<'_>>) -> Result<(Catalog, bool)> {
        let usual = identity::usual_tables(&self.config.given);
        let wanted: Vec<&str> = usual.iter().map(String::as_str).collect();
        let Tables { names, described, has_succeeded } = self.reads()?.tables(&wanted, attempt)?;
        Ok((Catalog::new(names, described), has_succeeded))
    }

    /// Describes the tables that the layout may depend on. Each round may
    /// reveal foreign keys to further tables.
    pub(super) fn describe_wanted(&mut self, catalog: &mut Catalog) -> Result<()> {
        let history = History::default();
        loop {
            let (given, models) = (&self.config.given, self.models.as_ref());
            let wanted = identity::tables_to_describe(&Evidence { catalog, history: &history, given, models });
            if wanted.is_empty() {
                return Ok(());
            }
            self.describe(catalog, &wanted)?;
        }
    }

    /// Describes those of the tables that exist and are not yet described.
    pub(super) fn describe(&mut self, catalog: &mut Catalog, names: &[String]) -> Result<()> {
        let existing = names.iter().filter_map(|name| catalog.spelling(name));
        let new: Vec<String> = existing.filter(|name| !catalog.tables.contains_key(*name)).map(str::to_owned).collect();
        if new.is_empty() {
            return Ok(());
        }
        let described = self.reads()?.describe(&new)?;
        // A table without columns is not described again.
        for name in new {
            catalog.tables.insert(name.clone(), Table { name, ..Table::default() });
        }
        for table in described {
            catalog.tables.insert(table.name.clone(), table);
        }
        Ok(())
    }

    /// Returns the recorded migrations of some apps.
    pub(super) fn history_of(&mut self, catalog: &Catalog, apps: &[&str]) -> Result<History> {
        let mut history = History::default();
        if catalog.spelling(HISTORY_TABLE).is_none() {
            return Ok(history);
        }
        let time = self.config.time.clone();
        let connection = self.reads()?;
        let statement = query::history::applied(connection.dialect(), apps);
        connection.query(&statement, &mut |row| {
            history.applied.push(recorded(&AppliedRow(row), &time)?);
            Ok(())
        })?;
        Ok(history)
    }
}

/// Returns a row of the history. Keeps a value that is not a time as text.
fn recorded(row: &AppliedRow<'_>, time: &TimeKeeping) -> Result<Recorded> {
    let applied = row.applied()?;
    let at = applied.as_datetime();
    Ok(Recorded {
        app: row.app()?,
        name: row.name()?,
        applied: at.and_then(|at| time.moment(at)).unwrap_or_else(|| applied.readable().into_owned()),
        stored: at.map_or_else(|| applied.readable().into_owned(), moment::to_text),
    })
}
