//! Other tables that hold tokens: an API may accept those instead. Never writes.

use crate::admin::session::Session;
use crate::engine::{ColumnKind, Table};
use crate::error::Result;
use crate::query;
use crate::query::rows::PresenceRow;
use crate::schema::layout::UserTable;

/// The names that token tables give to a key or to its digest.
const KEY_COLUMNS: [&str; 4] = ["key", "token", "digest", "token_key"];

/// How many tables are looked into.
const LOOKED_AT: usize = 20;

impl Session {
    /// Returns the other tables that look like token tables and have rows.
    ///
    /// # Errors
    /// Unusable or busy if the catalog cannot be read.
    pub fn other_token_tables(&mut self) -> Result<Vec<String>> {
        let candidates = self.token_candidates()?;
        if candidates.is_empty() {
            return Ok(Vec::new());
        }
        let described = self.reads()?.describe(&candidates)?;
        let mut snapshot = self.snapshot()?;
        let users = &snapshot.layout().users;
        let tables = described.into_iter().filter(|table| looks_like_tokens(table, users)).map(|table| table.name);
        let mut tables: Vec<String> = tables.take(LOOKED_AT).collect();
        if tables.is_empty() {
            return Ok(tables);
        }
        let statement = query::rows::presence(snapshot.dialect(), &tables);
        let mut has_rows = vec![false; tables.len()];
        // The account may not be allowed to read them, and need not be.
        let _ = snapshot.each(&statement, &mut |row| {
            for (at, has_rows) in has_rows.iter_mut().enumerate() {
                *has_rows = PresenceRow(row).has_rows(at)?;
            }
            Ok(())
        });
        let mut has_rows = has_rows.into_iter();
        tables.retain(|_| has_rows.next() == Some(true));
        Ok(tables)
    }
}

/// Returns whether a table has the shape of a token table: it references users,
/// and has a key or its digest, and a unique text.
fn looks_like_tokens(table: &Table, users: &UserTable) -> bool {
    let is_user_table = |name: &str| users.chain.iter().any(|users| users.shape.name.eq_ignore_ascii_case(name));
    let is_text = |column: &str| table.column(column).is_some_and(|column| column.kind.joins(&ColumnKind::Text));
    table.foreign_keys.iter().any(|key| is_user_table(&key.table))
        && KEY_COLUMNS.into_iter().any(is_text)
        && table.unique.iter().any(|set| matches!(set.as_slice(), [column] if is_text(column)))
}
