//! Shopify tells of carts, checkouts, orders and refunds: late, twice, in any order, and not always it.

use cartwright::domain::carts::CartStatus;
use cartwright::domain::purchases::Purchase;
use cartwright::store::purchases;
use data_encoding::BASE64;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::support::{KEY, Reply, SITE, World};

const SECRET: &str = "hush-hush";

fn world() -> World {
    let world = World::new();
    world.set(SITE, "shopify_secret", SECRET);
    world
}

fn sign(secret: &str, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("a key");
    mac.update(body);
    BASE64.encode(&mac.finalize().into_bytes())
}

/// One message as Shopify sends it. Headers beyond the signature and the topic are the caller's.
fn send(world: &World, topic: &str, more: &[(&str, &str)], body: &Value) -> Reply {
    let noun = match topic.split('/').next() {
        Some("carts") => "cart",
        Some("checkouts") => "checkout",
        _ => "order",
    };
    let bytes = body.to_string().into_bytes();
    let signature = sign(SECRET, &bytes);
    let mut headers = vec![
        ("Content-Type", "application/json"),
        ("X-Shopify-Topic", topic),
        ("X-Shopify-Hmac-Sha256", signature.as_str()),
    ];
    headers.extend_from_slice(more);
    world.call("POST", &format!("/wh/{noun}/?platform=shopify&siteid=shop%3D"), &headers, &bytes)
}

fn taken(world: &World, topic: &str, body: &Value) {
    let reply = send(world, topic, &[], body);
    assert_eq!((reply.status, reply.json()), (200, json!({ "received": true })), "{topic}");
}

fn line(quantity: i64) -> Value {
    json!({
        "id": 44_000_001, "product_id": 632_910_392, "variant_id": 49_148_385, "title": "Beans", "sku": "B-1",
        "quantity": quantity, "price": "10.50", "line_price": "21.00", "gift_card": false,
    })
}

fn cart(at: &str, quantity: i64) -> Value {
    json!({ "id": "c-tok", "token": "c-tok", "line_items": [line(quantity)], "note": null, "updated_at": at, "created_at": at })
}

fn checkout(at: &str, quantity: i64, email: &str) -> Value {
    json!({
        "id": 981_820_079_255_243_537_i64, "token": "k-tok", "cart_token": "c-tok", "email": email,
        "buyer_accepts_marketing": false, "created_at": at, "updated_at": at, "currency": "USD",
        "presentment_currency": "EUR", "total_price": "25.00", "line_items": [line(quantity)],
        "abandoned_checkout_url": "https://shop.example/recover/k-tok?key=1", "customer": { "id": 7, "email": email },
    })
}

fn order() -> Value {
    json!({
        "id": 450_789_469, "name": "#1001", "email": "Ann@Example.com", "cart_token": "c-tok", "checkout_token": "k-tok",
        "currency": "USD", "presentment_currency": "EUR", "total_price": "25.00", "buyer_accepts_marketing": true,
        "created_at": "2026-03-15T12:02:00+00:00", "updated_at": "2026-03-15T12:02:00+00:00", "line_items": [line(2)],
    })
}

fn refund(id: i64, amount: &str) -> Value {
    json!({
        "id": id, "order_id": 450_789_469, "created_at": "2026-03-16T12:00:00Z",
        "transactions": [
            { "id": 1, "kind": "refund", "status": "success", "amount": amount, "currency": "USD" },
            { "id": 2, "kind": "refund", "status": "failure", "amount": "99.00", "currency": "USD" },
        ],
    })
}

fn carts(world: &World) -> Vec<Value> {
    let list = world.rest("GET", "/v1/carts?limit=100&sort_by=created_at&order=asc", &Value::Null).json();
    list["data"].as_array().expect("carts").clone()
}

fn sale(world: &World) -> Option<Purchase> {
    let site = world.site(SITE);
    world.app.store.read(|tx| purchases::by_order_id(tx, site.no, "450789469")).expect("the ledger")
}

fn given_back(world: &World) -> i64 {
    let sale = sale(world).expect("the sale");
    world.app.store.read(|tx| purchases::refunded(tx, sale.no)).expect("the ledger")
}

fn dashboard(world: &World) -> Value {
    world.get("/secure/cartstack_api_dashboardstats.php?siteid=shop%3D&apikey=key-of-shop").json()["dashboard"].clone()
}

