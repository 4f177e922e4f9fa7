//! What a delivery says: our JSON, or the vendor's form. Written when the event happens, and not changed by what happens later.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use crate::domain::webhooks::{Event, Format};
use crate::domain::{Currency, EmailAddress, Site, Timestamp};

/// What a form leaves as it is (<https://url.spec.whatwg.org/#application-x-www-form-urlencoded-percent-encode-set>).
const FORM: &AsciiSet = &NON_ALPHANUMERIC.remove(b'*').remove(b'-').remove(b'.').remove(b'_');

/// What a form says of any event.
pub(super) struct Facts<'a> {
    /// Whom it is about.
    pub(super) email: Option<&'a EmailAddress>,
    /// Minor units of a currency.
    pub(super) amount: Option<(i64, Currency)>,
    /// The order's number, else the public id of what it is about.
    pub(super) reference: &'a str,
    /// When it happened.
    pub(super) at: Timestamp,
}

/// The body of a delivery.
pub(super) fn body(format: Format, event: Event, site: &Site, facts: &Facts, data: &Value, now: Timestamp) -> String {
    match format {
        Format::Json => json!({
            "type": event.as_str(),
            "timestamp": now.rfc3339(),
            "site_id": site.site_id,
            "data": data,
        })
        .to_string(),
        Format::Form => form(event, site, facts),
    }
}

/// The vendor's fields of a recovered order; the other events have them with a date of their own name.
fn form(event: Event, site: &Site, facts: &Facts) -> String {
    let date = match event {
        Event::OrderRecovered | Event::PurchaseRecorded => "PurchaseDate",
        Event::CartAbandoned => "AbandonDate",
        Event::EmailCaptured => "CaptureDate",
        Event::EmailUnsubscribed => "UnsubscribeDate",
        Event::MessageSent => "SendDate",
    };
    let mut fields = vec![
        (date, site.day_of(facts.at).strftime("%m/%d/%Y").to_string()),
        ("EmailAddress", facts.email.map_or(String::new(), |email| email.shown().to_owned())),
    ];
    if let Some((minor, currency)) = facts.amount {
        fields.push(("CartTotal", currency.major(minor)));
    }
    fields.push(("referenceID", facts.reference.to_owned()));
    fields.push(("Event", event.as_str().to_owned()));
    let encoded = |text: &str| utf8_percent_encode(text, FORM).to_string().replace("%20", "+");
    let pairs: Vec<String> = fields.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
    pairs.join("&")
}
