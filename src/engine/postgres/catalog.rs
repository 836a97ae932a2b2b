//! PostgreSQL's own word on its tables: those that a name without a schema
//! means, which the search path decides.

/// The name of every table, and of what has a name like one.
pub(super) const TABLE_NAMES: &str = "SELECT c.relname FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND pg_catalog.pg_table_is_visible(c.oid)
    AND n.nspname NOT IN ('pg_catalog', 'information_schema') ORDER BY c.relname";

/// The columns of a table: name, type, whether it refuses NULL, whether it may
/// be left out, whether it is of the primary key.
pub(super) const COLUMNS: &str = "SELECT a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod), a.attnotnull,
    a.atthasdef OR a.attidentity <> '' OR a.attgenerated <> '',
    EXISTS (SELECT 1 FROM pg_catalog.pg_index i WHERE i.indrelid = c.oid AND i.indisprimary AND a.attnum = ANY (i.indkey))
    FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
    WHERE c.oid = pg_catalog.to_regclass($1) AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum";

/// The columns that are unique together: index, column. An index on a part of
/// the rows, or on an expression, is none.
pub(super) const UNIQUE: &str = "SELECT i.indexrelid::regclass::text, a.attname
    FROM pg_catalog.pg_index i
    CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY AS k (attnum, place)
    JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
    WHERE i.indrelid = pg_catalog.to_regclass($1) AND i.indisunique AND i.indisvalid
    AND i.indpred IS NULL AND i.indexprs IS NULL AND k.place <= i.indnkeyatts
    ORDER BY i.indexrelid, k.place";

/// The foreign keys of one column: column, table, the column it refers to.
pub(super) const FOREIGN_KEYS: &str = "SELECT a.attname,
    CASE WHEN pg_catalog.pg_table_is_visible(t.oid) THEN t.relname::text ELSE t.oid::regclass::text END, b.attname
    FROM pg_catalog.pg_constraint f
    JOIN pg_catalog.pg_class t ON t.oid = f.confrelid
    JOIN pg_catalog.pg_attribute a ON a.attrelid = f.conrelid AND a.attnum = f.conkey[1]
    JOIN pg_catalog.pg_attribute b ON b.attrelid = f.confrelid AND b.attnum = f.confkey[1]
    WHERE f.conrelid = pg_catalog.to_regclass($1) AND f.contype = 'f' AND cardinality(f.conkey) = 1
    ORDER BY f.conname";

/// Whether something would notice that rows of a table are taken out and put
/// in again: a trigger or rule of the application's, or another table's key.
pub(super) const IS_WATCHED: &str = "SELECT EXISTS (SELECT 1 FROM pg_catalog.pg_trigger g
        WHERE g.tgrelid = pg_catalog.to_regclass($1) AND NOT g.tgisinternal)
    OR EXISTS (SELECT 1 FROM pg_catalog.pg_rewrite r WHERE r.ev_class = pg_catalog.to_regclass($1))
    OR EXISTS (SELECT 1 FROM pg_catalog.pg_constraint f
        WHERE f.confrelid = pg_catalog.to_regclass($1) AND f.contype = 'f')";