#[test]
fn a_shopper_fills_a_cart_leaves_the_checkout_and_comes_back() {
    let world = world();
    taken(&world, "carts/create", &cart("2026-03-15T12:00:00.000Z", 1));
    assert_eq!(carts(&world)[0]["email"], Value::Null);
    taken(&world, "carts/update", &cart("2026-03-15T12:00:00.000Z", 2));
    world.advance("1m");
    taken(&world, "checkouts/create", &checkout("2026-03-15T08:01:00-04:00", 2, "Ann@Example.com"));
    let seen = &carts(&world)[0];
    assert_eq!(
        (&seen["email"], &seen["total"], &seen["currency"]),
        (&json!("Ann@Example.com"), &json!(2500), &json!("USD"))
    );
    assert_eq!((&seen["customer_id"], &seen["item_count"]), (&json!("7"), &json!(2)));
    world.advance("31m");
    assert_eq!(carts(&world)[0]["status"], "abandoned");
    assert_eq!(dashboard(&world)["Abandon Carts"], "1");
    // Shopify touches the checkout for a reason of its own; the cart stays left.
    taken(&world, "checkouts/update", &checkout("2026-03-15T12:32:00Z", 2, "Ann@Example.com"));
    assert_eq!(carts(&world)[0]["status"], "abandoned");
    taken(&world, "checkouts/update", &checkout("2026-03-15T12:32:00Z", 3, "Ann@Example.com"));
    assert_eq!(carts(&world)[0]["status"], "active");
    taken(&world, "orders/create", &order());
    taken(&world, "orders/paid", &order());
    let all = carts(&world);
    assert_eq!((all.len(), &all[0]["status"]), (1, &json!("converted")));
    let sale = sale(&world).expect("a sale");
    assert_eq!((sale.total, sale.source.as_str(), sale.verified), (2500, "shopify", true));
    assert_eq!(sale.email.expect("an address").shown(), "Ann@Example.com");
}

#[test]
fn the_order_of_arrival_does_not_matter() {
    let messages = [
        ("carts/create", cart("2026-03-15T12:00:00.000Z", 1)),
        ("carts/update", cart("2026-03-15T12:00:30.000Z", 2)),
        ("checkouts/create", checkout("2026-03-15T12:01:00Z", 2, "ann@example.com")),
        ("checkouts/update", checkout("2026-03-15T12:01:30Z", 2, "ann@example.com")),
        ("orders/create", order()),
    ];
    for first in 0..messages.len() {
        for second in (0..messages.len()).filter(|second| *second != first) {
            let world = world();
            world.advance("2m");
            let rest = (0..messages.len()).rev().filter(|at| ![first, second].contains(at));
            for at in [first, second].into_iter().chain(rest) {
                let (topic, body) = &messages[at];
                taken(&world, topic, body);
                taken(&world, topic, body);
            }
            let all = carts(&world);
            let began = format!("{first}, {second}");
            assert_eq!(all.len(), 1, "{began}: {all:?}");
            assert_eq!(all[0]["status"], "converted", "{began}");
            let sale = sale(&world).expect("a sale");
            assert!(sale.cart.is_some() && sale.total == 2500, "{began}: {sale:?}");
            world.advance("7d");
            let figures = dashboard(&world);
            assert_eq!((&figures["Abandon Carts"], &figures["Email Sent"]), (&json!("0"), &json!("0")), "{began}");
        }
    }
}

#[test]
fn an_older_word_that_comes_late_overwrites_nothing_and_fills_gaps() {
    let world = world();
    world.advance("5m");
    taken(&world, "carts/update", &cart("2026-03-15T12:02:00.500Z", 3));
    taken(&world, "carts/update", &cart("2026-03-15T12:02:00.400Z", 1));
    taken(&world, "checkouts/create", &checkout("2026-03-15T12:01:00Z", 1, "ann@example.com"));
    let seen = &carts(&world)[0];
    assert_eq!((&seen["item_count"], &seen["total"]), (&json!(3), &json!(3150)));
    assert_eq!(seen["email"], "ann@example.com");
    taken(&world, "checkouts/update", &checkout("2026-03-15T12:04:00Z", 2, "bob@example.com"));
    taken(&world, "checkouts/update", &checkout("2026-03-15T12:03:00Z", 1, "cid@example.com"));
    let seen = &carts(&world)[0];
    assert_eq!((&seen["item_count"], &seen["email"]), (&json!(2), &json!("bob@example.com")));
    // It was left when it was left, not when we heard of it.
    assert_eq!(seen["last_activity"], "2026-03-15T12:04:00Z");
}

