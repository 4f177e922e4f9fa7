//! A shop's rows, as its archive has them.

use cartwright::domain::{Site, Timestamp};
use cartwright::ops;
use serde_json::Value;

use crate::support::{World, instant};

/// A shop's rows, as the archive has them.
pub struct Rows {
    pub carts: Vec<Value>,
    pub purchases: Vec<Value>,
    pub messages: Vec<Value>,
    pub refunds: Vec<Value>,
    pub suppressions: Vec<Value>,
    pub entries: Vec<Value>,
    pub customers: Vec<Value>,
}

pub fn text(row: &Value, name: &str) -> String {
    row[name].as_str().unwrap_or_default().to_owned()
}

pub fn number(row: &Value, name: &str) -> i64 {
    row[name].as_i64().unwrap_or_default()
}

pub fn time(row: &Value, name: &str) -> Option<Timestamp> {
    row[name].as_str().map(instant)
}

impl Rows {
    pub fn of(world: &World, site: &Site) -> Self {
        let mut out = Vec::new();
        world.app.store.read(|tx| ops::archive::export::export(tx, site, &mut out)).expect("an archive");
        let lines: Vec<Value> = String::from_utf8(out)
            .expect("text")
            .lines()
            .map(|line| serde_json::from_str(line).expect("a line of JSON"))
            .collect();
        let of = |kind: &str| lines.iter().filter(|line| line["type"] == kind).cloned().collect();
        Rows {
            carts: of("cart"),
            purchases: of("purchase"),
            messages: of("message"),
            refunds: of("refund"),
            suppressions: of("suppression"),
            entries: of("loyalty_entry"),
            customers: of("customer"),
        }
    }

    pub fn made_by_machine(&self, cart_id: &Value) -> bool {
        self.carts.iter().any(|cart| cart["id"] == *cart_id && cart["class"] == "machine")
    }

    pub fn net(&self, purchase: &Value) -> i64 {
        let back: i64 = self
            .refunds
            .iter()
            .filter(|refund| refund["purchase_id"] == purchase["id"])
            .map(|refund| number(refund, "amount"))
            .sum();
        number(purchase, "total") - back
    }

    /// Carts that count, first abandoned at this instant.
    pub fn abandoned(&self) -> impl Iterator<Item = (&Value, Timestamp)> {
        self.carts
            .iter()
            .filter(|cart| cart["class"] != "machine")
            .filter_map(|cart| Some((cart, time(cart, "first_abandoned_at")?)))
    }

    pub fn recoveries(&self) -> impl Iterator<Item = (&Value, Timestamp)> {
        self.purchases
            .iter()
            // Blank is the archive's word for "none, whatever the rules would say now".
            .filter(|purchase| !text(purchase, "recovered_cart_id").is_empty())
            .filter_map(|purchase| Some((purchase, time(purchase, "at")?)))
    }

    /// The ledger without what was voided and what voided it.
    pub fn transactions(&self) -> Vec<&Value> {
        let voided: Vec<&str> = self.entries.iter().filter_map(|entry| entry["reverses"].as_str()).collect();
        self.entries
            .iter()
            .filter(|entry| {
                !entry["reverses"].is_string() && !voided.contains(&entry["id"].as_str().unwrap_or_default())
            })
            .collect()
    }
}
