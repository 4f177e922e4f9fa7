//! The operating system's clock. The one place that asks it.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::domain::{Clock, Timestamp};

/// A clock that shows the time of day.
pub fn system() -> Clock {
    Arc::new(now)
}

fn now() -> Timestamp {
    // A machine whose clock stands before 1970 counts backwards from there.
    let secs = match SystemTime::now().duration_since(UNIX_EPOCH) {
        Ok(since) => i64::try_from(since.as_secs()).unwrap_or(i64::MAX),
        Err(before) => -i64::try_from(before.duration().as_secs()).unwrap_or(i64::MAX),
    };
    Timestamp::from_secs(secs)
}
