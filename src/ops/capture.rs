//! What a shop's pages tell about their visitors: a cart as it stands, an address, a purchase. One cart of a browser
//! is open at a time, each word moves it, and none touches anybody else's.

use std::borrow::Cow;

use super::carts::{save, settle};
use super::{consents as consent_ops, coupons, ids, outbox, purchases as purchase_ops, stats, webhooks};
use crate::domain::capture::{Command, Price, Signs, Visitor, machine_rule, may_keep, unit_prices};
use crate::domain::carts::{Cart, CartStatus, Channel, Class, Item, MAX_ITEMS};
use crate::domain::letters::Why;
use crate::domain::purchases::{FirstReply, Purchase, SOURCE_SCRIPT};
use crate::domain::stats::Figures;
use crate::domain::suppressions::Consent;
use crate::domain::{Currency, EmailAddress, Error, Result, Site, settings};
use crate::store::{ReadTx, WriteTx, carts, consents, items, messages, purchases};

/// The most values that a cart keeps for letters.
pub const MAX_DATA: usize = 50;

/// What a page told, cleaned and bounded by its door.
#[derive(Clone, Debug)]
pub struct Told {
    /// Whose page.
    pub visitor: Visitor,
    /// What it is about.
    pub command: Command,
    /// The visitor's address.
    pub email: Option<EmailAddress>,
    /// What was said about being written to, with the wording that was shown.
    pub consent: Option<(bool, Option<String>)>,
    /// Absent: the cart's, else the site's.
    pub currency: Option<Currency>,
    /// What the shopper would pay; absent or unreadable: what the lines add up to.
    pub total: Option<Price>,
    /// All lines of the cart; absent: they are as before.
    pub lines: Option<Vec<Line>>,
    /// Where the shop restores the cart.
    pub restore_url: Option<String>,
    /// Values for letters, by name.
    pub data: Vec<(String, String)>,
    /// Who seems to be speaking.
    pub signs: Signs,
}

/// A line of a cart as a page told it.
#[derive(Clone, Debug)]
pub struct Line {
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
    /// Of one piece, or of the line.
    pub price: Option<Price>,
    /// Picture.
    pub image_url: Option<String>,
    /// Product page.
    pub url: Option<String>,
}

/// Hears what a page told. What may not be kept is left out without a word: a page learns nothing from the answer.
pub fn hear(tx: &WriteTx, site: &Site, told: &Told) -> Result<()> {
    let mut cart = carts::open_by_visitor(tx, site.no, told.visitor.as_str())?;
    if let Some(cart) = &mut cart {
        settle(tx, site, cart, tx.now())?;
    }
    let mut cart = cart.filter(|cart| cart.status.is_open());
    let told = &*take_consent(tx, site, told)?;
    if told.command == Command::Confirmation {
        return confirm(tx, site, cart, told);
    }
    let known = told.email.as_ref().or(cart.as_ref().and_then(|cart| cart.email.as_ref()));
    if !site.settings.tracks(known.map(EmailAddress::matched).as_deref()) {
        return Ok(());
    }
    if let Some(other) = cart.take_if(|cart| told.currency.is_some_and(|currency| currency != cart.currency)) {
        end(tx, site, other)?;
    }
    if let Some(mut open) = cart {
        if !identify(tx, site, &mut open, told.email.as_ref())? {
            return change(tx, site, open, told);
        }
        // The cart was bought before its owner's address was known. Only something else in it begins a new one.
        let before = items::of_cart(tx, open.no)?;
        let now = lines(told, open.currency, &before, tx)?;
        if now.is_none_or(|now| same(&now, &before)) {
            return Ok(());
        }
    }
    begin(tx, site, told)
}

