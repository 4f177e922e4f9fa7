//! A shop's platform tells of carts, orders and refunds by itself: late, twice, and in any order. What is kept in the end does
//! not depend on that.

use super::carts::{self as cart_ops, NewCart, NewItem};
use super::{capture, consents as consent_ops, coupons, ids, loyalty, outbox, purchases as purchase_ops};
use crate::domain::carts::{Cart, CartStatus, Channel, Class, Item};
use crate::domain::platforms::{REMEMBERED, ToldCart, ToldOrder, ToldRefund, WAITS, instant};
use crate::domain::suppressions::Consent;
use crate::domain::{EmailAddress, Result, Site, Timestamp};
use crate::ops::purchases::{Confirmation, Conversion, Stated};
use crate::store::platforms::Named;
use crate::store::{ReadTx, WriteTx, carts, consents, items, platforms, purchases};

/// What a platform tells.
#[derive(Clone, Debug)]
pub enum Told {
    /// A cart, as it was at some time.
    Cart(Box<ToldCart>),
    /// A sale.
    Order(Box<ToldOrder>),
    /// Money given back.
    Refund(ToldRefund),
}

/// Takes a message, unless it was taken before under any of its ids. `source` is the platform's name.
pub fn take(tx: &WriteTx, site: &Site, ids: &[String], told: Told, source: &'static str) -> Result<()> {
    platforms::forget_taken(tx, site.no, tx.now().plus(-REMEMBERED))?;
    for id in ids {
        if !platforms::take(tx, site.no, id)? {
            return Ok(());
        }
    }
    match told {
        Told::Cart(told) => hear_of_cart(tx, site, *told, source),
        Told::Order(told) => hear_of_order(tx, site, *told, source),
        Told::Refund(told) => hear_of_refund(tx, site, &told),
    }
}

/// What is known under any of these names.
#[derive(Default)]
struct Known {
    cart: Option<Cart>,
    purchase: Option<i64>,
    newest_ms: Option<i64>,
}

fn known(tx: &ReadTx, site: &Site, names: &[String]) -> Result<Known> {
    let mut known = Known::default();
    for name in names {
        let Some(named) = platforms::named(tx, site.no, name)? else { continue };
        if known.cart.is_none()
            && let Some(no) = named.cart
        {
            known.cart = carts::by_no(tx, site.no, no)?;
        }
        known.purchase = known.purchase.or(named.purchase);
        known.newest_ms = known.newest_ms.max(Some(named.told_ms));
    }
    Ok(known)
}

fn keep_names(tx: &WriteTx, site: &Site, names: &[String], named: Named) -> Result<()> {
    names.iter().try_for_each(|name| platforms::name(tx, site.no, name, named))
}

fn hear_of_cart(tx: &WriteTx, site: &Site, told: ToldCart, source: &'static str) -> Result<()> {
    let (names, told_ms) = (told.names.clone(), told.told_ms);
    let known = known(tx, site, &names)?;
    take_consent(tx, site, told.email.as_ref(), told.agreed, source)?;
    let cart = match (known.cart, known.purchase) {
        (Some(cart), _) => Some(go_on(tx, site, cart, told, known.newest_ms)?),
        (None, Some(purchase)) => bought_before(tx, site, told, purchase)?,
        (None, None) => begin(tx, site, told)?,
    };
    keep_names(tx, site, &names, Named { cart, purchase: None, told_ms })
}

/// Makes a cart that was not told of before, at the time of which it is told. Returns our own number of it; none where
/// there is nothing to keep, or nothing may be kept.
fn begin(tx: &WriteTx, site: &Site, told: ToldCart) -> Result<Option<i64>> {
    let address = told.email.as_ref().map(EmailAddress::matched);
    let empty = told.lines.is_empty() && told.email.is_none();
    if empty || !site.settings.tracks(address.as_deref()) {
        return Ok(None);
    }
    let then = tx.at(instant(told.told_ms, tx.now()));
    let new = NewCart {
        email: told.email,
        customer_id: told.customer_id,
        session_id: None,
        channel: Channel::Web,
        currency: Some(told.currency),
        locale: None,
        items: told.lines.into_iter().map(new_item).collect(),
        shipping_address: None,
        expires_at: None,
        restore_url: told.restore_url,
        order_id: None,
        metadata: None,
        consent: None,
        class: Class::Unknown,
    };
    let mut cart = cart_ops::create(&then, site, new)?.cart;
    if let Some(total) = told.total {
        cart.state_total(total);
        cart_ops::save(tx, site, &cart)?;
    }
    cart_ops::settle(tx, site, &mut cart, tx.now())?;
    Ok(Some(cart.no))
}

