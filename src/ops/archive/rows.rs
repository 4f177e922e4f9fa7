//! From lines to rows: what is absent gets its default here, and what is impossible together is refused. References
//! to other rows are public ids still; whoever applies a line resolves them.

use super::lines::{
    CartLine, ConsentLine, CustomerLine, DailyLine, DecisionLine, EventLine, ItemLine, KeyLine, LoyaltyCampaignLine,
    LoyaltyEntryLine, MessageLine, PurchaseLine, SequenceLine, SiteLine, SubscriberLine, SuppressionLine, UserLine,
};
use super::notes::Fate;
use super::values::{As, Count, Revenue};
use crate::domain::carts::{Cart, CartStatus, Channel, Class, Item, MAX_ITEMS, check_item};
use crate::domain::customers::{Customer, check_code};
use crate::domain::keys::{ApiKey, Scopes};
use crate::domain::letters::Decision;
use crate::domain::loyalty::{Campaign, Cause, presumed_cause};
use crate::domain::messages::{Event, Marks, Message, MessageStatus};
use crate::domain::purchases::{FirstReply, Purchase};
use crate::domain::sequences::{MOST_STEPS, Sequence, Step, Words};
use crate::domain::settings::Settings;
use crate::domain::sites::{SiteStatus, check_account_id, check_site_id};
use crate::domain::stats::Figures;
use crate::domain::subscribers::{Subscriber, check_name};
use crate::domain::suppressions::{AddressHash, Consent, hash_address};
use crate::domain::users::{Campaigns, User, check_user_id};
use crate::domain::{Currency, EmailAddress, Error, Result, Site, SiteNo, Timestamp, Zone};
use crate::store::stats::DayFigures;

fn value<T>(field: Option<As<T>>) -> Option<T> {
    field.map(|As(value)| value)
}

/// The site of a line that is not stored yet. `key` is the secret of its suppressions, where the line brings none.
pub fn site(line: &SiteLine, key: [u8; 32], now: Timestamp) -> Result<Site> {
    check_site_id(&line.site_id)?;
    check_account_id(&line.account_id)?;
    let settings = line.settings.clone().unwrap_or_default();
    Ok(Site {
        no: SiteNo(0),
        site_id: line.site_id.clone(),
        account_id: line.account_id.clone(),
        name: line.name.clone().unwrap_or_else(|| line.site_id.clone()),
        currency: match line.currency {
            Some(As(currency)) => currency,
            None => Currency::parse("USD")?,
        },
        zone: value(line.timezone.clone()).unwrap_or(Zone::UTC),
        status: value(line.status).unwrap_or(SiteStatus::Paid),
        created_at: value(line.created_at).unwrap_or(now),
        settings: Settings::from_pairs(settings).map_err(|e| within("settings", e))?,
        suppression_key: value(line.suppression_key).unwrap_or(key),
    })
}

/// Puts a path before the name of the field that an error is about.
fn within(path: &str, error: Error) -> Error {
    match error {
        Error::Invalid { field, flaw, reason } => Error::Invalid { field: format!("{path}.{field}"), flaw, reason },
        other => other,
    }
}

/// A key. Without scopes it gets those of a plugin that reads figures and reports sales.
pub fn key(line: &KeyLine, site: SiteNo) -> Result<ApiKey> {
    Ok(ApiKey {
        no: 0,
        site,
        id: line.id.0.0.clone(),
        hash: line.key_hash.0,
        scopes: match &line.scopes {
            Some(list) => list.0.clone(),
            None => Scopes::parse("stats:read purchases:write")?,
        },
        created_at: line.created_at.0,
        expires_at: value(line.expires_at),
        revoked_at: value(line.revoked_at),
        last_used_at: None,
    })
}

