//! The list of calls that confirmed purchases, or tried to: where a shop that sets itself up sees its test purchase arrive. It
//! is a convenience, so a failure to keep it is told to the log and fails no confirmation.

use crate::domain::confirmations::{Call, KEPT};
use crate::domain::purchases::Purchase;
use crate::domain::{Result, Site};
use crate::store::{ReadTx, WriteTx, confirmations, sites};

/// Keeps that a call told of a sale, with the code that it was answered. In the transaction of the sale.
pub fn keep(tx: &WriteTx, site: &Site, code: u16, purchase: &Purchase) {
    let kept = confirmations::insert(tx, site.no, code.into(), false, Some(purchase.no))
        .and_then(|()| confirmations::forget_beyond(tx, site.no, false, KEPT));
    if let Err(e) = kept {
        log::warn!("a confirmation is not in the list of calls: {}", e.chain());
    }
}

/// Keeps that a call about a site was refused; about one that nobody knows, nothing. A site's id is public, so of equal
/// refusals within a second one is kept, and refusals push no other call out of the list.
pub fn keep_refused(tx: &WriteTx, site_id: &str, code: u16) -> Result<()> {
    let Some(site) = sites::by_site_id(tx, site_id)? else { return Ok(()) };
    if confirmations::refused_now(tx, site.no, code.into())? {
        return Ok(());
    }
    confirmations::insert(tx, site.no, code.into(), true, None)?;
    confirmations::forget_beyond(tx, site.no, true, KEPT)
}

/// The newest calls, the newest first.
pub fn newest(tx: &ReadTx, site: &Site, limit: i64) -> Result<Vec<Call>> {
    confirmations::newest(tx, site.no, limit)
}