fn new_item(line: Item) -> NewItem {
    NewItem {
        product_id: line.product_id,
        variant_id: line.variant_id,
        name: line.name,
        sku: line.sku,
        quantity: line.quantity,
        unit_price: Some(line.unit_price),
        image_url: line.image_url,
        url: line.url,
        notes: None,
        metadata: None,
    }
}

/// The order came before its cart. Where no other cart became that order, this one did.
fn bought_before(tx: &WriteTx, site: &Site, mut told: ToldCart, purchase: i64) -> Result<Option<i64>> {
    let Some(sale) = purchases::by_no(tx, site.no, purchase)?.filter(|sale| sale.cart.is_none()) else {
        return Ok(None);
    };
    told.told_ms = told.told_ms.min(sale.at.secs().saturating_mul(1_000));
    let Some(no) = begin(&tx.at(sale.at), site, told)? else { return Ok(None) };
    // The purchase may have claimed it by its address already.
    if let Some(mut cart) = carts::by_no(tx, site.no, no)?.filter(|cart| cart.status.is_open())
        && let Some(sale) = purchases::by_no(tx, site.no, purchase)?.filter(|sale| sale.cart.is_none())
    {
        purchase_ops::assign(tx, site, &mut cart, sale)?;
        loyalty::cart_was_bought(tx, site, no)?;
    }
    Ok(Some(no))
}

/// Moves a cart to what is told of it. An older word than the newest changes nothing that is known, and still says what
/// is not. Returns our own number of the cart that it is now.
fn go_on(tx: &WriteTx, site: &Site, mut cart: Cart, told: ToldCart, newest_ms: Option<i64>) -> Result<i64> {
    cart_ops::settle(tx, site, &mut cart, tx.now())?;
    let no = cart.no;
    let stale = newest_ms.is_some_and(|newest| told.told_ms < newest);
    if cart.status == CartStatus::Expired && !stale && cart.deleted_at.is_none() {
        return Ok(begin(tx, site, told)?.unwrap_or(no));
    }
    if !cart.status.is_open() {
        return Ok(no);
    }
    let at = instant(told.told_ms, tx.now());
    let before = cart.clone();
    if !stale && told.currency == cart.currency {
        let lines = replace_lines(tx, &mut cart, &told.lines, at)?;
        coupons::reprice(tx, site, &mut cart, &lines)?;
        if let Some(total) = told.total {
            cart.state_total(total);
        }
    }
    let newer = |told: Option<String>, kept: Option<String>| if stale { kept.or(told) } else { told.or(kept) };
    cart.restore_url = newer(told.restore_url, cart.restore_url.take());
    cart.customer_id = newer(told.customer_id, cart.customer_id.take());
    // A platform moves the time of a cart for reasons of its own too; what changes nothing wakes no cart that was left.
    let acts = cart != before || cart.status == CartStatus::Active;
    if !stale && acts && at > cart.last_activity {
        if cart.status == CartStatus::Abandoned {
            outbox::unplan(tx, &cart)?;
        }
        cart.touch(at);
        cart.updated_at = before.updated_at.max(at);
    }
    cart_ops::save(tx, site, &cart)?;
    let email = told.email.filter(|_| !stale || cart.email.is_none());
    if capture::identify(tx, site, &mut cart, email.as_ref())? {
        loyalty::cart_was_bought(tx, site, no)?;
    }
    cart_ops::settle(tx, site, &mut cart, tx.now())?;
    Ok(no)
}

/// Puts these lines into a cart in place of those that it has; a line of the same product keeps its id.
fn replace_lines(tx: &WriteTx, cart: &mut Cart, told: &[Item], at: Timestamp) -> Result<Vec<Item>> {
    let kept = items::of_cart(tx, cart.no)?;
    let mut before: Vec<&Item> = kept.iter().collect();
    let mut lines = Vec::with_capacity(told.len());
    for line in told {
        let same = |old: &&Item| old.product_id == line.product_id && old.variant_id == line.variant_id;
        let old = before.iter().position(same).map(|found| before.remove(found));
        let id = old.map_or_else(|| ids::fresh("ci", tx.now()), |old| old.id.clone());
        lines.push(Item { id, ..line.clone() });
    }
    if lines != kept {
        cart.items_changed_at = cart.items_changed_at.max(at);
        items::replace(tx, cart.no, &lines)?;
    }
    Ok(lines)
}

