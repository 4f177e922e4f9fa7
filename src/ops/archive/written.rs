//! From rows to lines, in the one form in which an export writes them. Two rows are the same when these lines are.

use super::lines::{
    CartLine, ConsentLine, CustomerLine, DailyLine, DecisionLine, EventLine, ItemLine, KeyLine, Line,
    LoyaltyCampaignLine, LoyaltyEntryLine, MessageLine, PurchaseLine, RefundLine, SequenceLine, SiteLine, StepLine,
    SubscriberLine, SuppressionLine, TakenLine, UserLine,
};
use super::rows::reply_for;
use super::values::{As, CampaignList, Id, Object, Ratio, ScopeList, Tag, Whole};
use crate::domain::carts::{Cart, Item};
use crate::domain::customers::Customer;
use crate::domain::keys::ApiKey;
use crate::domain::letters::Decision;
use crate::domain::loyalty::{Campaign, presumed_cause};
use crate::domain::messages::{Event, Message};
use crate::domain::purchases::{Purchase, Refund};
use crate::domain::sequences::{Sequence, Step};
use crate::domain::subscribers::Subscriber;
use crate::domain::suppressions::{Consent, Suppression};
use crate::domain::users::User;
use crate::domain::{Result, Site, Timestamp};
use crate::store::loyalty::NamedEntry;
use crate::store::stats::DayFigures;

fn id(text: &str) -> As<Id> {
    As(Id(text.to_owned()))
}

fn object(text: Option<&String>) -> Result<Option<Object>> {
    text.map(|text| Object::stored(text)).transpose()
}

/// The shop.
pub fn site(site: &Site) -> Line {
    Line::Site(SiteLine {
        tag: Tag,
        site_id: site.site_id.clone(),
        account_id: site.account_id.clone(),
        name: Some(site.name.clone()),
        currency: Some(As(site.currency)),
        timezone: Some(As(site.zone.clone())),
        status: Some(As(site.status)),
        settings: Some(site.settings.pairs().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()),
        suppression_key: Some(As(site.suppression_key)),
        created_at: Some(As(site.created_at)),
    })
}

/// A key.
pub fn key(key: &ApiKey) -> Line {
    Line::Key(KeyLine {
        tag: Tag,
        id: id(&key.id),
        scopes: Some(ScopeList(key.scopes.clone())),
        key_hash: As(key.hash),
        created_at: As(key.created_at),
        expires_at: key.expires_at.map(As),
        revoked_at: key.revoked_at.map(As),
    })
}

/// A user.
pub fn user(user: &User) -> Line {
    Line::User(UserLine {
        tag: Tag,
        user_id: user.user_id.clone(),
        role: As(user.role),
        timezone: user.zone.clone().map(As),
        allowed_campaigns: Some(CampaignList(user.allowed_campaigns.clone())),
        key_hash: user.key_hash.map(As),
        password_hash: user.password_hash.clone(),
        created_at: Some(As(user.created_at)),
    })
}

/// A customer.
pub fn customer(customer: &Customer) -> Line {
    Line::Customer(CustomerLine {
        tag: Tag,
        id: id(&customer.id),
        email: customer.email.clone().map(As),
        code: customer.code.clone(),
        card_number: customer.card_number.clone(),
        first_name: customer.first_name.clone(),
        last_name: customer.last_name.clone(),
        phone: customer.phone.clone(),
        custom: Some(customer.custom.clone()).filter(|custom| !custom.is_empty()),
        created_at: As(customer.created_at),
    })
}

/// A cart with its lines, and the codes that it took.
pub fn cart(cart: &Cart, items: &[Item], coupons: Option<Vec<TakenLine>>) -> Result<Line> {
    Ok(Line::Cart(Box::new(CartLine {
        tag: Tag,
        id: id(&cart.id),
        email: cart.email.clone().map(As),
        identified: Some(cart.identified),
        customer_id: cart.customer_id.clone(),
        session_id: cart.session_id.clone(),
        channel: Some(As(cart.channel)),
        currency: As(cart.currency),
        locale: cart.locale.clone(),
        items: Some(items.iter().map(item).collect::<Result<_>>()?),
        subtotal: Some(Whole(cart.subtotal)),
        discount: Some(Whole(cart.discount)),
        tax: Some(Whole(cart.tax)),
        shipping: Some(Whole(cart.shipping)),
        total: Whole(cart.total),
        created_at: As(cart.created_at),
        updated_at: Some(As(cart.updated_at)),
        last_activity: Some(As(cart.last_activity)),
        first_abandoned_at: cart.first_abandoned_at.map(As),
        abandoned_at: cart.abandoned_at.map(As),
        status: Some(As(cart.status)),
        expires_at: Some(As(cart.expires_at)),
        restore_url: cart.restore_url.clone(),
        class: Some(As(cart.class)),
        order_id: cart.order_id.clone(),
        shipping_address: object(cart.shipping_address.as_ref())?,
        metadata: object(cart.metadata.as_ref())?,
        visitor: cart.visitor.clone(),
        deleted_at: cart.deleted_at.map(As),
        coupons,
    })))
}