/// A user. `now` stands in for an absent time of adding.
pub fn user(line: &UserLine, site: SiteNo, now: Timestamp) -> Result<User> {
    check_user_id(&line.user_id)?;
    Ok(User {
        no: 0,
        site,
        user_id: line.user_id.clone(),
        role: line.role.0,
        zone: value(line.timezone.clone()),
        allowed_campaigns: line.allowed_campaigns.as_ref().map_or(Campaigns::None, |list| list.0.clone()),
        key_hash: value(line.key_hash),
        password_hash: line.password_hash.clone(),
        created_at: value(line.created_at).unwrap_or(now),
    })
}

/// A customer.
pub fn customer(line: &CustomerLine) -> Result<Customer> {
    if let Some(code) = &line.code {
        check_code(code)?;
    }
    Ok(Customer {
        id: line.id.0.0.clone(),
        email: value(line.email.clone()),
        code: line.code.clone(),
        card_number: line.card_number.clone(),
        first_name: line.first_name.clone(),
        last_name: line.last_name.clone(),
        phone: line.phone.clone(),
        custom: line.custom.clone().unwrap_or_default(),
        created_at: line.created_at.0,
    })
}

/// A cart with its lines. An open one that a purchase of the same file names is converted by that, once the clock's doings up to then
/// are applied.
pub fn cart(line: &CartLine, site: &Site, fate: Fate) -> Result<(Cart, Vec<Item>)> {
    let items = items(line.items.as_deref().unwrap_or_default())?;
    check_whole(line)?;
    let created_at = line.created_at.0;
    let updated = value(line.updated_at);
    let last_activity = value(line.last_activity).or(updated).unwrap_or(created_at);
    let status = value(line.status);
    let (first_abandoned_at, abandoned_at) = abandonments(line, site, last_activity);
    let identified = line.identified.unwrap_or(line.email.is_some());
    let presumed = if abandoned_at.is_some() { CartStatus::Abandoned } else { CartStatus::Active };
    let mut cart = Cart {
        no: 0,
        id: line.id.0.0.clone(),
        email: value(line.email.clone()),
        identified,
        customer_id: line.customer_id.clone(),
        session_id: line.session_id.clone(),
        visitor: line.visitor.clone(),
        channel: value(line.channel).unwrap_or(Channel::Web),
        currency: line.currency.0,
        locale: line.locale.clone(),
        subtotal: line.subtotal.map_or_else(|| subtotal(&items).unwrap_or(line.total.0), |amount| amount.0),
        discount: line.discount.map_or(0, |amount| amount.0),
        tax: line.tax.map_or(0, |amount| amount.0),
        shipping: line.shipping.map_or(0, |amount| amount.0),
        total: line.total.0,
        item_count: items.iter().map(|item| item.quantity).sum(),
        unique_item_count: items.len() as i64,
        created_at,
        updated_at: updated.unwrap_or(last_activity),
        last_activity,
        items_changed_at: last_activity,
        first_abandoned_at,
        abandoned_at,
        status: status.unwrap_or(presumed),
        expires_at: value(line.expires_at).unwrap_or(created_at.plus(site.settings.cart_expires_after())),
        restore_url: line.restore_url.clone(),
        class: value(line.class).unwrap_or(Class::Unknown),
        order_id: line.order_id.clone(),
        shipping_address: line.shipping_address.as_ref().map(|object| object.text()),
        metadata: line.metadata.as_ref().map(|object| object.text()),
        emailed: fate.emailed,
        recovered: false,
        imported: true,
        deleted_at: value(line.deleted_at),
    };
    if let Some(at) = fate.bought.filter(|_| cart.status.is_open()) {
        cart.settle(at, site.settings.abandon_after());
        cart.status = CartStatus::Converted;
        cart.updated_at = cart.updated_at.max(at);
    }
    Ok((cart, items))
}

/// The first and the latest abandonment. One stands for the other, and a cart that is abandoned was so when it had
/// been idle for long enough.
fn abandonments(line: &CartLine, site: &Site, last_activity: Timestamp) -> (Option<Timestamp>, Option<Timestamp>) {
    let is_abandoned = line.status == Some(As(CartStatus::Abandoned));
    let latest = value(line.abandoned_at)
        .or(value(line.first_abandoned_at))
        .or_else(|| is_abandoned.then(|| last_activity.plus(site.settings.abandon_after())));
    (value(line.first_abandoned_at).or(latest), latest)
}

