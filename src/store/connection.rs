//! How a connection is opened: its settings, the check of what they became, and the schema.

use std::path::Path;

use rusqlite::Connection;
use rusqlite::config::DbConfig;
use rusqlite_migration::{M, Migrations};

use crate::domain::{Error, Result};

/// Prepared statements that a connection keeps.
const STATEMENT_CACHE: usize = 128;

/// The first SQLite without the WAL-reset corruption bug: 3.51.3.
const LEAST_SQLITE: i32 = 3_051_003;

fn migrations() -> Migrations<'static> {
    Migrations::new(vec![M::up(include_str!("../../schema.sql"))])
}

/// Opens the writing connection, sets it up, and brings the schema up to date.
pub(super) fn open_writer(path: &Path) -> Result<Connection> {
    if rusqlite::version_number() < LEAST_SQLITE {
        return Err(Error::internal(format!("SQLite {} is too old to trust with writes", rusqlite::version())));
    }
    let mut conn =
        Connection::open(path).map_err(|e| Error::internal(format!("cannot open {}: {e}", path.display())))?;
    set_up(&conn)?;
    let mode: String = conn.query_row("pragma journal_mode = wal", [], |row| row.get(0))?;
    if mode != "wal" {
        return Err(Error::internal(format!("{} cannot use write-ahead logging (it is `{mode}`)", path.display())));
    }
    conn.pragma_update(None, "journal_size_limit", 64 * 1024 * 1024)?;
    // Checkpoints run when the writer is idle; this is the bound for a writer that never is.
    conn.pragma_update(None, "wal_autocheckpoint", 8_000)?;
    migrations().to_latest(&mut conn).map_err(|e| match e {
        rusqlite_migration::Error::MigrationDefinition(
            rusqlite_migration::MigrationDefinitionError::DatabaseTooFarAhead,
        ) => Error::Conflict(format!(
            "{} was written by a newer cartwright; install that version, or restore a backup of this one",
            path.display()
        )),
        other => Error::internal(other),
    })?;
    Ok(conn)
}

/// Sets up a reading connection; used for every connection of the pool.
pub(super) fn set_up_reader(conn: &Connection) -> rusqlite::Result<()> {
    set_up(conn)?;
    conn.pragma_update(None, "query_only", true)
}

/// What every connection has, writing or reading. `busy_timeout` comes first, so that the rest can wait.
fn set_up(conn: &Connection) -> rusqlite::Result<()> {
    conn.pragma_update(None, "busy_timeout", 5_000)?;
    conn.pragma_update(None, "synchronous", "full")?;
    conn.pragma_update(None, "foreign_keys", true)?;
    conn.pragma_update(None, "trusted_schema", false)?;
    conn.pragma_update(None, "temp_store", "memory")?;
    conn.pragma_update(None, "cache_size", -16 * 1024)?;
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    conn.set_prepared_statement_cache_capacity(STATEMENT_CACHE);
    Ok(())
}
