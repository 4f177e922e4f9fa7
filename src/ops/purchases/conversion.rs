//! A shop says which of its carts was bought. The sale is the one that a confirmation would have made: told again, or told
//! by a browser or by its order number before, it is counted once.

use super::{Stated, Word, assign, convert, keep, of_order, settled_open, verify};
use crate::domain::carts::{Cart, CartStatus};
use crate::domain::letters::Why;
use crate::domain::purchases::{FirstReply, Purchase};
use crate::domain::{Error, Result, Site};
use crate::ops::carts::{self as cart_ops, FullCart};
use crate::ops::{coupons, ids, loyalty};
use crate::store::{WriteTx, carts, items, messages, purchases};

/// What is said of the sale.
#[derive(Clone, Debug)]
pub struct Conversion {
    /// The shop's order number.
    pub order_id: Option<String>,
    /// What was paid, minor units of the cart's currency; absent, the cart's own total.
    pub total: Option<i64>,
    /// The codes of coupons that the shop says it was bought with; those that are not ours are ignored.
    pub codes: Vec<String>,
    /// Which door told us.
    pub source: &'static str,
}

/// Converts this cart. One that is converted already is answered as it is.
pub fn convert_cart(tx: &WriteTx, site: &Site, id: &str, told: Conversion) -> Result<FullCart> {
    let mut cart = cart_ops::find(tx, site, id)?;
    let by_order = match &told.order_id {
        Some(order_id) => of_order(tx, site, order_id)?,
        None => None,
    };
    let of_cart = purchases::of_cart(tx, site.no, cart.no)?;
    match (by_order, of_cart) {
        (Some(known), own) if known.cart.is_some_and(|no| no != cart.no) || (known.cart.is_none() && own.is_some()) => {
            return Err(Error::Conflict("this order number is another sale's".into()));
        }
        (Some(known), _) if known.cart.is_none() => {
            if !assign(tx, site, &mut cart, known)? {
                return Err(closed(&cart));
            }
            loyalty::cart_was_bought(tx, site, cart.no)?;
        }
        (Some(known), _) | (None, Some(known)) => told_again(tx, site, known, &told)?,
        (None, None) => first_told(tx, site, &mut cart, told)?,
    }
    messages::cancel_queued_about(tx, cart.no, Why::Bought.as_str())?;
    let items = items::of_cart(tx, cart.no)?;
    let coupons = coupons::of_cart(tx, site, &cart)?;
    Ok(FullCart { cart, items, coupons })
}

fn closed(cart: &Cart) -> Error {
    Error::Conflict(format!("the cart is {} and cannot be converted", cart.status))
}

/// A sale that is known gets what it lacked: a server's word, an order number.
fn told_again(tx: &WriteTx, site: &Site, mut known: Purchase, told: &Conversion) -> Result<()> {
    if let (Some(one), Some(other)) = (&known.order_id, &told.order_id)
        && one != other
    {
        return Err(Error::Conflict("the cart was converted by an order with another number".into()));
    }
    if !known.verified {
        let total = told.total.map_or(Stated::Nothing, Stated::Minor);
        let word = Word { order_id: told.order_id.as_deref(), total: &total, source: told.source };
        let address = known.email.as_ref().map(|email| email.matched()).unwrap_or_default();
        let known = verify(tx, site, known, &word, (&address, Vec::new()))?;
        return coupons::count_told(tx, site, &known, &told.codes);
    }
    if known.order_id.is_none() && told.order_id.is_some() {
        known.order_id.clone_from(&told.order_id);
        purchases::update(tx, &known)?;
    }
    coupons::count_told(tx, site, &known, &told.codes)
}

fn first_told(tx: &WriteTx, site: &Site, cart: &mut Cart, told: Conversion) -> Result<()> {
    cart_ops::settle(tx, site, cart, tx.now())?;
    if cart.status == CartStatus::Converted {
        // By another cart's purchase, or in an archive: there is nothing left to be told.
        return Ok(());
    }
    if !cart.status.is_open() {
        return Err(closed(cart));
    }
    let mut others = match &cart.email {
        Some(email) => settled_open(tx, site, &email.matched())?,
        None => Vec::new(),
    };
    others.retain(|other| other.no != cart.no);
    let mut purchase = Purchase {
        no: 0,
        id: ids::fresh("pur", tx.now()),
        order_id: told.order_id,
        email: cart.email.clone(),
        cart: Some(cart.no),
        currency: cart.currency,
        total: told.total.unwrap_or(cart.total),
        at: tx.now(),
        source: told.source.to_owned(),
        verified: true,
        paired: false,
        reply: FirstReply::Recorded,
        last_cart: carts::newest_no(tx)?,
        recovered_cart: None,
        message: None,
    };
    convert(tx, site, cart, &mut others, &mut purchase)?;
    keep(tx, site, &mut purchase)?;
    coupons::count_told(tx, site, &purchase, &told.codes)
}
