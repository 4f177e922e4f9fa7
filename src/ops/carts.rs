//! Carts come in, change, and are read. Every write first settles what the clock did to the cart before it.

mod changes;
pub mod found;
mod list;
pub mod story;

pub use changes::{CartChange, change, clear, delete};
pub use list::{Asked, Listing, Summary, cursor, is_brief, list};

use super::coupons::{self, Applied};
use super::{consents, ids, loyalty, outbox, purchases, stats, webhooks};
use crate::domain::carts::{Cart, CartStatus, Channel, Class, Elapsed, Item, MAX_ITEMS, check_item};
use crate::domain::stats::Figures;
use crate::domain::suppressions::Consent;
use crate::domain::{Currency, EmailAddress, Error, OrNotFound, Result, Site, Timestamp};
use crate::store::{ReadTx, WriteTx, carts, items};

/// A cart with its lines.
#[derive(Clone, Debug, PartialEq)]
pub struct FullCart {
    /// The cart.
    pub cart: Cart,
    /// Its lines, in the order in which they were added.
    pub items: Vec<Item>,
    /// The codes that it took, in that order.
    pub coupons: Vec<Applied>,
}

/// A line to be added.
#[derive(Clone, Debug, PartialEq)]
pub struct NewItem {
    /// The shop's name of the product.
    pub product_id: String,
    /// The shop's name of the variant.
    pub variant_id: Option<String>,
    /// For people.
    pub name: Option<String>,
    /// Stock-keeping unit.
    pub sku: Option<String>,
    /// At least 1.
    pub quantity: i64,
    /// Minor units; absent, an equal line keeps its price and a new one has none.
    pub unit_price: Option<i64>,
    /// Picture.
    pub image_url: Option<String>,
    /// Product page.
    pub url: Option<String>,
    /// Free text.
    pub notes: Option<String>,
    /// JSON object as text.
    pub metadata: Option<String>,
}

/// What somebody said about being written to, on a cart.
#[derive(Clone, Debug, PartialEq)]
pub struct NewConsent {
    /// Agreed, or declined.
    pub given: bool,
    /// What was shown.
    pub wording: Option<String>,
    /// When; absent, now.
    pub at: Option<Timestamp>,
}

/// A cart to be made.
#[derive(Clone, Debug)]
pub struct NewCart {
    /// The shopper's address.
    pub email: Option<EmailAddress>,
    /// The shop's own name of the shopper.
    pub customer_id: Option<String>,
    /// The visit; absent, one is made up.
    pub session_id: Option<String>,
    /// Where it comes from.
    pub channel: Channel,
    /// Absent, the site's.
    pub currency: Option<Currency>,
    /// Language and region.
    pub locale: Option<String>,
    /// Its lines.
    pub items: Vec<NewItem>,
    /// JSON object as text.
    pub shipping_address: Option<String>,
    /// Absent, by the site's setting.
    pub expires_at: Option<Timestamp>,
    /// Where the shop restores it.
    pub restore_url: Option<String>,
    /// The shop's order number, known early.
    pub order_id: Option<String>,
    /// JSON object as text.
    pub metadata: Option<String>,
    /// Needs an address.
    pub consent: Option<NewConsent>,
    /// Who made it.
    pub class: Class,
}

