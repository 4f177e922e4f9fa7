//! Two shops: one in which everything stands that a route can be about, marked so that it is recognised in any answer,
//! and another one whose key is tried on it.

use cartwright::domain::keys::Scope;
use cartwright::domain::users::{Campaigns, Role};
use cartwright::ops::archive;
use cartwright::ops::webhooks::{self, Outcome, Wanted};
use cartwright::store::FILE_NAME;
use rusqlite::{Connection, OpenFlags};
use serde_json::json;
use tempfile::TempDir;

use super::support::{ACCOUNT, KEY, SITE, World};

/// The keys that are tried. The right one is the shop's own.
pub const RIGHT: &str = KEY;
pub const REVOKED: &str = "key-that-was-taken-back";
pub const SCOPELESS: &str = "key-of-all-other-scopes";
pub const FOREIGN: &str = "key-of-another-shop";
pub const UNKNOWN: &str = "key-of-nobody";

/// What stands in the first shop's rows and nowhere else.
pub const MARKS: &[&str] = &["marked", "47110815", "471,108.15", "471108.15"];

/// Tables that record what was refused, and so change by it.
const RECORDS_OF_REFUSALS: &[(&str, &str)] = &[(
    "confirmation_calls",
    "a shop's set-up page lists the calls that were refused, with code and time and without the key",
)];

/// A coupon with one code for all.
const COUPON: &str = r#"{"type":"coupon","id":"coup-1","name":"marked","kind":"percent","value":10,"created_at":"2026-03-01T00:00:00Z"}
{"type":"coupon_code","coupon_id":"coup-1","code":"MARKED"}
{"type":"coupon","id":"pool-1","name":"marked pool","kind":"percent","value":10,"pooled":true,"created_at":"2026-03-01T00:00:00Z"}
{"type":"coupon_code","coupon_id":"pool-1","code":"MARKED-1"}
"#;

pub struct Fixture {
    pub world: World,
    /// What stands for `{name}` in a row.
    names: Vec<(&'static str, String)>,
}

impl Fixture {
    /// `scope` is the one that the key without it lacks.
    pub fn new(scope: &str) -> Self {
        let world = World::new();
        let site = world.site(SITE);
        world.add_key(&site, REVOKED, "all");
        world.revoke(SITE, REVOKED);
        let others: Vec<&str> = Scope::ALL
            .iter()
            .filter(|other| **other != Scope::All)
            .map(|other| other.as_str())
            .filter(|other| *other != scope)
            .collect();
        world.add_key(&site, SCOPELESS, &others.join(" "));
        let other = world.add_site("other", "acct_other", "USD", "UTC");
        world.add_key(&other, FOREIGN, "all");
        world.set(SITE, "shopify_secret", RIGHT);
        world.set("other", "shopify_secret", FOREIGN);
        world.add_user(&other, "john", Role::Owner, Campaigns::All, FOREIGN);
        world.add_user(&site, "olga", Role::Owner, Campaigns::All, RIGHT);
        let mut names = vec![("site", "shop%3D".to_owned()), ("account", ACCOUNT.to_owned())];
        names.extend(fill(&world));
        Fixture { world, names }
    }

    /// A text of a row with its names and the key put in.
    pub fn fill(&self, text: &str, key: &str) -> String {
        let mut filled = text.replace("{key}", key);
        for (name, value) in &self.names {
            filled = filled.replace(&format!("{{{name}}}"), value);
        }
        filled
    }

    /// The ids of the first shop's rows.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(|(_, id)| id.as_str())
    }

    /// All that an archive knows of the first shop.
    pub fn export(&self) -> String {
        let site = self.world.site(SITE);
        let mut bytes = Vec::new();
        self.world.app.store.read(|tx| archive::export::export(tx, &site, &mut bytes)).expect("an export");
        String::from_utf8(bytes).expect("text")
    }

