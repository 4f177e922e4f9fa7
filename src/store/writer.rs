//! The writer thread: the one place that writes. Closures queue up, each can be undone by itself, and whatever
//! has queued up by then is committed with one fsync. An answer is given only when its commit is on disk.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rusqlite::Connection;
use tokio::sync::oneshot;

use super::WriteTx;
use super::checkpoints::{self, Log};
use crate::domain::{Clock, Error, Result, Timestamp};

/// A commit takes no more closures than this, and waits for no more once it is this old: the first of a batch should
/// not wait for a hundred others.
const BATCH: usize = 256;
const BATCH_AGE: Duration = Duration::from_millis(20);

/// A writer that had nothing to do for this long looks whether the planner's statistics are old.
const IDLE: Duration = Duration::from_millis(250);
const OPTIMIZE_EVERY: Duration = Duration::from_secs(3_600);

/// Runs in the transaction; says whether to keep what it wrote, and gives the answer once that is settled.
type Work = Box<dyn FnOnce(&WriteTx) -> Ran + Send>;
type Answer = Box<dyn FnOnce(Result<()>) + Send>;

struct Job {
    work: Work,
    /// The path of the closure, which names its door and holds nothing of a call.
    name: &'static str,
    /// It is long, and nobody waits for it: it joins no batch of others, who would wait for it.
    patient: bool,
}

struct Ran {
    keep: bool,
    answer: Answer,
}

pub(super) struct Writer {
    jobs: Option<Sender<Job>>,
    thread: Option<JoinHandle<()>>,
    /// Milliseconds from which on a write is told to the log; 0 is off.
    slow_ms: Arc<AtomicU64>,
    log: Arc<Log>,
}

impl Writer {
    pub(super) fn start(conn: Connection, clock: Clock, log: Arc<Log>) -> Result<Self> {
        let (jobs, queue) = channel();
        let slow_ms = Arc::new(AtomicU64::new(0));
        let (slow, of_thread) = (slow_ms.clone(), log.clone());
        let thread = std::thread::Builder::new()
            .name("store-writer".into())
            .spawn(move || run(&conn, &queue, &clock, &slow, &of_thread))
            .map_err(Error::internal)?;
        Ok(Writer { jobs: Some(jobs), thread: Some(thread), slow_ms, log })
    }

    /// From how many milliseconds on a write is told to the log; 0 is off.
    pub(super) fn tell_slow(&self, millis: u64) {
        self.slow_ms.store(millis, Ordering::Relaxed);
    }

    /// Queues a closure. What comes out is its result once it is durable, or the failure of the commit.
    pub(super) fn submit<T: Send + 'static, F: FnOnce(&WriteTx) -> Result<T> + Send + 'static>(
        &self,
        f: F,
    ) -> oneshot::Receiver<Result<T>> {
        self.queue(f, false)
    }

    /// The same for a long write that nobody waits for. It waits for the log to be written back first, and those who are in the
    /// queue before it are on disk before it begins.
    pub(super) fn submit_patiently<T: Send + 'static, F: FnOnce(&WriteTx) -> Result<T> + Send + 'static>(
        &self,
        f: F,
    ) -> oneshot::Receiver<Result<T>> {
        self.log.wait_for_the_disk();
        self.queue(f, true)
    }

    fn queue<T: Send + 'static, F: FnOnce(&WriteTx) -> Result<T> + Send + 'static>(
        &self,
        f: F,
        patient: bool,
    ) -> oneshot::Receiver<Result<T>> {
        let (sender, receiver) = oneshot::channel();
        let work: Work = Box::new(move |tx| {
            let result = f(tx).and_then(|done| match tx.noted_key() {
                Some((site, key)) => super::keys::mark_used(tx, site, key).map(|()| done),
                None => Ok(done),
            });
            let keep = result.is_ok();
            // Whoever asked may have gone away; what was committed stays committed.
            let answer: Answer = Box::new(move |committed| drop(sender.send(committed.and(result))));
            Ran { keep, answer }
        });
        if let Some(jobs) = &self.jobs {
            // A closed queue drops the job and with it the sender, which the receiver sees.
            drop(jobs.send(Job { work, name: std::any::type_name::<F>(), patient }));
        }
        receiver
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        // Closing the queue lets the thread finish what is in it, then end.
        self.jobs = None;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            log::error!("the writer thread ended in a panic");
        }
    }
}

/// The error of a job whose answer never came: the closure panicked, or the thread is gone.
pub(super) fn gone() -> Error {
    Error::internal("the write did not finish; the log says why")
}

fn run(conn: &Connection, queue: &Receiver<Job>, clock: &Clock, slow_ms: &AtomicU64, log: &Log) {
    let mut worked = false;
    let mut optimized = Instant::now();
    let mut held = None;
    loop {
        let next = match held.take() {
            Some(job) => Ok(job),
            None => queue.recv_timeout(if worked { IDLE } else { OPTIMIZE_EVERY }),
        };
        match next {
            Ok(job) => {
                held = commit_batch(conn, job, queue, clock, slow_ms);
                log.committed();
                if log.is_the_writers_turn() {
                    write_back(conn, log);
                }
                worked = true;
            }
            Err(RecvTimeoutError::Disconnected) => break,
            Err(RecvTimeoutError::Timeout) => {
                worked = false;
                if optimized.elapsed() >= OPTIMIZE_EVERY {
                    upkeep(conn, "pragma optimize");
                    optimized = Instant::now();
                }
            }
        }
    }
    upkeep(conn, "pragma optimize");
}