#[test]
fn a_message_is_taken_once_under_either_of_its_ids() {
    let world = world();
    let body = cart("2026-03-15T12:00:00Z", 1);
    assert_eq!(
        send(&world, "carts/create", &[("X-Shopify-Webhook-Id", "w-1"), ("X-Shopify-Event-Id", "e-1")], &body).status,
        200
    );
    let other = cart("2026-03-15T12:00:00Z", 9);
    assert_eq!(send(&world, "carts/create", &[("X-Shopify-Webhook-Id", "w-1")], &other).status, 200);
    assert_eq!(
        send(&world, "carts/create", &[("X-Shopify-Webhook-Id", "w-2"), ("X-Shopify-Event-Id", "e-1")], &other).status,
        200
    );
    assert_eq!(carts(&world)[0]["item_count"], 1);
    // Another topic of the same event is another message.
    let more = [("X-Shopify-Webhook-Id", "w-3"), ("X-Shopify-Event-Id", "e-1")];
    assert_eq!(send(&world, "carts/update", &more, &other).status, 200);
    assert_eq!(carts(&world)[0]["item_count"], 9);
}

#[test]
fn whoever_does_not_know_the_secret_is_not_heard() {
    let world = world();
    world.add_site("other=", "acct_other", "USD", "UTC");
    let body = order().to_string().into_bytes();
    let good = sign(SECRET, &body);
    let post = |site: &str, signature: Option<&str>, body: &[u8]| {
        let mut headers = vec![("X-Shopify-Topic", "orders/create")];
        headers.extend(signature.map(|signature| ("X-Shopify-Hmac-Sha256", signature)));
        world.call("POST", &format!("/wh/order?platform=shopify&siteid={site}"), &headers, body).status
    };
    let mut tampered = body.clone();
    tampered.push(b' ');
    assert_eq!(post("shop=", None, &body), 401);
    assert_eq!(post("shop=", Some(""), &body), 401);
    assert_eq!(post("shop=", Some("no base64!"), &body), 401);
    assert_eq!(post("shop=", Some(&sign("other", &body)), &body), 401);
    assert_eq!(post("shop=", Some(&good), &tampered), 401);
    // A shop without a secret believes nobody, least of all somebody who signs with nothing.
    assert_eq!(post("other=", Some(&good), &body), 401);
    assert_eq!(post("other=", Some(&sign("", &body)), &body), 401);
    assert_eq!(post("nowhere", Some(&good), &body), 404);
    assert!(sale(&world).is_none());
    assert_eq!(post("shop=", Some(&good), &body), 200);
    assert!(sale(&world).is_some());
}

#[test]
fn a_refund_counts_once_and_may_come_before_its_order() {
    let world = world();
    taken(&world, "refunds/create", &refund(1, "5.00"));
    taken(&world, "refunds/create", &refund(1, "5.00"));
    taken(&world, "orders/create", &order());
    assert_eq!(given_back(&world), 500);
    taken(&world, "refunds/create", &refund(1, "5.00"));
    taken(&world, "refunds/create", &refund(2, "2.50"));
    // Goods that come back without money are no refund.
    taken(&world, "refunds/create", &json!({ "id": 3, "order_id": 450_789_469, "transactions": [] }));
    assert_eq!(given_back(&world), 750);
    // Never more than was paid.
    taken(&world, "refunds/create", &refund(4, "90.00"));
    assert_eq!(given_back(&world), 2500);
    taken(&world, "orders/paid", &order());
    assert_eq!(given_back(&world), 2500);
}

#[test]
fn a_ticked_box_is_an_agreement_and_one_that_was_not_is_no_word() {
    let world = world();
    let newest = |world: &World| {
        let site = world.site(SITE);
        let found = world.app.store.read(|tx| cartwright::store::consents::newest(tx, site.no, "ann@example.com"));
        found.expect("consents").map(|consent| (consent.given, consent.source))
    };
    taken(&world, "checkouts/create", &checkout("2026-03-15T12:00:00Z", 1, "ann@example.com"));
    assert_eq!(newest(&world), None);
    taken(&world, "orders/create", &order());
    assert_eq!(newest(&world), Some((true, "shopify".into())));
    world.advance("1m");
    taken(&world, "checkouts/update", &checkout("2026-03-15T12:01:00Z", 1, "ann@example.com"));
    assert_eq!(newest(&world), Some((false, "shopify".into())));
}