    /// Every row of every table, but those that record refusals.
    pub fn everything(&self) -> Vec<String> {
        let file = self.world.app.config.data.join(FILE_NAME);
        let conn = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY).expect("the store's file");
        let names = "select name from sqlite_schema where type = 'table' and name not like 'sqlite_%' order by name";
        let mut statement = conn.prepare(names).expect("a statement");
        let tables: Vec<String> =
            statement.query_map([], |row| row.get(0)).expect("tables").map(|name| name.expect("a name")).collect();
        let mut all = Vec::new();
        for table in tables.iter().filter(|table| !RECORDS_OF_REFUSALS.iter().any(|(name, _)| name == table)) {
            let mut rows = conn.prepare(&format!("select * from \"{table}\"")).expect("a statement");
            let columns = rows.column_count();
            let mut rows = rows.query([]).expect("rows");
            while let Some(row) = rows.next().expect("a row") {
                let values: Vec<String> =
                    (0..columns).map(|at| format!("{:?}", row.get_ref(at).expect("a value"))).collect();
                all.push(format!("{table}: {}", values.join(", ")));
            }
        }
        all.sort();
        all
    }
}

/// Puts everything into the first shop, and says how it is called.
fn fill(world: &World) -> Vec<(&'static str, String)> {
    let archive = TempDir::new().expect("a folder");
    let file = archive.path().join("coupon.ndjson");
    std::fs::write(&file, COUPON).expect("an archive");
    world.import(SITE, &file);
    world.recovered_cart("marked-buyer@example.com", 47_110_815);
    let line = json!({ "product_id": "marked-product", "product_name": "marked line", "quantity": 1, "unit_price": 47_110_815 });
    let cart = world.rest("POST", "/v1/carts", &json!({ "email": "marked@example.com", "items": [line] })).json();
    let named = |value: &serde_json::Value| value.as_str().expect("an id").to_owned();
    let webhook = add_webhook(world);
    world.get(&format!("/v1/subscriber-register?k={KEY}&email=marked-subscriber@example.com&phone=004047110815"));
    world.get(&format!("/v1/subscriber-unsubscribe?k={KEY}&email=marked-subscriber@example.com"));
    world.add_campaign(SITE, "marked campaign", "points");
    world.add_member(SITE, Some("47110815"), None, Some("marked"), Some("member"));
    world.record(false, SITE, ("marked campaign", "47110815"), 47_110_815, [None, Some("marked"), Some("john")]);
    world.rest("POST", "/v1/customers", &json!({ "id": "c-of-shop", "email": "marked@example.com" }));
    world.rest("POST", "/v1/suppressions", &json!({ "email": "marked@example.com" }));
    let first = |noun: &str| {
        let list = world.rest("GET", &format!("/v1/{noun}"), &serde_json::Value::Null).json();
        named(&list["data"][0]["id"])
    };
    vec![
        ("cart", named(&cart["id"])),
        ("item", named(&cart["items"][0]["id"])),
        ("webhook", webhook),
        ("delivery", deliver(world)),
        ("campaign", first("loyalty/campaigns")),
        ("member", first("loyalty/members")),
        ("entry", first("loyalty/entries")),
        ("purchase", first("purchases")),
        ("message", first("messages")),
        ("suppression", first("suppressions")),
        ("subscriber", first("subscribers")),
    ]
}

/// An endpoint that is never called.
fn add_webhook(world: &World) -> String {
    let site = world.site(SITE);
    let wanted = Wanted { url: Some("http://127.0.0.1:9/marked".into()), ..Wanted::default() };
    world.app.store.write(move |tx| webhooks::add(tx, &site, wanted, true)).expect("an endpoint").id
}

/// Takes the event that waits for the endpoint as if it had been called.
fn deliver(world: &World) -> String {
    let claim = world.app.store.write(webhooks::claim).expect("a claim").expect("a delivery");
    let id = claim.delivery.id.clone();
    let taken = Outcome { answer: Some(200), fault: None };
    world.app.store.write(move |tx| webhooks::settle(tx, &claim, taken)).expect("a settled delivery");
    id
}
