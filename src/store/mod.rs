//! The store: one SQLite file, one writer thread, a pool of readers. The only floor that knows SQL; per noun a file
//! with its statements, its columns and its row mapper. It knows no rule: what may be written is decided above.

/// The text of a statement with constants in its braces, made once: a text of the program like any other.
macro_rules! sql {
    ($text:literal) => {{
        static TEXT: std::sync::LazyLock<String> = std::sync::LazyLock::new(|| format!($text));
        TEXT.as_str()
    }};
}

mod cells;
mod checkpoints;
mod connection;
mod convert;
mod health;
mod params;
mod readers;
mod recent;
mod statements;
mod tx;
mod upgrade;
mod writer;

pub mod backup;
mod batch;
pub mod carts;
pub mod confirmations;
pub mod consents;
pub mod counts;
pub mod coupons;
pub mod customers;
pub mod decisions;
pub mod engagement;
pub mod go_lives;
pub mod idempotency;
pub mod items;
pub mod keys;
pub mod listing;
pub mod loyalty;
pub mod messages;
pub mod passes;
pub mod platforms;
pub mod privacy;
pub mod purchases;
pub mod reports;
pub mod restore;
pub mod sequences;
pub mod sessions;
pub mod sites;
pub mod sorted;
pub mod stats;
pub mod subscribers;
pub mod suppressions;
pub mod users;
pub mod webhooks;

use std::fs::{File, TryLockError};
use std::hash::Hash;
use std::path::{Path, PathBuf};

use crate::domain::{Clock, Error, Result};
use checkpoints::Checkpoints;
pub use connection::Durability;
use readers::{Reader, Readers};
use recent::{Recent, ShopChanges};
use tokio::sync::oneshot;
pub use tx::{ReadTx, WriteTx};
use writer::Writer;

/// File name of the database inside the data folder.
pub const FILE_NAME: &str = "cartwright.db";

/// The store of one data folder.
pub struct Store {
    path: PathBuf,
    clock: Clock,
    readers: Readers,
    recent: Recent,
    writer: Writer,
    // Behind the writer, so that it is there until the writer is done.
    _checkpoints: Checkpoints,
    copying: backup::Copying,
}

impl Store {
    /// Opens the database of a data folder, making folder and file when they are not there, and brings its schema up
    /// to date. Refuses a file that a newer version wrote.
    pub fn open(folder: &Path, clock: Clock) -> Result<Self> {
        Store::open_with(folder, clock, Durability::Full)
    }

    /// The same with a promise of its own about power cuts.
    pub fn open_with(folder: &Path, clock: Clock, durability: Durability) -> Result<Self> {
        std::fs::create_dir_all(folder)
            .map_err(|e| Error::internal(format!("cannot make the data folder {}: {e}", folder.display())))?;
        let path = folder.join(FILE_NAME);
        let writing = connection::open_writer(&path, clock(), durability)?;
        let readers = readers::open(&path)?;
        let checkpoints = Checkpoints::start(&path, durability)?;
        let changes = ShopChanges::default();
        let writer = Writer::start(writing, clock.clone(), checkpoints.log(), changes.clone())?;
        let (recent, copying) = (Recent::of(changes), backup::Copying::default());
        Ok(Store { path, clock, readers, recent, writer, _checkpoints: checkpoints, copying })
    }

    /// The database file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Tells the log of writes that take at least so many milliseconds; 0 is off.
    pub fn tell_slow_writes(&self, millis: u64) {
        self.writer.tell_slow(millis);
    }

    /// Reads in one snapshot: everything that the closure sees is of one moment.
    pub fn read<T>(&self, f: impl FnOnce(&ReadTx) -> Result<T>) -> Result<T> {
        let reader = self.readers.get().map_err(Error::internal)?;
        self.read_with(&reader, f)
    }

    /// The same, where a reader is idle at this moment: whoever may not wait gets the closure back when none is.
    pub fn try_read<T, F: FnOnce(&ReadTx) -> Result<T>>(&self, f: F) -> std::result::Result<Result<T>, F> {
        match self.readers.try_get() {
            Some(reader) => Ok(self.read_with(&reader, f)),
            None => Err(f),
        }
    }

