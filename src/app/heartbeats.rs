//! Signs of life of a process's threads: who waits for them learns that one hangs.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::domain::words;

words! {
    /// A thread that is awaited.
    Thread, "thread" {
        /// Settles carts and sends letters.
        Jobs = "jobs",
        /// Copies the database, and does what retention asks for.
        Upkeep = "upkeep",
    }
}

impl Thread {
    /// It hangs when it was silent for longer. A mail server may take its time, and so may a copy of a big database.
    pub fn patience(self) -> Duration {
        match self {
            Thread::Jobs => Duration::from_secs(5 * 60),
            Thread::Upkeep => Duration::from_secs(60 * 60),
        }
    }
}

/// When each thread was last heard of.
#[derive(Debug)]
pub struct Heartbeats {
    began: Instant,
    // Milliseconds since then, plus 1; 0 is never.
    jobs: AtomicU64,
    upkeep: AtomicU64,
}

impl Default for Heartbeats {
    fn default() -> Self {
        Heartbeats { began: Instant::now(), jobs: AtomicU64::new(0), upkeep: AtomicU64::new(0) }
    }
}

impl Heartbeats {
    fn of(&self, thread: Thread) -> &AtomicU64 {
        match thread {
            Thread::Jobs => &self.jobs,
            Thread::Upkeep => &self.upkeep,
        }
    }

    /// A sign of life.
    pub fn beat(&self, thread: Thread) {
        let millis = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX - 1);
        self.of(thread).store(millis + 1, Ordering::Relaxed);
    }

    /// How long ago the last one was; absent: there never was one.
    pub fn age(&self, thread: Thread) -> Option<Duration> {
        let millis = self.of(thread).load(Ordering::Relaxed).checked_sub(1)?;
        Some(self.began.elapsed().saturating_sub(Duration::from_millis(millis)))
    }

    /// How long the process runs.
    pub fn uptime(&self) -> Duration {
        self.began.elapsed()
    }

    /// The first thread that hangs. One that never began is not awaited.
    pub fn hanging(&self) -> Option<Thread> {
        Thread::ALL.iter().copied().find(|thread| self.age(*thread).is_some_and(|age| age > thread.patience()))
    }
}
