//! MySQL's own word on its tables, of the current database.

/// The name of every table, and of what has a name like one.
pub(super) const TABLE_NAMES: &str = "SELECT TABLE_NAME FROM information_schema.TABLES
    WHERE TABLE_SCHEMA = DATABASE() AND TABLE_TYPE IN ('BASE TABLE', 'VIEW', 'SYSTEM VERSIONED') ORDER BY TABLE_NAME";

/// The columns of a table: name, type, whether it refuses NULL, whether it may
/// be left out, whether it is of the primary key.
pub(super) const COLUMNS: &str = "SELECT COLUMN_NAME, COLUMN_TYPE, IS_NULLABLE = 'NO',
    (COLUMN_DEFAULT IS NOT NULL AND COLUMN_DEFAULT <> 'NULL') OR EXTRA LIKE '%auto_increment%'
        OR EXTRA LIKE '%GENERATED%' OR GENERATION_EXPRESSION <> '',
    COLUMN_KEY = 'PRI'
    FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ? ORDER BY ORDINAL_POSITION";

/// The columns that are unique together: index, column. An index on the
/// beginning of a text is none.
pub(super) const UNIQUE: &str = "SELECT INDEX_NAME, COLUMN_NAME FROM information_schema.STATISTICS s
    WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ? AND NON_UNIQUE = 0
    AND NOT EXISTS (SELECT 1 FROM information_schema.STATISTICS p WHERE p.TABLE_SCHEMA = s.TABLE_SCHEMA
        AND p.TABLE_NAME = s.TABLE_NAME AND p.INDEX_NAME = s.INDEX_NAME
        AND (p.SUB_PART IS NOT NULL OR p.COLUMN_NAME IS NULL))
    ORDER BY INDEX_NAME, SEQ_IN_INDEX";

/// The foreign keys of one column: column, table, the column it refers to.
pub(super) const FOREIGN_KEYS: &str = "SELECT MIN(COLUMN_NAME), MIN(REFERENCED_TABLE_NAME), MIN(REFERENCED_COLUMN_NAME)
    FROM information_schema.KEY_COLUMN_USAGE
    WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ? AND REFERENCED_TABLE_NAME IS NOT NULL
    GROUP BY CONSTRAINT_NAME HAVING COUNT(*) = 1 ORDER BY CONSTRAINT_NAME";

/// Whether something would notice that rows of a table are taken out and put
/// in again: a trigger, or another table's key.
pub(super) const IS_WATCHED: &str = "SELECT EXISTS (SELECT 1 FROM information_schema.TRIGGERS
        WHERE EVENT_OBJECT_SCHEMA = DATABASE() AND EVENT_OBJECT_TABLE = ?)
    OR EXISTS (SELECT 1 FROM information_schema.KEY_COLUMN_USAGE
        WHERE REFERENCED_TABLE_SCHEMA = DATABASE() AND REFERENCED_TABLE_NAME = ?)";

/// The engine of a table that has no transactions.
pub(super) const WITHOUT_TRANSACTIONS: &str = "SELECT t.ENGINE FROM information_schema.TABLES t
    JOIN information_schema.ENGINES e ON e.ENGINE = t.ENGINE
    WHERE t.TABLE_SCHEMA = DATABASE() AND t.TABLE_NAME = ? AND COALESCE(e.TRANSACTIONS, 'NO') <> 'YES'";
