//! The catalog of a `SQLite` file, through its pragma functions.

use std::collections::BTreeSet;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, Result, Row};

use crate::engine::sqlite::dialect::DIALECT;
use crate::engine::table::{Column, ColumnKind, ForeignKey, Reference, Table, TableName};

/// All tables, with the number of their user model columns, plus ten for each
/// token table column. A virtual table may need a module that only the
/// application has, so its columns are not read.
const TABLES: &str = "SELECT m.name, CASE WHEN m.rootpage > 0 THEN (
        SELECT CAST(total(CASE WHEN lower(c.name) IN ('password', 'last_login') THEN 1 ELSE 10 END) AS integer)
        FROM pragma_table_info(m.name) AS c
        WHERE (lower(c.name) IN ('password', 'key', 'token', 'digest', 'token_key')
            AND (c.type LIKE '%char%' OR c.type LIKE '%text%'))
        OR (lower(c.name) = 'last_login' AND (c.type LIKE '%datetime%' OR c.type LIKE '%timestamp%'))
    ) ELSE 0 END FROM sqlite_schema AS m WHERE m.type = 'table'";
const COLUMNS: &str = r#"SELECT name, type, "notnull", dflt_value IS NOT NULL, pk, hidden FROM pragma_table_xinfo(?1)"#;
/// Django's `JSONField` is text with a check.
const STATEMENT: &str = "SELECT MAX(sql) FROM sqlite_schema WHERE type = 'table' AND name = ?1";
const UNIQUE: &str = r#"SELECT i.name, c.name FROM pragma_index_list(?1) AS i, pragma_index_info(i.name) AS c
    WHERE i."unique" AND NOT i.partial ORDER BY i.seq, c.seqno"#;
/// Whether a column comes first in an index of all rows.
const INDEXED: &str = "SELECT EXISTS (SELECT 1 FROM pragma_index_list(?1) AS i, pragma_index_info(i.name) AS c
    WHERE NOT i.partial AND c.seqno = 0 AND c.name = ?2)";
const FOREIGN_KEYS: &str = r#"SELECT id, "table", "from", "to" FROM pragma_foreign_key_list(?1) ORDER BY id, seq"#;

const WATCHED: &str = r#"SELECT lower(tbl_name) FROM sqlite_schema WHERE type = 'trigger'
    UNION SELECT lower(f."table") FROM sqlite_schema AS s, pragma_foreign_key_list(s.name) AS f
    WHERE s.type = 'table' AND s.rootpage > 0"#;

/// The single-column foreign keys to a table: table, column, referenced column,
/// whether a referenced row cannot be deleted.
const REFERRING: &str = r#"SELECT s.name, MIN(f."from"), MIN(f."to"), MIN(f.on_delete) IN ('NO ACTION', 'RESTRICT')
    FROM sqlite_schema AS s, pragma_foreign_key_list(s.name) AS f
    WHERE s.type = 'table' AND s.rootpage > 0 AND lower(f."table") = lower(?1)
    GROUP BY s.name, f.id HAVING COUNT(*) = 1 ORDER BY s.name, f.id"#;

pub(super) fn tables(connection: &Connection) -> Result<Vec<TableName>> {
    let name = |row: &Row<'_>| {
        let columns: u32 = row.get(1)?;
        let (is_user_model, may_hold_tokens) = (columns % 10 == 2, columns >= 10);
        Ok(TableName { name: text(row, 0)?, is_user_model, may_hold_tokens, ..TableName::default() })
    };
    connection.prepare_cached(TABLES)?.query_map([], name)?.collect()
}

pub(super) fn describe_all(connection: &Connection, tables: &[impl AsRef<str>]) -> Result<Vec<Table>> {
    let name = |row: &Row<'_>| text(row, 0);
    let watched: BTreeSet<String> = connection.prepare_cached(WATCHED)?.query_map([], name)?.collect::<Result<_>>()?;
    let mut described = Vec::with_capacity(tables.len());
    for name in tables.iter().map(AsRef::as_ref) {
        let has_dependents = watched.contains(&name.to_ascii_lowercase());
        described.push(Table { has_dependents, ..describe(connection, name)? });
    }
    described.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(described)
}

/// Returns the columns and keys of a table.
pub(super) fn describe(connection: &Connection, table: &str) -> Result<Table> {
    let columns = columns(connection, table)?;
    let mut unique = unique(connection, table)?;
    let key: Vec<String> = columns.iter().filter(|c| c.primary_key).map(|c| c.name.clone()).collect();
    // An integer primary key has no separate index.
    if !key.is_empty() && !unique.contains(&key) {
        unique.push(key);
    }
    let foreign_keys = foreign_keys(connection, table)?;
    // Views, and tables with the clause WITHOUT ROWID, have no row numbers.
    let is_numbered = connection.prepare(&format!("SELECT _rowid_ FROM {} LIMIT 0", DIALECT.name(table))).is_ok();
    let has_row_numbers = is_numbered && !columns.iter().any(|column| column.name.eq_ignore_ascii_case("_rowid_"));
    Ok(Table { name: table.to_owned(), columns, unique, foreign_keys, has_row_numbers, ..Table::default() })
}

