//! Purchases earn, and refunds take back what they earned. Both happen in the transaction of the purchase or the refund,
//! behind every door. No member is made for it: joining is the customer's decision, and somebody who joins later does not
//! earn from before.

use std::collections::BTreeMap;

use super::{blank, expiry};
use crate::domain::loyalty::{Bought, Campaign, CampaignKind, Cause, Entry, Lots, taken_back};
use crate::domain::purchases::Purchase;
use crate::domain::{Result, Site};
use crate::store::{ReadTx, WriteTx, carts, customers, items, loyalty, purchases};

/// A purchase that a server confirmed earns in each active campaign that wants it, once, for the member of its address.
pub fn purchase_earns(tx: &WriteTx, site: &Site, purchase: &Purchase) -> Result<()> {
    earns_in(tx, site, purchase, |_| true)
}

/// The cart of a purchase became known after the purchase: it tells of the pieces that were bought, which the purchase
/// alone did not.
pub fn cart_was_bought(tx: &WriteTx, site: &Site, cart: i64) -> Result<()> {
    match purchases::of_cart(tx, site.no, cart)? {
        Some(purchase) => earns_in(tx, site, &purchase, |campaign| campaign.kind == CampaignKind::Buyx),
        None => Ok(()),
    }
}

fn earns_in(tx: &WriteTx, site: &Site, purchase: &Purchase, wanted: impl Fn(&Campaign) -> bool) -> Result<()> {
    let Some(email) = purchase.email.as_ref().filter(|_| purchase.verified) else { return Ok(()) };
    let mut campaigns = loyalty::campaigns_earning(tx, site.no)?;
    campaigns.retain(wanted);
    if campaigns.is_empty() {
        return Ok(());
    }
    let Some(member) = customers::member_of_address(tx, site.no, &email.matched())? else { return Ok(()) };
    let known = loyalty::entries_of_purchase(tx, site.no, purchase.no)?;
    for campaign in campaigns {
        let earned_already = known.iter().any(|(_, entry)| entry.cause == Cause::Earn && entry.campaign == campaign.no);
        let pieces = pieces(tx, site, purchase, &campaign)?;
        let bought = Bought { total: purchase.total, currency: purchase.currency, pieces };
        let amount = campaign.earned_by(site.currency, &bought);
        if earned_already || amount < 1 {
            continue;
        }
        let entry = Entry {
            item: campaign.product.clone().filter(|_| campaign.kind == CampaignKind::Buyx),
            description: purchase.order_id.as_ref().map(|order_id| format!("Order {order_id}")),
            purchase: Some(purchase.no),
            ..blank(tx, &campaign, member, Cause::Earn, amount)
        };
        loyalty::insert_entry(tx, site.no, &entry, entry.delta(None))?;
    }
    // What was given back before a server confirmed the sale was never earned.
    let mut refunded = 0;
    for (no, refund) in purchases::refunds_of(tx, site.no, purchase.no)? {
        refunded += refund.amount;
        take_back(tx, site, purchase, no, refunded)?;
    }
    Ok(())
}

/// How many pieces of a campaign's product were in a purchase's cart. A cart that a browser filled proves nothing: anybody
/// can put a hundred pieces into one.
fn pieces(tx: &ReadTx, site: &Site, purchase: &Purchase, campaign: &Campaign) -> Result<i64> {
    let (Some(cart), Some(product)) = (purchase.cart, &campaign.product) else { return Ok(0) };
    if carts::by_no(tx, site.no, cart)?.is_none_or(|cart| cart.visitor.is_some()) {
        return Ok(0);
    }
    let lines = items::of_cart(tx, cart)?;
    let of_product = lines.iter().filter(|line| line.product_id == *product || line.sku.as_ref() == Some(product));
    Ok(of_product.map(|line| line.quantity).sum())
}

/// Takes back what a purchase earned, in proportion to what was given back of it so far, `refunded`, this refund included.
/// What has expired since was lost already. What is spent cannot be taken: the entry says how much that was.
pub fn take_back(tx: &WriteTx, site: &Site, purchase: &Purchase, refund: i64, refunded: i64) -> Result<()> {
    let mut by_balance: BTreeMap<(i64, i64), Vec<(i64, Entry)>> = BTreeMap::new();
    for (no, entry) in loyalty::entries_of_purchase(tx, site.no, purchase.no)? {
        by_balance.entry((entry.campaign, entry.customer)).or_default().push((no, entry));
    }
    for ((campaign, customer), entries) in by_balance {
        let Some(campaign) = loyalty::campaign_by_no(tx, site.no, campaign)? else { continue };
        expiry::settle(tx, site, campaign.no, customer)?;
        let lots = Lots::of(&loyalty::booked(tx, site.no, campaign.no, customer)?);
        let (mut earned, mut expired, mut accounted, mut done) = (0, 0, 0, false);
        for (no, entry) in &entries {
            match entry.cause {
                Cause::Earn if !loyalty::is_reversed(tx, *no)? => {
                    earned += entry.amount;
                    expired += lots.of_entry(*no).map_or(0, |lot| lot.expired);
                }
                Cause::Refund => {
                    accounted += entry.amount + entry.shortfall;
                    done |= entry.refund == Some(refund);
                }
                _ => {}
            }
        }
        let due = taken_back(earned, refunded, purchase.total).min(earned - expired) - accounted;
        if due < 1 || done {
            continue;
        }
        let there = loyalty::balance(tx, site.no, campaign.no, customer)?.balance.max(0);
        let amount = due.min(there);
        let entry = Entry {
            purchase: Some(purchase.no),
            refund: Some(refund),
            shortfall: due - amount,
            ..blank(tx, &campaign, customer, Cause::Refund, amount)
        };
        loyalty::insert_entry(tx, site.no, &entry, entry.delta(None))?;
    }
    Ok(())
}
