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
        /// Those that send webhooks: the one that was silent for longest.
        Webhooks = "webhooks",
    }
}

impl Thread {
    /// It hangs when it was silent for longer. A mail server may take its time, and so may a copy of a big database.
    pub fn patience(self) -> Duration {
        match self {
            Thread::Jobs => Duration::from_secs(5 * 60),
            // A call ends within seconds, whatever its endpoint does; the writer may be waited for before and after it.
            Thread::Webhooks => Duration::from_secs(2 * 60),
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
    webhooks: [AtomicU64; SENDERS],
}

/// Threads that send webhooks.
pub const SENDERS: usize = 4;

impl Default for Heartbeats {
    fn default() -> Self {
        let never = || AtomicU64::new(0);
        Heartbeats { began: Instant::now(), jobs: never(), upkeep: never(), webhooks: std::array::from_fn(|_| never()) }
    }
}

impl Heartbeats {
    fn of(&self, thread: Thread) -> &[AtomicU64] {
        match thread {
            Thread::Jobs => std::slice::from_ref(&self.jobs),
            Thread::Upkeep => std::slice::from_ref(&self.upkeep),
            Thread::Webhooks => &self.webhooks,
        }
    }

    /// A sign of life.
    pub fn beat(&self, thread: Thread) {
        self.beat_of(thread, 0);
    }

    /// The same of one of several. A number that none has is nobody's.
    pub fn beat_of(&self, thread: Thread, number: usize) {
        let millis = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX - 1);
        if let Some(heard) = self.of(thread).get(number) {
            heard.store(millis + 1, Ordering::Relaxed);
        }
    }

    /// How long ago the last one was, of several that of the one that was silent for longest; absent: there never was one.
    pub fn age(&self, thread: Thread) -> Option<Duration> {
        let heard = self.of(thread).iter().map(|heard| heard.load(Ordering::Relaxed)).min()?;
        let millis = heard.checked_sub(1)?;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_silent_sender_of_webhooks_is_not_hidden_by_the_others() {
        let began = Instant::now().checked_sub(Duration::from_secs(600)).expect("a machine that runs for ten minutes");
        let beats = Heartbeats { began, ..Heartbeats::default() };
        for number in 1..SENDERS {
            beats.beat_of(Thread::Webhooks, number);
        }
        assert_eq!((beats.age(Thread::Webhooks), beats.hanging()), (None, None), "one never began");
        beats.webhooks[0].store(1, Ordering::Relaxed);
        assert_eq!(beats.hanging(), Some(Thread::Webhooks));
        beats.beat_of(Thread::Webhooks, 0);
        assert_eq!(beats.hanging(), None);
    }
}
