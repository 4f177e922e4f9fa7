//! The doors that write: what a client sends, what it hears when it is kept, and where that is in the store.

use std::collections::{BTreeSet, HashMap};

use data_encoding::BASE64;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

use super::process::{ACCOUNT, CAMPAIGN, Client, KEY, MEMBER, ORIGIN, SITE, USER};

/// A way to write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    /// CartStack's confirmation, with an order number.
    Confirmation,
    /// A cart by the REST interface, with an idempotency key.
    Cart,
    /// A cart by the REST interface without one.
    PlainCart,
    /// A cart that a shop's page tells.
    Capture,
    /// A subscriber of Retargeting.
    Subscriber,
    /// An order of Retargeting.
    Order,
    /// Somebody earns at a till of Sticky Street, with a reference.
    Till,
    /// An order that Shopify says is paid.
    Shopify,
    /// A cart by the REST interface, converted at once.
    Convert,
    /// A purchase by the REST interface, with an order number.
    Purchase,
}

impl Door {
    pub const ALL: &[Door] = &[
        Door::Confirmation,
        Door::Cart,
        Door::PlainCart,
        Door::Capture,
        Door::Subscriber,
        Door::Order,
        Door::Till,
        Door::Shopify,
        Door::Convert,
        Door::Purchase,
    ];

    /// Whether asking again with the same number is asking for the same thing.
    pub fn is_repeatable(self) -> bool {
        self != Door::PlainCart
    }

    /// The rows that an act left, of which there must be one.
    fn rows(self) -> &'static str {
        match self {
            Door::Confirmation | Door::Order | Door::Shopify | Door::Convert | Door::Purchase => {
                "select count(*) from purchases where order_id = :name"
            }
            Door::Till => "select count(*) from loyalty_entries where description = :name",
            Door::Cart | Door::PlainCart => "select count(*) from carts where email = :name || '@example.com'",
            Door::Capture => "select count(*) from carts where visitor = 'visitor-' || :name",
            Door::Subscriber => "select count(*) from subscribers where email = :name || '@example.com'",
        }
    }

    /// The same for all acts at once: what is in its rows, as the act's name makes it.
    fn all_rows(self) -> &'static str {
        match self {
            Door::Confirmation | Door::Order | Door::Shopify | Door::Convert | Door::Purchase => {
                "select order_id from purchases where order_id is not null"
            }
            Door::Till => "select description from loyalty_entries where description is not null",
            Door::Cart | Door::PlainCart => {
                "select replace(email, '@example.com', '') from carts where email is not null"
            }
            Door::Capture => "select replace(visitor, 'visitor-', '') from carts where visitor is not null",
            Door::Subscriber => "select replace(email, '@example.com', '') from subscribers where email is not null",
        }
    }
}

/// How often each act is in a store, read in one pass over each table: asked one by one, the millions of a long run would take a day.
pub struct Kept {
    counts: HashMap<(&'static str, String), i64>,
}

impl Kept {
    pub fn read(conn: &rusqlite::Connection) -> Self {
        let tables: BTreeSet<&'static str> = Door::ALL.iter().map(|door| door.all_rows()).collect();
        let mut counts = HashMap::new();
        for sql in tables {
            let mut statement = conn.prepare(sql).expect("a statement");
            let names = statement.query_map([], |row| row.get::<_, String>(0)).expect("rows");
            names.for_each(|name| *counts.entry((sql, name.expect("a name"))).or_default() += 1);
        }
        Kept { counts }
    }

    /// How often an act is there.
    pub fn times(&self, act: &Act) -> i64 {
        self.counts.get(&(act.door.all_rows(), act.name.clone())).copied().unwrap_or(0)
    }
}

/// Something that a client asked for.
#[derive(Clone, Debug)]
pub struct Act {
    pub door: Door,
    /// Its own name, which no other act has.
    name: String,
    /// Whether the client heard that it is kept.
    pub acknowledged: bool,
}

impl Act {
    pub fn new(door: Door, number: usize) -> Self {
        Act { door, name: format!("{door:?}-{number:08}").to_lowercase(), acknowledged: false }
    }