/// Keeps what was said about being written to. What was told comes back without the address where that may not be kept.
fn take_consent<'a>(tx: &WriteTx, site: &Site, told: &'a Told) -> Result<Cow<'a, Told>> {
    let Some(email) = &told.email else { return Ok(Cow::Borrowed(told)) };
    let without = || Ok(Cow::Owned(Told { email: None, ..told.clone() }));
    let address = email.matched();
    // What was said before counts where something is said now, or where nothing said is a no.
    let counts = told.consent.is_some() || site.settings.consent() == settings::Consent::Required;
    let before = if counts { consents::newest(tx, site.no, &address)? } else { None };
    let (given_now, given_before) = (told.consent.as_ref().map(|(given, _)| *given), before.as_ref().map(|c| c.given));
    // The word of somebody who withdraws is kept too, for without it the letters would go on.
    let withdraws = given_now == Some(false) && given_before == Some(true);
    let keeps = may_keep(site.settings.consent(), given_now, given_before);
    if !site.settings.tracks(Some(&address)) || !(keeps || withdraws) {
        return without();
    }
    if let Some((given, wording)) = told.consent.clone()
        && before.is_none_or(|before| before.given != given || before.wording != wording)
    {
        let consent = Consent { email: email.clone(), given, wording, at: tx.now(), source: SOURCE_SCRIPT.to_owned() };
        consent_ops::record(tx, site, consent)?;
    }
    if keeps { Ok(Cow::Borrowed(told)) } else { without() }
}

/// Makes the open cart of a browser that has none. Nothing to put into it and nobody to name make no cart.
fn begin(tx: &WriteTx, site: &Site, told: &Told) -> Result<()> {
    let currency = told.currency.unwrap_or(site.currency);
    let lines = lines(told, currency, &[], tx)?.unwrap_or_default();
    let total = told.total.as_ref().and_then(|total| total.minor(currency));
    if lines.is_empty() && total.unwrap_or(0) == 0 && told.email.is_none() {
        return Ok(());
    }
    let mut cart = blank(tx, site, told, currency);
    cart.sum_up(&lines)?;
    if let Some(total) = total.filter(|_| told.command != Command::Capture) {
        cart.state_total(total);
    }
    classify(tx, site, &mut cart, told, None)?;
    cart.no = carts::insert(tx, site.no, &cart, cart.due_at(site.settings.abandon_after()))?;
    items::add(tx, cart.no, &lines)?;
    webhooks::email_captured(tx, site, &cart)?;
    purchase_ops::claim(tx, site, &mut cart).map(drop)
}

/// A browser's cart before anything is in it.
fn blank(tx: &ReadTx, site: &Site, told: &Told, currency: Currency) -> Cart {
    let now = tx.now();
    Cart {
        no: 0,
        id: ids::fresh("cart", now),
        email: told.email.clone(),
        identified: told.email.is_some(),
        customer_id: None,
        session_id: Some(ids::fresh("sess", now)),
        visitor: Some(told.visitor.as_str().to_owned()),
        channel: Channel::Web,
        currency,
        locale: None,
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
        expires_at: now.plus(site.settings.cart_expires_after()),
        restore_url: told.restore_url.clone(),
        class: Class::Unknown,
        order_id: None,
        shipping_address: None,
        metadata: with_data(None, &told.data),
        emailed: false,
        recovered: false,
        imported: false,
        deleted_at: None,
    }
}

/// Moves the open cart of a browser to what its page says now. Saying anything is an act of the shopper.
fn change(tx: &WriteTx, site: &Site, mut cart: Cart, told: &Told) -> Result<()> {
    let now = tx.now();
    if told.command != Command::Capture {
        let before = items::of_cart(tx, cart.no)?;
        let stated = told.total.as_ref().and_then(|total| total.minor(cart.currency));
        let lines = lines(told, cart.currency, &before, tx)?;
        if let Some(lines) = &lines {
            coupons::reprice(tx, site, &mut cart, lines)?;
            if !same(lines, &before) {
                cart.items_changed_at = now;
            }
            items::replace(tx, cart.no, lines)?;
        }
        if let Some(total) = stated {
            cart.state_total(total);
        }
        cart.restore_url = told.restore_url.clone().or(cart.restore_url.take());
    }
    cart.metadata = with_data(cart.metadata.take(), &told.data);
    if cart.status == CartStatus::Abandoned {
        outbox::unplan(tx, &cart)?;
    }
    cart.touch(now);
    classify(tx, site, &mut cart, told, None)?;
    save(tx, site, &cart)
}

