//! How a connection is opened: its settings, the check of what they became, and the schema.

use std::path::Path;

use rusqlite::config::DbConfig;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, ErrorCode};

use super::upgrade;
use crate::domain::{Error, Result, Timestamp};

/// Prepared statements that a connection keeps.
const STATEMENT_CACHE: usize = 256;

/// The first SQLite without the WAL-reset corruption bug: 3.51.3.
const LEAST_SQLITE: i32 = 3_051_003;

/// Pages that a connection keeps at most, kilobytes. The one writer touches rows all over the file; what readers read
/// again and again is small, and they are several (docs/performance.md).
const WRITER_CACHE_KB: i32 = 32 * 1024;
const READER_CACHE_KB: i32 = 4 * 1024;

/// How often the mode of a file is tried to be changed while other processes are in the way.
const WAL_ATTEMPTS: u32 = 100;

/// What a commit waits for before it is acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// The disk. What every store of the program has.
    Full,
    /// The operating system: a power cut may take what was acknowledged. It is here so that the test that cuts the power
    /// can show that it would notice; nothing else asks for it.
    Weak,
}

impl Durability {
    fn apply(self, conn: &Connection) -> rusqlite::Result<()> {
        match self {
            Durability::Full => Ok(()),
            Durability::Weak => conn.pragma_update(None, "synchronous", "normal"),
        }
    }

    /// What the settings of the writer must read as.
    fn expected(self) -> Vec<(&'static str, &'static str)> {
        let weaker = |(name, value)| match (self, name) {
            (Durability::Weak, "synchronous") => (name, "1"),
            _ => (name, value),
        };
        WRITER.iter().copied().map(weaker).collect()
    }
}

/// Opens the writing connection, sets it up, and brings the schema up to date.
pub(super) fn open_writer(path: &Path, now: Timestamp, durability: Durability) -> Result<Connection> {
    if rusqlite::version_number() < LEAST_SQLITE {
        return Err(Error::internal(format!("SQLite {} is too old to trust with writes", rusqlite::version())));
    }
    let unusable = |e: rusqlite::Error| Error::internal(format!("cannot use {}: {e}", path.display()));
    let mut conn = Connection::open(path).map_err(unusable)?;
    set_up(&conn).and_then(|()| set_up_writer(&conn)).map_err(unusable)?;
    durability.apply(&conn).map_err(unusable)?;
    if let Some((name, value)) = differing(&conn, &durability.expected()).map_err(unusable)? {
        return Err(Error::internal(format!("{} cannot be used with {name} set to {value}", path.display())));
    }
    upgrade::bring_up(&mut conn, path, now)?;
    Ok(conn)
}

/// Sets up a reading connection; used for every connection of the pool.
pub(super) fn set_up_reader(conn: &Connection) -> rusqlite::Result<()> {
    set_up(conn)?;
    conn.pragma_update(None, "cache_size", -READER_CACHE_KB)?;
    conn.pragma_update(None, "query_only", true)
}

/// Opens the connection that writes the log back. It syncs as the writer does, and keeps no pages.
pub(super) fn open_for_the_log(path: &Path, durability: Durability) -> rusqlite::Result<Connection> {
    let conn = Connection::open(path)?;
    set_up(&conn)?;
    durability.apply(&conn)?;
    Ok(conn)
}

/// What the writing connection has besides. A file that cannot be in this mode keeps the one that it has.
fn set_up_writer(conn: &Connection) -> rusqlite::Result<()> {
    let mut attempts = 0;
    while let Err(e) = conn.query_row("pragma journal_mode = wal", [], |_| Ok(())) {
        attempts += 1;
        if e.sqlite_error_code() != Some(ErrorCode::DatabaseBusy) || attempts == WAL_ATTEMPTS {
            return Err(e);
        }
        // Another process makes the same file. SQLite does not wait when it changes the mode; for a lock it does.
        conn.execute_batch("begin immediate; commit")?;
    }
    conn.pragma_update(None, "cache_size", -WRITER_CACHE_KB)?;
    // What is deleted is overwritten, so that an erased person does not live on in free space.
    conn.pragma_update(None, "secure_delete", true)?;
    conn.pragma_update(None, "journal_size_limit", 64 * 1024 * 1024)?;
    // The log has a thread of its own (checkpoints.rs): who writes does not wait until it is written back.
    conn.pragma_update(None, "wal_autocheckpoint", 0)
}

