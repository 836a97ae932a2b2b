//! Statements on rows of other tables that reference tokens.

use crate::engine::{Cell, Dialect, Reference, Row, Statement, Value};
use crate::error::Result;
use crate::query::builder::{Builder, Operand, same};
use crate::query::tokens::column;
use crate::schema::layout::TokenTable;
use crate::schema::tables::TOKEN_ALIAS;

/// Updates rows of another table that reference a token's key.
#[must_use]
pub fn carry(reference: &Reference, dialect: &Dialect, old: Value, new: Value) -> Statement {
    let mut builder = Builder::new(dialect);
    let [table, name] = [&reference.table, &reference.column].map(|name| dialect.name(name));
    let new = builder.bind(new);
    let condition = builder.equal(&Operand::bare(dialect, &reference.column, None), old);
    builder.statement(format!("UPDATE {table} SET {name} = {new} WHERE {condition}"))
}

/// Selects those of the tokens that rows of other tables reference; see
/// [`ReferredRow`].
#[must_use]
pub fn referred(tokens: &TokenTable, dialect: &Dialect, references: &[Reference], pks: &[Value]) -> Statement {
    const CHILD: &str = "c";
    let mut builder = Builder::new(dialect);
    let mut parts = Vec::with_capacity(references.len());
    for (n, reference) in references.iter().enumerate() {
        let pk = column(tokens, dialect, &tokens.pk);
        let to = column(tokens, dialect, &reference.to_column);
        let from = Operand::column(dialect, CHILD, &reference.column, tokens.column(&reference.to_column));
        let (these, refers) = (builder.one_of(&pk, pks.to_vec()), same(dialect, &from, &to));
        let [table, child] = [tokens.name(), &reference.table].map(|name| dialect.name(name));
        parts.push(format!(
            "SELECT {n}, {} FROM {table} AS {TOKEN_ALIAS} WHERE {these} \
             AND EXISTS (SELECT 1 FROM {child} AS {CHILD} WHERE {refers})",
            pk.sql
        ));
    }
    builder.statement(parts.join(" UNION ALL "))
}

/// A row of [`referred`].
#[derive(Clone, Copy)]
pub struct ReferredRow<'a>(pub Row<'a>);

impl<'a> ReferredRow<'a> {
    /// Returns the index of the reference.
    ///
    /// # Errors
    /// Internal if the cell cannot be decoded.
    pub fn reference(&self) -> Result<usize> {
        Ok(self.0.get(0)?.as_integer().and_then(|index| usize::try_from(index).ok()).unwrap_or(usize::MAX))
    }

    /// Returns the token's primary key.
    ///
    /// # Errors
    /// Same as [`ReferredRow::reference`].
    pub fn token(&self) -> Result<Cell<'a>> {
        self.0.get(1)
    }
}
