//! Balances as they are read, and the check that they are what the ledger says.

use super::expiry;
use crate::domain::customers::Customer;
use crate::domain::loyalty::{Campaign, Entry, Lots};
use crate::domain::{Result, Site};
use crate::store::{ReadTx, WriteTx, loyalty};

/// A member's balance in a campaign.
pub fn balance(tx: &ReadTx, site: &Site, campaign: &Campaign, customer: i64) -> Result<i64> {
    Ok(loyalty::balance(tx, site.no, campaign.no, customer)?.balance)
}

/// A member's balances in these campaigns, in their order; nothing booked is 0.
pub fn balances<'a>(
    tx: &ReadTx,
    site: &Site,
    campaigns: &'a [Campaign],
    customer: i64,
) -> Result<Vec<(&'a Campaign, i64)>> {
    let kept = loyalty::balances_of_member(tx, site.no, customer)?;
    let of = |campaign: &Campaign| kept.iter().find(|(no, _)| *no == campaign.no).map_or(0, |(_, balance)| *balance);
    Ok(campaigns.iter().map(|campaign| (campaign, of(campaign))).collect())
}

/// The members who ever took part in a campaign, each with the balance, the first known first.
pub fn balances_in(
    tx: &ReadTx,
    site: &Site,
    campaign: &Campaign,
    (offset, limit): (i64, i64),
) -> Result<Vec<(Customer, i64)>> {
    loyalty::balances_of_campaign(tx, site.no, campaign.no, offset, limit)
}

/// What moved a member's balance and was not voided, the newest first: the rows add up to the balance.
pub fn history(tx: &ReadTx, site: &Site, campaign: &Campaign, customer: i64, limit: i64) -> Result<Vec<Entry>> {
    loyalty::booked_of_member(tx, site.no, campaign.no, customer, limit)
}

/// Something kept about a balance that is not what the ledger says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// Public id of the campaign.
    pub campaign_id: String,
    /// Public id of the customer.
    pub customer_id: String,
    /// `balance`, or `expires_next` when the clock would come too late.
    pub figure: &'static str,
    /// As kept; an instant in seconds, the last one there is where nothing is expected.
    pub kept: i64,
    /// As the entries have it.
    pub recomputed: i64,
}

/// Adds every balance of a site up from its entries and names each that differs.
pub fn verify(tx: &ReadTx, site: &Site) -> Result<Vec<Wrong>> {
    let mut wrong = Vec::new();
    let mut expiring = Vec::new();
    loyalty::walk_balances(tx, site.no, |names, kept, total, expires| {
        if kept.balance != total {
            wrong.push(Wrong {
                campaign_id: names.campaign_id.clone(),
                customer_id: names.customer_id.clone(),
                figure: "balance",
                kept: kept.balance,
                recomputed: total,
            });
        }
        if expires {
            expiring.push((names, kept));
        }
        Ok(())
    })?;
    for (names, kept) in expiring {
        let next = Lots::of(&loyalty::booked(tx, site.no, kept.campaign, kept.customer)?).next();
        let never = crate::domain::Timestamp::MAX;
        let (expected, actual) = (kept.expires_next.unwrap_or(never), next.unwrap_or(never));
        if expected > actual {
            wrong.push(Wrong {
                campaign_id: names.campaign_id,
                customer_id: names.customer_id,
                figure: "expires_next",
                kept: expected.secs(),
                recomputed: actual.secs(),
            });
        }
    }
    Ok(wrong)
}

/// Makes every balance of a site anew from its entries. Returns how many there are.
pub fn rebuild(tx: &WriteTx, site: &Site) -> Result<usize> {
    let count = loyalty::rebuild_balances(tx, site.no)?;
    let mut all = Vec::new();
    loyalty::walk_balances(tx, site.no, |_, kept, _, _| {
        all.push(kept);
        Ok(())
    })?;
    for kept in all.iter().filter(|kept| kept.expires_next.is_some()) {
        expiry::settle(tx, site, kept.campaign, kept.customer)?;
    }
    Ok(count)
}
