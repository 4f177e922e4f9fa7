//! Shopify's JSON, read leniently: what is absent or of another type is absent, unless nothing can be done without it. Numbers
//! that are ids are text here, and amounts are text in major units of the shop's own currency, as Shopify has them.

use serde_json::Value;

use crate::domain::carts::{Item, MAX_ITEMS, MAX_QUANTITY};
use crate::domain::links::is_web_link;
use crate::domain::money::MAX_MINOR;
use crate::domain::platforms::{ToldCart, ToldOrder, ToldRefund};
use crate::domain::{Currency, EmailAddress, Error, Result, Site, Timestamp, words};
use crate::ops::platforms::Told;

/// The longest text of a name that is kept, in characters.
const LONGEST: usize = 500;

words! {
    /// What a message is about, in Shopify's words.
    Topic, "X-Shopify-Topic" {
        CartsCreate = "carts/create",
        CartsUpdate = "carts/update",
        CheckoutsCreate = "checkouts/create",
        CheckoutsUpdate = "checkouts/update",
        OrdersCreate = "orders/create",
        OrdersPaid = "orders/paid",
        RefundsCreate = "refunds/create",
    }
}

/// What a message says; none where it says nothing to us, as a refund without money does.
pub(super) fn read(topic: Topic, body: &Value, site: &Site, now: Timestamp) -> Result<Option<Told>> {
    if !body.is_object() {
        return Err(Error::malformed("body", "must be an object"));
    }
    Ok(match topic {
        Topic::CartsCreate | Topic::CartsUpdate => {
            let token = text(body, "token").or_else(|| text(body, "id")).ok_or_else(|| Error::missing("token"))?;
            Some(Told::Cart(Box::new(cart(body, vec![cart_name(&token)], site, now)?)))
        }
        Topic::CheckoutsCreate | Topic::CheckoutsUpdate => {
            let token = text(body, "token").ok_or_else(|| Error::missing("token"))?;
            let names =
                text(body, "cart_token").map(|token| cart_name(&token)).into_iter().chain([checkout_name(&token)]);
            Some(Told::Cart(Box::new(cart(body, names.collect(), site, now)?)))
        }
        Topic::OrdersCreate | Topic::OrdersPaid => Some(Told::Order(Box::new(order(body, site)?))),
        Topic::RefundsCreate => refund(body, site)?.map(Told::Refund),
    })
}

fn cart_name(token: &str) -> String {
    format!("shopify cart {token}")
}

fn checkout_name(token: &str) -> String {
    format!("shopify checkout {token}")
}

/// What Shopify calls the thing that a message is about.
pub(super) fn id(body: &Value) -> Option<String> {
    text(body, "id").or_else(|| text(body, "token"))
}

fn cart(body: &Value, names: Vec<String>, site: &Site, now: Timestamp) -> Result<ToldCart> {
    let told = body.get("line_items").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    // A cart says in no field of its own which currency it is in; its lines do.
    let currency = currency(body).or_else(|| told.iter().find_map(shop_currency)).unwrap_or(site.currency);
    if told.len() > MAX_ITEMS {
        return Err(Error::refused("line_items", format!("must not be more than {MAX_ITEMS}")));
    }
    let lines = told.iter().filter_map(|line| self::line(line, currency)).collect();
    Ok(ToldCart {
        names,
        told_ms: millis(body).unwrap_or_else(|| now.secs().saturating_mul(1_000)),
        email: email(body),
        customer_id: body.get("customer").and_then(|customer| text(customer, "id")),
        currency,
        lines,
        total: text(body, "total_price").and_then(|total| amount(&total, currency)),
        restore_url: text(body, "abandoned_checkout_url").filter(|url| is_web_link(url)),
        agreed: body.get("buyer_accepts_marketing").and_then(Value::as_bool),
    })
}

/// A line; none for one that is there no times.
fn line(line: &Value, currency: Currency) -> Option<Item> {
    let quantity = line.get("quantity").and_then(Value::as_i64).filter(|quantity| *quantity >= 1)?;
    let name = text(line, "title").or_else(|| text(line, "name"));
    let variant_id = text(line, "variant_id");
    let product_id = text(line, "product_id").or_else(|| variant_id.clone()).or_else(|| name.clone())?;
    let image = line.get("featured_image").and_then(|image| text(image, "url")).or_else(|| text(line, "image"));
    Some(Item {
        id: String::new(),
        product_id,
        variant_id,
        name,
        sku: text(line, "sku"),
        quantity: quantity.min(MAX_QUANTITY),
        unit_price: text(line, "price").and_then(|price| amount(&price, currency)).unwrap_or(0),
        image_url: image.filter(|url| is_web_link(url)),
        url: text(line, "url").filter(|url| is_web_link(url)),
        notes: None,
        metadata: None,
    })
}

