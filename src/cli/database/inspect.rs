//! `inspect`: what drfctl detects in the database.

use std::borrow::Cow;

use clap::Args as ClapArgs;

use crate::admin::inspect::Findings;
use crate::cli::args::raw::check_raw;
use crate::cli::context::Context;
use crate::cli::hints::render;
use crate::cli::summary::note_doubt;
use crate::error::Result;
use crate::output::{self, Behind, Destination, Field, Record};
use crate::schema::layout::{TokenTable, UserTable};

/// The arguments.
#[derive(Clone, Debug, Default, ClapArgs)]
pub(in crate::cli) struct Args {}

/// Prints what is detected, then fails if tokens cannot be created.
///
/// # Errors
/// Unusable or busy if the database or its tables cannot be used.
pub(in crate::cli) fn run(_args: &Args, context: &Context) -> Result<()> {
    check_raw(0, context)?;
    let destination = Destination::stdout()?;
    let mut session = context.session()?;
    let findings = session.inspect()?;
    let remarks = session.remarks();
    drop(session);
    let bytes = output::render(context.style(), &[&findings]);
    destination.deliver(&bytes, &Behind::Nothing)?;
    for concern in &findings.concerns {
        context.notes().warning(&format!("{}: {}", concern.message, render(&concern.hint, context.invocation())));
    }
    for remark in &remarks {
        context.notes().warning(remark);
    }
    note_doubt(context)?;
    if let Some(layout) = &findings.layout {
        for warning in &layout.warnings {
            context.notes().warning(warning);
        }
        for notice in &layout.notices {
            context.notes().note(notice);
        }
    }
    findings.problem.map_or(Ok(()), Err)
}

/// The fields after those of the engine.
const FIELDS: [&str; 12] = [
    "user_table",
    "user_pk",
    "user_pk_type",
    "username_column",
    "token_table",
    "users",
    "tokens",
    "each_user_has",
    "each_user_may_need",
    "other_token_tables",
    "pending_migrations",
    "unknown_migrations",
];

/// Further fields, if the engine has schemas.
const SCHEMA_FIELDS: [&str; 2] = ["token_schema", "other_token_schemas"];

impl Record for Findings {
    fn columns(&self) -> Cow<'_, [&'static str]> {
        let engine = self.engine.iter().map(|(name, _)| *name);
        let schema: &[&str] = if self.schema().is_some() { &SCHEMA_FIELDS } else { &[] };
        Cow::Owned(engine.chain(FIELDS).chain(schema.iter().copied()).collect())
    }

    fn field(&self, at: usize) -> Field<'_> {
        if let Some((_, fact)) = self.engine.get(at) {
            return Field::text(fact.as_str());
        }
        let layout = self.layout.as_ref();
        let users = layout.map(|layout| &layout.users);
        let number = |count: Option<u64>| {
            count.map_or(Field::Absent, |count| Field::Number(i64::try_from(count).unwrap_or(i64::MAX)))
        };
        match FIELDS.get(at - self.engine.len()) {
            Some(&"user_table") => Field::optional(users.map(UserTable::name)),
            Some(&"user_pk") => Field::optional(users.map(UserTable::key)),
            Some(&"user_pk_type") => Field::optional(users.map(|users| users.key_kind().name().to_owned())),
            Some(&"username_column") => Field::optional(users.map(username_columns)),
            Some(&"token_table") => {
                Field::optional(layout.and_then(|layout| layout.tokens().ok()).map(TokenTable::name))
            }
            Some(&"users") => number(self.users),
            Some(&"tokens") => number(self.tokens),
            Some(&"each_user_has") => Field::List(&self.each_user_has),
            Some(&"each_user_may_need") => Field::List(&self.each_user_may_need),
            Some(&"other_token_tables") => Field::List(&self.other_token_tables),
            Some(&"pending_migrations") => Field::List(&self.pending_migrations),
            Some(_) => Field::List(&self.unknown_migrations),
            None => match (at - self.engine.len() - FIELDS.len(), self.schema()) {
                (0, schema) => Field::optional(schema.map(|choice| choice.schema.as_str())),
                (_, schema) => number(schema.and_then(|choice| u64::try_from(choice.others).ok())),
            },
        }
    }
}

/// Returns the columns that users are looked up by.
fn username_columns(users: &UserTable) -> String {
    let names: Vec<&str> = users.username.columns().iter().map(|column_ref| column_ref.name.as_str()).collect();
    names.join(" or ")
}
