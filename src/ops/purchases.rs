//! Sales: one operation behind every door that reports one. It does not depend on the order in which carts and
//! confirmations arrive, and telling it twice counts once.

mod conversion;
mod records;

pub use conversion::{Conversion, convert_cart};
pub use records::{Told, get, list, record, refund_left};

use super::privacy::ORDER;
use super::{carts as cart_ops, coupons, ids, loyalty, messages as letters, stats, webhooks};
use crate::domain::carts::{Cart, CartStatus};
use crate::domain::letters::Why;
use crate::domain::messages::{Message, MessageStatus};
use crate::domain::privacy::erased_name;
use crate::domain::purchases::{FirstReply, Purchase, Refund};
use crate::domain::settings::Requires;
use crate::domain::stats::Figures;
use crate::domain::{Currency, EmailAddress, Error, OrNotFound, Result, Site, Timestamp};
use crate::store::{ReadTx, WriteTx, carts, messages, purchases};

/// The amount that a confirmation states.
#[derive(Clone, Debug, PartialEq)]
pub enum Stated {
    /// None, or none that can be read: the cart's own total counts.
    Nothing,
    /// Major units as text; how many decimals count depends on the currency.
    Major(String),
    /// Minor units.
    Minor(i64),
    /// Major units of this currency as text, whatever the cart is in.
    In(Currency, String),
}

impl Stated {
    /// Minor units of a currency; unreadable and negative amounts are none.
    fn minor(&self, currency: Currency) -> Option<i64> {
        match self {
            Stated::Nothing => None,
            Stated::Major(text) => currency.parse_major(text),
            Stated::Minor(amount) => (*amount >= 0).then_some(*amount),
            Stated::In(own, text) => own.parse_major(text).filter(|_| *own == currency),
        }
    }
}

/// A sale as a server with a key reports it.
#[derive(Clone, Debug)]
pub struct Confirmation {
    /// The buyer.
    pub email: EmailAddress,
    /// The shop's order number.
    pub order_id: Option<String>,
    /// What was paid.
    pub total: Stated,
    /// The codes of coupons that the shop says it was bought with; those that are not ours are ignored.
    pub codes: Vec<String>,
    /// Which door told us.
    pub source: &'static str,
}

/// What became of a confirmation.
#[derive(Clone, Debug, PartialEq)]
pub struct Confirmed {
    /// The sale.
    pub purchase: Purchase,
    /// Whether it was known before; then nothing was counted.
    pub repeated: bool,
}

/// Records a sale: converts the newest open cart of the address, stops its letters, attributes, counts. With no open
/// cart the sale is kept all the same, and silences reminders from now on.
pub fn confirm(tx: &WriteTx, site: &Site, told: Confirmation) -> Result<Confirmed> {
    let now = tx.now();
    let address = told.email.matched();
    let mut open = settled_open(tx, site, &address)?;
    if let Some(known) = find_known(tx, site, &told, &address, &open)? {
        let word = Word { order_id: told.order_id.as_deref(), total: &told.total, source: told.source };
        let purchase = match known.verified {
            true => known,
            false => verify(tx, site, known, &word, (&address, open))?,
        };
        coupons::count_told(tx, site, &purchase, &told.codes)?;
        letters::cancel_queued(tx, site, &told.email, Why::Bought)?;
        return Ok(Confirmed { purchase, repeated: true });
    }
    let by_order = match &told.order_id {
        Some(order_id) => carts::open_by_order(tx, site.no, order_id)?,
        None => None,
    };
    let mut converting = match by_order {
        Some(mut cart) => {
            cart_ops::settle(tx, site, &mut cart, now)?;
            open.retain(|other| other.no != cart.no);
            cart.status.is_open().then_some(cart)
        }
        None => None,
    };
    if converting.is_none() && !open.is_empty() {
        converting = Some(open.remove(0));
    }
    let reply = first_reply(tx, site, converting.is_some(), &address)?;
    let currency = match told.total {
        Stated::In(currency, _) => currency,
        _ => converting.as_ref().map_or(site.currency, |cart| cart.currency),
    };
    let cart_total = converting.as_ref().map_or(0, |cart| cart.total);
    let mut purchase = Purchase {
        no: 0,
        id: ids::fresh("pur", now),
        order_id: told.order_id,
        email: Some(told.email.clone()),
        cart: converting.as_ref().map(|cart| cart.no),
        currency,
        total: told.total.minor(currency).unwrap_or(cart_total),
        at: now,
        source: told.source.to_owned(),
        verified: true,
        paired: false,
        reply,
        last_cart: carts::newest_no(tx)?,
        recovered_cart: None,
        message: None,
    };
    if let Some(cart) = &mut converting {
        convert(tx, site, cart, &mut open, &mut purchase)?;
    }
    keep(tx, site, &mut purchase)?;
    coupons::count_told(tx, site, &purchase, &told.codes)?;
    Ok(Confirmed { purchase, repeated: false })
}