/// Makes a cart. A purchase that was told before its cart claims it at once.
pub fn create(tx: &WriteTx, site: &Site, new: NewCart) -> Result<FullCart> {
    let now = tx.now();
    let mut lines = Vec::new();
    for (position, item) in new.items.into_iter().enumerate() {
        put(&mut lines, item, false, now).map_err(|e| within(e, &format!("items[{position}]")))?;
    }
    let expires_at = new.expires_at.unwrap_or_else(|| now.plus(site.settings.cart_expires_after()));
    if expires_at <= now {
        return Err(Error::refused("expires_at", "must lie in the future"));
    }
    let mut cart = Cart {
        no: 0,
        id: ids::fresh("cart", now),
        identified: new.email.is_some(),
        email: new.email,
        customer_id: new.customer_id,
        session_id: Some(new.session_id.unwrap_or_else(|| ids::fresh("sess", now))),
        visitor: None,
        channel: new.channel,
        currency: new.currency.unwrap_or(site.currency),
        locale: new.locale,
        subtotal: 0,
        discount: 0,
        tax: 0,
        shipping: 0,
        total: 0,
        item_count: 0,
        unique_item_count: 0,
        created_at: now,
        updated_at: now,
        last_activity: now,
        items_changed_at: now,
        first_abandoned_at: None,
        abandoned_at: None,
        status: CartStatus::Active,
        expires_at,
        restore_url: new.restore_url,
        class: new.class,
        order_id: new.order_id,
        shipping_address: new.shipping_address,
        metadata: new.metadata,
        emailed: false,
        recovered: false,
        imported: false,
        deleted_at: None,
    };
    cart.sum_up(&lines)?;
    take_consent(tx, site, cart.email.as_ref(), new.consent)?;
    cart.no = carts::insert(tx, site.no, &cart, cart.due_at(site.settings.abandon_after()))?;
    items::add(tx, cart.no, &lines)?;
    webhooks::email_captured(tx, site, &cart)?;
    if purchases::claim(tx, site, &mut cart)? {
        loyalty::cart_was_bought(tx, site, cart.no)?;
    }
    Ok(FullCart { cart, items: lines, coupons: Vec::new() })
}

/// A site's cart as it is kept, unless it was deleted.
pub(super) fn find(tx: &ReadTx, site: &Site, id: &str) -> Result<Cart> {
    carts::by_id(tx, site.no, id)?.filter(|cart| cart.deleted_at.is_none()).or_not_found("cart", id)
}

/// A site's cart as it stands, with what the clock did to it up to now, whether or not that is written yet.
pub fn get(tx: &ReadTx, site: &Site, id: &str) -> Result<FullCart> {
    let mut cart = find(tx, site, id)?;
    cart.settle(tx.now(), site.settings.abandon_after());
    let items = items::of_cart(tx, cart.no)?;
    let coupons = coupons::of_cart(tx, site, &cart)?;
    Ok(FullCart { cart, items, coupons })
}

/// Keeps what a shop's server told of its shopper's consent.
fn take_consent(tx: &WriteTx, site: &Site, email: Option<&EmailAddress>, told: Option<NewConsent>) -> Result<()> {
    let Some(NewConsent { given, wording, at }) = told else { return Ok(()) };
    let email = email.cloned().ok_or_else(|| Error::refused("consent", "needs an email that it is about"))?;
    consents::record(tx, site, Consent { email, given, wording, at: at.unwrap_or(tx.now()), source: "api".into() })
}

/// Puts lines into a cart. The same product and variant adds up; with its flag set, a line takes the new quantity
/// instead.
pub fn add_items(tx: &WriteTx, site: &Site, id: &str, new: Vec<(NewItem, bool)>) -> Result<FullCart> {
    change_items(tx, site, id, |_, lines, now| {
        new.into_iter().try_for_each(|(item, replace)| put(lines, item, replace, now))
    })
}

/// A change of one line; what is absent stays.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ItemChange {
    /// 0 takes the line out.
    pub quantity: Option<i64>,
    /// Minor units.
    pub unit_price: Option<i64>,
    /// Free text.
    pub notes: Option<String>,
    /// JSON object as text.
    pub metadata: Option<String>,
}

/// Changes a line.
pub fn change_item(tx: &WriteTx, site: &Site, id: &str, item_id: &str, change: ItemChange) -> Result<FullCart> {
    change_items(tx, site, id, |_, lines, _| {
        let at = lines.iter().position(|line| line.id == item_id).or_not_found("item", item_id)?;
        if change.quantity == Some(0) {
            lines.remove(at);
            return Ok(());
        }
        let line = &mut lines[at];
        line.quantity = change.quantity.unwrap_or(line.quantity);
        line.unit_price = change.unit_price.unwrap_or(line.unit_price);
        line.notes = change.notes.or(line.notes.take());
        line.metadata = change.metadata.or(line.metadata.take());
        check_item(line)
    })
}

/// Takes a line out.
pub fn remove_item(tx: &WriteTx, site: &Site, id: &str, item_id: &str) -> Result<FullCart> {
    change_item(tx, site, id, item_id, ItemChange { quantity: Some(0), ..ItemChange::default() })
}

