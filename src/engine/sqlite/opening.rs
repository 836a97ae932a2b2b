//! Opens the file through the library, and sets the pragmas of the connection.

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use crate::engine::options::Options;
use crate::engine::sqlite::errors;
use crate::engine::sqlite::file::DatabaseFile;
use crate::engine::sqlite::wait::Wait;
use crate::error::{Error, Result};

/// The pragmas of each connection. `synchronous` makes commits survive a power
/// failure in every journal mode; `secure_delete` leaves no old key in free
/// pages; the cache does not spill, so that readers are blocked only during the
/// commit.
const PRAGMAS: &str = "PRAGMA foreign_keys = ON; PRAGMA synchronous = EXTRA; PRAGMA secure_delete = ON;
    PRAGMA temp_store = MEMORY; PRAGMA cache_spill = OFF; PRAGMA mmap_size = 0; PRAGMA cell_size_check = ON;
    PRAGMA wal_autocheckpoint = 0;";

/// Opens the file.
pub(super) fn open(file: &DatabaseFile, options: &Options, wait: &Wait) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NOFOLLOW | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let explain = |error| errors::with_wait(error, file, options);
    let mut connection = Connection::open_with_flags(&file.path, flags).map_err(explain)?;
    file.check_opened()?;
    wait.install(&mut connection, &options.interrupt).map_err(explain)?;
    for (setting, on) in [
        (DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true),
        (DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false),
        // Checkpoints are left to the application, to avoid races with it.
        (DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true),
    ] {
        connection.set_db_config(setting, on).map_err(explain)?;
    }
    // Reads the schema, which may have to wait for a lock.
    let pragmas = |connection: &Connection| connection.execute_batch(PRAGMAS);
    wait.attempt(&connection, options, pragmas).map_err(explain)?;
    let enforced: bool = connection.pragma_query_value(None, "foreign_keys", |row| row.get(0)).map_err(explain)?;
    if !enforced {
        return Err(Error::internal("this SQLite does not enforce foreign keys"));
    }
    Ok(connection)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_bundled_library_has_the_fix_of_the_wal_reset_bug() {
        assert!(rusqlite::version_number() >= 3_051_003, "{}", rusqlite::version());
    }
}
