//! A made-up cart and its reader, to see a letter before a shopper does, in a preview or as a test letter.

use super::coupons::Offer;
use super::envelope::Envelope;
use super::letters::{Composed, Facts, Reminder};
use super::template::{Extra, Template};
use crate::domain::carts::Item;
use crate::domain::coupons::Coupon;
use crate::domain::sequences::{Step, Words};
use crate::domain::{Currency, EmailAddress, Result, Site, Timestamp};

/// The letter of a step as it would be written about a made-up cart; its coupon shows a code that nobody can use.
pub fn letter(site: &Site, step: &Step, coupon: Option<&Coupon>, now: Timestamp) -> Result<Composed> {
    let items = [line("mug", "Stoneware mug", 2, 1_450), line("towel", "Linen towel", 1, 1_900)];
    let offer = coupon.map(|coupon| Offer::sample(coupon, now, &site.zone));
    let facts = Facts {
        shop_name: &site.name,
        postal_address: site.settings.postal_address().unwrap_or_default(),
        first_name: Some("Ann"),
        items: &items,
        discount_minor: 0,
        total_minor: 4_800,
        currency: site.currency,
        coupon: offer.as_ref(),
        restore_url: Some("https://example.com/cart"),
        unsubscribe_url: "https://example.com/unsubscribe",
        honeypot_url: None,
        pixel_url: None,
    };
    let extra = Extra { email: "ann@example.com", site_id: &site.site_id, step: step.number, data: &[] };
    let reminder = Reminder::of_step(step.number).unwrap_or(Reminder::Third);
    let Words { subject, html, text } = step.words.clone();
    Template { subject, html, text }.compose(reminder, &facts, &extra)
}

/// Writes with everything that a letter can say, and with nothing that it can lack.
pub(super) fn try_out(write: impl Fn(&Facts, &Extra) -> Result<()>) -> Result<()> {
    let items = [line("mug", "Stoneware mug", 2, 1_450), line("towel", "Linen towel", 1, 1_900)];
    let offer =
        Offer { code: "SAMPLE-CODE".into(), description: "10% off".into(), expires: Some("31 March 2026".into()) };
    let bare = Facts {
        shop_name: "A shop",
        postal_address: "",
        first_name: None,
        items: &[],
        discount_minor: 0,
        total_minor: 0,
        currency: Currency::parse("USD")?,
        coupon: None,
        restore_url: None,
        unsubscribe_url: "https://example.com/unsubscribe",
        honeypot_url: None,
        pixel_url: None,
    };
    let full = Facts {
        postal_address: "1 Mill Lane",
        first_name: Some("Ann"),
        items: &items,
        discount_minor: 480,
        total_minor: 4_320,
        coupon: Some(&offer),
        restore_url: Some("https://example.com/cart"),
        ..bare.clone()
    };
    let extra = Extra { email: "ann@example.com", site_id: "shop", step: 1, data: &[] };
    write(&full, &extra)?;
    write(&bare, &extra)
}

/// A test letter to somebody who works for the shop, ready to leave. `None` for a shop without a sender.
pub fn envelope(site: &Site, letter: Composed, to: &EmailAddress, now: Timestamp, base: &str) -> Option<Envelope> {
    Some(Envelope {
        id: format!("test_{}", now.secs()),
        from_name: site.name.clone(),
        from: site.settings.sender()?.shown().to_owned(),
        to: to.shown().to_owned(),
        at: now,
        list: site.site_id.clone(),
        unsubscribe_url: format!("{base}/u/test"),
        letter,
    })
}

fn line(id: &str, name: &str, quantity: i64, unit_price: i64) -> Item {
    Item {
        id: id.into(),
        product_id: id.into(),
        variant_id: None,
        name: Some(name.into()),
        sku: None,
        quantity,
        unit_price,
        image_url: None,
        url: None,
        notes: None,
        metadata: None,
    }
}