/// What the settings of the writer must read as, in SQLite's numbers. A promise such as "acknowledged is on disk" rests
/// on them, so they are read back once, when the store is opened.
const WRITER: &[(&str, &str)] = &[
    ("busy_timeout", "5000"),
    ("journal_mode", "wal"),
    ("synchronous", "2"),
    ("foreign_keys", "1"),
    ("trusted_schema", "0"),
    ("journal_size_limit", "67108864"),
    ("wal_autocheckpoint", "0"),
    ("temp_store", "2"),
    ("query_only", "0"),
    ("secure_delete", "1"),
];

/// The first setting that is not as expected, with what it is.
fn differing(conn: &Connection, expected: &[(&'static str, &str)]) -> rusqlite::Result<Option<(&'static str, String)>> {
    for (name, value) in expected {
        let found = conn.pragma_query_value(None, name, |row| {
            Ok(match row.get_ref(0)? {
                ValueRef::Integer(number) => number.to_string(),
                other => other.as_str().unwrap_or_default().to_owned(),
            })
        })?;
        if found != *value {
            return Ok(Some((name, found)));
        }
    }
    Ok(None)
}

/// How long a connection waits for another's lock.
pub(super) const BUSY: std::time::Duration = std::time::Duration::from_secs(5);

/// What every connection has, writing or reading. `busy_timeout` comes first, so that the rest can wait.
pub(super) fn set_up(conn: &Connection) -> rusqlite::Result<()> {
    conn.busy_timeout(BUSY)?;
    conn.pragma_update(None, "synchronous", "full")?;
    conn.pragma_update(None, "foreign_keys", true)?;
    conn.pragma_update(None, "trusted_schema", false)?;
    conn.pragma_update(None, "temp_store", "memory")?;
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    // One plan a statement, whatever is bound: otherwise, once there are statistics, every new value has it planned anew.
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    conn.set_prepared_statement_cache_capacity(STATEMENT_CACHE);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::FILE_NAME;

    #[test]
    fn readers_are_set_as_the_writer_is_and_cannot_write() {
        let folder = tempfile::TempDir::new().expect("a temporary folder");
        let path = folder.path().join(FILE_NAME);
        let writer = open_writer(&path, Timestamp::from_secs(0), Durability::Full).expect("a writer");
        let reader = Connection::open(&path).expect("a reader");
        set_up_reader(&reader).expect("a reader that is set up");
        let of_writers = ["journal_size_limit", "wal_autocheckpoint", "query_only", "secure_delete"];
        let of_readers: Vec<_> = WRITER.iter().copied().filter(|(name, _)| !of_writers.contains(name)).collect();
        assert_eq!(differing(&reader, &of_readers), Ok(None));
        assert_eq!(differing(&reader, &[("query_only", "1")]), Ok(None));
        assert!(reader.execute("delete from sites", []).is_err());
        for conn in [&writer, &reader] {
            assert_eq!(conn.db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE), Ok(true));
            assert_eq!(conn.db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG), Ok(true));
        }
    }

    #[test]
    fn a_setting_that_did_not_take_is_named() {
        let conn = Connection::open_in_memory().expect("a database");
        // A database in memory has a journal of its own.
        set_up(&conn).and_then(|()| set_up_writer(&conn)).expect("settings");
        assert_eq!(differing(&conn, WRITER), Ok(Some(("journal_mode", "memory".to_owned()))));
    }
}
