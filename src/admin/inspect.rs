//! What drfctl detects in a database, for a person to read. Never writes.

use crate::admin::session::Session;
use crate::engine::{Concern, Value};
use crate::error::{Error, Result};
use crate::migrations::{self, CORE, UserModel};
use crate::query;
use crate::query::tokens::NewKey;
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
    /// Known migrations that are not applied, as `app.name`.
    pub pending_migrations: Vec<String>,
    /// Applied migrations that drfctl does not know, as `app.name`.
    pub unknown_migrations: Vec<String>,
    /// Problems with the configuration of the database.
    pub concerns: Vec<Concern>,
    /// Why tokens cannot be created.
    pub problem: Option<Error>,
}

impl Session {
    /// Inspects the database.
    ///
    /// # Errors
    /// Unusable or busy if the database cannot be read at all; tables that do
    /// not fit are a [`Findings::problem`].
    pub fn inspect(&mut self) -> Result<Findings> {
        let engine = self.reads()?.facts()?;
        let catalog = self.table_names()?;
        let history = self.history(&catalog)?;
        let known = migrations::plan(&CORE, &|_| true, &UserModel::stock());
        let mut findings = Findings {
            engine,
            layout: None,
            users: None,
            tokens: None,
            pending_migrations: history.pending(&known).iter().map(ToString::to_string).collect(),
            unknown_migrations: history.unknown().map(ToString::to_string).collect(),
            concerns: self.reads()?.concerns(),
            problem: None,
        };
        match self.detected_for_tokens() {
            Ok(layout) => {
                findings.problem = self.check_writing().err();
                let mut snapshot = self.snapshot()?;
                let dialect = snapshot.dialect();
                findings.users = Some(snapshot.count(&query::rows::count(dialect, layout.users.name()))?);
                findings.tokens = Some(snapshot.count(&query::rows::count(dialect, layout.tokens()?.name()))?);
                findings.layout = Some(layout);
            }
            Err(problem) => findings.problem = Some(problem),
        }
        Ok(findings)
    }

    /// Returns the layout, if tokens can be used.
    fn detected_for_tokens(&mut self) -> Result<Layout> {
        let layout = self.layout()?;
        layout.tokens()?;
        layout.check_transactions()?;
        Ok(layout.clone())
    }

    /// Checks that tokens could be created: an index or a check constraint may
    /// need a function that only the application defines.
    fn check_writing(&mut self) -> Result<()> {
        let mut snapshot = self.snapshot()?;
        let (layout, dialect) = (snapshot.layout(), snapshot.dialect());
        let tokens = layout.single_tokens()?;
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
