//! The writer thread: the one place that writes. Closures queue up, each can be undone by itself, and whatever
//! has queued up by then is committed with one fsync. An answer is given only when its commit is on disk.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rusqlite::Connection;
use tokio::sync::oneshot;

use super::WriteTx;
use super::batch::{Again, Asked, Batch, Closure, Once, Work, run_cached};
use super::checkpoints::{self, Log};
use super::recent::ShopChanges;
use super::statements::Statements;
use crate::domain::{Clock, Error, Result};

/// A commit takes no more closures than this, and waits for no more once it is this old: the first of a batch should
/// not wait for a hundred others.
const BATCH: usize = 256;
const BATCH_AGE: Duration = Duration::from_millis(20);

/// A writer that had nothing to do for this long looks whether the planner's statistics are old.
const IDLE: Duration = Duration::from_millis(250);
const OPTIMIZE_EVERY: Duration = Duration::from_secs(3_600);

struct Job {
    work: Box<dyn Work>,
    /// The path of the closure, which names its door and holds nothing of a call.
    name: &'static str,
    /// It is long, and nobody waits for it: it joins no batch of others, who would wait for it.
    patient: bool,
}

pub(super) struct Writer {
    jobs: Option<Sender<Job>>,
    thread: Option<JoinHandle<()>>,
    /// Milliseconds from which on a write is told to the log; 0 is off.
    slow_ms: Arc<AtomicU64>,
    log: Arc<Log>,
}

impl Writer {
    pub(super) fn start(conn: Connection, clock: Clock, log: Arc<Log>, changes: ShopChanges) -> Result<Self> {
        let (jobs, queue) = channel();
        let slow_ms = Arc::new(AtomicU64::new(0));
        let (slow, of_thread) = (slow_ms.clone(), log.clone());
        let thread = std::thread::Builder::new()
            .name("store-writer".into())
            .spawn(move || run(&conn, &queue, &clock, &slow, &of_thread, &changes))
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
        self.queue(Once(Some(f)), std::any::type_name::<F>(), false)
    }

    /// The same for a closure that can run again after what it wrote was undone.
    pub(super) fn submit_repeatable<T: Send + 'static, F: Fn(&WriteTx) -> Result<T> + Send + 'static>(
        &self,
        f: F,
    ) -> oneshot::Receiver<Result<T>> {
        self.queue(Again(f), std::any::type_name::<F>(), false)
    }

    /// The same for a long write that nobody waits for. It waits for the log to be written back first, and those who are in the
    /// queue before it are on disk before it begins.
    pub(super) fn submit_patiently<T: Send + 'static, F: FnOnce(&WriteTx) -> Result<T> + Send + 'static>(
        &self,
        f: F,
    ) -> oneshot::Receiver<Result<T>> {
        self.log.wait_for_the_disk();
        self.queue(Once(Some(f)), std::any::type_name::<F>(), true)
    }

    fn queue<T: Send + 'static>(
        &self,
        closure: impl Closure<T> + Send + 'static,
        name: &'static str,
        patient: bool,
    ) -> oneshot::Receiver<Result<T>> {
        let (sender, receiver) = oneshot::channel();
        if let Some(jobs) = &self.jobs {
            // A closed queue drops the job and with it the sender, which the receiver sees.
            drop(jobs.send(Job { work: Box::new(Asked { closure, result: None, sender }), name, patient }));
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

fn run(conn: &Connection, queue: &Receiver<Job>, clock: &Clock, slow_ms: &AtomicU64, log: &Log, changes: &ShopChanges) {
    let mut worked = false;
    let mut optimized = Instant::now();
    let mut held = None;
    let statements = Statements::of(conn);
    loop {
        let next = match held.take() {
            Some(job) => Ok(job),
            None => queue.recv_timeout(if worked { IDLE } else { OPTIMIZE_EVERY }),
        };
        match next {
            Ok(job) => {
                held = commit_batch(&statements, job, queue, clock, slow_ms, changes);
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
    statements: &Statements,
    first: Job,
    queue: &Receiver<Job>,
    clock: &Clock,
    slow_ms: &AtomicU64,
    changes: &ShopChanges,
) -> Option<Job> {
    let slow_ms = slow_ms.load(Ordering::Relaxed);
    let mut next = Some(first);
    let mut held = None;
    let began = Instant::now();
    let conn = statements.connection();
    let mut batch = Batch::new(statements, clock);
    let mut outcome = run_cached(conn, "begin immediate");
    while let Some(job) = next {
        if outcome.is_ok() {
            let begun = (slow_ms > 0).then(Instant::now);
            outcome = batch.take(job.work);
            tell_if_slow(job.name, begun, slow_ms);
        }
        // A job that is dropped here unrun answers "did not finish"; only a store in trouble gets there.
        let full = batch.done.len() >= BATCH || began.elapsed() >= BATCH_AGE || outcome.is_err();
        next = if full { None } else { queue.try_recv().ok() };
        held = next.take_if(|job| job.patient);
    }
    let worked = Instant::now();
    let committed = outcome.and_then(|()| run_cached(conn, "commit"));
    tell_if_slow("the commit", Some(worked), slow_ms);
    metrics::histogram!("cartwright_commit_seconds").record(worked.elapsed().as_secs_f64());
    metrics::counter!("cartwright_writes_total").increment(batch.done.len() as u64);
    if let Err(e) = &committed {
        metrics::counter!("cartwright_failed_commits_total").increment(1);
        log::error!("a commit failed, nothing of it was kept: {e}");
        if !conn.is_autocommit() {
            upkeep(conn, "rollback");
        }
    }
    if batch.changed_shop.get() {
        changes.count();
    }
    for work in batch.done {
        work.answer(committed.as_ref().copied().map_err(|e| Error::internal(e.to_string())));
    }
    held
}

fn tell_if_slow(name: &str, begun: Option<Instant>, slow_ms: u64) {
    let Some(begun) = begun else { return };
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
