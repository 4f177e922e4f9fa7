//! Reading connections, and what each remembers of the state of the store that it saw last. A commit by anybody, in this
//! process or another, empties a connection's memory: `pragma data_version` says so.

use std::any::Any;
use std::cell::RefCell;
use std::collections::HashMap;
use std::hash::Hash;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::Connection;

use super::batch::run_cached;
use super::connection;
use crate::domain::{Error, Result};

/// Readers at most; a reader waits this long for one before it gives up.
const READERS: u32 = 8;
const PATIENCE: Duration = Duration::from_secs(5);

/// Answers of one kind that a connection remembers, where nothing else is said; when there are more, it begins again.
pub(super) const MOST: usize = 256;

pub(super) type Readers = r2d2::Pool<Manager>;

/// Opens the pool over a file.
pub(super) fn open(path: &Path) -> Result<Readers> {
    r2d2::Pool::builder()
        .max_size(READERS)
        .min_idle(Some(1))
        .connection_timeout(PATIENCE)
        .test_on_check_out(false)
        .build(Manager(path.to_owned()))
        .map_err(Error::internal)
}

/// Makes the connections of the pool.
pub(super) struct Manager(PathBuf);

impl r2d2::ManageConnection for Manager {
    type Connection = Reader;
    type Error = rusqlite::Error;

    fn connect(&self) -> rusqlite::Result<Reader> {
        let conn = Connection::open(&self.0)?;
        connection::set_up_reader(&conn)?;
        Ok(Reader { conn, memory: RefCell::default() })
    }

    fn is_valid(&self, _: &mut Reader) -> rusqlite::Result<()> {
        Ok(())
    }

    fn has_broken(&self, _: &mut Reader) -> bool {
        false
    }
}

/// A connection with its memory.
pub(super) struct Reader {
    pub(super) conn: Connection,
    pub(super) memory: RefCell<Memory>,
}

impl Reader {
    /// One state of the store, until it is dropped.
    pub(super) fn snapshot(&self) -> rusqlite::Result<Snapshot<'_>> {
        run_cached(&self.conn, "begin")?;
        Ok(Snapshot(&self.conn))
    }
}

/// A number that changes with every commit of anybody, as this connection sees it.
pub(super) fn data_version(conn: &Connection) -> rusqlite::Result<i64> {
    conn.prepare_cached("pragma data_version")?.query_row([], |row| row.get(0))
}

/// A reader's transaction.
pub(super) struct Snapshot<'a>(&'a Connection);

impl Drop for Snapshot<'_> {
    fn drop(&mut self) {
        if let Err(e) = run_cached(self.0, "commit") {
            log::warn!("a reader's transaction did not end: {e}");
        }
    }
}

/// What was worked out from one state of the store, by kind; in each a `HashMap<K, T>` of the kind's own types.
#[derive(Default)]
pub(super) struct Memory {
    version: Option<i64>,
    kinds: HashMap<&'static str, Box<dyn Any + Send>>,
}

impl Memory {
    /// Forgets everything, unless the store is as it was.
    pub(super) fn hold_against(&mut self, version: i64) {
        if self.version != Some(version) {
            self.version = Some(version);
            self.kinds.clear();
        }
    }

    pub(super) fn get<K: Hash + Eq + 'static, T: 'static>(&self, kind: &str, key: &K) -> Option<&T> {
        self.kinds.get(kind)?.downcast_ref::<HashMap<K, T>>()?.get(key)
    }

    pub(super) fn put<K, T>(&mut self, kind: &'static str, key: K, value: T, most: usize)
    where
        K: Hash + Eq + Send + 'static,
        T: Send + 'static,
    {
        let kept = self.kinds.entry(kind).or_insert_with(|| Box::new(HashMap::<K, T>::new()));
        // Two kinds of one name and other types would not fit; then nothing is remembered.
        let Some(kept) = kept.downcast_mut::<HashMap<K, T>>() else { return };
        if kept.len() >= most {
            kept.clear();
        }
        kept.insert(key, value);
    }
}