/// What every change of lines has in common: the cart is found, settled and open; the change is an act of the
/// shopper; sums follow.
fn change_items(
    tx: &WriteTx,
    site: &Site,
    id: &str,
    change: impl FnOnce(&mut Cart, &mut Vec<Item>, Timestamp) -> Result<()>,
) -> Result<FullCart> {
    let now = tx.now();
    let mut cart = find(tx, site, id)?;
    let mut lines = items::of_cart(tx, cart.no)?;
    settle(tx, site, &mut cart, now)?;
    change(&mut cart, &mut lines, now)?;
    if !cart.status.is_open() {
        return Err(Error::Conflict(format!("the cart is {} and cannot be changed", cart.status)));
    }
    let coupons = coupons::reprice(tx, site, &mut cart, &lines)?;
    if cart.status == CartStatus::Abandoned {
        outbox::unplan(tx, &cart)?;
    }
    cart.touch(now);
    cart.items_changed_at = now;
    save(tx, site, &cart)?;
    items::replace(tx, cart.no, &lines)?;
    Ok(FullCart { cart, items: lines, coupons })
}

/// Adds a line to others, or adds it up with the line of the same product and variant.
fn put(lines: &mut Vec<Item>, new: NewItem, replace: bool, now: Timestamp) -> Result<()> {
    let same = lines.iter_mut().find(|line| line.product_id == new.product_id && line.variant_id == new.variant_id);
    if let Some(line) = same {
        check_item(&Item { quantity: new.quantity, ..line.clone() })?;
        line.quantity = if replace { new.quantity } else { line.quantity.saturating_add(new.quantity) };
        line.unit_price = new.unit_price.unwrap_or(line.unit_price);
        line.name = new.name.or(line.name.take());
        line.sku = new.sku.or(line.sku.take());
        line.image_url = new.image_url.or(line.image_url.take());
        line.url = new.url.or(line.url.take());
        line.notes = new.notes.or(line.notes.take());
        line.metadata = new.metadata.or(line.metadata.take());
        return check_item(line);
    }
    if lines.len() >= MAX_ITEMS {
        return Err(Error::refused("items", format!("must not be more than {MAX_ITEMS} in a cart")));
    }
    let line = Item {
        id: ids::fresh("ci", now),
        product_id: new.product_id,
        variant_id: new.variant_id,
        name: new.name,
        sku: new.sku,
        quantity: new.quantity,
        unit_price: new.unit_price.unwrap_or(0),
        image_url: new.image_url,
        url: new.url,
        notes: new.notes,
        metadata: new.metadata,
    };
    check_item(&line)?;
    lines.push(line);
    Ok(())
}

/// Puts a path before the name of the field that an error is about.
fn within(error: Error, path: &str) -> Error {
    match error {
        Error::Invalid { field, flaw, reason } if field != "items" => {
            Error::Invalid { field: format!("{path}.{field}"), flaw, reason }
        }
        other => other,
    }
}

/// Writes what the clock did to a cart up to an instant, and counts it.
pub(super) fn settle(tx: &WriteTx, site: &Site, cart: &mut Cart, until: Timestamp) -> Result<()> {
    let happened = cart.settle(until, site.settings.abandon_after());
    if happened.is_empty() {
        return Ok(());
    }
    if happened.contains(&Elapsed::Abandoned { first: true })
        && cart.counts()
        && let Some(at) = cart.first_abandoned_at
    {
        let change = Figures { abandoned: 1, abandoned_identified: cart.identified.into(), ..Figures::default() };
        stats::count(tx, site, at, cart.currency, change)?;
    }
    save(tx, site, cart)?;
    if happened.iter().any(|elapsed| matches!(elapsed, Elapsed::Abandoned { .. })) {
        webhooks::cart_abandoned(tx, site, cart)?;
    }
    if cart.status == CartStatus::Abandoned {
        outbox::plan(tx, site, cart, 0)?;
    }
    Ok(())
}

/// Writes a cart, and when it falls due next.
pub(super) fn save(tx: &WriteTx, site: &Site, cart: &Cart) -> Result<()> {
    carts::update(tx, cart, cart.due_at(site.settings.abandon_after()))
}
