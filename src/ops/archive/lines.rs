//! The lines of an archive, one struct per type, fields in the order in which they are written. A field that is
//! absent or null has the default that `rows.rs` gives it; a field that is not here is an error.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::values::{
    self, Amount, As, CampaignList, Count, Given, Id, Lifetime, Object, Quantity, Ratio, Revenue, ScopeList, Step, Tag,
    Whole,
};
use crate::domain::carts::{CartStatus, Channel, Class};
use crate::domain::coupons::{CouponType, LONGEST_LIFE, MOST_USES};
use crate::domain::letters::{Outcome, Why};
use crate::domain::loyalty::{CampaignKind, Cause};
use crate::domain::messages::{EventKind, MessageStatus};
use crate::domain::purchases::FirstReply;
use crate::domain::sites::SiteStatus;
use crate::domain::subscribers::Phone;
use crate::domain::suppressions::{Reason, Source};
use crate::domain::users::Role;
use crate::domain::webhooks::{Events, Format};
use crate::domain::{Currency, Day, EmailAddress, Timestamp, Zone, words};

words! {
    /// The types of lines, in the order in which an export writes them.
    Kind, "type" {
        Site = "site",
        Key = "key",
        User = "user",
        Customer = "customer",
        Cart = "cart",
        Message = "message",
        Purchase = "purchase",
        Refund = "refund",
        Suppression = "suppression",
        LoyaltyCampaign = "loyalty_campaign",
        LoyaltyEntry = "loyalty_entry",
        Daily = "daily",
        Consent = "consent",
        Decision = "decision",
        Coupon = "coupon",
        CouponCode = "coupon_code",
        Sequence = "sequence",
        Webhook = "webhook",
        Subscriber = "subscriber",
    }
}

