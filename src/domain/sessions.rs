//! Who is signed in to the dashboard, and for how long.

use super::keys::KeyHash;
use super::time::DAY_SECS;
use super::{SiteNo, Timestamp};

/// Seconds without a request after which a session is over.
pub const IDLE_SECS: i64 = 7 * DAY_SECS;

/// Seconds after signing in at which a session is over, whatever happened since.
pub const LONGEST_SECS: i64 = 30 * DAY_SECS;

/// Seconds by which the kept time of the last request may lag behind, so that not every page writes.
pub const SEEN_EVERY_SECS: i64 = 300;

/// Somebody in one browser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Hash of the token in the browser's cookie.
    pub hash: KeyHash,
    /// The site that it shows.
    pub site: SiteNo,
    /// Our own number of whoever signed in.
    pub user: i64,
    /// When.
    pub created_at: Timestamp,
    /// The last request, to about five minutes.
    pub seen_at: Timestamp,
}

impl Session {
    /// Whether it had ended by then.
    pub fn is_over(&self, now: Timestamp) -> bool {
        now >= self.seen_at.plus(IDLE_SECS) || now >= self.created_at.plus(LONGEST_SECS)
    }

    /// Whether a request now is worth a note.
    pub fn is_stale(&self, now: Timestamp) -> bool {
        now >= self.seen_at.plus(SEEN_EVERY_SECS)
    }
}