/// Whether the shop has told of any sale at all.
pub fn any(tx: &ReadTx, site: &Site) -> Result<bool> {
    purchases::any(tx, site.no)
}

/// Records a sale unless a server told of its order number already. Then nothing changes, but codes that were not told
/// of before are counted. What only a browser said is still to be confirmed. Returns whether it was recorded.
pub fn confirm_once(tx: &WriteTx, site: &Site, told: Confirmation) -> Result<bool> {
    let known = told.order_id.as_deref().map(|order_id| of_order(tx, site, order_id)).transpose()?;
    match known.flatten().filter(|known| known.verified) {
        Some(known) => coupons::count_told(tx, site, &known, &told.codes).map(|()| false),
        None => confirm(tx, site, told).map(|_| true),
    }
}

/// The sale with an order's number, also where its buyer was erased and only the number's hash is kept.
pub(super) fn of_order(tx: &ReadTx, site: &Site, order_id: &str) -> Result<Option<Purchase>> {
    match purchases::by_order_id(tx, site.no, order_id)? {
        Some(known) => Ok(Some(known)),
        None => purchases::by_order_id(tx, site.no, &erased_name(site, ORDER, order_id)),
    }
}

/// Keeps a sale that a server told, counts it on its day, and takes waiting letters to its address out of the queue.
fn keep(tx: &WriteTx, site: &Site, purchase: &mut Purchase) -> Result<()> {
    purchase.no = purchases::insert(tx, site.no, purchase)?;
    let figures = stats::purchase(purchase.total, purchase.recovered_cart.is_some());
    stats::count(tx, site, purchase.at, purchase.currency, figures)?;
    loyalty::purchase_earns(tx, site, purchase)?;
    webhooks::purchased(tx, site, purchase)?;
    match &purchase.email {
        Some(email) => letters::cancel_queued(tx, site, email, Why::Bought).map(drop),
        None => Ok(()),
    }
}

/// The open carts of an address once the clock's doings are written, the one touched last first.
fn settled_open(tx: &WriteTx, site: &Site, address: &str) -> Result<Vec<Cart>> {
    let mut open = carts::open_by_address(tx, site.no, address)?;
    for cart in &mut open {
        cart_ops::settle(tx, site, cart, tx.now())?;
    }
    open.retain(|cart| cart.status.is_open());
    Ok(open)
}

/// The sale that a confirmation tells again: by its order number, as the server's word for what a browser said, or
/// by an equal total shortly after, unless the address has since filled an open cart.
fn find_known(tx: &ReadTx, site: &Site, told: &Confirmation, address: &str, open: &[Cart]) -> Result<Option<Purchase>> {
    if let Some(order_id) = &told.order_id
        && let Some(known) = of_order(tx, site, order_id)?
    {
        return Ok(Some(known));
    }
    let now = tx.now();
    let (repeat, pair) = (site.settings.repeat_window(), site.settings.pair_window());
    let recent = purchases::of_address_since(tx, site.no, address, now.plus(-repeat.max(pair)))?;
    let repeated = |known: &&Purchase| {
        let filled_since = open.iter().any(|cart| known.precedes_filling_of(cart));
        !filled_since && known.is_repeated_by(told.total.minor(known.currency), now, repeat)
    };
    let without_number = told.order_id.is_none();
    let said_again = recent.iter().filter(|known| without_number && known.verified).find(repeated);
    let awaiting = recent.iter().rev().find(|known| known.awaits_server(told.order_id.as_deref(), now, pair));
    // A reload is no second server, so what a server said already goes before what a browser said, unless the browser
    // spoke of a later sale.
    Ok(match (said_again, awaiting) {
        (Some(said), Some(awaiting)) if awaiting.at > said.at => Some(awaiting.clone()),
        (Some(said), _) => Some(said.clone()),
        (None, Some(awaiting)) => Some(awaiting.clone()),
        (None, None) => recent.iter().filter(|_| without_number).find(repeated).cloned(),
    })
}

