//! The catalog queries, for tables in the search path.
//!
//! Another role that may create objects in a schema of the search path could
//! create a function or an operator that matches better than the built-in one,
//! and that would run with drfctl's privileges. So each is qualified with its
//! schema, and nothing is used that looks up an operator implicitly: `IN`,
//! `BETWEEN`, `LIKE`, a `CASE` with a subject.

use crate::engine::row::Row;
use crate::engine::table::TableName;
use crate::error::Result;

/// All tables and views: name, its schema if it is wanted and outside the
/// search path, whether it has the columns of a user model, whether it has
/// those of a token table, its schema in the search path.
pub(super) const TABLES: &str = r#"
    SELECT c.relname::pg_catalog.text,
        CASE WHEN NOT pg_catalog.pg_table_is_visible(c.oid) THEN n.nspname::pg_catalog.text END,
        2 OPERATOR(pg_catalog.=) (
            SELECT pg_catalog.count(*) FROM pg_catalog.pg_attribute a
            WHERE a.attrelid OPERATOR(pg_catalog.=) c.oid AND NOT a.attisdropped AND (
                (a.attname OPERATOR(pg_catalog.=) 'password'
                    AND a.atttypid OPERATOR(pg_catalog.=) ANY (ARRAY['pg_catalog.text', 'pg_catalog.varchar']::pg_catalog.regtype[]))
                OR (a.attname OPERATOR(pg_catalog.=) 'last_login'
                    AND a.atttypid OPERATOR(pg_catalog.=) ANY (ARRAY['pg_catalog.timestamptz', 'pg_catalog.timestamp']::pg_catalog.regtype[]))
            )
        ),
        EXISTS (
            SELECT 1 FROM pg_catalog.pg_constraint f
            WHERE f.conrelid OPERATOR(pg_catalog.=) c.oid AND f.contype OPERATOR(pg_catalog.=) 'f'
        ) AND EXISTS (
            SELECT 1 FROM pg_catalog.pg_attribute a
            WHERE a.attrelid OPERATOR(pg_catalog.=) c.oid AND NOT a.attisdropped
            AND a.attname OPERATOR(pg_catalog.=) ANY (ARRAY['key', 'token', 'digest', 'token_key']::pg_catalog.name[])
            AND a.atttypid OPERATOR(pg_catalog.=) ANY (ARRAY['pg_catalog.text', 'pg_catalog.varchar']::pg_catalog.regtype[])
        ),
        CASE WHEN pg_catalog.pg_table_is_visible(c.oid) THEN n.nspname::pg_catalog.text END
    FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
    WHERE c.relkind OPERATOR(pg_catalog.=) ANY (ARRAY['r', 'p', 'v', 'm', 'f']::pg_catalog."char"[])
    AND n.nspname OPERATOR(pg_catalog.<>) ALL (ARRAY['pg_catalog', 'information_schema']::pg_catalog.name[])
    AND (pg_catalog.pg_table_is_visible(c.oid)
        OR c.relname::pg_catalog.text OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.text[]))
    ORDER BY c.relname, n.nspname"#;