#[test]
fn whatever_is_wrong_with_a_message_is_its_own_fault() {
    let world = world();
    let bodies: Vec<(&str, Value)> = vec![
        ("carts/create", json!([])),
        ("carts/create", json!("a text")),
        ("carts/create", json!({})),
        ("checkouts/create", json!({ "cart_token": "c" })),
        ("orders/create", json!({ "total_price": "1.00", "email": "ann@example.com" })),
        ("orders/create", json!({ "id": 1, "email": "ann@example.com" })),
        ("orders/create", json!({ "id": 1, "email": "ann@example.com", "total_price": "-1" })),
        ("orders/create", json!({ "id": 1, "email": "ann@example.com", "total_price": "99999999999999999999" })),
        ("refunds/create", json!({ "id": 1 })),
        ("refunds/create", json!({ "id": 1, "order_id": 2, "transactions": [{ "amount": "x" }] })),
        ("products/create", json!({ "id": 1 })),
        ("carts/create", json!({ "token": "t", "line_items": vec![line(1); 501] })),
    ];
    for (topic, body) in bodies {
        let reply = send(&world, topic, &[], &body);
        assert_eq!(reply.status, 400, "{topic} {body}");
        assert!(reply.json()["error"].is_string());
    }
    // What is odd and can be understood is taken: prices that are no prices, unknown currencies, times to come.
    let odd = json!({
        "token": "odd", "updated_at": "9999-12-31T23:59:59Z", "currency": "XXX?", "email": "not an address",
        "line_items": [{ "title": "x\u{0}y", "quantity": 1, "price": {} }, { "title": "z", "quantity": i64::MAX, "price": "0" }, 7, null],
    });
    assert_eq!(send(&world, "carts/create", &[], &odd).status, 200);
    let raw = |body: &[u8], target: &str| {
        let signature = sign(SECRET, body);
        world.call("POST", target, &[("X-Shopify-Hmac-Sha256", &signature)], body).status
    };
    let target = "/wh/cart/?platform=shopify&siteid=shop=";
    assert_eq!(raw(b"{", target), 400);
    assert_eq!(raw(b"", target), 400);
    assert_eq!(raw("[".repeat(1_000).as_bytes(), target), 400);
    assert_eq!(raw(b"{\"token\":\"\xff\"}", target), 400);
    assert_eq!(raw(b"{}", "/wh/cart/?siteid=shop="), 400);
    assert_eq!(raw(b"{}", "/wh/cart/?platform=magento&siteid=shop="), 400);
    assert_eq!(raw(b"{}", "/wh/cart/?platform=shopify"), 400);
    assert_eq!(raw(b"{}", "/wh/product/?platform=shopify&siteid=shop="), 404);
    assert_eq!(world.get(target).status, 405);
    assert_eq!(raw(&vec![b' '; 1_100_000], target), 413);
}

#[test]
fn an_order_without_an_address_is_its_carts_and_without_a_cart_nobodys() {
    let world = world();
    let mut nameless = order();
    nameless["email"] = json!("");
    taken(&world, "orders/create", &nameless);
    assert!(sale(&world).is_none());
    taken(&world, "carts/create", &cart("2026-03-15T12:00:00Z", 1));
    taken(&world, "orders/paid", &nameless);
    assert_eq!(carts(&world)[0]["status"], "converted");
    assert_eq!(sale(&world).map(|sale| (sale.total, sale.email)), Some((2500, None)));
}

#[test]
fn without_a_topic_the_path_says_what_it_is() {
    let world = world();
    let post = |noun: &str, body: &Value| {
        let bytes = body.to_string().into_bytes();
        let headers = [("X-Shopify-Hmac-Sha256", sign(SECRET, &bytes))];
        let headers = [(headers[0].0, headers[0].1.as_str())];
        world.call("POST", &format!("/wh/{noun}?platform=shopify&siteid=shop="), &headers, &bytes).status
    };
    assert_eq!(post("cart", &cart("2026-03-15T12:00:00Z", 1)), 200);
    assert_eq!(post("checkout", &checkout("2026-03-15T12:00:00Z", 1, "ann@example.com")), 200);
    assert_eq!(post("order", &order()), 200);
    assert_eq!(carts(&world)[0]["status"], CartStatus::Converted.as_str());
}

#[test]
fn a_cart_of_another_shop_with_the_same_token_is_another_cart() {
    let world = world();
    let other = world.add_site("other=", "acct_other", "USD", "UTC");
    world.add_key(&other, "key-of-other", "all");
    world.set("other=", "shopify_secret", SECRET);
    taken(&world, "carts/create", &cart("2026-03-15T12:00:00Z", 1));
    let bytes = order().to_string().into_bytes();
    let signature = sign(SECRET, &bytes);
    let headers = [("X-Shopify-Topic", "orders/create"), ("X-Shopify-Hmac-Sha256", signature.as_str())];
    assert_eq!(world.call("POST", "/wh/order/?platform=shopify&siteid=other=", &headers, &bytes).status, 200);
    assert_eq!(carts(&world)[0]["status"], "active");
    assert!(sale(&world).is_none());
}