fn order(body: &Value, site: &Site) -> Result<ToldOrder> {
    let currency = currency(body).unwrap_or(site.currency);
    let total = text(body, "total_price").ok_or_else(|| Error::missing("total_price"))?;
    if amount(&total, currency).is_none() {
        return Err(Error::malformed("total_price", "must be an amount such as 18.00"));
    }
    let token = |name: &str| text(body, name);
    let codes = body.get("discount_codes").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let names = token("cart_token").map(|token| cart_name(&token)).into_iter();
    Ok(ToldOrder {
        names: names.chain(token("checkout_token").map(|token| checkout_name(&token))).collect(),
        order_id: text(body, "id").ok_or_else(|| Error::missing("id"))?,
        email: email(body),
        total,
        currency,
        agreed: body.get("buyer_accepts_marketing").and_then(Value::as_bool),
        codes: codes.iter().filter_map(|one| text(one, "code")).collect(),
    })
}

/// A refund is what its transactions gave back. Taking goods back without money is none.
fn refund(body: &Value, site: &Site) -> Result<Option<ToldRefund>> {
    let id = text(body, "id").ok_or_else(|| Error::missing("id"))?;
    let order_id = text(body, "order_id").ok_or_else(|| Error::missing("order_id"))?;
    let transactions = body.get("transactions").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let is = |value: &Value, name: &str, word: &str| text(value, name).is_none_or(|text| text == word);
    let mut given =
        transactions.iter().filter(|one| is(one, "kind", "refund") && is(one, "status", "success")).peekable();
    let currency = given.peek().and_then(|first| currency(first)).unwrap_or(site.currency);
    let mut sum: i64 = 0;
    for one in given {
        let part = text(one, "amount").and_then(|part| amount(&part, currency));
        sum = sum.saturating_add(part.ok_or_else(|| Error::malformed("transactions.amount", "must be an amount"))?);
    }
    let refund = ToldRefund { id: format!("shopify_{id}"), order_id, amount: sum.min(MAX_MINOR), currency };
    Ok(Some(refund).filter(|refund| refund.amount > 0))
}

/// The address under any of the names that Shopify has for it; one that cannot be read is none.
fn email(body: &Value) -> Option<EmailAddress> {
    let customer = || body.get("customer").and_then(|customer| text(customer, "email"));
    let found = text(body, "email").or_else(|| text(body, "contact_email")).or_else(customer)?;
    EmailAddress::parse(&found).ok()
}

fn currency(body: &Value) -> Option<Currency> {
    text(body, "currency").and_then(|code| Currency::parse(&code).ok())
}

fn shop_currency(line: &Value) -> Option<Currency> {
    let code = text(line.get("price_set")?.get("shop_money")?, "currency_code")?;
    Currency::parse(&code).ok()
}

fn amount(text: &str, currency: Currency) -> Option<i64> {
    currency.parse_major(text).filter(|minor| (0..=MAX_MINOR).contains(minor))
}

/// A text, or a number as text. Blank is absent, and so is one that is longer than any of ours.
fn text(value: &Value, name: &str) -> Option<String> {
    let text = match value.get(name)? {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    let longest = if name.ends_with("url") { 2_000 } else { LONGEST };
    Some(text).filter(|text| !text.is_empty() && text.chars().count() <= longest && !text.contains(char::is_control))
}

/// When it was so, to the millisecond: two changes of a cart often fall into one second.
fn millis(body: &Value) -> Option<i64> {
    let text = text(body, "updated_at").or_else(|| text(body, "created_at"))?;
    let (at, _) = Timestamp::parse_iso8601(&text).ok()?;
    let fraction = text.split_once('.').map_or("", |(_, rest)| rest);
    let digits: String = fraction.chars().take_while(char::is_ascii_digit).chain("000".chars()).take(3).collect();
    Some(at.secs().saturating_mul(1_000).saturating_add(digits.parse().unwrap_or(0)))
}