/// A platform says of everybody whether the box was ticked. Ticked is an agreement; not ticked is one taken back where there
/// was one, and else no word at all.
fn take_consent(
    tx: &WriteTx,
    site: &Site,
    email: Option<&EmailAddress>,
    agreed: Option<bool>,
    source: &'static str,
) -> Result<()> {
    let (Some(email), Some(given)) = (email, agreed) else { return Ok(()) };
    let address = email.matched();
    let before = consents::newest(tx, site.no, &address)?;
    let is_news = match &before {
        Some(before) => before.given != given && (given || before.source == source),
        None => given,
    };
    if !is_news || !site.settings.tracks(Some(&address)) {
        return Ok(());
    }
    let consent = Consent { email: email.clone(), given, wording: None, at: tx.now(), source: source.to_owned() };
    consent_ops::record(tx, site, consent)
}

fn hear_of_order(tx: &WriteTx, site: &Site, told: ToldOrder, source: &'static str) -> Result<()> {
    let known = known(tx, site, &told.names)?;
    take_consent(tx, site, told.email.as_ref(), told.agreed, source)?;
    let mut email = told.email;
    let mut cart_id = None;
    if let Some(mut cart) = known.cart {
        cart_ops::settle(tx, site, &mut cart, tx.now())?;
        email = email.or_else(|| cart.email.clone());
        if cart.status.is_open() {
            cart_id = Some(cart.id.clone());
            // The order's own cart is converted, whatever else its buyer left open.
            cart.order_id = Some(told.order_id.clone());
            cart_ops::save(tx, site, &cart)?;
            if cart.email.is_none() {
                capture::identify(tx, site, &mut cart, email.as_ref())?;
            }
        }
    }
    let order_id = told.order_id;
    match (email, cart_id) {
        (Some(email), _) => {
            let total = Stated::In(told.currency, told.total);
            let sale = Confirmation { email, order_id: Some(order_id.clone()), total, codes: told.codes, source };
            purchase_ops::confirm(tx, site, sale)?;
        }
        // Nobody's address is known, and yet it is known which cart was bought.
        (None, Some(cart_id)) => {
            let total = told.currency.parse_major(&told.total);
            let sale = Conversion { order_id: Some(order_id.clone()), total, codes: told.codes, source };
            purchase_ops::convert_cart(tx, site, &cart_id, sale)?;
        }
        (None, None) => {}
    }
    let Some(purchase) = purchase_ops::of_order(tx, site, &order_id)? else {
        // Sold across a counter: it is of no cart and of nobody who is written to.
        log::info!("an order of a platform has neither an address nor a cart, and is not kept");
        return Ok(());
    };
    let named = Named { cart: None, purchase: Some(purchase.no), told_ms: i64::MIN };
    keep_names(tx, site, &told.names, named)?;
    for refund in platforms::waiting_for(tx, site.no, &order_id)? {
        give_back(tx, site, &purchase.id, &refund)?;
    }
    platforms::end_waiting(tx, site.no, &order_id, tx.now().plus(-WAITS))
}

fn hear_of_refund(tx: &WriteTx, site: &Site, told: &ToldRefund) -> Result<()> {
    match purchase_ops::of_order(tx, site, &told.order_id)? {
        Some(purchase) => give_back(tx, site, &purchase.id, told),
        None => platforms::let_wait(tx, site.no, told),
    }
}

/// Keeps a refund of a sale, once, and no more than is left of it.
fn give_back(tx: &WriteTx, site: &Site, purchase_id: &str, told: &ToldRefund) -> Result<()> {
    if purchases::refund_by_id(tx, site.no, &told.id)?.is_some() {
        return Ok(());
    }
    let Some(purchase) = purchases::by_id(tx, site.no, purchase_id)? else { return Ok(()) };
    if purchase.currency != told.currency {
        log::warn!("a refund in {} of a sale in {} is not kept", told.currency, purchase.currency);
        return Ok(());
    }
    let left = purchase.total - purchases::refunded(tx, purchase.no)?;
    if left < 1 || told.amount < 1 {
        return Ok(());
    }
    purchase_ops::refund_as(tx, site, purchase_id, &told.id, told.amount.min(left)).map(drop)
}