/// Whether [`cart`] can make a cart of a line, whatever its shop has set.
pub fn check_cart(line: &CartLine) -> Result<()> {
    items(line.items.as_deref().unwrap_or_default())?;
    check_whole(line)
}

fn check_whole(line: &CartLine) -> Result<()> {
    if line.email.is_some() && line.identified == Some(false) {
        return Err(Error::refused("identified", "must be true for a cart with an email"));
    }
    let (first, latest) = (value(line.first_abandoned_at), value(line.abandoned_at));
    if first.zip(latest).is_some_and(|(first, latest)| first > latest) {
        return Err(Error::refused("first_abandoned_at", "must not be later than abandoned_at"));
    }
    Ok(())
}

/// What the items add up to; none without items, or beyond an amount.
fn subtotal(items: &[Item]) -> Option<i64> {
    let sum = items.iter().try_fold(0_i64, |sum, item| sum.checked_add(item.unit_price.checked_mul(item.quantity)?));
    sum.filter(|sum| !items.is_empty() && *sum <= crate::domain::money::MAX_MINOR)
}

fn items(lines: &[ItemLine]) -> Result<Vec<Item>> {
    if lines.len() > MAX_ITEMS {
        return Err(Error::refused("items", format!("must not be more than {MAX_ITEMS}")));
    }
    let mut items: Vec<Item> = Vec::with_capacity(lines.len());
    let mut ids = std::collections::HashSet::new();
    for (position, line) in lines.iter().enumerate() {
        let item = Item {
            id: line.id.as_ref().map_or_else(|| format!("ci_{}", position + 1), |id| id.0.0.clone()),
            product_id: line.product_id.clone(),
            variant_id: line.variant_id.clone(),
            name: line.name.clone(),
            sku: line.sku.clone(),
            quantity: line.quantity.map_or(1, |quantity| quantity.0),
            unit_price: line.unit_price.map_or(0, |amount| amount.0),
            image_url: line.image_url.clone(),
            url: line.url.clone(),
            notes: line.notes.clone(),
            metadata: line.metadata.as_ref().map(|object| object.text()),
        };
        check_item(&item).map_err(|e| within(&format!("items[{position}]"), e))?;
        if !ids.insert(item.id.clone()) {
            return Err(Error::refused(format!("items[{position}].id"), "is used by another item of this cart"));
        }
        items.push(item);
    }
    Ok(items)
}

/// What is left of a letter's status in an archive: reading one must not make letters leave, so a letter that waits in
/// a queue is a cancelled one, and one that is on its way is of unknown fate.
pub fn at_rest(status: MessageStatus) -> MessageStatus {
    match status {
        MessageStatus::Queued => MessageStatus::Cancelled,
        MessageStatus::Sending => MessageStatus::Unknown,
        settled => settled,
    }
}

fn status_of(line: &MessageLine) -> MessageStatus {
    at_rest(value(line.status).unwrap_or(MessageStatus::Sent))
}

/// Whether a letter left.
pub fn is_sent(line: &MessageLine) -> bool {
    status_of(line) == MessageStatus::Sent
}

/// A letter and the evidence about it.
pub fn message(line: &MessageLine) -> Result<(Message, Vec<Event>)> {
    let status = status_of(line);
    let sent_at = value(line.sent_at);
    if status == MessageStatus::Sent && sent_at.is_none() {
        return Err(Error::missing("sent_at"));
    }
    let created_at = value(line.created_at).or(sent_at).ok_or_else(|| Error::missing("created_at"))?;
    let mut events: Vec<Event> = line.events.as_deref().unwrap_or_default().iter().map(event).collect();
    // The order in which they are stored and written.
    events.sort_by_key(|event| event.at);
    let marks = events.iter().fold(Marks::default(), |marks, event| marks.with(event.kind, event.class));
    let message = Message {
        no: 0,
        id: line.id.0.0.clone(),
        cart: None,
        sequence_id: line.sequence_id.clone(),
        step: line.step.map_or(1, |step| step.0),
        email: value(line.email.clone()),
        subject: line.subject.clone().unwrap_or_default(),
        status,
        created_at,
        due_at: None,
        attempts: 0,
        sent_at,
        detail: None,
        marks,
    };
    Ok((message, events))
}

