//! The thread that writes the log back into the database. Behind the writer everybody waits, so the writer does no more of
//! this than a moment's work. docs/adr/0033 says why, and what bounds the log.

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread::{JoinHandle, Thread};
use std::time::{Duration, Instant};

use rusqlite::Connection;

use super::connection::{self, Durability};
use crate::domain::{Error, Result};

/// Pages of the log that are worth a round. What is less waits until nobody writes.
const WORTH: i64 = 2_000;

/// A log of so many pages (32 MB) shall begin anew, which it does with the first write after all of it is written back.
const LONG: i64 = 8_000;

/// What the writer writes back itself so that it comes to that: it keeps nobody waiting for longer than a commit does.
const LITTLE: i64 = 500;

/// From here on the writer does it all, however long it takes: nothing else bounds a log that is written faster than it is
/// written back.
const TOO_LONG: i64 = 32_000;

/// How often it is looked how long the log is, while somebody writes.
const EVERY: Duration = Duration::from_millis(20);

/// When nobody wrote for this long, all is written back.
const IDLE: Duration = Duration::from_millis(250);

/// What the writer and the thread tell each other.
#[derive(Default)]
pub(super) struct Log {
    commits: AtomicU64,
    /// The thread sleeps until something is committed.
    rests: AtomicBool,
    /// The writer is asked to write back what is left before it goes on.
    finish: AtomicBool,
    stop: AtomicBool,
    thread: OnceLock<Thread>,
}

impl Log {
    /// Told by the writer: something was committed.
    pub(super) fn committed(&self) {
        self.commits.fetch_add(1, Ordering::SeqCst);
        if self.rests.swap(false, Ordering::SeqCst) {
            self.wake();
        }
    }

    /// Asked by the writer between two commits: whether it shall write back what is left.
    pub(super) fn is_the_writers_turn(&self) -> bool {
        self.finish.swap(false, Ordering::SeqCst)
    }

    fn wake(&self) {
        if let Some(thread) = self.thread.get() {
            thread.unpark();
        }
    }

    /// Sleeps until something is committed that was not seen.
    fn rest(&self, seen: u64) {
        self.rests.store(true, Ordering::SeqCst);
        while self.commits.load(Ordering::SeqCst) == seen && !self.stop.load(Ordering::SeqCst) {
            std::thread::park();
        }
        self.rests.store(false, Ordering::SeqCst);
    }
}

/// The running thread. Dropping it stops it after the round that it is in.
pub(super) struct Checkpoints {
    log: Arc<Log>,
    thread: Option<JoinHandle<()>>,
}

impl Checkpoints {
    pub(super) fn start(path: &Path, durability: Durability) -> Result<Self> {
        let log = Arc::new(Log::default());
        let (of_thread, path) = (log.clone(), path.to_owned());
        let thread = std::thread::Builder::new()
            .name("store-log".into())
            .spawn(move || run(&path, durability, &of_thread))
            .map_err(Error::internal)?;
        // It does nothing before the first commit, which comes after this.
        drop(log.thread.set(thread.thread().clone()));
        Ok(Checkpoints { log, thread: Some(thread) })
    }

    pub(super) fn log(&self) -> Arc<Log> {
        self.log.clone()
    }
}

impl Drop for Checkpoints {
    fn drop(&mut self) {
        self.log.stop.store(true, Ordering::SeqCst);
        self.log.wake();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            log::error!("the thread that writes the log back ended in a panic");
        }
    }
}

fn run(path: &Path, durability: Durability, log: &Log) {
    let mut conn = None;
    let mut seen = 0;
    loop {
        log.rest(seen);
        if log.stop.load(Ordering::SeqCst) {
            return;
        }
        // Opened when it is needed first: most commands are over before.
        let outcome = match &conn {
            Some(conn) => keep_short(conn, log),
            None => connection::open_for_the_log(path, durability).and_then(|opened| {
                let conn = conn.insert(opened);
                keep_short(conn, log)
            }),
        };
        seen = outcome.unwrap_or_else(|e| {
            log::warn!("the log was not written back and will be later: {e}");
            std::thread::park_timeout(IDLE);
            log.commits.load(Ordering::SeqCst)
        });
    }
}

