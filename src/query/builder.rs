//! Builds a statement: collects its parameters, and spells comparisons with the
//! engine's own operators only.

use crate::engine::{Column, ColumnKind, Dialect, Lock, Many, Statement, Value, array};
use crate::query::pattern::Pattern;

/// An expression to compare: a column, with the schema of its type if that is
/// not built in.
#[derive(Clone, Debug)]
pub(super) struct Operand {
    pub(super) sql: String,
    schema: Option<String>,
    is_text: bool,
}

impl Operand {
    /// Returns a column of a table with an alias.
    pub(super) fn column(dialect: &Dialect, alias: &str, name: &str, shape: Option<&Column>) -> Self {
        Self { sql: format!("{alias}.{}", dialect.name(name)), ..Self::bare(dialect, name, shape) }
    }

    /// Returns a column of the only table.
    pub(super) fn bare(dialect: &Dialect, name: &str, shape: Option<&Column>) -> Self {
        let schema = shape.and_then(|column| column.type_schema.clone());
        let is_text = shape.is_none_or(|column| {
            matches!(column.kind, ColumnKind::Text | ColumnKind::Other(_) | ColumnKind::Unknown(_))
        });
        Self { sql: dialect.name(name), schema, is_text }
    }

    /// Casts the operand to text if it has another type.
    pub(super) fn into_text(self, dialect: &Dialect) -> Self {
        let cast = if self.is_text { "" } else { dialect.text_cast() };
        Self { sql: format!("{}{cast}", self.sql), ..self }
    }
}

/// The parameters of a statement that is being built.
pub(super) struct Builder<'a> {
    pub(super) dialect: &'a Dialect,
    parameters: Vec<Value>,
}

impl<'a> Builder<'a> {
    pub(super) fn new(dialect: &'a Dialect) -> Self {
        Self { dialect, parameters: Vec::new() }
    }

    /// Returns the statement with this text.
    pub(super) fn statement(self, text: String) -> Statement {
        Statement { text, parameters: self.parameters }
    }

    /// Adds a parameter and returns its placeholder.
    pub(super) fn bind(&mut self, value: Value) -> String {
        self.parameters.push(value);
        self.dialect.parameter(self.parameters.len())
    }

    /// Returns a comparison with a value.
    pub(super) fn compare(&mut self, operand: &Operand, operator: &str, value: Value) -> String {
        let operator = self.dialect.operator(operator, operand.schema.as_deref());
        format!("{} {operator} {}", operand.sql, self.bind(value))
    }

    /// Returns the condition that the operand has this value.
    pub(super) fn equal(&mut self, operand: &Operand, value: Value) -> String {
        self.compare(operand, "=", value)
    }

    /// Returns the condition that the operand has one of these values.
    pub(super) fn one_of(&mut self, operand: &Operand, values: Vec<Value>) -> String {
        if let Many::Arrays(_) = self.dialect.many {
            let operator = self.dialect.operator("=", operand.schema.as_deref());
            return format!("{} {operator} ANY ({})", operand.sql, self.bind(array(values.iter())));
        }
        let marks: Vec<String> = values.into_iter().map(|value| self.bind(value)).collect();
        format!("{} IN ({})", operand.sql, marks.join(", "))
    }

    /// Returns the condition that the operand matches a pattern.
    pub(super) fn fits(&mut self, operand: &Operand, pattern: &Pattern) -> String {
        let like = self.dialect.operator("~~", operand.schema.as_deref());
        let comparison = pattern.comparison(&operand.sql, &like, self.dialect.matching);
        format!("{}{}{}", comparison.before, self.bind(comparison.pattern), comparison.after)
    }
}

/// Returns the condition that two operands are equal.
pub(super) fn same(dialect: &Dialect, one: &Operand, other: &Operand) -> String {
    let operator = dialect.operator("=", one.schema.as_deref().or(other.schema.as_deref()));
    format!("{} {operator} {}", one.sql, other.sql)
}

/// Returns ` WHERE` with all conditions; without any, nothing.
pub(super) fn filtered(conditions: &[String]) -> String {
    if conditions.is_empty() { String::new() } else { format!(" WHERE {}", conditions.join(" AND ")) }
}

/// Returns the clause that locks the rows of an alias.
pub(super) fn locked(dialect: &Dialect, lock: Option<Lock>, alias: &str) -> String {
    lock.map(|lock| dialect.locking(lock, alias)).unwrap_or_default()
}