/// The shapes of tables, as [`crate::engine::server::Described`] reads them:
/// table, kind, then what the kind has, sorted by two numbers at the end. A
/// partial index or an index on an expression does not make a column unique.
pub(super) const DESCRIBE: &str = r"
    WITH t AS (
        SELECT w.name, pg_catalog.to_regclass(pg_catalog.quote_ident(w.name))::pg_catalog.oid AS oid
        FROM pg_catalog.unnest($1::pg_catalog.text[]) AS w (name)
    )
    SELECT t.name, 'c', a.attname::pg_catalog.text, pg_catalog.format_type(a.atttypid, a.atttypmod),
        CASE WHEN a.attnotnull THEN '1' ELSE '0' END,
        CASE WHEN a.attgenerated OPERATOR(pg_catalog.<>) '' THEN 'generated'
            WHEN a.atthasdef OR a.attidentity OPERATOR(pg_catalog.<>) '' THEN '1' ELSE '0' END,
        CASE WHEN EXISTS (SELECT 1 FROM pg_catalog.pg_index i
            WHERE i.indrelid OPERATOR(pg_catalog.=) t.oid AND i.indisprimary
            AND a.attnum OPERATOR(pg_catalog.=) ANY (i.indkey)) THEN '1' ELSE '0' END,
        CASE WHEN n.nspname OPERATOR(pg_catalog.<>) 'pg_catalog' THEN n.nspname::pg_catalog.text END,
        0::pg_catalog.int8, a.attnum::pg_catalog.int8
    FROM t
    JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) t.oid
        AND a.attnum OPERATOR(pg_catalog.>) 0 AND NOT a.attisdropped
    JOIN pg_catalog.pg_type y ON y.oid OPERATOR(pg_catalog.=) a.atttypid
    LEFT JOIN pg_catalog.pg_type b ON y.typtype OPERATOR(pg_catalog.=) 'd' AND b.oid OPERATOR(pg_catalog.=) y.typbasetype
    JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) COALESCE(b.typnamespace, y.typnamespace)
    UNION ALL
    SELECT t.name, 'u', i.indexrelid::pg_catalog.text, a.attname::pg_catalog.text, NULL, NULL, NULL, NULL,
        i.indexrelid::pg_catalog.int8, k.place
    FROM t
    JOIN pg_catalog.pg_index i ON i.indrelid OPERATOR(pg_catalog.=) t.oid AND i.indisunique AND i.indisvalid
        AND i.indpred IS NULL AND i.indexprs IS NULL
    CROSS JOIN LATERAL pg_catalog.unnest(i.indkey) WITH ORDINALITY AS k (attnum, place)
    JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) i.indrelid
        AND a.attnum OPERATOR(pg_catalog.=) k.attnum
    WHERE k.place OPERATOR(pg_catalog.<=) i.indnkeyatts
    UNION ALL
    SELECT t.name, 'f', a.attname::pg_catalog.text, r.relname::pg_catalog.text, b.attname::pg_catalog.text,
        CASE WHEN NOT pg_catalog.pg_table_is_visible(r.oid) THEN n.nspname::pg_catalog.text END, NULL, NULL,
        f.oid::pg_catalog.int8, 0
    FROM t
    JOIN pg_catalog.pg_constraint f ON f.conrelid OPERATOR(pg_catalog.=) t.oid
        AND f.contype OPERATOR(pg_catalog.=) 'f' AND pg_catalog.array_length(f.conkey, 1) OPERATOR(pg_catalog.=) 1
    JOIN pg_catalog.pg_class r ON r.oid OPERATOR(pg_catalog.=) f.confrelid
    JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) r.relnamespace
    JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) f.conrelid
        AND a.attnum OPERATOR(pg_catalog.=) f.conkey[1]
    JOIN pg_catalog.pg_attribute b ON b.attrelid OPERATOR(pg_catalog.=) f.confrelid
        AND b.attnum OPERATOR(pg_catalog.=) f.confkey[1]
    UNION ALL
    SELECT t.name, 'w', NULL, NULL, NULL, NULL, NULL, NULL, 0, 0
    FROM t
    WHERE EXISTS (SELECT 1 FROM pg_catalog.pg_trigger g
        WHERE g.tgrelid OPERATOR(pg_catalog.=) t.oid AND NOT g.tgisinternal)
    OR EXISTS (SELECT 1 FROM pg_catalog.pg_rewrite r WHERE r.ev_class OPERATOR(pg_catalog.=) t.oid)
    OR EXISTS (SELECT 1 FROM pg_catalog.pg_constraint f
        WHERE f.confrelid OPERATOR(pg_catalog.=) t.oid AND f.contype OPERATOR(pg_catalog.=) 'f')
    ORDER BY 1, 2, 9, 10";