/// What a confirmation is told that is the first of its sale.
fn first_reply(tx: &ReadTx, site: &Site, has_cart: bool, address: &str) -> Result<FirstReply> {
    Ok(match has_cart {
        true => FirstReply::Recorded,
        false if carts::address_had_one(tx, site.no, address)? => FirstReply::NoneOpen,
        false => FirstReply::NoCart,
    })
}

/// What a server says of a sale that is known already.
struct Word<'a> {
    order_id: Option<&'a str>,
    total: &'a Stated,
    source: &'static str,
}

/// A server confirms what a browser said: its total wins and the day's revenue follows, an open cart of the address
/// is converted where the browser's word found none, and this is the first reply that a repeat gets again.
fn verify(
    tx: &WriteTx,
    site: &Site,
    mut known: Purchase,
    told: &Word,
    (address, mut open): (&str, Vec<Cart>),
) -> Result<Purchase> {
    let total = told.total.minor(known.currency).unwrap_or(known.total);
    let change = total - known.total;
    let recovered_revenue = if known.recovered_cart.is_some() { change } else { 0 };
    let figures = Figures { revenue: change, recovered_revenue, ..Figures::default() };
    stats::count(tx, site, known.at, known.currency, figures)?;
    known.total = total;
    known.verified = true;
    known.paired = true;
    known.source = told.source.to_owned();
    known.order_id = known.order_id.or_else(|| told.order_id.map(str::to_owned));
    if known.cart.is_none() && !open.is_empty() {
        let mut cart = open.remove(0);
        known.cart = Some(cart.no);
        convert(tx, site, &mut cart, &mut open, &mut known)?;
        count_recovery(tx, site, &known)?;
        webhooks::recovered(tx, site, &known)?;
    }
    known.reply = first_reply(tx, site, known.cart.is_some(), address)?;
    purchases::update(tx, &known)?;
    loyalty::purchase_earns(tx, site, &known)?;
    Ok(known)
}

/// Makes a cart the one that was bought, and works out what recovered it. `others` are further open carts of the
/// same person. The purchase itself is written by the caller.
pub(super) fn convert(
    tx: &WriteTx,
    site: &Site,
    cart: &mut Cart,
    others: &mut [Cart],
    purchase: &mut Purchase,
) -> Result<()> {
    let sells = cart.status.is_open();
    close(cart, tx.now());
    if sells {
        coupons::count_uses(tx, site, cart)?;
    }
    if let Some((other, letter)) = won_back(tx, site, cart, others, purchase.at)? {
        let recovered = match other {
            Some(position) => &mut others[position],
            None => &mut *cart,
        };
        recovered.recovered = true;
        // A cart that came back through another one is closed by the same purchase.
        close(recovered, tx.now());
        cart_ops::save(tx, site, recovered)?;
        purchase.recovered_cart = Some(recovered.no);
        purchase.message = Some(letter.no);
    }
    cart_ops::save(tx, site, cart)
}

/// A purchase converts an open cart; what an archive says of a closed one stands.
pub(super) fn close(cart: &mut Cart, now: Timestamp) {
    if cart.status.is_open() {
        cart.status = CartStatus::Converted;
        cart.updated_at = cart.updated_at.max(now);
    }
}

/// What a purchase of `cart` at an instant recovers, with the letter that did it: the cart itself (`None`), or the
/// one at a position among the person's other carts.
fn won_back(
    tx: &ReadTx,
    site: &Site,
    cart: &Cart,
    others: &[Cart],
    at: Timestamp,
) -> Result<Option<(Option<usize>, Message)>> {
    if cart.first_abandoned_at.is_some_and(|first| first <= at) {
        return Ok(engaged_letter(tx, site, cart, at)?.map(|letter| (None, letter)));
    }
    for (position, other) in others.iter().enumerate().filter(|(_, other)| other.status == CartStatus::Abandoned) {
        if let Some(letter) = engaged_letter(tx, site, other, at)? {
            return Ok(Some((Some(position), letter)));
        }
    }
    Ok(None)
}

