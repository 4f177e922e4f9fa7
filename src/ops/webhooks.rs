//! Webhooks that go out: their endpoints, and the outbox of what they are told. An event is written down in the transaction
//! of its cause; nothing here calls anybody.

use serde_json::{Value, json};

use super::listing::{self, Listed};
use super::webhook_bodies::{Facts, body};
use super::{ids, sites};
use crate::domain::carts::{Cart, Class};
use crate::domain::messages::Message;
use crate::domain::purchases::Purchase;
use crate::domain::webhooks::{
    Delivery, DeliveryStatus, Event, Events, Format, KEPT, MOST_ENDPOINTS, Webhook, check_url,
};
use crate::domain::{EmailAddress, Error, OrNotFound, Result, Site, Timestamp};
use crate::store::{ReadTx, WriteTx, carts, webhooks};

/// The most characters of what went wrong that are kept.
const LONGEST_DETAIL: usize = 300;

/// What is to be of an endpoint; what is absent stays, or has its default.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Where it is.
    pub url: Option<String>,
    /// How bodies are written.
    pub format: Option<Format>,
    /// What it is told of.
    pub events: Option<Events>,
    /// Whether it is told anything.
    pub active: Option<bool>,
}

/// An endpoint with what is on its way to it.
#[derive(Clone, Debug)]
pub struct Standing {
    /// The endpoint.
    pub webhook: Webhook,
    /// Deliveries that wait or are on their way.
    pub waiting: i64,
    /// Dead letters.
    pub dead: i64,
}

/// Adds an endpoint, with a fresh secret. `allow_private`: also one of this machine or a private network.
pub fn add(tx: &WriteTx, site: &Site, wanted: Wanted, allow_private: bool) -> Result<Webhook> {
    let url = wanted.url.ok_or_else(|| Error::missing("url"))?;
    if webhooks::all(tx, site.no)?.len() >= MOST_ENDPOINTS {
        return Err(Error::Conflict(format!("a shop has at most {MOST_ENDPOINTS} webhooks")));
    }
    let mut webhook = Webhook {
        no: 0,
        id: ids::fresh("wh", tx.now()),
        url: check_url(&url, allow_private)?,
        format: wanted.format.unwrap_or(Format::Json),
        events: wanted.events.unwrap_or_else(Events::usual),
        secret: ids::secret()?,
        active: wanted.active.unwrap_or(true),
        created_at: tx.now(),
        failing_since: None,
    };
    webhook.no = webhooks::insert(tx, site.no, &webhook)?;
    Ok(webhook)
}

/// A site's endpoints, oldest first.
pub fn list(tx: &ReadTx, site: &Site) -> Result<Vec<Standing>> {
    webhooks::all(tx, site.no)?.into_iter().map(|webhook| standing(tx, site, webhook)).collect()
}

/// One page of a site's endpoints, by when they were added.
pub fn list_page(tx: &ReadTx, site: &Site, wanted: &listing::Wanted) -> Result<Listed<Standing>> {
    let page = wanted.page(|id| Ok(webhooks::by_id(tx, site.no, id)?.map(|webhook| webhook.created_at)))?;
    let rows = webhooks::page(tx, site.no, &page)?;
    let rows = rows.into_iter().map(|webhook| standing(tx, site, webhook)).collect::<Result<_>>()?;
    Ok(wanted.listed(rows, webhooks::count(tx, site.no)?))
}

/// One of a site's endpoints.
pub fn get(tx: &ReadTx, site: &Site, id: &str) -> Result<Standing> {
    standing(tx, site, find(tx, site, id)?)
}

fn standing(tx: &ReadTx, site: &Site, webhook: Webhook) -> Result<Standing> {
    let (waiting, dead) = webhooks::count_open(tx, site.no, webhook.no)?;
    Ok(Standing { webhook, waiting, dead })
}

fn find(tx: &ReadTx, site: &Site, id: &str) -> Result<Webhook> {
    webhooks::by_id(tx, site.no, id)?.or_not_found("webhook", id)
}