/// Gives an open cart its owner's address. A purchase that was told before claims it; returns whether one did.
pub(super) fn identify(tx: &WriteTx, site: &Site, cart: &mut Cart, email: Option<&EmailAddress>) -> Result<bool> {
    let Some(email) = email.filter(|email| cart.email.as_ref().is_none_or(|kept| kept.matched() != email.matched()))
    else {
        return Ok(false);
    };
    if cart.email.is_some() {
        // Letters to the address that stood here before are not for this one.
        outbox::unplan(tx, cart)?;
    }
    cart.email = Some(email.clone());
    if !cart.identified {
        cart.identified = true;
        if let Some(at) = cart.first_abandoned_at.filter(|_| cart.counts()) {
            stats::count(tx, site, at, cart.currency, Figures { abandoned_identified: 1, ..Figures::default() })?;
        }
    }
    save(tx, site, cart)?;
    webhooks::email_captured(tx, site, cart)?;
    purchase_ops::claim(tx, site, cart)
}

/// Marks who made a cart. A machine's is taken out of the figures, unless a letter about it has left: then it stays
/// what it was, for that letter is counted.
fn classify(tx: &WriteTx, site: &Site, cart: &mut Cart, told: &Told, checkout_secs: Option<i64>) -> Result<()> {
    if machine_rule(&told.signs, checkout_secs).is_some() && !cart.emailed && cart.class != Class::Machine {
        if let Some(at) = cart.first_abandoned_at {
            let identified = if cart.identified { -1 } else { 0 };
            let change = Figures { abandoned: -1, abandoned_identified: identified, ..Figures::default() };
            stats::count(tx, site, at, cart.currency, change)?;
        }
        cart.class = Class::Machine;
    }
    if told.signs.human && cart.class == Class::Unknown {
        cart.class = Class::Human;
    }
    Ok(())
}

/// Ends a cart that goes on in another currency: an amount and its figures have one.
fn end(tx: &WriteTx, site: &Site, mut cart: Cart) -> Result<()> {
    outbox::unplan(tx, &cart)?;
    cart.expires_at = tx.now();
    settle(tx, site, &mut cart, tx.now())
}

/// The thank-you page was shown. It converts this browser's own cart at the cart's own total, and nothing else; a sale
/// that a server told of already is the same one.
fn confirm(tx: &WriteTx, site: &Site, cart: Option<Cart>, told: &Told) -> Result<()> {
    // An address that the thank-you page names helps to find the server's word on a cart that had none.
    let email = cart.as_ref().and_then(|cart| cart.email.clone()).or_else(|| told.email.clone());
    let known = told_by_server(tx, site, &told.visitor, email.as_ref())?;
    if let Some(mut known) = known {
        known.paired = true;
        purchases::update(tx, &known)?;
        return cart.map_or(Ok(()), |mut cart| bought(tx, site, &mut cart, known));
    }
    let Some(mut cart) = cart else { return Ok(()) };
    let checkout_secs = tx.now().secs() - cart.created_at.secs();
    classify(tx, site, &mut cart, told, Some(checkout_secs))?;
    save(tx, site, &cart)?;
    // A machine's word on a sale is none; the server's would be.
    if cart.class == Class::Machine || !cart.holds_something() {
        return Ok(());
    }
    keep_unverified(tx, site, &mut cart, email)
}

/// Keeps a sale that only a browser told of, until a server says so too.
fn keep_unverified(tx: &WriteTx, site: &Site, cart: &mut Cart, email: Option<EmailAddress>) -> Result<()> {
    let now = tx.now();
    let mut purchase = Purchase {
        no: 0,
        id: ids::fresh("pur", now),
        order_id: None,
        email,
        cart: Some(cart.no),
        currency: cart.currency,
        total: cart.total,
        at: now,
        source: SOURCE_SCRIPT.to_owned(),
        verified: false,
        paired: false,
        reply: FirstReply::Recorded,
        last_cart: carts::newest_no(tx)?,
        recovered_cart: None,
        message: None,
    };
    purchase_ops::convert(tx, site, cart, &mut [], &mut purchase)?;
    purchase.no = purchases::insert(tx, site.no, &purchase)?;
    stats::count(tx, site, now, cart.currency, stats::purchase(purchase.total, purchase.recovered_cart.is_some()))?;
    webhooks::purchased(tx, site, &purchase)?;
    messages::cancel_queued_about(tx, cart.no, Why::Bought.as_str()).map(drop)
}

