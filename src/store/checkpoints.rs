//! The thread that writes the log back into the database. Behind the writer everybody waits, so the writer does no more of
//! this than a moment's work. docs/adr/0033 says why, and what bounds the log.

use std::fs::File;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread::{JoinHandle, Thread};
use std::time::{Duration, Instant};

use rusqlite::Connection;

use super::connection::{self, Durability};
use crate::domain::{Error, Result};

/// Pages of the log that are worth a round. What is less waits until nobody writes. A round syncs the file, and whoever syncs the log
/// meanwhile waits for the same disk, so that rounds are small.
const WORTH: i64 = 400;

/// A log of so many pages (32 MB) shall begin anew, which it does with the first write after all of it is written back.
const LONG: i64 = 8_000;

/// The writer writes back what is left of a longer log, so that it comes to that, if it is no more than one page for so many that the
/// log is too long by. Mostly that takes a moment, but its sync of the file has taken as long as twenty commits, and everybody waits for it: at
/// first rounds shall find a moment in which nobody writes.
const LEFT_TO_THE_WRITER: i64 = 40;

/// From here on the writer does it all, however long it takes: nothing else bounds a log that is written faster than it is
/// written back.
const TOO_LONG: i64 = 32_000;

/// How often it is looked how long the log is, while somebody writes.
const EVERY: Duration = Duration::from_millis(10);

/// When nobody wrote for this long, all is written back.
const IDLE: Duration = Duration::from_millis(250);

/// How long nothing is tried after a round that wrote nothing back, or after the writer was asked: who reads an old state holds all of it up, but
/// seldom for long, and asking at once would sync for nothing.
const REST: Duration = Duration::from_millis(100);

/// How long the writer waits for readers of an old state before it goes on.
const READERS: Duration = Duration::from_millis(20);

/// How long somebody patient waits for the log to be written back at most, and how often it is looked.
const PATIENCE: Duration = Duration::from_millis(250);
const LOOK_EVERY: Duration = Duration::from_millis(1);

