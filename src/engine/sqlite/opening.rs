//! Opening the file through the library, and what is set on each connection.

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use super::file::DatabaseFile;
use super::naming;
use super::patience::Patience;
use crate::engine::Options;
use crate::error::{Error, Result};

/// What each of our connections sets. `synchronous` survives a power cut in
/// every journal mode; `secure_delete` leaves no old key in free pages; the
/// cache does not spill, so that readers are locked out for the commit alone.
const PRAGMAS: &str = "PRAGMA foreign_keys = ON; PRAGMA synchronous = EXTRA; PRAGMA secure_delete = ON;
    PRAGMA temp_store = MEMORY; PRAGMA cache_spill = OFF; PRAGMA mmap_size = 0; PRAGMA cell_size_check = ON;
    PRAGMA wal_autocheckpoint = 0;";

/// Opens the file.
pub(super) fn open(file: &DatabaseFile, options: &Options, patience: &Patience) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NOFOLLOW | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let name = |error| naming::with_wait(error, file, options);
    let mut connection = Connection::open_with_flags(&file.path, flags).map_err(name)?;
    file.check_opened()?;
    patience.teach(&mut connection).map_err(name)?;
    for (setting, on) in [
        (DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true),
        (DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false),
        // A checkpoint is the server's business: we may not race with it.
        (DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true),
    ] {
        connection.set_db_config(setting, on).map_err(name)?;
    }
    // Reads the schema, so that it may have to wait already.
    let pragmas = |connection: &Connection| connection.execute_batch(PRAGMAS);
    patience.attempt(&connection, &*options.on_wait, pragmas).map_err(name)?;
    let enforced: bool = connection.pragma_query_value(None, "foreign_keys", |row| row.get(0)).map_err(name)?;
    if !enforced {
        return Err(Error::internal("this SQLite does not enforce foreign keys"));
    }
    Ok(connection)
}