fn event(line: &EventLine) -> Event {
    Event {
        kind: line.kind.0,
        at: line.at.0,
        class: value(line.class).unwrap_or(Class::Unknown),
        rule: line.rule.clone(),
        evidence: line.evidence.as_ref().map(|object| object.text()),
    }
}

/// A sale.
pub fn purchase(line: &PurchaseLine) -> Result<Purchase> {
    if line.message_id.is_some() && line.recovered_cart_id.as_ref().is_none_or(String::is_empty) {
        return Err(Error::refused("message_id", "needs the recovered_cart_id of the cart that the letter is about"));
    }
    Ok(Purchase {
        no: 0,
        // An archive says when, to the second, and no more.
        last_cart: i64::MAX,
        id: line.id.0.0.clone(),
        order_id: line.order_id.clone(),
        email: value(line.email.clone()),
        cart: None,
        currency: line.currency.0,
        total: line.total.0,
        at: line.at.0,
        source: line.source.clone().unwrap_or_else(|| "import".into()),
        verified: line.verified.unwrap_or(true),
        paired: false,
        reply: value(line.reply).unwrap_or(reply_for(line.cart_id.is_some())),
        recovered_cart: None,
        message: None,
    })
}

/// What a purchase's first confirmation was told, where nothing else is known.
pub fn reply_for(has_cart: bool) -> FirstReply {
    if has_cart { FirstReply::Recorded } else { FirstReply::NoCart }
}

/// The address of a suppression, where it is known, and its keyed hash.
pub fn suppressed(line: &SuppressionLine, site: &Site) -> Result<(Option<EmailAddress>, AddressHash)> {
    let (email, hash) = (value(line.email.clone()), value(line.email_hash));
    let hashed = email.as_ref().map(|email| hash_address(site, email));
    match (hashed, hash) {
        (Some(hashed), Some(hash)) if hashed != hash => {
            Err(Error::refused("email_hash", "is not the hash of the email under the site's suppression_key"))
        }
        (Some(hash), _) | (None, Some(hash)) => Ok((email, hash)),
        (None, None) => Err(Error::missing("email")),
    }
}

/// A loyalty campaign.
pub fn loyalty_campaign(line: &LoyaltyCampaignLine) -> Campaign {
    Campaign {
        no: 0,
        id: line.id.0.0.clone(),
        name: line.name.clone().unwrap_or_else(|| line.id.0.0.clone()),
        kind: line.kind.0,
        active: line.active.unwrap_or(true),
        created_at: line.created_at.0,
        points_ratio: line.points_ratio.as_ref().map(|ratio| ratio.0.0.clone()),
        reward_ratio: line.reward_ratio.as_ref().map(|ratio| ratio.0.0.clone()),
        earned_per_event: line.earned_per_event.map(|amount| amount.0),
        product: line.product.clone(),
        buy_quantity: line.buy_quantity.map(|quantity| quantity.0),
        expires_after_secs: line.expires_after_secs.map(|secs| secs.0),
        earns_from_purchases: line.earns_from_purchases.unwrap_or(false),
    }
}

