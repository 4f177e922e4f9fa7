//! Real clients against the running server: PHP, Python and Node as shops run them, with scripts in the manner of the
//! vendors' samples. Each script checks what it is told and says what was wrong; what became of it in the store is checked
//! here. It needs php-cli with curl and xml, python3 with requests, and node, which `.ci/run` installs; where one is missing
//! this fails, for a test that skips proves nothing.

#![cfg(feature = "outside")]

#[path = "../support/mod.rs"]
mod support;

use std::path::Path;
use std::process::Command;

use cartwright::domain::purchases::Purchase;
use cartwright::domain::users::{Campaigns, Role};
use cartwright::store;
use serde_json::{Value, json};
use support::{ACCOUNT, KEY, SITE, World};

/// A name that no format may stumble over.
const HOSTILE: &str = "A & B <Ünal> \"😀\" ]]>";

/// Runs a script of `tests/clients/scripts`, which is told where the server is and how to get in.
fn run(world: &World, script: &str) {
    let program = match script.rsplit('.').next() {
        Some("php") => "php".to_owned(),
        Some("py") => std::env::var("CARTWRIGHT_TEST_PYTHON").unwrap_or_else(|_| "python3".to_owned()),
        _ => "node".to_owned(),
    };
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients/scripts").join(script);
    let output = Command::new(&program)
        .arg(path)
        .env("CARTWRIGHT_URL", format!("http://{}", world.address()))
        .env("CARTWRIGHT_KEY", KEY)
        .env("CARTWRIGHT_SITE", SITE)
        .env("CARTWRIGHT_ACCOUNT", ACCOUNT)
        .env("HOSTILE_NAME", HOSTILE)
        .env("no_proxy", "127.0.0.1")
        .output()
        .unwrap_or_else(|e| panic!("{program} is not there ({e}): .ci/run installs it"));
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && said.contains("all is well"), "{script}:\n{said}");
}

/// A cart with one line, for an address.
fn cart(world: &World, email: &str, unit_price: i64) -> String {
    let item = json!({ "product_id": "beans", "quantity": 1, "unit_price": unit_price });
    let made = world.rest("POST", "/v1/carts", &json!({ "email": email, "items": [item] })).json();
    made["id"].as_str().expect("an id").to_owned()
}

fn status(world: &World, cart: &str) -> Value {
    world.rest("GET", &format!("/v1/carts/{cart}"), &Value::Null).json()["status"].clone()
}

/// Order number, address and total of every purchase, by order number.
fn purchases(world: &World) -> Vec<(Option<String>, String, i64)> {
    let site = world.site(SITE);
    let mut rows: Vec<Purchase> = Vec::new();
    let walked = world.app.store.read(|tx| {
        store::purchases::walk(tx, site.no, |purchase| {
            rows.push(purchase);
            Ok(())
        })
    });
    walked.expect("purchases");
    let shown = |p: Purchase| (p.order_id, p.email.map(|email| email.shown().to_owned()).unwrap_or_default(), p.total);
    let mut rows: Vec<_> = rows.into_iter().map(shown).collect();
    rows.sort();
    rows
}

/// A shop with a member of a hostile name who earned twice.
fn loyal() -> World {
    let world = World::new();
    world.add_campaign(SITE, "Points & more", "points");
    world.add_member(SITE, Some("1234"), None, Some(HOSTILE), Some("Smith"));
    for _ in 0..2 {
        world.record(false, SITE, ("Points & more", "1234"), 1_500, [None, Some(HOSTILE), Some("till")]);
    }
    world
}

#[test]
fn php_reads_the_loyalty_dashboard_by_curl_as_the_vendors_sample_does() {
    run(&loyal(), "stickystreet_curl.php");
}

#[test]
fn php_reads_the_loyalty_dashboard_into_a_simple_xml_element() {
    run(&loyal(), "stickystreet_simplexml.php");
}

#[test]
fn php_confirms_purchases_as_the_shops_plugins_do() {
    let world = World::new();
    let left = cart(&world, "ann+x@example.com", 1_799);
    let other = cart(&world, "bob+y@example.com", 500);
    run(&world, "cartstack_confirmation.php");
    assert_eq!((status(&world, &left), status(&world, &other)), (json!("converted"), json!("converted")));
    let row = |email: &str, total| (None, email.to_owned(), total);
    // The sale of an address without a cart is kept, whatever the answer says.
    let expected = [row("ann+x@example.com", 1_799), row("bob+y@example.com", 1_250), row("nobody@example.com", 1_250)];
    assert_eq!(purchases(&world), expected);
}

#[test]
fn php_that_does_not_encode_an_address_is_refused_and_told_apart() {
    let world = World::new();
    let left = cart(&world, "j\u{f6}s\u{e9}@example.com", 500);
    run(&world, "raw_addresses.php");
    assert_eq!(status(&world, &left), "converted");
}

#[test]
fn php_saves_orders_as_http_build_query_writes_them() {
    let world = World::new();
    let left = cart(&world, "ann+x@example.com", 900);
    run(&world, "retargeting_orders.php");
    assert_eq!(status(&world, &left), "converted");
    let row = |order: &str, email: &str, total| (Some(order.to_owned()), email.to_owned(), total);
    let expected = [
        row("1001", "ann+x@example.com", 123_450),
        row("1002", "bob@example.com", 1_799),
        row("1003", "cleo@example.com", 2_500),
    ];
    assert_eq!(purchases(&world), expected);
}

#[test]
fn php_signs_an_order_as_shopify_does() {
    let world = World::new();
    world.set(SITE, "shopify_secret", KEY);
    let left = cart(&world, "ann+x@example.com", 1_799);
    run(&world, "shopify_webhook.php");
    assert_eq!(status(&world, &left), "converted");
    let totals: Vec<i64> = purchases(&world).into_iter().map(|(_, _, total)| total).collect();
    assert_eq!(totals, [1_799]);
}

#[test]
fn php_keeps_subscribers_within_the_vendors_second() {
    run(&World::new(), "retargeting_subscribers.php");
}

#[test]
fn python_keeps_carts_through_requests() {
    run(&World::new(), "stateset_carts.py");
}

#[test]
fn python_reads_the_figures_of_every_vendor() {
    let world = loyal();
    world.recovered_cart("ann@example.com", 10_000);
    run(&world, "figures.py");
}

#[test]
fn node_calls_every_vendor_by_fetch() {
    let world = loyal();
    cart(&world, "ann+x@example.com", 900);
    run(&world, "every_vendor.mjs");
    assert_eq!(purchases(&world), [(Some("2001".to_owned()), "ann+x@example.com".to_owned(), 1_799)]);
}

#[test]
fn php_keeps_a_loyalty_shop_by_curl() {
    let world = World::new();
    world.add_user(&world.site(SITE), "jane", Role::Owner, Campaigns::All, KEY);
    run(&world, "stickystreet_calls.php");
}

#[test]
fn python_keeps_what_no_vendor_has() {
    run(&World::new(), "our_own_nouns.py");
}