    /// Asks, and says whether it was heard that it is kept.
    pub fn ask(&self, client: &mut Client) -> bool {
        let name = &self.name;
        let bearer = format!("Bearer {KEY}");
        let cart = json!({ "email": format!("{name}@example.com"), "items": [{ "product_id": "mug", "quantity": 1, "unit_price": 950 }] });
        let rest = [("Authorization", bearer.as_str()), ("Content-Type", "application/json")];
        let keyed = [rest[0], rest[1], ("Idempotency-Key", name.as_str())];
        let form = [("Content-Type", "application/x-www-form-urlencoded")];
        match self.door {
            Door::Confirmation => {
                let target =
                    format!("/ss/v1/?key={KEY}&siteid={SITE}&email={name}@example.com&total=9.50&orderid={name}");
                // No cart of that address exists, and the purchase is kept all the same.
                client.call("GET", &target, &[], "").is_some_and(|body| body.contains("\"resp\":102"))
            }
            Door::Cart => {
                client.call("POST", "/v1/carts", &keyed, &cart.to_string()).is_some_and(|body| body.contains(name))
            }
            Door::PlainCart => {
                client.call("POST", "/v1/carts", &rest, &cart.to_string()).is_some_and(|body| body.contains(name))
            }
            Door::Capture => {
                let browser = [
                    ("Origin", ORIGIN),
                    ("User-Agent", "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"),
                    ("Content-Type", "text/plain"),
                ];
                let items =
                    json!([{ "productID": "mug", "productName": "Mug", "quantity": 1, "productPrice": "9.50" }]);
                let body = json!({ "site": SITE, "visitor": format!("visitor-{name}"), "command": "tracking-cart", "human": true, "items": items });
                client.call("POST", "/capture", &browser, &body.to_string()).is_some()
            }
            Door::Subscriber => {
                let target = format!("/v1/subscriber-register?k={KEY}&email={name}@example.com");
                let known = "already exists";
                client
                    .call("GET", &target, &[], "")
                    .is_some_and(|body| body.contains("success") || body.contains(known))
            }
            Door::Order => {
                let body = format!(
                    "api_key={KEY}&0[order_no]={name}&0[email]={name}@example.com&0[total]=12,50&1[0][id]=mug&1[0][quantity]=1&1[0][price]=12,50"
                );
                let known = "Order number exists";
                client
                    .call("POST", "/api/1.0/order/save.json", &form, &body)
                    .is_some_and(|body| body.contains("\"success\":true") || body.contains(known))
            }
            Door::Till => {
                let body = format!(
                    "user_id={USER}&user_api_key={KEY}&account_id={ACCOUNT}&type=record_activity&campaign_id={CAMPAIGN}\
                     &code={MEMBER}&amount=5&authorization={name}&client_reference={name}"
                );
                client.call("POST", "/api.php", &form, &body).is_some_and(|body| body.contains("status=\"success\""))
            }
            Door::Shopify => {
                let sold = json!({ "id": name, "email": format!("{name}@example.com"), "currency": "USD", "total_price": "9.50" });
                let sold = sold.to_string();
                let signature = signature(sold.as_bytes());
                let signed = [
                    ("Content-Type", "application/json"),
                    ("X-Shopify-Topic", "orders/paid"),
                    ("X-Shopify-Webhook-Id", name.as_str()),
                    ("X-Shopify-Hmac-Sha256", signature.as_str()),
                ];
                let target = format!("/wh/order/?platform=shopify&siteid={SITE}");
                client.call("POST", &target, &signed, &sold).is_some_and(|body| body.contains("\"received\":true"))
            }
            Door::Convert => {
                let Some(made) = client.call("POST", "/v1/carts", &keyed, &cart.to_string()) else { return false };
                let made = made.split_once("\r\n\r\n").map_or("", |(_, body)| body);
                let made: Value = serde_json::from_str(made).expect("a cart");
                let target = format!("/v1/carts/{}/convert", made["id"].as_str().expect("an id"));
                let sold = json!({ "order_id": name }).to_string();
                client.call("POST", &target, &rest, &sold).is_some_and(|body| body.contains("converted"))
            }
            Door::Purchase => {
                let sold = json!({ "email": format!("{name}@example.com"), "order_id": name, "total": 950 });
                client.call("POST", "/v1/purchases", &rest, &sold.to_string()).is_some_and(|body| body.contains(name))
            }
        }
    }

    /// How often it is in the store.
    pub fn kept(&self, conn: &rusqlite::Connection) -> i64 {
        let mut statement = conn.prepare_cached(self.door.rows()).expect("a statement");
        statement.query_row([(":name", &self.name)].as_slice(), |row| row.get(0)).expect("a count")
    }
}

/// Shopify's signature, under the secret that the shop gave it.
fn signature(body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(KEY.as_bytes()).expect("a key of any length");
    mac.update(body);
    BASE64.encode(&mac.finalize().into_bytes())
}