/// What the writer and the thread tell each other.
#[derive(Default)]
pub(super) struct Log {
    commits: AtomicU64,
    /// The thread sleeps until something is committed.
    rests: AtomicBool,
    /// The writer is asked to write back what is left before it goes on.
    finish: AtomicBool,
    /// A round is under way, or the log is long: nobody who is patient shall write now, for two would sync the same disk at once,
    /// and the log would grow longer.
    behind: AtomicBool,
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
        self.finish.load(Ordering::SeqCst)
    }

    /// Told by whoever wrote back what was left, or found that it cannot be.
    pub(super) fn finished(&self) {
        self.finish.store(false, Ordering::SeqCst);
        self.behind.store(false, Ordering::SeqCst);
    }

    /// Waits while the log is being written back, but no longer than [`PATIENCE`].
    pub(super) fn wait_for_the_disk(&self) {
        let began = Instant::now();
        while self.behind.load(Ordering::SeqCst) && began.elapsed() < PATIENCE {
            std::thread::sleep(LOOK_EVERY);
        }
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

/// What the thread works with.
struct Tools {
    conn: Connection,
    /// The database's file, to sync it. Closing one descriptor of a file ends all locks that a process has on it (POSIX), so this one is closed
    /// last: the thread ends after the readers and the writer.
    file: File,
}

impl Tools {
    fn open(path: &Path, durability: Durability) -> Result<Self> {
        let conn = connection::open_for_the_log(path, durability)?;
        Ok(Tools { conn, file: File::open(path).map_err(Error::internal)? })
    }

    /// Syncs what was written back. A failure is the next one's to tell, who syncs the same file before the log begins anew.
    fn sync(&self) {
        if let Err(e) = self.file.sync_data() {
            log::warn!("what was written back was not synced and will be later: {e}");
        }
    }
}

fn run(path: &Path, durability: Durability, log: &Log) {
    let mut tools = None;
    let mut seen = 0;
    loop {
        log.rest(seen);
        if log.stop.load(Ordering::SeqCst) {
            return;
        }
        // Opened when it is needed first: most commands are over before.
        let outcome = match &tools {
            Some(tools) => keep_short(tools, log),
            None => Tools::open(path, durability).and_then(|opened| keep_short(tools.insert(opened), log)),
        };
        seen = outcome.unwrap_or_else(|e| {
            log.finished();
            log::warn!("the log was not written back and will be later: {}", e.chain());
            std::thread::park_timeout(IDLE);
            log.commits.load(Ordering::SeqCst)
        });
    }
}

/// Writes the log back while others write, and all of it once they rest. Returns how many commits there were then.
fn keep_short(tools: &Tools, log: &Log) -> Result<u64> {
    let mut commits = log.commits.load(Ordering::SeqCst);
    let mut since = Instant::now();
    let mut seen = Seen::default();
    while !log.stop.load(Ordering::SeqCst) {
        let now = log.commits.load(Ordering::SeqCst);
        if now != commits {
            (commits, since) = (now, Instant::now());
        }
        let idle = since.elapsed() >= IDLE;
        let again = round(tools, log, &mut seen, idle)?;
        if idle {
            log.finished();
            return Ok(commits);
        }
        if !again {
            std::thread::park_timeout(EVERY);
        }
    }
    Ok(commits)
}

/// What was seen of the log before.
#[derive(Default)]
struct Seen {
    /// Until when nothing is tried, unless the log begins anew: a round wrote nothing back, since somebody reads an old state, or the writer was
    /// asked.
    rest_until: Option<Instant>,
    /// How many pages of the log were written back when it was looked last.
    done: i64,
}

impl Seen {
    /// Who writes on after the log began anew has it grow by thousands of pages in the time of a rest, and they come to the disk at once.
    fn looked(&mut self, done: i64) {
        if done < self.done {
            self.rest_until = None;
        }
        self.done = done;
    }

    fn rest(&mut self) {
        self.rest_until = Some(Instant::now() + REST);
    }

    fn rests(&self) -> bool {
        self.rest_until.is_some_and(|until| Instant::now() < until)
    }
}

/// Writes back what is worth it. Returns whether another round should follow at once.
fn round(tools: &Tools, log: &Log, seen: &mut Seen, idle: bool) -> Result<bool> {
    let conn = &tools.conn;
    // The writer is about it, or will be after its next commit.
    if log.is_the_writers_turn() && !idle {
        return Ok(false);
    }
    let (pages, done) = checkpoint(conn, "noop")?;
    seen.looked(done);
    let long = pages >= LONG;
    let enough = if long { 1 } else { WORTH };
    if pages == done || !(idle || (pages - done >= enough && !seen.rests())) {
        log.finished();
        return Ok(false);
    }
    log.behind.store(true, Ordering::SeqCst);
    let (_, now_done) = checkpoint(conn, "passive")?;
    seen.done = now_done;
    // What was committed meanwhile is not in what it says.
    let (pages, _) = checkpoint(conn, "noop")?;
    let (left, moved) = (pages - now_done, now_done > done);
    let little = (pages - LONG) / LEFT_TO_THE_WRITER;
    let over = long && (left <= little || pages >= TOO_LONG);
    if !moved || over {
        seen.rest();
    }
    if over {
        // SQLite syncs the file only where nobody wrote beside the round, and the writer's own sync would be for all that waits since.
        tools.sync();
    }
    if !long || !moved || left == 0 {
        log.finished();
        return Ok(false);
    }
    log.finish.store(over, Ordering::SeqCst);
    Ok(!over)
}

/// Writes back what is left, for the writer, and waits a moment for those who read an old state, so that the next write begins the log anew.
/// Where they read on, it is tried again later.
pub(super) fn finish(conn: &Connection) -> rusqlite::Result<()> {
    conn.busy_timeout(READERS)?;
    let finished = checkpoint(conn, "restart");
    conn.busy_timeout(connection::BUSY)?;
    finished.map(drop)
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
    fn with_a_long_log(folder: &tempfile::TempDir) -> (Connection, Tools) {
        let path = folder.path().join(FILE_NAME);
        let writer = connection::open_writer(&path, Timestamp::from_secs(0), Durability::Full).expect("a writer");
        let of_thread = Tools::open(&path, Durability::Full).expect("a connection");
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
        assert_eq!(keep_short(&of_thread, &Log::default()).expect("written back"), 0);
        let (pages, done) = checkpoint(&writer, "noop").expect("a look");
        assert_eq!(pages, done);
    }

    #[test]
    fn a_log_that_never_rests_begins_anew_before_it_is_too_long() {
        let folder = tempfile::TempDir::new().expect("a temporary folder");
        let clock = std::sync::Arc::new(|| Timestamp::from_secs(0));
        let store = crate::store::Store::open(folder.path(), clock).expect("a store");
        store.write(|tx| tx.run("create table filler (bytes blob)", []).map(drop)).expect("a table");
        let done = AtomicBool::new(false);
        let longest = std::thread::scope(|scope| {
            scope.spawn(|| {
                while !done.load(Ordering::SeqCst) {
                    store.write(|tx| tx.run("insert into filler values (zeroblob(10))", [])).expect("a small write");
                }
            });
            let log = folder.path().join(format!("{FILE_NAME}-wal"));
            let lengths = (0..80).map(|_| {
                let fill = "insert into filler values (zeroblob(2000000))";
                store.write_patiently(move |tx| tx.run(fill, [])).expect("a long write");
                std::fs::metadata(&log).map_or(0, |about| about.len())
            });
            let longest = lengths.max();
            done.store(true, Ordering::SeqCst);
            longest
        });
        assert!(longest < Some(100_000_000), "160 MB went through a log of {longest:?} bytes");
    }

    #[test]
    fn a_log_that_a_reader_held_up_once_is_written_back_while_others_write_on() {
        let folder = tempfile::TempDir::new().expect("a temporary folder");
        let (writer, of_thread) = with_a_long_log(&folder);
        let reader = Connection::open(folder.path().join(FILE_NAME)).expect("a reader");
        reader.execute_batch("begin; select count(*) from sites").expect("a snapshot");
        let (log, mut seen) = (Log::default(), Seen::default());
        let write = || writer.execute_batch("insert into filler values (zeroblob(5000000))").expect("a write");
        write();
        // The first writes back what the reader sees, the second nothing.
        for _ in 0..2 {
            round(&of_thread, &log, &mut seen, false).expect("a round");
        }
        write();
        drop(reader);
        let began = Instant::now();
        let done_of = || checkpoint(&of_thread.conn, "noop").expect("a look");
        while done_of().0 > done_of().1 && began.elapsed() < Duration::from_secs(20) {
            round(&of_thread, &log, &mut seen, false).expect("a round");
            std::thread::yield_now();
        }
        let (pages, done) = done_of();
        assert_eq!(pages, done, "a reader that is gone holds the log up");
    }

    #[test]
    fn a_log_that_began_anew_is_written_back_without_a_rest() {
        let folder = tempfile::TempDir::new().expect("a temporary folder");
        let (writer, of_thread) = with_a_long_log(&folder);
        let (log, mut seen) = (Log::default(), Seen::default());
        let write = |bytes: i64| {
            writer.execute(&format!("insert into filler values (zeroblob({bytes}))"), []).expect("a write");
        };
        write(LONG * 4_096);
        round(&of_thread, &log, &mut seen, false).expect("a round");
        write(2 * WORTH * 4_096);
        round(&of_thread, &log, &mut seen, false).expect("a round");
        let (pages, done) = checkpoint(&of_thread.conn, "noop").expect("a look");
        assert!(pages < LONG && pages == done, "{done} of {pages} pages are written back");
    }

    #[test]
    fn the_writer_begins_the_log_anew_although_somebody_reads_all_the_time() {
        let folder = tempfile::TempDir::new().expect("a temporary folder");
        let (writer, _) = with_a_long_log(&folder);
        let path = folder.path().join(FILE_NAME);
        let done = AtomicBool::new(false);
        std::thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    let reader = Connection::open(&path).expect("a reader");
                    while !done.load(Ordering::SeqCst) {
                        reader.execute_batch("begin; select count(*) from sqlite_schema; commit").expect("a look");
                    }
                });
            }
            let anew = (0..200).any(|_| {
                finish(&writer).expect("written back");
                writer.execute_batch("insert into filler values (zeroblob(10))").expect("a write");
                checkpoint(&writer, "noop").expect("a look").0 < 100
            });
            done.store(true, Ordering::SeqCst);
            assert!(anew, "the log goes on");
        });
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
        assert_eq!(keep_short(&of_thread, &log).expect("written back"), 0);
        let (pages, done) = checkpoint(&writer, "noop").expect("a look");
        assert!(pages > TOO_LONG && done < LONG, "{done} of {pages} pages were written back past the reader");
        assert!(!log.is_the_writers_turn(), "it could do nothing either");
        drop(reader);
        assert_eq!(keep_short(&of_thread, &log).expect("written back"), 0);
        let (pages, done) = checkpoint(&writer, "noop").expect("a look");
        assert_eq!(pages, done);
    }
}