/// Defines the struct of one type; the field `type` is the reader's and the writer's affair.
macro_rules! line {
    ($(#[$meta:meta])* $name:ident { $($(#[$fmeta:meta])* $field:ident: $type:ty),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
        #[serde(deny_unknown_fields)]
        #[allow(missing_docs, reason = "the fields are the design's table; docs of the domain explain them")]
        pub struct $name {
            #[serde(rename = "type", default, skip_serializing)]
            pub tag: Tag,
            $($(#[$fmeta])* pub $field: $type,)+
        }
    };
}

line! {
    /// The shop itself; at most one line.
    SiteLine {
        site_id: String,
        account_id: String,
        name: Option<String>,
        currency: Option<As<Currency>>,
        timezone: Option<As<Zone>>,
        status: Option<As<SiteStatus>>,
        #[serde(default, deserialize_with = "values::settings")]
        settings: Option<BTreeMap<String, String>>,
        suppression_key: Option<As<[u8; 32]>>,
        created_at: Option<As<Timestamp>>,
    }
}

line! {
    /// A key of a server or a plugin, by its hash.
    KeyLine {
        id: As<Id>,
        scopes: Option<ScopeList>,
        key_hash: As<[u8; 32]>,
        created_at: As<Timestamp>,
        expires_at: Option<As<Timestamp>>,
        revoked_at: Option<As<Timestamp>>,
    }
}

line! {
    /// A person who works for the shop.
    UserLine {
        user_id: String,
        role: As<Role>,
        timezone: Option<As<Zone>>,
        allowed_campaigns: Option<CampaignList>,
        key_hash: Option<As<[u8; 32]>>,
        password_hash: Option<String>,
        created_at: Option<As<Timestamp>>,
    }
}

line! {
    /// A customer.
    CustomerLine {
        id: As<Id>,
        email: Option<As<EmailAddress>>,
        code: Option<String>,
        card_number: Option<String>,
        first_name: Option<String>,
        last_name: Option<String>,
        phone: Option<String>,
        custom: Option<BTreeMap<String, String>>,
        created_at: As<Timestamp>,
    }
}

line! {
    /// A cart with its lines.
    CartLine {
        id: As<Id>,
        email: Option<As<EmailAddress>>,
        identified: Option<bool>,
        customer_id: Option<String>,
        session_id: Option<String>,
        channel: Option<As<Channel>>,
        currency: As<Currency>,
        locale: Option<String>,
        #[serde(default, deserialize_with = "values::objects")]
        items: Option<Vec<ItemLine>>,
        subtotal: Option<Amount>,
        discount: Option<Amount>,
        tax: Option<Amount>,
        shipping: Option<Amount>,
        total: Amount,
        created_at: As<Timestamp>,
        updated_at: Option<As<Timestamp>>,
        last_activity: Option<As<Timestamp>>,
        first_abandoned_at: Option<As<Timestamp>>,
        abandoned_at: Option<As<Timestamp>>,
        status: Option<As<CartStatus>>,
        expires_at: Option<As<Timestamp>>,
        restore_url: Option<String>,
        class: Option<As<Class>>,
        order_id: Option<String>,
        shipping_address: Option<Object>,
        metadata: Option<Object>,
        visitor: Option<String>,
        deleted_at: Option<As<Timestamp>>,
        #[serde(default, deserialize_with = "values::objects")]
        coupons: Option<Vec<TakenLine>>,
    }
}

line! {
    /// A line of a cart, inside it.
    ItemLine {
        id: Option<As<Id>>,
        product_id: String,
        variant_id: Option<String>,
        name: Option<String>,
        sku: Option<String>,
        quantity: Option<Quantity>,
        unit_price: Option<Amount>,
        image_url: Option<String>,
        url: Option<String>,
        notes: Option<String>,
        metadata: Option<Object>,
    }
}

line! {
    /// A code that a cart took, inside it.
    TakenLine {
        code: As<Id>,
        discount: Amount,
        applied_at: As<Timestamp>,
    }
}

line! {
    /// A coupon. Its codes are lines of their own.
    CouponLine {
        id: As<Id>,
        name: Option<String>,
        kind: As<CouponType>,
        value: Given,
        currency: Option<As<Currency>>,
        minimum: Option<Amount>,
        starts_at: Option<As<Timestamp>>,
        ends_at: Option<As<Timestamp>>,
        code_life_secs: Option<Whole<1, LONGEST_LIFE>>,
        use_limit: Option<Whole<1, MOST_USES>>,
        uses: Option<Whole<0, MOST_USES>>,
        active: Option<bool>,
        pooled: Option<bool>,
        created_at: As<Timestamp>,
    }
}

line! {
    /// A code of a coupon: its only one, or one of its pool.
    CouponCodeLine {
        coupon_id: As<Id>,
        code: String,
        assigned_at: Option<As<Timestamp>>,
        expires_at: Option<As<Timestamp>>,
        uses: Option<Whole<0, MOST_USES>>,
    }
}

line! {
    /// A letter with what it said and what became of it.
    MessageLine {
        id: As<Id>,
        cart_id: Option<As<Id>>,
        sequence_id: Option<String>,
        step: Option<Step>,
        email: Option<As<EmailAddress>>,
        subject: Option<String>,
        html: Option<String>,
        text: Option<String>,
        status: Option<As<MessageStatus>>,
        created_at: Option<As<Timestamp>>,
        sent_at: Option<As<Timestamp>>,
        coupon_code: Option<As<Id>>,
        coupon_at: Option<As<Timestamp>>,
        #[serde(default, deserialize_with = "values::objects")]
        events: Option<Vec<EventLine>>,
    }
}

line! {
    /// A piece of evidence about a letter, inside it.
    EventLine {
        kind: As<EventKind>,
        at: As<Timestamp>,
        class: Option<As<Class>>,
        rule: Option<String>,
        evidence: Option<Object>,
    }
}

line! {
    /// A sale. An empty `recovered_cart_id` says that it recovered none; an absent one asks for the rules.
    PurchaseLine {
        id: As<Id>,
        order_id: Option<String>,
        email: Option<As<EmailAddress>>,
        cart_id: Option<As<Id>>,
        currency: As<Currency>,
        total: Amount,
        at: As<Timestamp>,
        source: Option<String>,
        verified: Option<bool>,
        reply: Option<As<FirstReply>>,
        recovered_cart_id: Option<String>,
        message_id: Option<As<Id>>,
        codes: Option<Vec<As<Id>>>,
    }
}

line! {
    /// Money given back.
    RefundLine {
        id: As<Id>,
        purchase_id: As<Id>,
        amount: Given,
        at: As<Timestamp>,
    }
}

line! {
    /// An address that is not written to, or no more is not.
    SuppressionLine {
        email: Option<As<EmailAddress>>,
        email_hash: Option<As<[u8; 32]>>,
        reason: As<Reason>,
        source: Option<As<Source>>,
        message_id: Option<As<Id>>,
        at: As<Timestamp>,
        ended_at: Option<As<Timestamp>>,
    }
}

line! {
    /// A loyalty campaign.
    LoyaltyCampaignLine {
        id: As<Id>,
        name: Option<String>,
        kind: As<CampaignKind>,
        active: Option<bool>,
        created_at: As<Timestamp>,
        points_ratio: Option<As<Ratio>>,
        reward_ratio: Option<As<Ratio>>,
        earned_per_event: Option<Amount>,
        product: Option<String>,
        buy_quantity: Option<Quantity>,
        expires_after_secs: Option<Lifetime>,
        earns_from_purchases: Option<bool>,
    }
}

line! {
    /// An entry of the loyalty ledger.
    LoyaltyEntryLine {
        id: As<Id>,
        campaign_id: As<Id>,
        customer_id: As<Id>,
        at: As<Timestamp>,
        amount: Amount,
        redeemed: Option<bool>,
        cause: Option<As<Cause>>,
        expires_at: Option<As<Timestamp>>,
        item: Option<String>,
        description: Option<String>,
        user: Option<String>,
        reverses: Option<As<Id>>,
        purchase_id: Option<As<Id>>,
        refund_id: Option<As<Id>>,
        shortfall: Option<Amount>,
    }
}

line! {
    /// The figures of a day whose rows are gone, by the names of `domain/stats.rs`.
    DailyLine {
        day: As<Day>,
        currency: As<Currency>,
        abandoned: Option<Count>,
        abandoned_identified: Option<Count>,
        recovered: Option<Count>,
        recovered_revenue: Option<Revenue>,
        purchases: Option<Count>,
        revenue: Option<Revenue>,
        sent: Option<Count>,
        opened: Option<Count>,
        clicked: Option<Count>,
        bounced: Option<Count>,
        complained: Option<Count>,
        unsubscribed: Option<Count>,
    }
}

line! {
    /// What the owner of an address agreed to or declined.
    ConsentLine {
        email: As<EmailAddress>,
        given: bool,
        wording: Option<String>,
        at: As<Timestamp>,
        source: Option<String>,
    }
}

line! {
    /// Somebody who is registered for letters and text messages.
    SubscriberLine {
        id: As<Id>,
        email: As<EmailAddress>,
        name: Option<String>,
        phone: Option<As<Phone>>,
        created_at: As<Timestamp>,
        sms_ended_at: Option<As<Timestamp>>,
    }
}

line! {
    /// Why a letter about a cart was sent or not.
    DecisionLine {
        cart_id: As<Id>,
        sequence_id: As<Id>,
        step: Step,
        at: As<Timestamp>,
        outcome: As<Outcome>,
        reason: As<Why>,
        until: Option<As<Timestamp>>,
        message_id: Option<As<Id>>,
    }
}

line! {
    /// Where a shop wants to be told of what happens.
    WebhookLine {
        id: As<Id>,
        url: String,
        format: Option<As<Format>>,
        events: Option<As<Events>>,
        secret: As<[u8; 32]>,
        active: Option<bool>,
        created_at: As<Timestamp>,
    }
}

line! {
    /// A shop's own sequence of letters, whole.
    SequenceLine {
        id: As<Id>,
        #[serde(default, deserialize_with = "values::objects")]
        steps: Option<Vec<StepLine>>,
    }
}

/// A step of a sequence.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "as in domain/sequences.rs")]
pub struct StepLine {
    pub step: Step,
    pub delay_secs: Whole<0, 31_536_000>,
    pub active: Option<bool>,
    pub minimum: Option<Amount>,
    pub coupon_id: Option<As<Id>>,
    pub subject: Option<String>,
    pub html: Option<String>,
    pub text: Option<String>,
}

/// One line of any type.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
#[allow(missing_docs, reason = "each variant is its struct")]
pub enum Line {
    Site(SiteLine),
    Key(KeyLine),
    User(UserLine),
    Customer(CustomerLine),
    Cart(Box<CartLine>),
    Message(MessageLine),
    Purchase(PurchaseLine),
    Refund(RefundLine),
    Suppression(SuppressionLine),
    LoyaltyCampaign(LoyaltyCampaignLine),
    LoyaltyEntry(LoyaltyEntryLine),
    Daily(Box<DailyLine>),
    Consent(ConsentLine),
    Decision(DecisionLine),
    Coupon(CouponLine),
    CouponCode(CouponCodeLine),
    Sequence(SequenceLine),
    Webhook(WebhookLine),
    Subscriber(SubscriberLine),
}

impl Line {
    /// Of which type it is.
    pub fn kind(&self) -> Kind {
        match self {
            Line::Site(_) => Kind::Site,
            Line::Key(_) => Kind::Key,
            Line::User(_) => Kind::User,
            Line::Customer(_) => Kind::Customer,
            Line::Cart(_) => Kind::Cart,
            Line::Message(_) => Kind::Message,
            Line::Purchase(_) => Kind::Purchase,
            Line::Refund(_) => Kind::Refund,
            Line::Suppression(_) => Kind::Suppression,
            Line::LoyaltyCampaign(_) => Kind::LoyaltyCampaign,
            Line::LoyaltyEntry(_) => Kind::LoyaltyEntry,
            Line::Daily(_) => Kind::Daily,
            Line::Consent(_) => Kind::Consent,
            Line::Decision(_) => Kind::Decision,
            Line::Coupon(_) => Kind::Coupon,
            Line::CouponCode(_) => Kind::CouponCode,
            Line::Sequence(_) => Kind::Sequence,
            Line::Webhook(_) => Kind::Webhook,
            Line::Subscriber(_) => Kind::Subscriber,
        }
    }

    /// Its fields as an export writes them, without `type` and without what is absent.
    pub fn fields(&self) -> serde_json::Map<String, serde_json::Value> {
        // A struct of ours always becomes an object; should it not, an empty one is written and read as an error.
        let Ok(serde_json::Value::Object(mut fields)) = serde_json::to_value(self) else {
            return serde_json::Map::new();
        };
        fields.retain(|_, value| !value.is_null());
        for list in ["items", "events", "steps", "coupons"] {
            let inner = fields.get_mut(list).and_then(serde_json::Value::as_array_mut);
            for part in inner.into_iter().flatten().filter_map(serde_json::Value::as_object_mut) {
                // Only fields of ours: what is null inside of `metadata` is the shop's.
                part.retain(|_, value| !value.is_null());
            }
        }
        fields
    }

    /// The line as it stands in a file, without its end.
    pub fn text(&self) -> String {
        let fields = serde_json::Value::Object(self.fields()).to_string();
        let comma = if fields.len() > 2 { "," } else { "" };
        format!("{{\"type\":\"{}\"{comma}{}", self.kind(), fields.get(1..).unwrap_or("}"))
    }
}