fn write_back(conn: &Connection, log: &Log) {
    if let Err(e) = checkpoints::finish(conn) {
        log::warn!("the log was not written back and will be later: {e}");
    }
    log.finished();
}

fn upkeep(conn: &Connection, pragma: &str) {
    if let Err(e) = conn.execute_batch(pragma) {
        log::warn!("{pragma}: {e}");
    }
}

/// Runs `first` and whatever else is waiting, commits once, and answers all. Returns what was taken from the queue and has to wait
/// for that.
fn commit_batch(
    conn: &Connection,
    first: Job,
    queue: &Receiver<Job>,
    clock: &Clock,
    slow_ms: &AtomicU64,
) -> Option<Job> {
    let slow_ms = slow_ms.load(Ordering::Relaxed);
    let mut answers: Vec<Answer> = Vec::new();
    let mut next = Some(first);
    let mut held = None;
    let began = Instant::now();
    let mut outcome = conn.execute_batch("begin immediate");
    let mut kept_any = false;
    while let Some(job) = next {
        if outcome.is_ok() {
            // Whoever is the first has the transaction to itself. A savepoint around a long job would have every
            // statement of it walk the list of pages that were changed before.
            let (name, begun, work) = (job.name, Instant::now(), job.work);
            let ran = if kept_any { run_in_savepoint(conn, work, (clock)()) } else { run_first(conn, work, (clock)()) };
            tell_if_slow(name, begun, slow_ms);
            match ran {
                Ok((answer, kept)) => {
                    answers.extend(answer);
                    kept_any |= kept;
                }
                Err(e) => outcome = Err(e),
            }
        }
        // A job that is dropped here unrun answers "did not finish"; only a store in trouble gets there.
        let full = answers.len() >= BATCH || began.elapsed() >= BATCH_AGE || outcome.is_err();
        next = if full { None } else { queue.try_recv().ok() };
        held = next.take_if(|job| job.patient);
    }
    let worked = Instant::now();
    let committed = outcome.and_then(|()| conn.execute_batch("commit"));
    tell_if_slow("the commit", worked, slow_ms);
    metrics::histogram!("cartwright_commit_seconds").record(worked.elapsed().as_secs_f64());
    metrics::counter!("cartwright_writes_total").increment(answers.len() as u64);
    if let Err(e) = &committed {
        metrics::counter!("cartwright_failed_commits_total").increment(1);
        log::error!("a commit failed, nothing of it was kept: {e}");
        if !conn.is_autocommit() {
            upkeep(conn, "rollback");
        }
    }
    for answer in answers {
        answer(committed.as_ref().copied().map_err(|e| Error::internal(e.to_string())));
    }
    held
}

/// Runs a job in a transaction in which nothing is yet. Its failure, or its panic, undoes the transaction and begins
/// another. Returns the answer and whether what it wrote is kept.
fn run_first(conn: &Connection, work: Work, now: Timestamp) -> rusqlite::Result<(Option<Answer>, bool)> {
    let (answer, keep) = run_caught(conn, work, now);
    if !keep {
        // Some failures, such as a full disk, end the transaction by themselves.
        conn.execute_batch(if conn.is_autocommit() { "begin immediate" } else { "rollback; begin immediate" })?;
    }
    Ok((answer, keep))
}

/// Runs a job so that its failure, or its panic, undoes what it wrote and nothing else.
fn run_in_savepoint(conn: &Connection, work: Work, now: Timestamp) -> rusqlite::Result<(Option<Answer>, bool)> {
    conn.prepare_cached("savepoint job")?.execute([])?;
    let (answer, keep) = run_caught(conn, work, now);
    if !keep {
        conn.prepare_cached("rollback to job")?.execute([])?;
    }
    conn.prepare_cached("release job")?.execute([])?;
    Ok((answer, keep))
}

/// What a panicking job leaves behind is rolled back by the caller, so nothing half-done is seen.
fn run_caught(conn: &Connection, work: Work, now: Timestamp) -> (Option<Answer>, bool) {
    match catch_unwind(AssertUnwindSafe(|| work(&WriteTx::new(conn, now)))) {
        Ok(ran) => (Some(ran.answer), ran.keep),
        Err(_) => {
            log::error!("a write panicked and was undone");
            (None, false)
        }
    }
}

fn tell_if_slow(name: &str, begun: Instant, slow_ms: u64) {
    let millis = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    if slow_ms > 0 && millis >= slow_ms {
        log::warn!("a slow write: {name} took {millis} ms");
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use crate::domain::Timestamp;
    use crate::store::Store;

    #[test]
    fn who_was_in_the_queue_before_a_patient_write_has_an_answer_before_it_begins() {
        let folder = tempfile::TempDir::new().expect("a temporary folder");
        let store = Store::open(folder.path(), std::sync::Arc::new(|| Timestamp::from_secs(0))).expect("a store");
        let (go, gate) = channel::<()>();
        let first = store.writer.submit(move |_| {
            let _ = gate.recv();
            Ok(())
        });
        let mut before = store.writer.submit(|_| Ok(()));
        let patient = store.writer.submit_patiently(move |_| Ok(before.try_recv().is_ok()));
        let behind = store.writer.submit(|_| Ok(()));
        drop(go);
        assert!(matches!(patient.blocking_recv(), Ok(Ok(true))));
        assert!(matches!((first.blocking_recv(), behind.blocking_recv()), (Ok(Ok(())), Ok(Ok(())))));
    }
}
