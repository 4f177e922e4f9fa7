//! The end of a process: whoever waits or works learns that it was told to stop, and until when it may finish.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard};
use std::time::{Duration, Instant};

/// Whether the process was told to stop, and when.
#[derive(Debug, Default)]
pub struct Ending {
    told_at: Mutex<Option<Instant>>,
    /// The same without a lock: each request asks.
    is_told: AtomicBool,
    heard: Condvar,
}

impl Ending {
    fn told(&self) -> MutexGuard<'_, Option<Instant>> {
        // Nobody panics while holding this, and a moment is whole or not there.
        self.told_at.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// Tells everybody. Being told again changes nothing.
    pub fn tell(&self) {
        self.told().get_or_insert_with(Instant::now);
        self.is_told.store(true, Ordering::SeqCst);
        self.heard.notify_all();
    }

    /// Whether it was told.
    pub fn is_told(&self) -> bool {
        self.is_told.load(Ordering::SeqCst)
    }

    /// Waits, and returns at once when it is told to stop. Returns whether it was.
    pub fn wait(&self, at_most: Duration) -> bool {
        let waited = self.heard.wait_timeout_while(self.told(), at_most, |told| told.is_none());
        waited.map_or_else(|poisoned| poisoned.into_inner().0.is_some(), |(told, _)| told.is_some())
    }

    /// What is left of `patience` since it was told; all of it before that.
    pub fn left(&self, patience: Duration) -> Duration {
        self.told().map_or(patience, |told| patience.saturating_sub(told.elapsed()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_waits_is_told_at_once_and_stays_told() {
        let ending = Ending::default();
        assert!(!ending.wait(Duration::ZERO) && !ending.is_told());
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| ending.wait(Duration::from_secs(60)));
            ending.tell();
            assert!(waiting.join().expect("a thread that waits"));
        });
        assert!(ending.is_told() && ending.wait(Duration::from_secs(60)));
        assert!(ending.left(Duration::from_secs(60)) <= Duration::from_secs(60));
        assert_eq!(ending.left(Duration::ZERO), Duration::ZERO);
    }
}
