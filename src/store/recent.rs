//! Shops as they were read a moment ago, for what every call of a browser asks, whichever reader it would get. They are found
//! until this process changes a shop, and for a moment at most: another process tells nobody of what it changes.

use std::hash::Hash;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::readers::{MOST, Memory};

/// For so long another process's change of a shop may go unseen: about as long as that process takes to end.
const A_MOMENT: Duration = Duration::from_millis(5);

/// How many commits of this process changed a shop. Counted before anybody has an answer from them.
#[derive(Clone, Default)]
pub(super) struct ShopChanges(Arc<AtomicU64>);

impl ShopChanges {
    /// One more did.
    pub(super) fn count(&self) {
        self.0.fetch_add(1, Ordering::Release);
    }
}

/// When something was read: taken before the snapshot that it is read from.
#[derive(Clone, Copy)]
pub(super) struct Moment {
    changes: u64,
    at: Instant,
}

impl Moment {
    /// Whether a shop that was read then is still so at another moment.
    fn holds_at(self, now: Moment) -> bool {
        self.changes == now.changes && now.at.saturating_duration_since(self.at) < A_MOMENT
    }
}

/// What was read of shops a moment ago, by kind.
#[derive(Default)]
pub(super) struct Recent {
    changes: ShopChanges,
    kept: Mutex<Memory>,
}

impl Recent {
    pub(super) fn of(changes: ShopChanges) -> Self {
        Recent { changes, kept: Mutex::default() }
    }

    /// This moment.
    pub(super) fn moment(&self) -> Moment {
        Moment { changes: self.changes.0.load(Ordering::Acquire), at: Instant::now() }
    }

    pub(super) fn get<K: Hash + Eq + 'static, T: Clone + 'static>(
        &self,
        now: Moment,
        kind: &str,
        key: &K,
    ) -> Option<T> {
        let kept = self.kept();
        let (read, value) = kept.get::<K, (Moment, T)>(kind, key)?;
        read.holds_at(now).then(|| value.clone())
    }

    pub(super) fn put<K, T>(&self, read: Moment, kind: &'static str, key: K, value: T)
    where
        K: Hash + Eq + Send + 'static,
        T: Send + 'static,
    {
        self.kept().put(kind, key, (read, value), MOST);
    }

    /// What somebody who panicked left is whole: an entry is in it or is not.
    fn kept(&self) -> MutexGuard<'_, Memory> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(recent: &Recent, now: Moment) -> Option<u8> {
        recent.get(now, "a kind", &"key")
    }

    #[test]
    fn what_was_read_is_found_until_a_shop_is_changed_and_for_a_moment_at_most() {
        let recent = Recent::default();
        let read = recent.moment();
        recent.put(read, "a kind", "key", 7_u8);
        let later = |waited| Moment { at: read.at + waited, ..read };
        assert_eq!(found(&recent, read), Some(7));
        assert_eq!(found(&recent, later(A_MOMENT - Duration::from_nanos(1))), Some(7));
        assert_eq!(found(&recent, later(A_MOMENT)), None);
        recent.changes.count();
        assert_eq!(found(&recent, Moment { at: read.at, ..recent.moment() }), None);
    }

    #[test]
    fn what_was_read_before_a_change_is_not_found_after_it_though_it_is_kept_later() {
        let recent = Recent::default();
        let read = recent.moment();
        recent.changes.count();
        recent.put(read, "a kind", "key", 7_u8);
        assert_eq!(found(&recent, recent.moment()), None);
    }
}
