//! `inspect`: what was found in this database.

use clap::Args as ClapArgs;

use crate::context::Context;
use crate::error::Result;
use crate::output::{self, Behind, Destination, Field, Format, Record};
use crate::schema::layout::UserTable;
use crate::store::Findings;

/// What is typed.
#[derive(Clone, Debug, Default, ClapArgs)]
pub struct Args {}

/// Prints what was found, then fails if tokens cannot be made here.
///
/// # Errors
/// Unusable or busy, if the database or its tables cannot be used.
pub fn run(_args: &Args, context: &Context) -> Result<()> {
    super::check_raw(0, context)?;
    let destination = Destination::stdout()?;
    let mut store = context.store()?;
    let findings = store.inspect()?;
    let said = store.farewell();
    drop(store);
    let bytes = output::render(context.format().unwrap_or(Format::Text), &[&findings]);
    destination.deliver(&bytes, &Behind::Nothing)?;
    for found in findings.concerns.iter().chain(&said) {
        context.notes().warning(found);
    }
    for notice in findings.layout.iter().flat_map(|layout| &layout.notices) {
        context.notes().note(notice);
    }
    findings.problem.map_or(Ok(()), Err)
}

impl Record for Findings {
    fn fields(&self) -> Vec<(&'static str, Field<'_>)> {
        let layout = self.layout.as_ref();
        let users = layout.map(|layout| &layout.users);
        let mut fields: Vec<(&'static str, Field<'_>)> =
            self.engine.iter().map(|(name, fact)| (*name, Field::text(fact.as_str()))).collect();
        fields.extend([
            ("user_table", Field::optional(users.map(UserTable::name))),
            ("user_key", Field::optional(users.map(UserTable::key))),
            ("user_key_kind", Field::optional(users.map(|users| users.key_kind.name()))),
            ("login_column", Field::optional(users.map(|users| users.login.column.as_str()))),
            ("token_table", Field::optional(layout.map(|layout| layout.tokens.name.as_str()))),
            ("users", self.users.map_or(Field::Absent, Field::Number)),
            ("tokens", self.tokens.map_or(Field::Absent, Field::Number)),
            ("pending_migrations", Field::List(self.pending_migrations.clone())),
            ("unknown_migrations", Field::List(self.unknown_migrations.clone())),
        ]);
        fields
    }
}
