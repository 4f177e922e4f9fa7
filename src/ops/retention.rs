//! Rows that are older than a shop wants to keep people for (`retention.after`) are stripped to skeletons. What figures are
//! counted from stays.

use super::privacy;
use crate::domain::{Result, Site, Timestamp};
use crate::store::privacy::{Reach, old};
use crate::store::{ReadTx, WriteTx};

/// Rows of each noun that a report counts at most.
const COUNTED: i64 = 1_000_000;

/// The instant before which a shop keeps nobody; absent: it keeps people until they are erased.
fn before(tx: &ReadTx, site: &Site) -> Option<Timestamp> {
    site.settings.retention_after().map(|secs| tx.now().plus(-secs))
}

/// Whether any row is too old.
pub fn is_due(tx: &ReadTx, site: &Site) -> Result<bool> {
    match before(tx, site) {
        Some(before) => Ok(!old(tx, site.no, before, 1)?.is_empty()),
        None => Ok(false),
    }
}

/// How many rows are too old, by noun; absent: the shop keeps people until they are erased.
pub fn count(tx: &ReadTx, site: &Site) -> Result<Option<[(&'static str, usize); 4]>> {
    let Some(before) = before(tx, site) else { return Ok(None) };
    let Reach { carts, letters, sales, members } = old(tx, site.no, before, COUNTED)?;
    Ok(Some([
        ("carts", carts.len()),
        ("letters", letters.len()),
        ("purchases", sales.len()),
        ("customers", members.len()),
    ]))
}

/// Strips up to `limit` rows of each noun that are too old.
pub fn strip(tx: &WriteTx, site: &Site, limit: i64) -> Result<()> {
    match before(tx, site) {
        Some(before) => privacy::forget(tx, site, &old(tx, site.no, before, limit)?),
        None => Ok(()),
    }
}