    /// What [`ReadTx::remember_of_shop`] kept of a kind under a key, if it was a moment ago and this process changed no shop since. For
    /// what is asked for at every call and needs no snapshot of its own.
    pub fn recall<K: Hash + Eq + 'static, T: Clone + 'static>(&self, kind: &str, key: &K) -> Option<T> {
        self.recent.get(self.recent.moment(), kind, key)
    }

    fn read_with<T>(&self, reader: &Reader, f: impl FnOnce(&ReadTx) -> Result<T>) -> Result<T> {
        let begun = self.recent.moment();
        let snapshot = reader.snapshot()?;
        let tx = ReadTx::of_reader(reader, (self.clock)(), &self.recent, begun);
        let answer = f(&tx);
        let noted = tx.noted_key();
        drop(snapshot);
        if let Some((site, key)) = noted {
            self.write_later(move |tx| keys::mark_used(tx, site, key));
        }
        answer
    }

    /// Writes in one transaction: committed when the closure says `Ok`, undone when it says `Err`. Returns only when
    /// the commit is on disk. Blocks; from a future use [`Store::write_async`].
    pub fn write<T: Send + 'static>(&self, f: impl FnOnce(&WriteTx) -> Result<T> + Send + 'static) -> Result<T> {
        self.writer.submit(f).blocking_recv().unwrap_or_else(|_| Err(writer::gone()))
    }

    /// As [`Store::write`], for the clock's jobs: a long write lets the others go first, and waits while the log is too long.
    pub fn write_patiently<T: Send + 'static>(
        &self,
        f: impl FnOnce(&WriteTx) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.writer.submit_patiently(f).blocking_recv().unwrap_or_else(|_| Err(writer::gone()))
    }

    /// Queues a write whose outcome nobody waits for; a failure is told to the log. Writes that are queued after it come
    /// after it.
    pub fn write_later(&self, f: impl FnOnce(&WriteTx) -> Result<()> + Send + 'static) {
        drop(self.writer.submit(move |tx| {
            f(tx).inspect_err(|e| log::warn!("a write that nobody waits for was not kept: {}", e.chain()))
        }));
    }

    /// As [`Store::write_async`], for writes that are many. What the closure wrote may be undone because another failed, and then it
    /// runs again: what counts is its last run. In return it has no savepoint of its own.
    pub fn write_repeatable<T: Send + 'static>(
        &self,
        f: impl Fn(&WriteTx) -> Result<T> + Send + 'static,
    ) -> impl Future<Output = Result<T>> {
        outcome(self.writer.submit_repeatable(f))
    }

    /// As [`Store::write`], without blocking the thread. It is in the queue when this returns: whoever waits for it keeps no closure.
    pub fn write_async<T: Send + 'static>(
        &self,
        f: impl FnOnce(&WriteTx) -> Result<T> + Send + 'static,
    ) -> impl Future<Output = Result<T>> {
        outcome(self.writer.submit(f))
    }
}

async fn outcome<T>(answer: oneshot::Receiver<Result<T>>) -> Result<T> {
    answer.await.unwrap_or_else(|_| Err(writer::gone()))
}

/// Whether a process serves a data folder just now.
pub fn is_served(folder: &Path) -> bool {
    let lock = File::options().write(true).open(folder.join("serve.lock"));
    lock.is_ok_and(|lock| matches!(lock.try_lock(), Err(TryLockError::WouldBlock)))
}

/// Held by the one process that serves a data folder; released when the process ends, however it ends.
#[derive(Debug)]
pub struct ServeLock(#[allow(dead_code, reason = "held, not read")] File);

impl ServeLock {
    /// Takes the lock, or says that another process serves this folder.
    pub fn take(folder: &Path) -> Result<Self> {
        std::fs::create_dir_all(folder)
            .map_err(|e| Error::internal(format!("cannot make the data folder {}: {e}", folder.display())))?;
        let path = folder.join("serve.lock");
        let file = File::create(&path).map_err(|e| Error::internal(format!("cannot open {}: {e}", path.display())))?;
        match file.try_lock() {
            Ok(()) => Ok(ServeLock(file)),
            Err(TryLockError::WouldBlock) => Err(Error::Conflict(format!(
                "another cartwright already serves {}; stop it first, or give this one another --data",
                folder.display()
            ))),
            Err(TryLockError::Error(e)) => Err(Error::internal(format!("cannot lock {}: {e}", path.display()))),
        }
    }
}

/// The version of the bundled SQLite.
pub fn sqlite_version() -> &'static str {
    rusqlite::version()
}
