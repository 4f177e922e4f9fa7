//! Carts that the shop's server converts and deletes, and the figures that stand.

use cartwright::ops;
use rusqlite::Connection;
use serde_json::{Value, json};

use crate::support::{KEY, SITE, World};

fn cart(world: &World, email: Option<&str>, price: i64) -> String {
    let item = json!({ "product_id": "p", "product_name": "A mug for Ann", "quantity": 1, "unit_price": price });
    let body = json!({ "email": email, "customer_id": "c-1", "items": [item], "metadata": { "name": "Ann" } });
    let made = world.rest("POST", "/v1/carts", &body).json();
    made["id"].as_str().expect("an id").to_owned()
}

fn convert(world: &World, id: &str, body: &Value) -> (u16, Value) {
    let reply = world.rest("POST", &format!("/v1/carts/{id}/convert"), body);
    (reply.status, reply.json())
}

fn confirm(world: &World, rest: &str) -> Value {
    world.get(&format!("/ss/v1/?key={KEY}&siteid={SITE}&{rest}")).json()["resp"].clone()
}

/// Purchases and revenue of the whole time.
fn sales(world: &World) -> (i64, i64) {
    let site = world.site(SITE);
    let days = world.app.store.read(|tx| {
        ops::stats::between(tx, &site, "2026-01-01".parse().expect("a day"), "2026-12-31".parse().expect("a day"))
    });
    days.expect("figures")
        .iter()
        .fold((0, 0), |(count, sum), day| (count + day.figures.purchases, sum + day.figures.revenue))
}

fn holds_figures(world: &World) {
    let site = world.site(SITE);
    let differences = world.app.store.read(|tx| ops::stats::verify(tx, &site)).expect("verified");
    assert!(differences.is_empty(), "{differences:?}");
}

fn text(world: &World, sql: &str) -> Option<String> {
    let conn = Connection::open(world.app.store.path()).expect("the file");
    conn.query_row(sql, [], |row| row.get(0)).expect("a value")
}

#[test]
fn the_cart_that_is_named_is_converted_and_not_the_newest() {
    let world = World::new();
    let older = cart(&world, Some("ann@example.com"), 700);
    world.advance("1m");
    let newer = cart(&world, Some("ann@example.com"), 900);
    assert_eq!(convert(&world, &older, &json!({ "order_id": "A-1" })).1["status"], "converted");
    assert_eq!(world.rest("GET", &format!("/v1/carts/{newer}"), &Value::Null).json()["status"], "active");
    assert_eq!(sales(&world), (1, 700));
    // The plugin tells of the same order by address: it is known.
    assert_eq!(confirm(&world, "email=ann@example.com&total=7.00&orderid=A-1"), 100);
    assert_eq!(sales(&world), (1, 700));
    holds_figures(&world);
}

#[test]
fn a_sale_that_was_told_before_is_not_counted_by_converting_its_cart() {
    let world = World::new();
    let id = cart(&world, Some("ann@example.com"), 700);
    assert_eq!(confirm(&world, "email=ann@example.com&total=6.50"), 100);
    assert_eq!(convert(&world, &id, &json!({ "order_id": "A-1" })).0, 200);
    assert_eq!(sales(&world), (1, 650));
    // It learned its number.
    assert_eq!(convert(&world, &id, &json!({ "order_id": "A-2" })).0, 409);
    holds_figures(&world);
}

#[test]
fn an_order_that_was_told_without_a_cart_gets_the_one_that_is_converted() {
    let world = World::new();
    assert_eq!(confirm(&world, "email=bob@example.com&total=9.00&orderid=B-1"), 102);
    world.advance("1m");
    let id = cart(&world, None, 900);
    assert_eq!(convert(&world, &id, &json!({ "order_id": "B-1" })).1["status"], "converted");
    assert_eq!(sales(&world), (1, 900));
    holds_figures(&world);
}