fn item(item: &Item) -> Result<ItemLine> {
    Ok(ItemLine {
        tag: Tag,
        id: Some(id(&item.id)),
        product_id: item.product_id.clone(),
        variant_id: item.variant_id.clone(),
        name: item.name.clone(),
        sku: item.sku.clone(),
        quantity: Some(Whole(item.quantity)),
        unit_price: Some(Whole(item.unit_price)),
        image_url: item.image_url.clone(),
        url: item.url.clone(),
        notes: item.notes.clone(),
        metadata: object(item.metadata.as_ref())?,
    })
}

/// A letter with what it said and the evidence about it. One that waits is written as cancelled: see `rows::message`.
pub fn message(
    message: &Message,
    cart_id: Option<String>,
    (html, text): (Option<String>, Option<String>),
    coupon: Option<(String, Timestamp)>,
    events: &[Event],
) -> Result<Line> {
    let status = super::rows::at_rest(message.status);
    Ok(Line::Message(MessageLine {
        tag: Tag,
        id: id(&message.id),
        cart_id: cart_id.as_deref().map(id),
        sequence_id: message.sequence_id.clone(),
        step: Some(Whole(message.step)),
        email: message.email.clone().map(As),
        subject: Some(message.subject.clone()),
        html,
        text,
        status: Some(As(status)),
        created_at: Some(message.created_at).filter(|at| Some(*at) != message.sent_at).map(As),
        sent_at: message.sent_at.map(As),
        coupon_code: coupon.as_ref().map(|(code, _)| id(code)),
        coupon_at: coupon.map(|(_, at)| As(at)),
        events: Some(events.iter().map(event).collect::<Result<_>>()?),
    }))
}

fn event(event: &Event) -> Result<EventLine> {
    Ok(EventLine {
        tag: Tag,
        kind: As(event.kind),
        at: As(event.at),
        class: Some(As(event.class)),
        rule: event.rule.clone(),
        evidence: object(event.evidence.as_ref())?,
    })
}

/// The public ids around a purchase. An empty `recovered_cart_id` says that it recovered none, whatever the rules say.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PurchaseNames {
    /// The cart that became this order.
    pub cart_id: Option<String>,
    /// The cart that it recovered.
    pub recovered_cart_id: Option<String>,
    /// The letter that did it.
    pub message_id: Option<String>,
    /// The codes that were counted for it.
    pub codes: Vec<String>,
}

/// A sale.
pub fn purchase(purchase: &Purchase, names: PurchaseNames) -> Line {
    let derived = reply_for(names.cart_id.is_some());
    Line::Purchase(PurchaseLine {
        tag: Tag,
        id: id(&purchase.id),
        order_id: purchase.order_id.clone(),
        email: purchase.email.clone().map(As),
        cart_id: names.cart_id.as_deref().map(id),
        currency: As(purchase.currency),
        total: Whole(purchase.total),
        at: As(purchase.at),
        source: Some(purchase.source.clone()),
        verified: Some(purchase.verified),
        reply: Some(purchase.reply).filter(|reply| *reply != derived).map(As),
        recovered_cart_id: names.recovered_cart_id,
        message_id: names.message_id.as_deref().map(id),
        codes: (!names.codes.is_empty()).then(|| names.codes.iter().map(|code| id(code)).collect()),
    })
}

/// Money given back.
pub fn refund(refund: &Refund, purchase_id: &str) -> Line {
    Line::Refund(RefundLine {
        tag: Tag,
        id: id(&refund.id),
        purchase_id: id(purchase_id),
        amount: Whole(refund.amount),
        at: As(refund.at),
    })
}

/// A suppression: by its address, or by the hash that outlived it.
pub fn suppression(suppression: &Suppression, message_id: Option<String>) -> Line {
    Line::Suppression(SuppressionLine {
        tag: Tag,
        email: suppression.email.clone().map(As),
        email_hash: suppression.email.is_none().then_some(As(suppression.address_hash)),
        reason: As(suppression.reason),
        source: suppression.source.map(As),
        message_id: message_id.as_deref().map(id),
        at: As(suppression.at),
        ended_at: suppression.ended_at.map(As),
    })
}