/// Changes an endpoint. What waits for it goes to where it is then, written as it was.
pub fn change(tx: &WriteTx, site: &Site, id: &str, wanted: Wanted, allow_private: bool) -> Result<Standing> {
    let mut webhook = find(tx, site, id)?;
    if let Some(url) = wanted.url {
        webhook.url = check_url(&url, allow_private)?;
    }
    webhook.format = wanted.format.unwrap_or(webhook.format);
    webhook.events = wanted.events.unwrap_or(webhook.events);
    webhook.active = wanted.active.unwrap_or(webhook.active);
    webhooks::update(tx, site.no, &webhook)?;
    standing(tx, site, webhook)
}

/// Removes an endpoint, with everything that was on its way to it.
pub fn remove(tx: &WriteTx, site: &Site, id: &str) -> Result<Webhook> {
    let webhook = find(tx, site, id)?;
    webhooks::delete(tx, site.no, webhook.no)?;
    Ok(webhook)
}

/// One page of the deliveries to an endpoint, all or those of one status, by when they were written.
pub fn deliveries(
    tx: &ReadTx,
    site: &Site,
    id: &str,
    status: Option<DeliveryStatus>,
    wanted: &listing::Wanted,
) -> Result<Listed<Delivery>> {
    let webhook = find(tx, site, id)?.no;
    let page = wanted.page(|id| {
        let found = webhooks::delivery_by_id(tx, site.no, id)?.filter(|(of, _)| *of == webhook);
        Ok(found.map(|(_, delivery)| delivery.created_at))
    })?;
    let rows = webhooks::deliveries_page(tx, site.no, webhook, status, &page)?;
    Ok(wanted.listed(rows, webhooks::count_deliveries(tx, site.no, webhook, status)?))
}

/// Sends a delivery again, as it was and under the same id, from now on as if it were new. `of`: only if it is that
/// endpoint's.
pub fn replay(tx: &WriteTx, site: &Site, of: Option<&str>, id: &str) -> Result<Delivery> {
    let (webhook, mut delivery) = webhooks::delivery_by_id(tx, site.no, id)?.or_not_found("delivery", id)?;
    if let Some(of) = of
        && find(tx, site, of)?.no != webhook
    {
        return Err(Error::NotFound { what: "delivery", id: id.to_owned() });
    }
    if matches!(delivery.status, DeliveryStatus::Queued | DeliveryStatus::Sending) {
        return Err(Error::Conflict(format!("the delivery is {} and goes out by itself", delivery.status)));
    }
    delivery.status = DeliveryStatus::Queued;
    delivery.due_at = Some(tx.now());
    delivery.attempts = 0;
    webhooks::update_delivery(tx, site.no, &delivery)?;
    Ok(delivery)
}

/// Sends every dead letter of an endpoint again. Returns how many there are.
pub fn replay_dead(tx: &WriteTx, site: &Site, id: &str) -> Result<usize> {
    let webhook = find(tx, site, id)?;
    webhooks::revive(tx, site.no, webhook.no)
}

/// An address of a cart's owner became known. A machine's cart, and an imported one, is told of to nobody.
pub(super) fn email_captured(tx: &WriteTx, site: &Site, cart: &Cart) -> Result<()> {
    tell_of_cart(tx, site, Event::EmailCaptured, cart, tx.now())
}

/// A cart was left. Without an address there is nobody to win back.
pub(super) fn cart_abandoned(tx: &WriteTx, site: &Site, cart: &Cart) -> Result<()> {
    tell_of_cart(tx, site, Event::CartAbandoned, cart, cart.abandoned_at.unwrap_or(tx.now()))
}

