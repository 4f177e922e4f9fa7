//! What follows once all lines of an archive are in: purchases and carts that the rules are asked about, and what was held
//! back from the clock. Every call is a bounded piece.

use crate::domain::Result;
use crate::ops::purchases as purchase_ops;
use crate::ops::sites as site_ops;
use crate::store::{ReadTx, WriteTx, carts, loyalty, purchases};

/// Asks the rules for the cart and the verdict of purchases that came without, from a place in the list on. Returns
/// the place that it got to. Asking again changes nothing.
pub fn settle_purchases(
    tx: &WriteTx,
    site_id: &str,
    unsettled: &[i64],
    mut place: usize,
    enough: &mut dyn FnMut() -> bool,
) -> Result<usize> {
    let site = site_ops::find(tx, site_id)?;
    while let Some(no) = unsettled.get(place) {
        place += 1;
        let purchase = purchases::by_no(tx, site.no, *no)?;
        if let Some(purchase) = purchase.filter(|purchase| purchase.recovered_cart.is_none()) {
            if purchase.cart.is_some() {
                purchase_ops::attribute(tx, &site, purchase)?;
            } else {
                purchase_ops::claim_cart(tx, &site, &purchase)?;
            }
        }
        if enough() {
            break;
        }
    }
    Ok(place)
}

/// Lets purchases that were told before claim the archive's open carts, from a place in the list on.
pub fn claim_carts(
    tx: &WriteTx,
    site_id: &str,
    open_carts: &[i64],
    mut place: usize,
    enough: &mut dyn FnMut() -> bool,
) -> Result<usize> {
    let site = site_ops::find(tx, site_id)?;
    while let Some(no) = open_carts.get(place) {
        place += 1;
        if let Some(mut cart) = carts::by_no(tx, site.no, *no)?.filter(|cart| cart.status.is_open()) {
            purchase_ops::claim(&tx.at(cart.updated_at), &site, &mut cart)?;
        }
        if enough() {
            break;
        }
    }
    Ok(place)
}

/// Open carts of the site that an import holds back from the clock, this one or one that was interrupted: some of them,
/// by our own number, from the one after `after` on.
pub fn held_carts(tx: &ReadTx, site_id: &str, after: i64) -> Result<Vec<i64>> {
    carts::held(tx, site_ops::find(tx, site_id)?.no, after, 10_000)
}

/// Hands held carts to the clock, from a place in the list on, once no purchase of the archive can claim them any more.
pub fn release_carts(
    tx: &WriteTx,
    site_id: &str,
    held: &[i64],
    mut place: usize,
    enough: &mut dyn FnMut() -> bool,
) -> Result<usize> {
    let site = site_ops::find(tx, site_id)?;
    while let Some(no) = held.get(place) {
        place += 1;
        carts::release(tx, site.no, *no, site.settings.abandon_after())?;
        if enough() {
            break;
        }
    }
    Ok(place)
}

/// Hands what can expire to the clock, once all entries are in: before, a redemption that is still to come could find that
/// its points are gone.
pub fn release_points(tx: &WriteTx, site_id: &str) -> Result<()> {
    loyalty::expect_expiries(tx, site_ops::find(tx, site_id)?.no)
}
