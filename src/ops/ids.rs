//! How rows and secrets get their names. A UUID is no secret; a secret is 32 bytes from the operating system.

use uuid::{ContextV7, Timestamp as UuidTime, Uuid};

use crate::domain::{Error, Result, Timestamp};

/// A fresh public id: the prefix, an underscore, and a version 7 UUID, so that newer ids sort after older ones. Its
/// time is that of the transaction, its 74 other bits are random.
pub fn fresh(prefix: &str, now: Timestamp) -> String {
    let time = UuidTime::from_unix(ContextV7::new(), now.secs().unsigned_abs(), 0);
    format!("{prefix}_{}", Uuid::new_v7(time))
}

/// 32 random bytes for keys and tokens.
pub fn secret() -> Result<[u8; 32]> {
    let mut bytes = [0_u8; 32];
    getrandom::fill(&mut bytes).map_err(|e| Error::internal(format!("no randomness: {e}")))?;
    Ok(bytes)
}
