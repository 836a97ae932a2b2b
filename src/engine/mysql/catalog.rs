//! The catalog queries, for the current database.

use crate::engine::row::Row;
use crate::engine::statement::Statement;
use crate::engine::table::TableName;
use crate::engine::value::Value;
use crate::error::Result;

/// All tables and views: name, whether it has the columns of a user model,
/// whether it has those of a token table. In each row, whether a commit survives
/// a power failure: 1 if it does.
pub(super) const TABLES: &str = "SELECT t.TABLE_NAME, COALESCE(u.of_users = 2, 0), COALESCE(u.of_tokens > 0, 0),
        @@innodb_flush_log_at_trx_commit
    FROM information_schema.TABLES t LEFT JOIN (
        SELECT TABLE_NAME, SUM(COLUMN_NAME IN ('password', 'last_login')) AS of_users,
            SUM(COLUMN_NAME IN ('key', 'token', 'digest', 'token_key')) AS of_tokens
        FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE() AND (
            (COLUMN_NAME IN ('password', 'key', 'token', 'digest', 'token_key')
                AND (DATA_TYPE LIKE '%char' OR DATA_TYPE LIKE '%text'))
            OR (COLUMN_NAME = 'last_login' AND DATA_TYPE IN ('datetime', 'timestamp')))
        GROUP BY TABLE_NAME
    ) u ON u.TABLE_NAME = t.TABLE_NAME
    WHERE t.TABLE_SCHEMA = DATABASE() AND t.TABLE_TYPE IN ('BASE TABLE', 'VIEW', 'SYSTEM VERSIONED')
    ORDER BY t.TABLE_NAME";

/// Returns the table of a row of [`TABLES`].
///
/// # Errors
/// Internal if it has too few cells.
pub(super) fn table_name(row: Row<'_>) -> Result<TableName> {
    let (is_user_model, may_hold_tokens) = (row.flag(1)?, row.flag(2)?);
    Ok(TableName { name: row.text(0)?, is_user_model, may_hold_tokens, ..TableName::default() })
}

/// The shapes of tables, as [`crate::engine::server::Described`] reads them;
/// `?` is the list of their names. An index on a prefix does not make a column
/// unique.
const SHAPES: [&str; 6] = [
    "SELECT TABLE_NAME, 'c' AS kind, COLUMN_NAME, COLUMN_TYPE, IS_NULLABLE = 'NO',
        CASE WHEN GENERATION_EXPRESSION <> '' THEN 'generated'
            WHEN (COLUMN_DEFAULT IS NOT NULL AND COLUMN_DEFAULT <> 'NULL') OR EXTRA LIKE '%auto_increment%'
            OR EXTRA LIKE '%GENERATED%' THEN '1' ELSE '0' END,
        COLUMN_KEY = 'PRI', NULL, '' AS one, ORDINAL_POSITION AS two
    FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME IN (?)",
    "SELECT s.TABLE_NAME, 'u', s.INDEX_NAME, s.COLUMN_NAME, NULL, NULL, NULL, NULL, s.INDEX_NAME, s.SEQ_IN_INDEX
    FROM information_schema.STATISTICS s LEFT JOIN (
        SELECT DISTINCT TABLE_NAME, INDEX_NAME FROM information_schema.STATISTICS
        WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME IN (?) AND (SUB_PART IS NOT NULL OR COLUMN_NAME IS NULL)
    ) p ON p.TABLE_NAME = s.TABLE_NAME AND p.INDEX_NAME = s.INDEX_NAME
    WHERE s.TABLE_SCHEMA = DATABASE() AND s.TABLE_NAME IN (?) AND s.NON_UNIQUE = 0 AND p.INDEX_NAME IS NULL",
    "SELECT TABLE_NAME, 'f', MIN(COLUMN_NAME), MIN(REFERENCED_TABLE_NAME), MIN(REFERENCED_COLUMN_NAME),
        IF(MIN(REFERENCED_TABLE_SCHEMA) = DATABASE(), NULL, MIN(REFERENCED_TABLE_SCHEMA)),
        NULL, NULL, CONSTRAINT_NAME, 0
    FROM information_schema.KEY_COLUMN_USAGE
    WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME IN (?) AND REFERENCED_TABLE_NAME IS NOT NULL
    GROUP BY TABLE_NAME, CONSTRAINT_NAME HAVING COUNT(*) = 1",
    "SELECT EVENT_OBJECT_TABLE, 'w', NULL, NULL, NULL, NULL, NULL, NULL, TRIGGER_NAME, 0
    FROM information_schema.TRIGGERS WHERE EVENT_OBJECT_SCHEMA = DATABASE() AND EVENT_OBJECT_TABLE IN (?)",
    "SELECT REFERENCED_TABLE_NAME, 'w', NULL, NULL, NULL, NULL, NULL, NULL, '', 0
    FROM information_schema.KEY_COLUMN_USAGE
    WHERE REFERENCED_TABLE_SCHEMA = DATABASE() AND REFERENCED_TABLE_NAME IN (?) GROUP BY REFERENCED_TABLE_NAME",
    "SELECT t.TABLE_NAME, 'e', t.ENGINE, NULL, NULL, NULL, NULL, NULL, '', 0
    FROM information_schema.TABLES t JOIN information_schema.ENGINES e ON e.ENGINE = t.ENGINE
    WHERE t.TABLE_SCHEMA = DATABASE() AND t.TABLE_NAME IN (?) AND COALESCE(e.TRANSACTIONS, 'NO') <> 'YES'",
];

