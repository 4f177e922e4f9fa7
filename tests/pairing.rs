//! One sale, told by a browser and by a server: one purchase, and the server's word counts. The browser's word comes in
//! by the archive.

mod support;

use serde_json::{Value, json};
use support::{KEY, SITE, World};

/// A browser's word about a sale, now: unverified.
fn told_by_browser(world: &World, id: &str, email: &str, total: i64, order: Option<&str>) {
    let mut line = json!({
        "type": "purchase", "id": id, "email": email, "currency": "USD", "total": total,
        "at": world.app.now().rfc3339(), "source": "script", "verified": false,
    });
    if let Some(order) = order {
        line["order_id"] = order.into();
    }
    let folder = tempfile::TempDir::new().expect("a folder");
    let file = folder.path().join("one.ndjson");
    std::fs::write(&file, line.to_string()).expect("a file");
    world.import(SITE, &file);
}

fn confirm(world: &World, email: &str, rest: &str) -> i64 {
    let reply = world.get(&format!("/ss/v1/?key={KEY}&siteid={SITE}&email={email}{rest}"));
    reply.json()["resp"].as_i64().expect("a code")
}

/// Order number, total, and whether verified, of every purchase, by time.
fn purchases(world: &World) -> Vec<(Option<String>, i64, bool)> {
    let site = world.site(SITE);
    let mut rows = Vec::new();
    world
        .app
        .store
        .read(|tx| {
            cartwright::store::purchases::walk(tx, site.no, |p| {
                rows.push((p.at, p.order_id, p.total, p.verified));
                Ok(())
            })
        })
        .expect("purchases");
    rows.sort();
    rows.into_iter().map(|(_, order, total, verified)| (order, total, verified)).collect()
}

fn cart(world: &World, email: &str) -> String {
    let item = json!({ "product_id": "p", "quantity": 1, "unit_price": 1_500 });
    let made = world.rest("POST", "/v1/carts", &json!({ "email": email, "items": [item] })).json();
    made["id"].as_str().expect("an id").to_owned()
}

fn status(world: &World, id: &str) -> Value {
    world.rest("GET", &format!("/v1/carts/{id}"), &Value::Null).json()["status"].clone()
}

#[test]
fn the_servers_total_wins_and_there_is_one_purchase() {
    let world = World::new();
    told_by_browser(&world, "s1", "ann@example.com", 1_500, None);
    world.advance("29m");
    assert_eq!(confirm(&world, "ann@example.com", "&total=16"), 102);
    assert_eq!(purchases(&world), [(None, 1_600, true)]);
    assert_eq!(confirm(&world, "ann@example.com", "&total=16"), 102, "the first reply again");
    assert_eq!(purchases(&world).len(), 1);
}

#[test]
fn a_server_that_completes_a_browsers_word_converts_the_open_cart() {
    let world = World::new();
    told_by_browser(&world, "s1", "ann@example.com", 1_500, None);
    world.advance("1m");
    let id = cart(&world, "ann@example.com");
    world.advance("1m");
    assert_eq!(confirm(&world, "ann@example.com", "&total=15"), 100);
    assert_eq!(status(&world, &id), "converted");
    assert_eq!(purchases(&world), [(None, 1_500, true)]);
    assert_eq!(confirm(&world, "ann@example.com", "&total=15"), 100, "the first reply again");
}

#[test]
fn a_server_is_told_of_the_cart_that_the_browsers_word_converted() {
    let world = World::new();
    let id = cart(&world, "ann@example.com");
    world.advance("10m");
    told_by_browser(&world, "s1", "ann@example.com", 1_500, None);
    assert_eq!(status(&world, &id), "converted");
    world.advance("1m");
    assert_eq!(confirm(&world, "ann@example.com", "&total=16"), 100);
    assert_eq!(purchases(&world), [(None, 1_600, true)]);
}

#[test]
fn two_orders_with_numbers_of_their_own_are_two_sales() {
    let world = World::new();
    told_by_browser(&world, "s1", "ann@example.com", 1_500, Some("A"));
    world.advance("1m");
    confirm(&world, "ann@example.com", "&total=30&orderid=B");
    confirm(&world, "ann@example.com", "&total=30&orderid=B");
    assert_eq!(purchases(&world), [(Some("A".into()), 1_500, false), (Some("B".into()), 3_000, true)]);
}

#[test]
fn after_the_window_they_are_two_sales() {
    let world = World::new();
    told_by_browser(&world, "s1", "ann@example.com", 1_500, None);
    world.advance("30m");
    world.advance("1s");
    confirm(&world, "ann@example.com", "&total=16");
    assert_eq!(purchases(&world).len(), 2);
}

#[test]
fn a_reload_is_no_second_server() {
    let world = World::new();
    told_by_browser(&world, "s1", "ann@example.com", 1_500, None);
    told_by_browser(&world, "s2", "ann@example.com", 2_500, None);
    world.advance("1m");
    for _ in 0..2 {
        confirm(&world, "ann@example.com", "&total=16");
    }
    let verified = purchases(&world).into_iter().filter(|(_, _, verified)| *verified).count();
    assert_eq!(verified, 1);
}

#[test]
fn a_browsers_word_on_a_later_sale_of_the_same_total_is_completed() {
    let world = World::new();
    confirm(&world, "ann@example.com", "&total=15");
    world.advance("6h");
    told_by_browser(&world, "s1", "ann@example.com", 1_500, None);
    world.advance("1m");
    confirm(&world, "ann@example.com", "&total=15");
    assert_eq!(purchases(&world), [(None, 1_500, true), (None, 1_500, true)]);
}