fn tell_of_cart(tx: &WriteTx, site: &Site, event: Event, cart: &Cart, at: Timestamp) -> Result<()> {
    let Some(email) = cart.email.as_ref().filter(|_| cart.class != Class::Machine && !cart.imported) else {
        return Ok(());
    };
    if !is_awaited(tx, site, event)? {
        return Ok(());
    }
    let data = json!({
        "cart_id": cart.id,
        "email": email.shown(),
        "customer_id": cart.customer_id,
        "currency": cart.currency.code(),
        "total": cart.total,
        "item_count": cart.item_count,
        "restore_url": cart.restore_url,
        "abandoned_at": cart.abandoned_at.map(Timestamp::rfc3339),
    });
    let facts = Facts { email: Some(email), amount: Some((cart.total, cart.currency)), reference: &cart.id, at };
    tell(tx, site, event, &facts, data)
}

/// A purchase was told of, for the first time; and whether it recovered a cart.
pub(super) fn purchased(tx: &WriteTx, site: &Site, purchase: &Purchase) -> Result<()> {
    tell_of_purchase(tx, site, Event::PurchaseRecorded, purchase)?;
    recovered(tx, site, purchase)
}

/// A purchase was found to have recovered a cart, if it has.
pub(super) fn recovered(tx: &WriteTx, site: &Site, purchase: &Purchase) -> Result<()> {
    match purchase.recovered_cart {
        Some(_) => tell_of_purchase(tx, site, Event::OrderRecovered, purchase),
        None => Ok(()),
    }
}

fn tell_of_purchase(tx: &WriteTx, site: &Site, event: Event, purchase: &Purchase) -> Result<()> {
    if !is_awaited(tx, site, event)? {
        return Ok(());
    }
    let cart_id = |no: Option<i64>| -> Result<Option<String>> {
        Ok(no.map(|no| carts::by_no(tx, site.no, no)).transpose()?.flatten().map(|cart| cart.id))
    };
    let data = json!({
        "purchase_id": purchase.id,
        "order_id": purchase.order_id,
        "email": purchase.email.as_ref().map(EmailAddress::shown),
        "currency": purchase.currency.code(),
        "total": purchase.total,
        "at": purchase.at.rfc3339(),
        "source": purchase.source,
        "verified": purchase.verified,
        "cart_id": cart_id(purchase.cart)?,
        "recovered_cart_id": cart_id(purchase.recovered_cart)?,
    });
    let facts = Facts {
        email: purchase.email.as_ref(),
        amount: Some((purchase.total, purchase.currency)),
        reference: purchase.order_id.as_deref().unwrap_or(&purchase.id),
        at: purchase.at,
    };
    tell(tx, site, event, &facts, data)
}

/// An address wants no more letters.
pub(super) fn unsubscribed(tx: &WriteTx, site: &Site, email: &EmailAddress, letter: Option<&Message>) -> Result<()> {
    let message_id = letter.map(|letter| letter.id.as_str());
    let data = json!({ "email": email.shown(), "at": tx.now().rfc3339(), "message_id": message_id });
    let reference = message_id.unwrap_or_default();
    let facts = Facts { email: Some(email), amount: None, reference, at: tx.now() };
    tell(tx, site, Event::EmailUnsubscribed, &facts, data)
}

/// A letter left.
pub(super) fn message_sent(tx: &WriteTx, site: &Site, letter: &Message) -> Result<()> {
    let data = json!({
        "message_id": letter.id,
        "email": letter.email.as_ref().map(EmailAddress::shown),
        "step": letter.step,
        "subject": letter.subject,
        "sent_at": letter.sent_at.map(Timestamp::rfc3339),
    });
    let facts = Facts { email: letter.email.as_ref(), amount: None, reference: &letter.id, at: tx.now() };
    tell(tx, site, Event::MessageSent, &facts, data)
}

fn is_awaited(tx: &ReadTx, site: &Site, event: Event) -> Result<bool> {
    Ok(webhooks::all(tx, site.no)?.iter().any(|webhook| webhook.active && webhook.events.include(event)))
}