fn columns(connection: &Connection, table: &str) -> Result<Vec<Column>> {
    let mut columns: Vec<Column> = connection
        .prepare_cached(COLUMNS)?
        .query_map([table], |row| {
            let declared = text(row, 1)?;
            let kind = match ColumnKind::of_declared(&declared) {
                ColumnKind::Other(declared) => ColumnKind::Unknown(declared),
                kind => kind,
            };
            // Django's PositiveIntegerField and related fields.
            let range = (kind.is_integer() && declared.ends_with("unsigned")).then_some(0..=i64::MAX);
            Ok(Column {
                name: text(row, 0)?,
                kind,
                declared,
                type_schema: None,
                range,
                not_null: row.get(2)?,
                // Hidden columns are generated and never written.
                has_default: row.get(3)? || row.get::<_, i64>(5)? != 0,
                is_generated: row.get::<_, i64>(5)? != 0,
                primary_key: row.get::<_, i64>(4)? != 0,
            })
        })?
        .collect::<Result<_>>()?;
    if columns.iter().any(|column| column.kind == ColumnKind::Text) {
        let statement: Option<String> = connection.prepare_cached(STATEMENT)?.query_row([table], |row| row.get(0))?;
        let statement = statement.unwrap_or_default().to_ascii_lowercase();
        for column in columns.iter_mut().filter(|column| column.kind == ColumnKind::Text) {
            if statement.contains(&format!("json_valid(\"{}\")", column.name.to_ascii_lowercase())) {
                column.kind = ColumnKind::Json;
            }
        }
    }
    let mut keys = columns.iter_mut().filter(|column| column.primary_key);
    if let (Some(key), None) = (keys.next(), keys.next()) {
        key.has_default |= key.kind == ColumnKind::Integer;
    }
    Ok(columns)
}

fn unique(connection: &Connection, table: &str) -> Result<Vec<Vec<String>>> {
    let mut sets: Vec<(String, Vec<String>)> = Vec::new();
    let mut statement = connection.prepare_cached(UNIQUE)?;
    let mut rows = statement.query([table])?;
    while let Some(row) = rows.next()? {
        let index = text(row, 0)?;
        // An index on an expression has no column name.
        let column = row.get_ref(1)?.as_str_or_null().ok().flatten().unwrap_or_default().to_owned();
        match sets.last_mut().filter(|(name, _)| *name == index) {
            Some((_, columns)) => columns.push(column),
            None => sets.push((index, vec![column])),
        }
    }
    Ok(sets.into_iter().map(|(_, columns)| columns).collect())
}

fn foreign_keys(connection: &Connection, table: &str) -> Result<Vec<ForeignKey>> {
    let mut keys: Vec<(i64, ForeignKey)> = Vec::new();
    let mut composite = Vec::new();
    let mut statement = connection.prepare_cached(FOREIGN_KEYS)?;
    let mut rows = statement.query([table])?;
    while let Some(row) = rows.next()? {
        let id = row.get(0)?;
        if keys.iter().any(|(known, _)| *known == id) {
            composite.push(id);
        }
        let to = row.get_ref(3)?.as_str_or_null().ok().flatten().map(str::to_owned);
        keys.push((id, ForeignKey { table: text(row, 1)?, schema: None, column: text(row, 2)?, to }));
    }
    Ok(keys.into_iter().filter(|(id, _)| !composite.contains(id)).map(|(_, key)| key).collect())
}

/// Returns the foreign keys to some tables.
pub(super) fn references(connection: &Connection, tables: &[String]) -> Result<Vec<Reference>> {
    let mut found = Vec::new();
    for to_table in tables {
        let mut statement = connection.prepare_cached(REFERRING)?;
        let mut rows = statement.query([to_table])?;
        while let Some(row) = rows.next()? {
            let (table, column, is_named) = (text(row, 0)?, text(row, 1)?, row.get_ref(2)? != ValueRef::Null);
            let to_column = if is_named { text(row, 2)? } else { primary_key(&columns(connection, to_table)?) };
            let is_unique = describe(connection, &table)?.is_unique(&column);
            let is_indexed =
                is_unique || connection.prepare_cached(INDEXED)?.query_row([&table, &column], |row| row.get(0))?;
            let (to_table, prevents_deletion) = (to_table.clone(), row.get(3)?);
            found.push(Reference { table, column, to_table, to_column, is_unique, prevents_deletion, is_indexed });
        }
    }
    Ok(found)
}