/// Writes the log back while others write, and all of it once they rest. Returns how many commits there were then.
fn keep_short(conn: &Connection, log: &Log) -> rusqlite::Result<u64> {
    let mut commits = log.commits.load(Ordering::SeqCst);
    let mut since = Instant::now();
    let mut stuck_at = None;
    while !log.stop.load(Ordering::SeqCst) {
        let now = log.commits.load(Ordering::SeqCst);
        if now != commits {
            (commits, since) = (now, Instant::now());
        }
        let idle = since.elapsed() >= IDLE;
        let (pages, done) = checkpoint(conn, "noop")?;
        // Somebody who reads an old state holds it up; asking again and again would not help.
        if pages > done && (idle || (pages - done >= WORTH && stuck_at != Some(done))) {
            let (pages, now_done) = checkpoint(conn, "passive")?;
            stuck_at = (now_done == done).then_some(done);
            let left = pages - now_done;
            let turn = (pages >= LONG && left <= LITTLE) || (pages >= TOO_LONG && now_done > done);
            log.finish.store(turn && left > 0, Ordering::SeqCst);
        }
        if idle {
            return Ok(commits);
        }
        std::thread::park_timeout(EVERY);
    }
    Ok(commits)
}

/// Pages that are in the log, and how many of them are written back.
fn checkpoint(conn: &Connection, mode: &str) -> rusqlite::Result<(i64, i64)> {
    conn.prepare_cached(&format!("pragma wal_checkpoint({mode})"))?
        .query_row([], |row| Ok((row.get("log")?, row.get("checkpointed")?)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Timestamp;
    use crate::store::FILE_NAME;

    /// A writer, the connection of the thread, and a log of more pages than the thread leaves alone.
    fn with_a_long_log(folder: &tempfile::TempDir) -> (Connection, Connection) {
        let path = folder.path().join(FILE_NAME);
        let writer = connection::open_writer(&path, Timestamp::from_secs(0), Durability::Full).expect("a writer");
        let of_thread = connection::open_for_the_log(&path, Durability::Full).expect("a connection");
        let fill = "create table filler (bytes blob); insert into filler values (zeroblob(12000000))";
        writer.execute_batch(fill).expect("a long log");
        (writer, of_thread)
    }

    #[test]
    fn all_of_the_log_is_written_back_once_nobody_writes() {
        let folder = tempfile::TempDir::new().expect("a temporary folder");
        let (writer, of_thread) = with_a_long_log(&folder);
        let (pages, done) = checkpoint(&writer, "noop").expect("a look");
        assert!(pages > WORTH && done == 0, "a commit wrote {done} of {pages} pages back itself");
        assert_eq!(keep_short(&of_thread, &Log::default()), Ok(0));
        let (pages, done) = checkpoint(&writer, "noop").expect("a look");
        assert_eq!(pages, done);
    }

    #[test]
    fn a_log_that_a_reader_holds_up_is_not_left_to_the_writer() {
        let folder = tempfile::TempDir::new().expect("a temporary folder");
        let (writer, of_thread) = with_a_long_log(&folder);
        let reader = Connection::open(folder.path().join(FILE_NAME)).expect("a reader");
        reader.execute_batch("begin; select count(*) from sites").expect("a snapshot");
        let more = "insert into filler values (zeroblob(140000000))";
        writer.execute_batch(more).expect("a longer log");
        let log = Log::default();
        assert_eq!(keep_short(&of_thread, &log), Ok(0));
        let (pages, done) = checkpoint(&writer, "noop").expect("a look");
        assert!(pages > TOO_LONG && done < LONG, "{done} of {pages} pages were written back past the reader");
        assert!(!log.is_the_writers_turn(), "it could do nothing either");
        drop(reader);
        assert_eq!(keep_short(&of_thread, &log), Ok(0));
        let (pages, done) = checkpoint(&writer, "noop").expect("a look");
        assert_eq!(pages, done);
    }
}
