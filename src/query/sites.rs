//! Statements on the sites of `django.contrib.sites`.

use crate::engine::{Dialect, Statement};
use crate::schema::tables::SITE_TABLE;

/// Selects one site, if there is any.
#[must_use]
pub fn any(dialect: &Dialect) -> Statement {
    Statement::plain(format!("SELECT {} FROM {} LIMIT 1", dialect.name("id"), dialect.name(SITE_TABLE)))
}