/// The newest letter about an abandoned cart that had done its work within the window before `at`.
fn engaged_letter(tx: &ReadTx, site: &Site, cart: &Cart, at: Timestamp) -> Result<Option<Message>> {
    let Some(abandoned) = cart.first_abandoned_at.filter(|_| cart.counts() && !cart.recovered) else {
        return Ok(None);
    };
    let requires = site.settings.attribution_requires();
    let earliest = at.plus(-site.settings.attribution_window()).max(abandoned);
    let counts = |moment: Timestamp| (earliest..=at).contains(&moment);
    let marked = match requires {
        Requires::Sent => {
            let letters = messages::sent_about(tx, cart.no)?;
            return Ok(letters.into_iter().find(|letter| letter.sent_at.is_some_and(counts)));
        }
        // The marks follow from the events: without one there is nothing to look at.
        Requires::Open => messages::opened_about(tx, cart.no)?,
        Requires::Click => messages::clicked_about(tx, cart.no)?,
    };
    let mut engaged = Vec::new();
    for no in marked {
        if messages::events(tx, no)?.iter().any(|event| event.engages(requires) && counts(event.at)) {
            let letter = messages::by_no(tx, site.no, no)?;
            engaged.extend(letter.filter(|letter| letter.status == MessageStatus::Sent));
        }
    }
    Ok(engaged.into_iter().max_by_key(|letter| (letter.sent_at, letter.no)))
}

/// A cart that arrives after its purchase was told is claimed by it: by equal order number, or when the address
/// bought without a cart and has not touched this one since. Called for every cart whose address or order number
/// became known.
pub fn claim(tx: &WriteTx, site: &Site, cart: &mut Cart) -> Result<bool> {
    let by_order = match &cart.order_id {
        Some(order_id) => of_order(tx, site, order_id)?.filter(|known| known.cart.is_none()),
        None => None,
    };
    let found = match (by_order, &cart.email) {
        (Some(known), _) => Some(known),
        (None, Some(email)) => {
            // The earliest purchase that this cart can have led to.
            purchases::of_address_since(tx, site.no, &email.matched(), cart.last_activity)?
                .into_iter()
                .rfind(|known| known.cart.is_none())
        }
        (None, None) => None,
    };
    match found {
        Some(purchase) => assign(tx, site, cart, purchase),
        None => Ok(false),
    }
}

/// Whether [`claim`] can find a purchase for a cart: by its order number, or by its address.
pub fn can_be_claimed(cart: &Cart) -> bool {
    cart.status.is_open() && (cart.order_id.is_some() || cart.email.is_some())
}

