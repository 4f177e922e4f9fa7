//! Points that run out of time. The instant stands on the entry that earned them, from the day on which they were earned;
//! when it has come an entry takes out what is left of them.

use super::blank;
use crate::domain::loyalty::{Cause, Lots};
use crate::domain::{Result, Site, Timestamp};
use crate::store::{ReadTx, WriteTx, loyalty, sites};

/// Lets expire what fell due of a member's balance, and finds out what does next.
pub(super) fn settle(tx: &WriteTx, site: &Site, campaign: i64, customer: i64) -> Result<()> {
    let kept = loyalty::balance(tx, site.no, campaign, customer)?;
    let now = tx.now();
    if kept.expires_next.is_none_or(|next| next > now) {
        return Ok(());
    }
    let lots = Lots::of(&loyalty::booked(tx, site.no, campaign, customer)?);
    // An archive may have taken out more than it put in; what is not there does not expire.
    let amount = lots.due(now).min(kept.balance);
    if let Some(campaign) = loyalty::campaign_by_no(tx, site.no, campaign)?.filter(|_| amount > 0) {
        let entry = blank(tx, &campaign, customer, Cause::Expire, amount);
        loyalty::insert_entry(tx, site.no, &entry, entry.delta(None))?;
    }
    let next = lots.announced().into_iter().map(|(at, _)| at).find(|at| *at > now);
    loyalty::expect_expiry(tx, site.no, campaign, customer, next)
}

/// Lets expire what fell due by now, of up to `limit` balances of any shop. Fewer than `limit` means that nothing is left.
pub fn settle_due(tx: &WriteTx, limit: i64) -> Result<usize> {
    let due = loyalty::due(tx, tx.now(), limit)?;
    for kept in &due {
        // A balance's site is there by foreign key.
        if let Some(site) = sites::by_no(tx, kept.site)? {
            settle(tx, &site, kept.campaign, kept.customer)?;
        }
    }
    Ok(due.len())
}

/// What is announced to expire of a member's balance, by instant, the soonest first.
pub fn announced(tx: &ReadTx, site: &Site, campaign: i64, customer: i64) -> Result<Vec<(Timestamp, i64)>> {
    if loyalty::balance(tx, site.no, campaign, customer)?.expires_next.is_none() {
        return Ok(Vec::new());
    }
    Ok(Lots::of(&loyalty::booked(tx, site.no, campaign, customer)?).announced())
}