/// Returns the primary key, if it has one column.
fn primary_key(columns: &[Column]) -> String {
    columns.iter().find(|column| column.primary_key).map(|column| column.name.clone()).unwrap_or_default()
}

/// Returns a name as text, even if it is not UTF-8.
fn text(row: &Row<'_>, column: usize) -> Result<String> {
    let bytes = row.get_ref(column)?.as_bytes_or_null()?.unwrap_or_default();
    Ok(String::from_utf8_lossy(bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connection(script: &str) -> Connection {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(script).unwrap();
        connection
    }

    #[test]
    fn only_a_table_that_has_them_has_row_numbers() {
        let connection = connection(
            "CREATE TABLE plain (n); CREATE TABLE hidden (n, _ROWID_); CREATE VIEW seen AS SELECT n FROM plain;
            CREATE TABLE keyed (n PRIMARY KEY) WITHOUT ROWID",
        );
        for (table, expected) in [("plain", true), ("hidden", false), ("seen", false), ("keyed", false)] {
            assert_eq!(describe(&connection, table).unwrap().has_row_numbers, expected, "{table}");
        }
    }

    #[test]
    fn a_column_has_what_its_declaration_says() {
        let connection = connection(
            r#"CREATE TABLE t (id integer PRIMARY KEY, data text CHECK (json_valid("data")), note text NOT NULL,
            size integer unsigned DEFAULT 1, twice integer AS (2 * size))"#,
        );
        let found = describe(&connection, "t").unwrap();
        let is = |column: &Column| {
            let Column { not_null, has_default, is_generated, primary_key, .. } = column;
            (*not_null, *has_default, *is_generated, *primary_key)
        };
        for (name, kind, expected, range) in [
            ("id", Some(ColumnKind::Integer), (false, true, false, true), None),
            ("data", Some(ColumnKind::Json), (false, false, false, false), None),
            ("note", Some(ColumnKind::Text), (true, false, false, false), None),
            ("size", None, (false, true, false, false), Some(0..=i64::MAX)),
            ("twice", Some(ColumnKind::Integer), (false, true, true, false), None),
        ] {
            let column = found.columns.iter().find(|column| column.name == name).unwrap();
            assert_eq!((is(column), &column.range), (expected, &range), "{name}");
            assert!(kind.is_none_or(|kind| kind == column.kind), "{name}: {:?}", column.kind);
        }
        assert_eq!(found.unique, [["id"]]);
    }

    #[test]
    fn only_indexes_of_all_rows_make_columns_unique() {
        let connection = connection(
            "CREATE TABLE t (a, b, c, d UNIQUE, PRIMARY KEY (a, b)); CREATE UNIQUE INDEX part ON t (c) WHERE a = 1;
            CREATE UNIQUE INDEX folded ON t (lower(c)); CREATE INDEX plain ON t (c)",
        );
        let unique = describe(&connection, "t").unwrap().unique;
        assert!(unique.contains(&vec!["a".to_owned(), "b".to_owned()]), "{unique:?}");
        assert!(unique.contains(&vec!["d".to_owned()]) && !unique.contains(&vec!["c".to_owned()]), "{unique:?}");
    }

    #[test]
    fn references_of_one_column_are_found() {
        let connection = connection(
            "CREATE TABLE users (id integer PRIMARY KEY, a, b, UNIQUE (a, b));
            CREATE TABLE tokens (user_id REFERENCES users, note); CREATE INDEX by_user ON tokens (user_id, note);
            CREATE TABLE profiles (user_id UNIQUE REFERENCES Users (id) ON DELETE CASCADE);
            CREATE TABLE pairs (a, b, note REFERENCES users (a), FOREIGN KEY (a, b) REFERENCES users (a, b))",
        );
        let found = references(&connection, &["users".to_owned()]).unwrap();
        let shown: Vec<_> = found
            .iter()
            .map(|found| {
                let Reference { table, column, to_table, to_column, .. } = found;
                let flags = (found.is_unique, found.prevents_deletion, found.is_indexed);
                (format!("{table}.{column} {to_table}.{to_column}"), flags)
            })
            .collect();
        let expected = [
            ("pairs.note users.a", (false, true, false)),
            ("profiles.user_id users.id", (true, false, true)),
            ("tokens.user_id users.id", (false, true, true)),
        ];
        assert_eq!(shown, expected.map(|(words, flags)| (words.to_owned(), flags)));
        let described = describe_all(&connection, &["tokens", "pairs", "users"]).unwrap();
        let keys: Vec<_> = described.iter().map(|table| (table.foreign_keys.len(), table.has_dependents)).collect();
        assert_eq!(keys, [(1, false), (1, false), (0, true)]);
    }
}