/// The single-column foreign keys to some tables: table, column, referenced
/// table, referenced column, is unique, prevents deletion, is indexed.
pub(super) const REFERENCES: &str = r#"
    SELECT c.relname::pg_catalog.text, a.attname::pg_catalog.text, r.relname::pg_catalog.text, b.attname::pg_catalog.text,
        EXISTS (SELECT 1 FROM pg_catalog.pg_index i
            WHERE i.indrelid OPERATOR(pg_catalog.=) f.conrelid AND i.indisunique AND i.indisvalid
            AND i.indpred IS NULL AND i.indexprs IS NULL AND i.indnkeyatts OPERATOR(pg_catalog.=) 1
            AND i.indkey[0] OPERATOR(pg_catalog.=) f.conkey[1]),
        f.confdeltype OPERATOR(pg_catalog.=) ANY (ARRAY['a', 'r']::pg_catalog."char"[]),
        EXISTS (SELECT 1 FROM pg_catalog.pg_index i
            WHERE i.indrelid OPERATOR(pg_catalog.=) f.conrelid AND i.indisvalid AND i.indpred IS NULL
            AND i.indkey[0] OPERATOR(pg_catalog.=) f.conkey[1])
    FROM pg_catalog.unnest($1::pg_catalog.text[]) AS w (name)
    JOIN pg_catalog.pg_class r
        ON r.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass(pg_catalog.quote_ident(w.name))::pg_catalog.oid
    JOIN pg_catalog.pg_constraint f ON f.confrelid OPERATOR(pg_catalog.=) r.oid
        AND f.contype OPERATOR(pg_catalog.=) 'f' AND pg_catalog.array_length(f.conkey, 1) OPERATOR(pg_catalog.=) 1
    JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) f.conrelid AND pg_catalog.pg_table_is_visible(c.oid)
    JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) f.conrelid
        AND a.attnum OPERATOR(pg_catalog.=) f.conkey[1]
    JOIN pg_catalog.pg_attribute b ON b.attrelid OPERATOR(pg_catalog.=) f.confrelid
        AND b.attnum OPERATOR(pg_catalog.=) f.confkey[1]
    ORDER BY 1, 2"#;

/// The facts about the server.
pub(super) const FACTS: &str = "
    SELECT pg_catalog.current_setting('server_version'), pg_catalog.current_database()::pg_catalog.text,
        CURRENT_USER::pg_catalog.text, pg_catalog.current_setting('search_path'),
        COALESCE((SELECT CASE WHEN s.ssl THEN s.version END FROM pg_catalog.pg_stat_ssl s
            WHERE s.pid OPERATOR(pg_catalog.=) pg_catalog.pg_backend_pid()), 'none'),
        pg_catalog.pg_is_in_recovery(), pg_catalog.current_setting('fsync')";

/// Returns the facts of a row of [`FACTS`], by name.
///
/// # Errors
/// Internal if it has too few cells.
pub(super) fn facts(row: Row<'_>) -> Result<[(&'static str, String); 7]> {
    let is_standby = row.flag(5)?;
    Ok([
        ("version", row.text(0)?),
        ("database", row.text(1)?),
        ("role", row.text(2)?),
        ("search_path", row.text(3)?),
        ("tls", row.text(4)?),
        ("standby", if is_standby { "yes (read-only)" } else { "no" }.to_owned()),
        ("fsync", row.text(6)?),
    ])
}

/// Returns the table of a row of [`TABLES`].
///
/// # Errors
/// Internal if it has too few cells.
pub(super) fn table_name(row: Row<'_>) -> Result<TableName> {
    Ok(TableName {
        name: row.text(0)?,
        schema: row.optional_text(1)?,
        path_schema: row.optional_text(4)?,
        is_user_model: row.flag(2)?,
        may_hold_tokens: row.flag(3)?,
    })
}

/// Whether the transaction of a number has committed: `committed`, `aborted`,
/// `in progress`, or NULL if the server has forgotten it.
pub(super) const OUTCOME: &str = "SELECT pg_catalog.txid_status($1::pg_catalog.int8)";

/// The primary key of the row inserted last.
pub(super) const LAST_KEY: &str = "SELECT pg_catalog.lastval()";