fn uses(world: &World, coupon: &str) -> i64 {
    world.rest("GET", &format!("/v1/coupons/{coupon}"), &Value::Null).json()["uses"].as_i64().expect("a count")
}

/// Shopify prices its carts itself, so only its order says which codes were used.
#[test]
fn the_codes_of_an_order_are_counted_once_as_uses() {
    let world = world();
    for code in ["SPRING", "OTHER"] {
        world.rest("POST", "/v1/coupons", &json!({ "id": code, "code": code, "type": "percent", "value": 10 }));
    }
    taken(&world, "checkouts/create", &checkout("2026-03-15T12:00:00Z", 1, "ann@example.com"));
    let mut sold = order();
    sold["discount_codes"] = json!([
        { "code": "spring", "amount": "1.80", "type": "percentage" },
        { "code": "SPRING", "amount": "0.00", "type": "percentage" },
        { "code": "not-ours", "amount": "1.00", "type": "fixed_amount" },
    ]);
    taken(&world, "orders/create", &sold);
    taken(&world, "orders/paid", &sold);
    assert_eq!((uses(&world, "SPRING"), uses(&world, "OTHER")), (1, 0));
}

/// The letter's code comes back with Shopify's order and then with the till's word of the same order.
#[test]
fn a_letters_code_that_an_order_was_made_with_is_told_as_used_once() {
    let world = world();
    world.rest("POST", "/v1/coupons", &json!({ "id": "pool", "type": "percent", "value": 10 }));
    world.rest("POST", "/v1/coupons/pool/codes", &json!({ "codes": ["A-1"] }));
    let step = world.rest("PATCH", "/v1/sequences/default/steps/1", &json!({ "coupon_id": "pool" }));
    assert_eq!(step.status, 200, "{}", step.body);
    let item = json!({ "product_id": "p", "quantity": 1, "unit_price": 500 });
    world.rest("POST", "/v1/carts", &json!({ "email": "ann@example.com", "items": [item] }));
    world.advance("2h");
    let used = || {
        let codes = world.get(&format!("/v1/discount-codes?k={KEY}&date=2026-03-15")).json();
        (codes["data"][0]["code"].clone(), codes["data"][0]["used"].clone(), uses(&world, "pool"))
    };
    assert_eq!(used(), (json!("A-1"), Value::Null, 0));
    let mut sold = order();
    sold["discount_codes"] = json!([{ "code": "a-1", "amount": "1.80", "type": "percentage" }]);
    taken(&world, "orders/create", &sold);
    assert_eq!(used(), (json!("A-1"), json!(true), 1));
    taken(&world, "orders/paid", &sold);
    let number = &sold["id"];
    let form = format!("api_key={KEY}&0[order_no]={number}&0[email]=x@example.com&0[total]=9&0[discount_code]=A-1");
    let headers = [("Content-Type", "application/x-www-form-urlencoded")];
    let saved = world.call("POST", "/api/1.0/order/save.json", &headers, form.as_bytes());
    assert!(saved.body.contains("Order number exists"), "{}", saved.body);
    assert_eq!(used(), (json!("A-1"), json!(true), 1));
}

#[test]
fn an_order_earns_and_its_refund_takes_back_in_proportion_once() {
    let world = world();
    let campaign = json!({ "name": "Points", "kind": "points", "points_ratio": "100", "earns_from_purchases": true });
    let campaign = world.rest("POST", "/v1/loyalty/campaigns", &campaign).json();
    let email = order()["email"].as_str().expect("an address").to_owned();
    let member = world.rest("POST", "/v1/loyalty/members", &json!({ "email": email })).json();
    let balance = || {
        let path = format!("/v1/loyalty/members/{}", member["id"].as_str().expect("an id"));
        let shown = world.rest("GET", &path, &Value::Null).json();
        let of =
            shown["balances"].as_array().expect("balances").iter().find(|one| one["campaign_id"] == campaign["id"]);
        of.map_or(0, |one| one["balance"].as_i64().expect("a number"))
    };
    taken(&world, "orders/create", &order());
    let earned = balance();
    let total = sale(&world).expect("a sale").total;
    assert_eq!(earned, total, "a hundred points for a major unit");
    let half = format!("{}.{:02}", total / 2 / 100, total / 2 % 100);
    taken(&world, "refunds/create", &refund(1, &half));
    taken(&world, "refunds/create", &refund(1, &half));
    assert_eq!(balance(), earned - total / 2);
    taken(&world, "refunds/create", &refund(2, "9999.00"));
    assert_eq!(balance(), 0, "never more than was earned");
}
