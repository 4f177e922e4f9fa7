//! A made-up cart and its reader, to see a letter before a shopper does.

use super::coupons::Offer;
use super::letters::{Composed, Facts, Reminder};
use super::template::{Extra, Template};
use crate::domain::carts::Item;
use crate::domain::coupons::Coupon;
use crate::domain::sequences::{Step, Words};
use crate::domain::{Result, Site, Timestamp};

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