#[test]
fn converting_a_cart_that_a_letter_won_back_recovers_it() {
    let world = World::new();
    let id = cart(&world, Some("ann@example.com"), 700);
    world.advance("2h");
    world.set(SITE, "attribution.requires", "sent");
    assert_eq!(convert(&world, &id, &Value::Null).1["recovery_status"], "recovered");
    holds_figures(&world);
}

#[test]
fn a_deleted_cart_leaves_a_skeleton_and_the_figures_stand() {
    let world = World::new();
    let id = cart(&world, Some("ann@example.com"), 700);
    world.advance("45m");
    assert_eq!(world.rest("DELETE", &format!("/v1/carts/{id}"), &Value::Null).status, 200);
    for column in ["email", "address", "customer_id", "session_id", "metadata", "due_at"] {
        assert_eq!(text(&world, &format!("select cast({column} as text) from carts")), None, "{column}");
    }
    assert_eq!(text(&world, "select cast(count(*) as text) from cart_items").as_deref(), Some("0"));
    assert_eq!(
        text(&world, "select group_concat(status || detail) from messages where status <> 'sent'").as_deref(),
        Some("cancelledcart_deleted")
    );
    let days = format!("/v1/partners-api/shopping-carts?rest_key={KEY}");
    assert_eq!(world.get(&days).json()["data"]["abandoned"], 1);
    holds_figures(&world);
    // No letter follows, and none of the shop's lists shows it.
    world.advance("10d");
    assert_eq!(
        text(&world, "select cast(count(*) as text) from messages where status = 'queued'").as_deref(),
        Some("0")
    );
    assert_eq!(world.rest("GET", "/v1/carts", &Value::Null).json()["total_count"], 0);
    holds_figures(&world);
}

#[test]
fn a_skeleton_goes_through_an_archive_and_an_older_one_does_not_bring_the_cart_back() {
    let world = World::new();
    let id = cart(&world, Some("ann@example.com"), 700);
    world.advance("45m");
    let folder = tempfile::TempDir::new().expect("a folder");
    let (before, after) = (folder.path().join("before.ndjson"), folder.path().join("after.ndjson"));
    let export = |world: &World, path: &std::path::Path| {
        let site = world.site(SITE);
        let mut file = std::fs::File::create(path).expect("a file");
        world.app.store.read(|tx| ops::archive::export::export(tx, &site, &mut file)).expect("an archive");
    };
    export(&world, &before);
    world.rest("DELETE", &format!("/v1/carts/{id}"), &Value::Null);
    export(&world, &after);
    world.import(SITE, &before);
    assert_eq!(world.rest("GET", &format!("/v1/carts/{id}"), &Value::Null).status, 404);
    let copy = World::empty();
    copy.import(SITE, &after);
    assert_eq!(text(&copy, "select email from carts where deleted_at is not null"), None);
    holds_figures(&copy);
}

#[test]
fn an_abandoned_cart_that_gets_its_address_late_is_written_about() {
    let world = World::new();
    let id = cart(&world, None, 700);
    world.advance("10m");
    world.advance("1h");
    let changed = world.rest("PATCH", &format!("/v1/carts/{id}"), &json!({ "email": "ann@example.com" })).json();
    assert_eq!((changed["status"].as_str(), changed["email"].as_str()), (Some("abandoned"), Some("ann@example.com")));
    world.advance("1m");
    assert_eq!(
        text(&world, "select group_concat(status) from (select status from messages order by no)").as_deref(),
        Some("sent,queued")
    );
    holds_figures(&world);
}

#[test]
fn a_cursor_that_names_no_row_is_a_wrong_parameter_in_every_list() {
    let world = World::new();
    for noun in ["carts", "customers", "purchases", "messages", "suppressions", "sequences"].into_iter().chain([
        "loyalty/campaigns",
        "loyalty/members",
        "loyalty/entries",
    ]) {
        let reply = world.rest("GET", &format!("/v1/{noun}?after=nobody"), &Value::Null);
        assert_eq!((reply.status, &reply.json()["error"]["details"]["param"]), (400, &json!("after")), "{noun}");
    }
}
