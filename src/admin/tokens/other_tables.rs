//! Other tables that hold tokens: an API may accept those instead. Never writes.

use crate::admin::session::Session;
use crate::admin::snapshot::Snapshot;
use crate::engine::{ColumnKind, Table};
use crate::error::Result;
use crate::query;
use crate::query::rows::PresenceRow;
use crate::schema::layout::UserTable;

/// The names that token tables give to a key or to its digest.
const KEY_COLUMNS: [&str; 4] = ["key", "token", "digest", "token_key"];

/// How many tables are examined.
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
        let tables: Vec<String> = tables.take(LOOKED_AT).collect();
        if tables.is_empty() {
            return Ok(tables);
        }
        if let Ok(with_rows) = snapshot.with_rows(&tables) {
            return Ok(with_rows);
        }
        // The account may not be allowed to read one of them, and need not be.
        let mut all = Vec::new();
        for table in tables {
            all.extend(snapshot.with_rows(&[table]).unwrap_or_default());
        }
        Ok(all)
    }
}

impl Snapshot<'_> {
    /// Returns those of the tables that have rows.
    fn with_rows(&mut self, tables: &[String]) -> Result<Vec<String>> {
        let statement = query::rows::presence(self.dialect(), tables);
        let mut with_rows = Vec::new();
        self.each(&statement, &mut |row| {
            for (at, table) in tables.iter().enumerate() {
                if PresenceRow(row).has_rows(at)? {
                    with_rows.push(table.clone());
                }
            }
            Ok(())
        })?;
        Ok(with_rows)
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
