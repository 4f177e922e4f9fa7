//! How rows and secrets get their names. A UUID is no secret; a secret is 32 bytes from the operating system.

use std::sync::{Mutex, PoisonError};

use uuid::{ContextV7, Timestamp as UuidTime, Uuid};

use crate::domain::{Error, Result, Timestamp};

/// Counts within an instant, so that of two ids made in one second the later one sorts after the earlier.
static CONTEXT: Mutex<ContextV7> = Mutex::new(ContextV7::new());

/// A fresh public id: the prefix, an underscore, and a version 7 UUID of the transaction's time. Newer ids sort after
/// older ones. After history was replayed, or the clock went back, the latest time seen so far stands in for it.
pub fn fresh(prefix: &str, now: Timestamp) -> String {
    // A thread that panicked while it held this left a usable counter behind.
    let context = CONTEXT.lock().unwrap_or_else(PoisonError::into_inner);
    let time = UuidTime::from_unix(&*context, now.secs().unsigned_abs(), 0);
    let mut spelled = Uuid::encode_buffer();
    [prefix, "_", Uuid::new_v7(time).hyphenated().encode_lower(&mut spelled)].concat()
}

/// 32 random bytes for keys and tokens.
pub fn secret() -> Result<[u8; 32]> {
    let mut bytes = [0_u8; 32];
    getrandom::fill(&mut bytes).map_err(|e| Error::internal(format!("no randomness: {e}")))?;
    Ok(bytes)
}