/// What an entry of the ledger did. What takes out is redeemed, and only a reversal names what it undoes.
pub fn cause(line: &LoyaltyEntryLine) -> Result<Cause> {
    let redeemed = line.redeemed.unwrap_or(false);
    let presumed = presumed_cause(redeemed, line.reverses.is_some());
    let cause = value(line.cause).unwrap_or(presumed);
    let fits = match cause {
        Cause::Expire | Cause::Refund => redeemed && line.reverses.is_none(),
        Cause::Earn | Cause::Redeem | Cause::Reverse => cause == presumed,
    };
    if !fits {
        return Err(Error::refused("cause", "does not go with redeemed and reverses"));
    }
    if cause != Cause::Earn && line.expires_at.is_some() {
        return Err(Error::refused("expires_at", "is of an entry that earned"));
    }
    if cause != Cause::Refund && (line.refund_id.is_some() || line.shortfall.is_some_and(|amount| amount.0 > 0)) {
        return Err(Error::refused("cause", "must be refund where a refund or a shortfall is named"));
    }
    Ok(cause)
}

fn figures(line: &DailyLine) -> Figures {
    let count = |field: Option<Count>| field.map_or(0, |count| count.0);
    let money = |field: Option<Revenue>| field.map_or(0, |revenue| revenue.0);
    Figures {
        abandoned: count(line.abandoned),
        abandoned_identified: count(line.abandoned_identified),
        recovered: count(line.recovered),
        recovered_revenue: money(line.recovered_revenue),
        purchases: count(line.purchases),
        revenue: money(line.revenue),
        sent: count(line.sent),
        opened: count(line.opened),
        clicked: count(line.clicked),
        bounced: count(line.bounced),
        complained: count(line.complained),
        unsubscribed: count(line.unsubscribed),
    }
}

/// A sealed day.
pub fn daily(line: &DailyLine) -> DayFigures {
    DayFigures { day: line.day.0, currency: line.currency.0, figures: figures(line), sealed: true }
}

/// Why a letter was sent or not; the letter by our own number.
pub fn decision(line: &DecisionLine, message: Option<i64>) -> Decision {
    Decision {
        sequence_id: line.sequence_id.0.0.clone(),
        step: line.step.0,
        at: line.at.0,
        outcome: line.outcome.0,
        reason: line.reason.0,
        until: value(line.until),
        message,
    }
}

/// The steps of a sequence, in order of number. There is one sequence, and each number stands once.
pub fn sequence(line: &SequenceLine) -> Result<Vec<Step>> {
    if line.id.0.0 != Sequence::shipped().id {
        return Err(Error::refused("id", format!("must be {}", Sequence::shipped().id)));
    }
    let mut steps: Vec<Step> = line
        .steps
        .as_deref()
        .unwrap_or_default()
        .iter()
        .map(|step| Step {
            number: step.step.0,
            delay_secs: step.delay_secs.0,
            active: step.active.unwrap_or(true),
            minimum: step.minimum.as_ref().map_or(0, |amount| amount.0),
            coupon_id: step.coupon_id.as_ref().map(|id| id.0.0.clone()),
            words: Words { subject: step.subject.clone(), html: step.html.clone(), text: step.text.clone() },
        })
        .collect();
    steps.sort_by_key(|step| step.number);
    let twice = steps.windows(2).any(|pair| pair[0].number == pair[1].number);
    if steps.is_empty() || twice || steps.iter().any(|step| step.number > MOST_STEPS) {
        return Err(Error::refused("steps", format!("must have numbers from 1 to {MOST_STEPS}, each once")));
    }
    Ok(steps)
}

/// A word on consent.
pub fn consent(line: &ConsentLine) -> Consent {
    Consent {
        email: line.email.0.clone(),
        given: line.given,
        wording: line.wording.clone(),
        at: line.at.0,
        source: line.source.clone().unwrap_or_else(|| "import".into()),
    }
}

/// A subscriber.
pub fn subscriber(line: &SubscriberLine) -> Result<Subscriber> {
    Ok(Subscriber {
        id: line.id.0.0.clone(),
        email: line.email.0.clone(),
        name: line.name.as_deref().map(check_name).transpose()?,
        phone: value(line.phone.clone()),
        created_at: line.created_at.0,
        sms_ended_at: value(line.sms_ended_at),
    })
}
