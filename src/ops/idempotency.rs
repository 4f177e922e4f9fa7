//! Writes that their callers marked with a key: the first answer is kept in the transaction of its write, so a crash
//! leaves both or neither, and is given again to whoever says the same within a day.

use super::privacy::ANSWER;
use crate::domain::idempotency::{KEPT_FOR, Marked};
use crate::domain::privacy::erased_name;
use crate::domain::{Error, Result, Site};
use crate::store::{ReadTx, WriteTx, idempotency};

/// The answer that was given to this write before: status and body. The same key with another call is a conflict, and
/// so is one whose answer was erased with what it was about.
pub fn replay(tx: &ReadTx, site: &Site, marked: &Marked) -> Result<Option<(u16, String)>> {
    let since = tx.now().plus(-KEPT_FOR);
    let mut kept = idempotency::by_key(tx, site.no, &marked.key, since)?;
    if kept.is_none() {
        // The key itself may have named somebody who is erased.
        kept = idempotency::by_key(tx, site.no, &erased_name(site, ANSWER, &marked.key), since)?;
    }
    let Some(kept) = kept else { return Ok(None) };
    if kept.fingerprint != marked.fingerprint {
        return Err(Error::Conflict("this Idempotency-Key came with another call before".into()));
    }
    match kept.body {
        Some(body) => Ok(Some((kept.status, body))),
        None => Err(Error::Conflict("what this Idempotency-Key made was deleted, and its answer with it".into())),
    }
}

/// Keeps the answer to a write, in the transaction of the write.
pub fn keep(tx: &WriteTx, site: &Site, marked: &Marked, status: u16, body: &str) -> Result<()> {
    idempotency::put(tx, site.no, marked, status, body)
}

/// Forgets what kept answers say of something that is deleted, by its id. The keys stay taken.
pub fn erase_about(tx: &WriteTx, site: &Site, id: &str) -> Result<()> {
    // As JSON has it, so that `7` is not found in `70` or in a price.
    idempotency::erase_bodies_with(tx, site.no, &serde_json::json!(id).to_string())
}

/// Whether there are answers whose day is over.
pub fn has_old(tx: &ReadTx) -> Result<bool> {
    idempotency::has_before(tx, tx.now().plus(-KEPT_FOR))
}

/// Forgets up to `limit` answers whose day is over. Returns how many there were.
pub fn sweep(tx: &WriteTx, limit: i64) -> Result<usize> {
    idempotency::delete_before(tx, tx.now().plus(-KEPT_FOR), limit)
}