/// The same seen from the other side, for a purchase that an archive brought without its cart: it claims the open
/// cart with its order number, else the newest of its address that was not touched since.
pub fn claim_cart(tx: &WriteTx, site: &Site, purchase: &Purchase) -> Result<bool> {
    let mut candidates = match &purchase.email {
        Some(email) => carts::open_by_address(tx, site.no, &email.matched())?,
        None => Vec::new(),
    };
    candidates.retain(|cart| cart.last_activity <= purchase.at);
    if let Some(order_id) = &purchase.order_id {
        candidates.splice(0..0, carts::open_by_order(tx, site.no, order_id)?);
    }
    for mut cart in candidates {
        if give(&tx.at(purchase.at), site, &mut cart, purchase.clone())?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Gives a purchase without a cart the cart that became it, unless the cart closed by itself before.
pub(super) fn assign(tx: &WriteTx, site: &Site, cart: &mut Cart, purchase: Purchase) -> Result<bool> {
    let imported = cart.imported;
    let Some(purchase) = give(tx, site, cart, purchase)? else { return Ok(false) };
    if !imported {
        webhooks::recovered(tx, site, &purchase)?;
    }
    Ok(true)
}

/// The same, and nobody is told. Returns the purchase as it is then.
fn give(tx: &WriteTx, site: &Site, cart: &mut Cart, mut purchase: Purchase) -> Result<Option<Purchase>> {
    cart_ops::settle(tx, site, cart, purchase.at)?;
    if !cart.status.is_open() {
        return Ok(None);
    }
    let mut others = others_of(tx, site, cart, cart.email.as_ref())?;
    purchase.cart = Some(cart.no);
    convert(tx, site, cart, &mut others, &mut purchase)?;
    purchases::update(tx, &purchase)?;
    count_recovery(tx, site, &purchase)?;
    if let Some(email) = &cart.email {
        letters::cancel_queued(tx, site, email, Why::Bought)?;
    }
    Ok(Some(purchase))
}

/// The open carts of an address besides one.
fn others_of(tx: &ReadTx, site: &Site, cart: &Cart, email: Option<&EmailAddress>) -> Result<Vec<Cart>> {
    let mut others = match email {
        Some(email) => carts::open_by_address(tx, site.no, &email.matched())?,
        None => Vec::new(),
    };
    others.retain(|other| other.no != cart.no);
    Ok(others)
}

/// Counts what a purchase recovered that was itself counted before.
fn count_recovery(tx: &WriteTx, site: &Site, purchase: &Purchase) -> Result<()> {
    if purchase.recovered_cart.is_none() {
        return Ok(());
    }
    let net = purchase.total - purchases::refunded(tx, purchase.no)?;
    stats::count(tx, site, purchase.at, purchase.currency, stats::recovery(net))
}

/// Gives money of a purchase back, now. Never more than was paid. What the purchase earned is taken back in proportion.
pub fn refund(tx: &WriteTx, site: &Site, purchase_id: &str, amount: i64) -> Result<Refund> {
    refund_as(tx, site, purchase_id, &ids::fresh("ref", tx.now()), amount)
}

/// The same under an id that the shop's platform gave it, which must be new.
pub fn refund_as(tx: &WriteTx, site: &Site, purchase_id: &str, id: &str, amount: i64) -> Result<Refund> {
    let purchase = purchases::by_id(tx, site.no, purchase_id)?.or_not_found("purchase", purchase_id)?;
    let left = purchase.total - purchases::refunded(tx, purchase.no)?;
    if !(1..=left).contains(&amount) {
        return Err(Error::refused(
            "amount",
            format!("must lie between 1 and the {left} minor units not yet refunded"),
        ));
    }
    let refund = Refund { id: id.to_owned(), amount, at: tx.now() };
    let no = keep_refund(tx, site, purchase_id, &refund)?;
    loyalty::take_back(tx, site, &purchase, no, purchases::refunded(tx, purchase.no)?)?;
    Ok(refund)
}

/// Keeps a refund that was checked, and lowers the revenue of the purchase's day by it. Returns our own number.
pub(super) fn keep_refund(tx: &WriteTx, site: &Site, purchase_id: &str, refund: &Refund) -> Result<i64> {
    let purchase = purchases::by_id(tx, site.no, purchase_id)?.or_not_found("purchase", purchase_id)?;
    let no = purchases::insert_refund(tx, site.no, purchase.no, refund)?;
    let recovered_revenue = if purchase.recovered_cart.is_some() { -refund.amount } else { 0 };
    let figures = Figures { revenue: -refund.amount, recovered_revenue, ..Figures::default() };
    stats::count(tx, site, purchase.at, purchase.currency, figures)?;
    Ok(no)
}

/// Attributes a purchase that came in with a cart and without a verdict, and was counted as one that recovered
/// nothing, as an archive's are, once its cart's letters are in. Returns the purchase with the verdict.
pub fn attribute(tx: &WriteTx, site: &Site, mut purchase: Purchase) -> Result<Purchase> {
    let Some(mut cart) = purchase.cart.map(|no| carts::by_no(tx, site.no, no)).transpose()?.flatten() else {
        return Ok(purchase);
    };
    let mut others = others_of(tx, site, &cart, purchase.email.as_ref())?;
    convert(&tx.at(purchase.at), site, &mut cart, &mut others, &mut purchase)?;
    if purchase.recovered_cart.is_some() {
        purchases::update(tx, &purchase)?;
        count_recovery(tx, site, &purchase)?;
    }
    Ok(purchase)
}

/// Whether the rules would now say of a purchase that it recovered a cart: an archive must spell it out when it did not.
pub fn would_recover(tx: &ReadTx, site: &Site, purchase: &Purchase) -> Result<bool> {
    let Some(cart) = purchase.cart.map(|no| carts::by_no(tx, site.no, no)).transpose()?.flatten() else {
        return Ok(false);
    };
    let others = others_of(tx, site, &cart, purchase.email.as_ref())?;
    Ok(won_back(tx, site, &cart, &others, purchase.at)?.is_some())
}
