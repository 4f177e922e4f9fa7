//! What happens by the clock alone: carts are abandoned and expire, and so do loyalty points. The jobs call it; so does a
//! demo's clock.

use std::collections::BTreeMap;

use super::carts as cart_ops;
use crate::domain::{Result, SiteNo, Timestamp};
use crate::store::{ReadTx, WriteTx, carts, loyalty, messages, sites, webhooks};

/// The next instant at which something falls due on any site.
pub fn next_due(tx: &ReadTx) -> Result<Option<Timestamp>> {
    let (carts, letters) = (carts::next_due(tx)?, messages::next_due(tx)?);
    let (points, webhooks) = (loyalty::next_due(tx)?, webhooks::next_due(tx)?);
    Ok(carts.into_iter().chain(letters).chain(points).chain(webhooks).min())
}

/// Settles up to `limit` carts that fell due by now, the earliest first, until `enough` says so; at least one, so that
/// there is progress. Returns whether there may be more.
pub fn settle_due(tx: &WriteTx, limit: i64, mut enough: impl FnMut() -> bool) -> Result<bool> {
    let due = carts::due(tx, tx.now(), limit)?;
    let mut known = BTreeMap::new();
    let full = due.len() as i64 == limit;
    for (no, mut cart) in due {
        let site = match known.entry(no) {
            std::collections::btree_map::Entry::Occupied(entry) => entry.into_mut(),
            std::collections::btree_map::Entry::Vacant(entry) => {
                // A cart's site is there by foreign key.
                let SiteNo(number) = no;
                let Some(site) = sites::by_no(tx, no)? else {
                    log::warn!("a cart of site number {number} fell due, and there is no such site");
                    continue;
                };
                entry.insert(site)
            }
        };
        cart_ops::settle(tx, site, &mut cart, tx.now())?;
        if enough() {
            return Ok(true);
        }
    }
    Ok(full)
}

/// Whether points of any site fell due by now.
pub fn points_are_due(tx: &ReadTx) -> Result<bool> {
    Ok(loyalty::next_due(tx)?.is_some_and(|next| next <= tx.now()))
}
