//! The doors that write: what a client sends, what it hears when it is kept, and where that is in the store.

use serde_json::json;

use super::process::{Client, KEY, ORIGIN, SITE};

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
}

impl Door {
    pub const ALL: &[Door] =
        &[Door::Confirmation, Door::Cart, Door::PlainCart, Door::Capture, Door::Subscriber, Door::Order];

    /// Whether asking again with the same number is asking for the same thing.
    pub fn is_repeatable(self) -> bool {
        self != Door::PlainCart
    }

    /// The rows that an act left, of which there must be one.
    fn rows(self) -> &'static str {
        match self {
            Door::Confirmation | Door::Order => "select count(*) from purchases where order_id = :name",
            Door::Cart | Door::PlainCart => "select count(*) from carts where email = :name || '@example.com'",
            Door::Capture => "select count(*) from carts where visitor = 'visitor-' || :name",
            Door::Subscriber => "select count(*) from subscribers where email = :name || '@example.com'",
        }
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
        let form = [("Content-Type", "application/x-www-form-urlencoded")];
        match self.door {
            Door::Confirmation => {
                let target =
                    format!("/ss/v1/?key={KEY}&siteid={SITE}&email={name}@example.com&total=9.50&orderid={name}");
                // No cart of that address exists, and the purchase is kept all the same.
                client.call("GET", &target, &[], "").is_some_and(|body| body.contains("\"resp\":102"))
            }
            Door::Cart => {
                let keyed = [rest[0], rest[1], ("Idempotency-Key", name.as_str())];
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
        }
    }

    /// How often it is in the store.
    pub fn kept(&self, conn: &rusqlite::Connection) -> i64 {
        let mut statement = conn.prepare_cached(self.door.rows()).expect("a statement");
        statement.query_row([(":name", &self.name)].as_slice(), |row| row.get(0)).expect("a count")
    }
}
