//! What drfctl detects in a database, for a person to read. Never writes.

use crate::admin::migrate::Inventory;
use crate::admin::session::Session;
use crate::admin::users::EachUser;
use crate::engine::{Concern, Value};
use crate::error::{Error, Result};
use crate::query;
use crate::query::tokens::NewKey;
use crate::schema::SchemaChoice;
use crate::schema::layout::Layout;

/// What was detected. Fields are empty where detection failed.
#[derive(Debug)]
pub struct Findings {
    /// What the engine reports about itself and its files, by name.
    pub engine: Vec<(&'static str, String)>,
    /// The detected layout.
    pub layout: Option<Layout>,
    /// The number of users.
    pub users: Option<u64>,
    /// The number of tokens.
    pub tokens: Option<u64>,
    /// What nearly every user has: nullable columns of the application's own that
    /// are filled, rows of other tables, groups, a token.
    pub each_user_has: Vec<String>,
    /// Without users: the tables that may have a row for each, by the schema alone.
    pub each_user_may_need: Vec<String>,
    /// Other tables that look like token tables and have rows.
    pub other_token_tables: Vec<String>,
    /// Known migrations that are not applied, as `app.name`.
    pub pending_migrations: Vec<String>,
    /// Applied migrations that drfctl does not know, as `app.name`.
    pub unknown_migrations: Vec<String>,
    /// Problems with the configuration of the database.
    pub concerns: Vec<Concern>,
    /// Why tokens cannot be created.
    pub problem: Option<Error>,
}

impl Findings {
    /// Returns the schema of the token table, where the engine has schemas.
    #[must_use]
    pub fn schema(&self) -> Option<&SchemaChoice> {
        self.layout.as_ref()?.schema.as_ref()
    }
}

impl Session {
    /// Inspects the database.
    ///
    /// # Errors
    /// Unusable or busy if the database cannot be read at all; tables that do
    /// not fit are a [`Findings::problem`].
    pub fn inspect(&mut self) -> Result<Findings> {
        let engine = self.reads()?.facts()?;
        let Inventory { migrations, history, .. } = self.inventory(&[])?;
        let mut findings = Findings {
            engine,
            layout: None,
            users: None,
            tokens: None,
            each_user_has: Vec::new(),
            each_user_may_need: Vec::new(),
            other_token_tables: Vec::new(),
            pending_migrations: history.pending(&migrations).iter().map(ToString::to_string).collect(),
            unknown_migrations: history.unknown().map(ToString::to_string).collect(),
            concerns: self.reads()?.concerns(),
            problem: None,
        };
        let layout = match self.layout() {
            Ok(layout) => layout.clone(),
            Err(problem) => {
                findings.problem = Some(problem);
                return Ok(findings);
            }
        };
        findings.problem = self.check_writing().err();
        findings.other_token_tables = self.other_token_tables()?;
        let mut snapshot = self.snapshot()?;
        let dialect = snapshot.dialect();
        findings.users = Some(snapshot.count(&query::rows::count(dialect, layout.users.name()))?);
        if let Ok(tokens) = layout.tokens() {
            findings.tokens = Some(snapshot.count(&query::rows::count(dialect, tokens.name()))?);
        }
        let EachUser { has, may_need } = snapshot.each_user_has()?;
        (findings.each_user_has, findings.each_user_may_need) = (has, may_need);
        findings.layout = Some(layout);
        Ok(findings)
    }

    /// Returns what the engine reports about itself and the connection, by name:
    /// its version, the database, the role.
    ///
    /// # Errors
    /// Unusable or busy if the database cannot be read.
    pub fn engine_facts(&mut self) -> Result<Vec<(&'static str, String)>> {
        self.reads()?.facts()
    }

    /// Checks that tokens could be created: an index or a check constraint may
    /// need a function that only the application defines.
    fn check_writing(&mut self) -> Result<()> {
        let mut snapshot = self.snapshot()?;
        let (layout, dialect) = (snapshot.layout(), snapshot.dialect());
        let tokens = layout.single_tokens()?;
        layout.check_transactions()?;
        let none = || vec![NewKey { key: Value::Null, user: Value::Null }];
        for statement in [
            query::tokens::insert(tokens, dialect, none(), &Value::Null),
            query::tokens::reset(layout, tokens, dialect, none(), &Value::Null),
        ] {
            snapshot.check(&statement)?;
        }
        Ok(())
    }
}