/// A server's word on a sale that no browser has told of yet: of this browser's cart, else of its address; the
/// earliest, so that two sales within the window are paired in their order.
fn told_by_server(
    tx: &ReadTx,
    site: &Site,
    visitor: &Visitor,
    email: Option<&EmailAddress>,
) -> Result<Option<Purchase>> {
    let (now, window) = (tx.now(), site.settings.pair_window());
    let since = now.plus(-window);
    let mut candidates = match email {
        Some(email) => purchases::of_address_since(tx, site.no, &email.matched(), since)?,
        None => Vec::new(),
    };
    candidates.extend(purchases::of_visitor_since(tx, site.no, visitor.as_str(), since)?);
    Ok(candidates.into_iter().rfind(|known| known.awaits_browser(now, window)))
}

/// A sale that a server told of was of this cart: it is the sale's, where that has none, and closed in any case.
fn bought(tx: &WriteTx, site: &Site, cart: &mut Cart, known: Purchase) -> Result<()> {
    if known.cart.is_none() {
        purchase_ops::assign(tx, site, cart, known)?;
    } else {
        purchase_ops::close(cart, tx.now());
        save(tx, site, cart)?;
    }
    messages::cancel_queued_about(tx, cart.no, Why::Bought.as_str()).map(drop)
}

/// The lines that were told, with the ids of the lines that they go on from. `None`: nothing was said of them.
fn lines(told: &Told, currency: Currency, before: &[Item], tx: &ReadTx) -> Result<Option<Vec<Item>>> {
    let Some(told_lines) = told.lines.as_ref().filter(|_| told.command != Command::Capture) else { return Ok(None) };
    if told_lines.len() > MAX_ITEMS {
        return Err(Error::refused("items", format!("must not be more than {MAX_ITEMS} in a cart")));
    }
    let mut before: Vec<&Item> = before.iter().collect();
    let mut lines: Vec<Item> = told_lines
        .iter()
        .map(|line| {
            let same = |old: &&Item| old.product_id == line.product_id && old.variant_id == line.variant_id;
            let old = before.iter().position(same).map(|at| before.remove(at));
            Item {
                id: old.map_or_else(|| ids::fresh("ci", tx.now()), |old| old.id.clone()),
                product_id: line.product_id.clone(),
                variant_id: line.variant_id.clone(),
                name: line.name.clone(),
                sku: line.sku.clone(),
                quantity: line.quantity,
                unit_price: line.price.as_ref().and_then(|price| price.minor(currency)).unwrap_or(0),
                image_url: line.image_url.clone(),
                url: line.url.clone(),
                notes: None,
                metadata: None,
            }
        })
        .collect();
    if let Some(total) = told.total.as_ref().and_then(|total| total.minor(currency)) {
        unit_prices(&mut lines, total);
    }
    Ok(Some(lines))
}

/// Whether the same is in a cart, however it is described.
fn same(one: &[Item], other: &[Item]) -> bool {
    let what = |item: &Item| (item.product_id.clone(), item.variant_id.clone(), item.quantity, item.unit_price);
    one.iter().map(what).eq(other.iter().map(what))
}

/// A cart's values for letters, with what was told put over what was there.
fn with_data(before: Option<String>, told: &[(String, String)]) -> Option<String> {
    if told.is_empty() {
        return before;
    }
    let kept = before.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
    let mut object: serde_json::Map<String, serde_json::Value> = kept;
    object.extend(told.iter().map(|(name, value)| (name.clone(), value.as_str().into())));
    // As many as one call may bring; a page that makes up new names each time fills no database.
    while object.len() > MAX_DATA {
        let first = object.keys().next().cloned()?;
        object.shift_remove(&first);
    }
    Some(serde_json::Value::Object(object).to_string())
}