/// A loyalty campaign.
pub fn loyalty_campaign(campaign: &Campaign) -> Line {
    let ratio = |text: &Option<String>| text.clone().map(|text| As(Ratio(text)));
    Line::LoyaltyCampaign(LoyaltyCampaignLine {
        tag: Tag,
        id: id(&campaign.id),
        name: Some(campaign.name.clone()),
        kind: As(campaign.kind),
        active: Some(campaign.active),
        created_at: As(campaign.created_at),
        points_ratio: ratio(&campaign.points_ratio),
        reward_ratio: ratio(&campaign.reward_ratio),
        earned_per_event: campaign.earned_per_event.map(Whole),
        product: campaign.product.clone(),
        buy_quantity: campaign.buy_quantity.map(Whole),
        expires_after_secs: campaign.expires_after_secs.map(Whole),
        earns_from_purchases: Some(campaign.earns_from_purchases),
    })
}

/// An entry of the loyalty ledger.
pub fn loyalty_entry(named: &NamedEntry) -> Line {
    let presumed = presumed_cause(named.entry.redeemed, named.entry.reverses.is_some());
    Line::LoyaltyEntry(LoyaltyEntryLine {
        tag: Tag,
        id: id(&named.entry.id),
        campaign_id: id(&named.campaign_id),
        customer_id: id(&named.customer_id),
        at: As(named.entry.at),
        amount: Whole(named.entry.amount),
        redeemed: Some(named.entry.redeemed),
        cause: Some(named.entry.cause).filter(|cause| *cause != presumed).map(As),
        expires_at: named.entry.expires_at.map(As),
        item: named.entry.item.clone(),
        description: named.entry.description.clone(),
        user: named.entry.user.clone(),
        reverses: named.reverses_id.as_deref().map(id),
        purchase_id: named.purchase_id.as_deref().map(id),
        refund_id: named.refund_id.as_deref().map(id),
        shortfall: Some(named.entry.shortfall).filter(|shortfall| *shortfall > 0).map(Whole),
    })
}

/// A sealed day.
pub fn daily(kept: &DayFigures) -> Line {
    let figures = kept.figures;
    Line::Daily(Box::new(DailyLine {
        tag: Tag,
        day: As(kept.day),
        currency: As(kept.currency),
        abandoned: Some(Whole(figures.abandoned)),
        abandoned_identified: Some(Whole(figures.abandoned_identified)),
        recovered: Some(Whole(figures.recovered)),
        recovered_revenue: Some(Whole(figures.recovered_revenue)),
        purchases: Some(Whole(figures.purchases)),
        revenue: Some(Whole(figures.revenue)),
        sent: Some(Whole(figures.sent)),
        opened: Some(Whole(figures.opened)),
        clicked: Some(Whole(figures.clicked)),
        bounced: Some(Whole(figures.bounced)),
        complained: Some(Whole(figures.complained)),
        unsubscribed: Some(Whole(figures.unsubscribed)),
    }))
}

/// Why a letter was sent or not.
pub fn decision(decision: &Decision, cart_id: String, message_id: Option<String>) -> Line {
    Line::Decision(DecisionLine {
        tag: Tag,
        cart_id: As(Id(cart_id)),
        sequence_id: As(Id(decision.sequence_id.clone())),
        step: Whole(decision.step),
        at: As(decision.at),
        outcome: As(decision.outcome),
        reason: As(decision.reason),
        until: decision.until.map(As),
        message_id: message_id.map(|id| As(Id(id))),
    })
}

/// A shop's own sequence.
pub fn sequence(steps: &[Step]) -> Line {
    let steps = steps
        .iter()
        .map(|step| StepLine {
            step: Whole(step.number),
            delay_secs: Whole(step.delay_secs),
            active: Some(step.active),
            minimum: Some(Whole(step.minimum)),
            coupon_id: step.coupon_id.as_deref().map(id),
            subject: step.words.subject.clone(),
            html: step.words.html.clone(),
            text: step.words.text.clone(),
        })
        .collect();
    Line::Sequence(SequenceLine { tag: Tag, id: As(Id(Sequence::shipped().id)), steps: Some(steps) })
}

/// A word on consent.
pub fn consent(consent: &Consent) -> Line {
    Line::Consent(ConsentLine {
        tag: Tag,
        email: As(consent.email.clone()),
        given: consent.given,
        wording: consent.wording.clone(),
        at: As(consent.at),
        source: Some(consent.source.clone()),
    })
}

/// Somebody who is registered.
pub fn subscriber(subscriber: &Subscriber) -> Line {
    Line::Subscriber(SubscriberLine {
        tag: Tag,
        id: id(&subscriber.id),
        email: As(subscriber.email.clone()),
        name: subscriber.name.clone(),
        phone: subscriber.phone.clone().map(As),
        created_at: As(subscriber.created_at),
        sms_ended_at: subscriber.sms_ended_at.map(As),
    })
}
