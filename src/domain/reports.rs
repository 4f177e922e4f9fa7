//! Whose turn it is to get a report that is given once in a while.

use super::Timestamp;
use super::time::DAY_SECS;

/// How long after a weekly report the next one is given, in seconds.
pub const WEEK: i64 = 7 * DAY_SECS;

/// Whether a report is given now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// It is.
    Yours,
    /// Not yet.
    From {
        /// When it is.
        at: Timestamp,
        /// In how many seconds, at least 1.
        secs: i64,
    },
}

impl Turn {
    /// By when the last report was given, if one ever was.
    pub fn after(last: Option<Timestamp>, now: Timestamp) -> Self {
        match last.map(|last| last.plus(WEEK)).filter(|next| *next > now) {
            Some(at) => Turn::From { at, secs: at.secs() - now.secs() },
            None => Turn::Yours,
        }
    }
}
