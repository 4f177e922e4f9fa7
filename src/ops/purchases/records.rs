//! Purchases as a shop's server lists, tells and refunds them.

use super::{Confirmation, Conversion, Stated, confirm, convert_cart, refund};
use crate::domain::purchases::Refund;
use crate::domain::{Currency, EmailAddress, Error, OrNotFound, Result, Site};
use crate::ops::listing::{Listed, Wanted};
use crate::store::purchases::{Filter, Shown};
use crate::store::{ReadTx, WriteTx, carts, purchases};

/// A sale as it is told through this interface.
#[derive(Clone, Debug, Default)]
pub struct Told {
    /// The buyer; may be absent where a cart is named.
    pub email: Option<EmailAddress>,
    /// The shop's order number.
    pub order_id: Option<String>,
    /// The cart that was bought; absent, the one that a confirmation of the address would find.
    pub cart_id: Option<String>,
    /// Minor units; absent, the cart's own total.
    pub total: Option<i64>,
    /// Of the total, where the caller wants to be sure.
    pub currency: Option<Currency>,
}

/// One page of a site's purchases, by when they were made.
pub fn list(tx: &ReadTx, site: &Site, filter: &Filter, wanted: &Wanted) -> Result<Listed<Shown>> {
    let page = wanted.page(|id| Ok(purchases::by_id(tx, site.no, id)?.map(|purchase| purchase.at)))?;
    let rows = purchases::page(tx, site.no, filter, &page)?;
    Ok(wanted.listed(rows, purchases::count(tx, site.no, filter)?))
}

/// A purchase with what was given back of it, oldest first.
pub fn get(tx: &ReadTx, site: &Site, id: &str) -> Result<(Shown, Vec<Refund>)> {
    let shown = purchases::shown(tx, site.no, id)?.or_not_found("purchase", id)?;
    let refunds = purchases::refunds_of(tx, site.no, shown.purchase.no)?;
    Ok((shown, refunds.into_iter().map(|(_, refund)| refund).collect()))
}

/// Records a sale as a confirmation does. Returns whether it is new.
pub fn record(tx: &WriteTx, site: &Site, told: Told, source: &'static str) -> Result<(Shown, Vec<Refund>, bool)> {
    let (id, is_new) = match (told.cart_id, told.email) {
        (Some(cart_id), _) => {
            let before = of_cart(tx, site, &cart_id)?;
            convert_cart(
                tx,
                site,
                &cart_id,
                Conversion { order_id: told.order_id, total: told.total, codes: Vec::new(), source },
            )?;
            let purchase = of_cart(tx, site, &cart_id)?;
            let id =
                purchase.ok_or_else(|| Error::Conflict("the cart was bought without a purchase of its own".into()))?;
            (id, before.is_none())
        }
        (None, Some(email)) => {
            let total = told.total.map_or(Stated::Nothing, Stated::Minor);
            let confirmed =
                confirm(tx, site, Confirmation { email, order_id: told.order_id, total, codes: Vec::new(), source })?;
            (confirmed.purchase.id, !confirmed.repeated)
        }
        (None, None) => return Err(Error::missing("email")),
    };
    let (shown, refunds) = get(tx, site, &id)?;
    if told.currency.is_some_and(|currency| currency != shown.purchase.currency) {
        return Err(Error::refused("currency", format!("must be {}, that of the purchase", shown.purchase.currency)));
    }
    Ok((shown, refunds, is_new))
}

fn of_cart(tx: &ReadTx, site: &Site, cart_id: &str) -> Result<Option<String>> {
    let Some(cart) = carts::by_id(tx, site.no, cart_id)? else { return Ok(None) };
    Ok(purchases::of_cart(tx, site.no, cart.no)?.map(|purchase| purchase.id))
}

/// Gives money of a purchase back: an amount, or all that is left.
pub fn refund_left(tx: &WriteTx, site: &Site, id: &str, amount: Option<i64>) -> Result<(Shown, Refund)> {
    let shown = purchases::shown(tx, site.no, id)?.or_not_found("purchase", id)?;
    let left = shown.purchase.total - shown.refunded;
    if left <= 0 {
        return Err(Error::Conflict("there is nothing left of this purchase to refund".into()));
    }
    let refund = refund(tx, site, id, amount.unwrap_or(left))?;
    Ok((purchases::shown(tx, site.no, id)?.or_not_found("purchase", id)?, refund))
}
