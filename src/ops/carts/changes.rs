//! What a shop's server changes of a cart besides its lines: who it is of, what goes with it, and its end.

use super::{FullCart, NewConsent, change_items, find, save, settle, take_consent};
use crate::domain::carts::CartStatus;
use crate::domain::letters::Why;
use crate::domain::messages::MessageStatus;
use crate::domain::{EmailAddress, Error, Result, Site};
use crate::ops::{capture, coupons, idempotency, loyalty, outbox, purchases};
use crate::store::{ReadTx, WriteTx, carts, items, messages};

/// A change of a cart; what is absent stays.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CartChange {
    /// The shopper's address.
    pub email: Option<EmailAddress>,
    /// The shop's own name of the shopper.
    pub customer_id: Option<String>,
    /// Where the shop restores it.
    pub restore_url: Option<String>,
    /// The shop's order number, known early.
    pub order_id: Option<String>,
    /// JSON object as text, in the place of the one that is there; the inner absence empties it.
    pub metadata: Option<Option<String>>,
    /// About the cart's address, be it this one or the one that it had.
    pub consent: Option<NewConsent>,
}

/// Changes what goes with an open cart. It is no act of the shopper: an abandoned cart stays abandoned. Once its address
/// is known, a purchase that was told before claims it, and letters about it are planned.
pub fn change(tx: &WriteTx, site: &Site, id: &str, change: CartChange) -> Result<FullCart> {
    let mut cart = find(tx, site, id)?;
    settle(tx, site, &mut cart, tx.now())?;
    if !cart.status.is_open() {
        return Err(Error::Conflict(format!("the cart is {} and cannot be changed", cart.status)));
    }
    take_consent(tx, site, change.email.as_ref().or(cart.email.as_ref()), change.consent)?;
    let reordered = change.order_id.is_some() && change.order_id != cart.order_id;
    cart.customer_id = change.customer_id.or(cart.customer_id.take());
    cart.restore_url = change.restore_url.or(cart.restore_url.take());
    cart.order_id = change.order_id.or(cart.order_id.take());
    cart.metadata = change.metadata.unwrap_or(cart.metadata.take());
    cart.updated_at = tx.now();
    save(tx, site, &cart)?;
    let before = cart.email.clone();
    let mut bought = capture::identify(tx, site, &mut cart, change.email.as_ref())?;
    if !bought && reordered {
        bought = purchases::claim(tx, site, &mut cart)?;
    }
    if bought {
        loyalty::cart_was_bought(tx, site, cart.no)?;
    }
    let renamed = cart.email.as_ref().map(EmailAddress::matched) != before.as_ref().map(EmailAddress::matched);
    if !bought && renamed && cart.status == CartStatus::Abandoned {
        outbox::plan(tx, site, &cart, last_step(tx, cart.no)?)?;
    }
    let items = items::of_cart(tx, cart.no)?;
    let coupons = coupons::of_cart(tx, site, &cart)?;
    Ok(FullCart { cart, items, coupons })
}

/// The last step about a cart that left; 0 when none did.
fn last_step(tx: &ReadTx, cart: i64) -> Result<i64> {
    let letters = messages::about(tx, cart)?;
    let left =
        letters.iter().filter(|letter| !matches!(letter.status, MessageStatus::Queued | MessageStatus::Cancelled));
    Ok(left.map(|letter| letter.step).max().unwrap_or(0))
}

/// Takes every line out of a cart, and with them the codes that it took, which is an act of the shopper: what is filled
/// anew is a new cart to its owner.
pub fn clear(tx: &WriteTx, site: &Site, id: &str) -> Result<FullCart> {
    change_items(tx, site, id, |cart, lines, _| {
        lines.clear();
        coupons::take_off_all(tx, cart)
    })
}

/// Deletes a cart. A skeleton is left that names nobody, so that figures stand; its lines go, what kept answers say of it
/// goes, and letters about it that wait leave the queue. Letters that were sent stay: they say what was sent to whom.
pub fn delete(tx: &WriteTx, site: &Site, id: &str) -> Result<()> {
    let mut cart = find(tx, site, id)?;
    settle(tx, site, &mut cart, tx.now())?;
    messages::cancel_queued_about(tx, cart.no, Why::CartDeleted.as_str())?;
    items::replace(tx, cart.no, &[])?;
    coupons::take_off_all(tx, &mut cart.clone())?;
    cart.strip(tx.now());
    carts::strip(tx, site.no, &cart)?;
    idempotency::erase_about(tx, site, &cart.id)
}