/// Writes an event into the outbox, once for each endpoint that asked for it.
fn tell(tx: &WriteTx, site: &Site, event: Event, facts: &Facts, data: Value) -> Result<()> {
    for webhook in webhooks::all(tx, site.no)?.iter().filter(|webhook| webhook.active && webhook.events.include(event))
    {
        let delivery = Delivery {
            no: 0,
            id: ids::fresh("evt", tx.now()),
            event,
            format: webhook.format,
            body: body(webhook.format, event, site, facts, &data, tx.now()),
            status: DeliveryStatus::Queued,
            created_at: tx.now(),
            due_at: Some(tx.now()),
            attempts: 0,
            tried_at: None,
            answer: None,
            detail: None,
        };
        let address = facts.email.map(EmailAddress::matched);
        webhooks::enqueue(tx, site.no, webhook.no, &delivery, address.as_deref())?;
    }
    Ok(())
}

/// A delivery that may leave now.
#[derive(Clone, Debug)]
pub struct Claim {
    /// Whose it is.
    pub site: Site,
    /// To where.
    pub webhook: Webhook,
    /// What.
    pub delivery: Delivery,
}

/// Claims the delivery that has been due longest. Whoever does must settle it.
pub fn claim(tx: &WriteTx) -> Result<Option<Claim>> {
    let Some((site_no, webhook, mut delivery)) = webhooks::first_due(tx, tx.now())? else { return Ok(None) };
    let site = sites::by_no(tx, site_no)?.ok_or_else(|| Error::internal("a delivery's site is gone"))?;
    let webhook = webhooks::by_no(tx, site.no, webhook)?.ok_or_else(|| Error::internal("a delivery has no webhook"))?;
    delivery.status = DeliveryStatus::Sending;
    delivery.due_at = None;
    delivery.attempts += 1;
    delivery.tried_at = Some(tx.now());
    webhooks::update_delivery(tx, site.no, &delivery)?;
    Ok(Some(Claim { site, webhook, delivery }))
}

/// Whether any delivery may leave now.
pub fn is_due(tx: &ReadTx) -> Result<bool> {
    Ok(webhooks::first_due(tx, tx.now())?.is_some())
}

/// What came of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The status code of the answer, where there was one.
    pub answer: Option<u16>,
    /// What went wrong; none: it was taken.
    pub fault: Option<String>,
}

/// Settles a claimed delivery: it arrived, is tried again later, or is a dead letter. One that was settled meanwhile, or
/// whose endpoint was removed, is left as it is.
pub fn settle(tx: &WriteTx, claim: &Claim, outcome: Outcome) -> Result<()> {
    let site = claim.site.no;
    let Some(mut delivery) = webhooks::delivery_by_no(tx, site, claim.delivery.no)? else { return Ok(()) };
    let Some(mut webhook) = webhooks::by_no(tx, site, claim.webhook.no)? else { return Ok(()) };
    // One that was erased meanwhile may have left its number to another.
    if delivery.id != claim.delivery.id || delivery.status != DeliveryStatus::Sending {
        return Ok(());
    }
    delivery.answer = outcome.answer.map(i64::from);
    let failing_since = webhook.failing_since;
    match outcome.fault {
        None => {
            delivery.status = DeliveryStatus::Delivered;
            delivery.detail = None;
            webhook.failing_since = None;
        }
        Some(fault) => {
            delivery.due_at = Delivery::retry_at(delivery.attempts, tx.now());
            delivery.status = if delivery.due_at.is_some() { DeliveryStatus::Queued } else { DeliveryStatus::Dead };
            delivery.detail = Some(fault.chars().take(LONGEST_DETAIL).collect());
            webhook.failing_since.get_or_insert(tx.now());
        }
    }
    webhooks::update_delivery(tx, site, &delivery)?;
    if webhook.failing_since != failing_since {
        webhooks::update(tx, site, &webhook)?;
    }
    if delivery.status == DeliveryStatus::Dead {
        log::warn!("webhook {} did not take {} for three days: it is a dead letter", webhook.id, delivery.id);
    }
    webhooks::forget(tx, site, webhook.no, tx.now().plus(-KEPT))
}

/// Deliveries that an earlier process left on their way are tried again: receivers know them by their ids. Returns how
/// many there were.
pub fn requeue_in_flight(tx: &WriteTx) -> Result<usize> {
    webhooks::requeue_in_flight(tx)
}