/// How many tables one statement describes. It has several parameters for each
/// table, and the protocol allows 65,535.
pub(super) const MOST_DESCRIBED: usize = 8_000;

/// Describes tables with one query of each kind.
pub(super) fn describe(tables: &[impl AsRef<str>]) -> Statement {
    let shapes = SHAPES.join(" UNION ALL ");
    let lists = shapes.matches('?').count();
    let parameters = (0..lists).flat_map(|_| tables.iter().map(|table| Value::text(table.as_ref()))).collect();
    let marks = vec!["?"; tables.len()].join(", ");
    Statement { text: format!("{} ORDER BY 1, 2, 9, 10", shapes.replace('?', &marks)), parameters }
}

/// Returns the single-column foreign keys to some tables: table, column,
/// referenced table, referenced column, is unique, prevents deletion, is indexed.
/// `InnoDB` has an index for every foreign key.
pub(super) fn references(tables: &[String]) -> Statement {
    let marks = vec!["?"; tables.len()].join(", ");
    let text = format!(
        "SELECT f.TABLE_NAME, f.COLUMN_NAME, f.REFERENCED_TABLE_NAME, f.REFERENCED_COLUMN_NAME,
            MAX(u.TABLE_NAME IS NOT NULL), MAX(r.DELETE_RULE IN ('RESTRICT', 'NO ACTION')), 1
        FROM (
            SELECT TABLE_NAME, CONSTRAINT_NAME, MIN(COLUMN_NAME) AS COLUMN_NAME,
                MIN(REFERENCED_TABLE_NAME) AS REFERENCED_TABLE_NAME,
                MIN(REFERENCED_COLUMN_NAME) AS REFERENCED_COLUMN_NAME
            FROM information_schema.KEY_COLUMN_USAGE
            WHERE TABLE_SCHEMA = DATABASE() AND REFERENCED_TABLE_SCHEMA = DATABASE() AND REFERENCED_TABLE_NAME IN ({marks})
            GROUP BY TABLE_NAME, CONSTRAINT_NAME HAVING COUNT(*) = 1
        ) f JOIN information_schema.REFERENTIAL_CONSTRAINTS r ON r.CONSTRAINT_SCHEMA = DATABASE()
            AND r.TABLE_NAME = f.TABLE_NAME AND r.CONSTRAINT_NAME = f.CONSTRAINT_NAME
        LEFT JOIN (
            SELECT TABLE_NAME, MIN(COLUMN_NAME) AS COLUMN_NAME FROM information_schema.STATISTICS
            WHERE TABLE_SCHEMA = DATABASE() AND NON_UNIQUE = 0
            GROUP BY TABLE_NAME, INDEX_NAME HAVING COUNT(*) = 1 AND MAX(SUB_PART) IS NULL
        ) u ON u.TABLE_NAME = f.TABLE_NAME AND u.COLUMN_NAME = f.COLUMN_NAME
        GROUP BY f.TABLE_NAME, f.COLUMN_NAME, f.REFERENCED_TABLE_NAME, f.REFERENCED_COLUMN_NAME
        ORDER BY f.TABLE_NAME, f.COLUMN_NAME"
    );
    Statement { text, parameters: tables.iter().map(|table| Value::text(table)).collect() }
}

/// The facts about the server.
pub(super) const FACTS: &str = "SELECT VERSION(), DATABASE(), CURRENT_USER(), @@sql_mode, @@collation_database,
    @@innodb_flush_log_at_trx_commit";

/// The TLS version of this connection.
pub(super) const TLS: &str = "SHOW SESSION STATUS LIKE 'Ssl_version'";
