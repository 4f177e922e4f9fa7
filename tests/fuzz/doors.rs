//! Bodies and queries at the doors: whatever comes, no answer is a failure of ours, each is well-formed in its own
//! format, and the figures still agree with the rows.

use std::cell::Cell;

use data_encoding::BASE64;
use hmac::{Hmac, KeyInit, Mac};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::Value;
use sha2::Sha256;

use crate::fuzz;
use crate::mutate::{awkward_text, mutated, mutated_text};
use crate::support::{ACCOUNT, KEY, Reply, SITE, World};

const SECRET: &str = "hush-hush";

/// A longer line of a request may be refused by whatever reads lines of requests.
const LONGEST_TARGET: usize = 60_000;

/// A shop without limits that are of no interest here.
fn world() -> World {
    let world = World::with_environment(&[
        ("CARTWRIGHT_LIMITS_PER_KEY_PER_MINUTE", "0"),
        ("CARTWRIGHT_LIMITS_PER_ADDRESS_PER_MINUTE", "0"),
    ]);
    world.add_shop();
    world.set(SITE, "shopify_secret", SECRET);
    world.set(SITE, "origins", "https://shop.example");
    world
}

fn encode(text: &[u8]) -> String {
    text.iter().map(|byte| format!("%{byte:02X}")).collect()
}

fn sound(reply: &Reply) -> Result<(), TestCaseError> {
    prop_assert!(reply.status < 500, "{} {}", reply.status, reply.body);
    if reply.header("content-type").is_some_and(|kind| kind.starts_with("application/json")) && !reply.body.is_empty() {
        let read = serde_json::from_str::<Value>(&reply.body);
        prop_assert!(read.is_ok(), "{read:?}: {}", reply.body);
    }
    Ok(())
}

/// How many of the inputs were taken: a door that refuses everything is not tried.
#[derive(Default)]
struct Taken(Cell<u64>);

impl Taken {
    fn count(&self, is_taken: bool) {
        self.0.set(self.0.get() + u64::from(is_taken));
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        println!("{} were taken", self.0.get());
        assert!(std::thread::panicking() || self.0.get() > 0, "none was taken");
    }
}

/// The figures that are kept are those that the rows add up to.
fn figures_agree(world: &World) {
    let site = world.site(SITE);
    let differences = world.app.store.read(|tx| cartwright::ops::stats::verify(tx, &site)).expect("a check");
    assert!(differences.is_empty(), "{differences:?}");
}

#[test]
fn an_order_in_brackets_is_kept_or_refused() {
    let world = world();
    let form = [("Content-Type", "application/x-www-form-urlencoded")];
    let bodies = mutated(vec![
        b"0[order_no]=7&0[email]=ann@example.com&0[total]=12,50&1[0][id]=mug&1[0][quantity]=1&1[0][price]=12,50"
            .to_vec(),
        b"0%5Border_no%5D=8&0%5Bemail%5D=bob%40example.com&0%5Btotal%5D=1.234%2C50&0%5Bdiscount_code%5D%5B0%5D=X"
            .to_vec(),
        b"0[order_no][]=9&0[[email]]=x&0[total=5&0]=2&[0][order_no]=1".to_vec(),
    ]);
    let (taken, number) = (Taken::default(), Cell::new(0));
    fuzz("tests/fuzz/seeds/orders.txt", &bodies, |body| {
        number.set(number.get() + 1);
        let number = format!("&0[order_no]=o{}", number.get());
        // A number of its own where the body's was used before, and every other time the body's.
        let end = if number.ends_with(['1', '3', '5', '7', '9']) { "" } else { &number };
        let body = [format!("api_key={KEY}&").as_bytes(), &body, end.as_bytes()].concat();
        let reply = world.call("POST", "/api/1.0/order/save.json", &form, &body);
        sound(&reply)?;
        let answer = reply.json();
        taken.count(answer["data"]["success"] == true);
        prop_assert!(reply.status == 200 && answer["data"].is_object(), "{}", reply.body);
        Ok(())
    });
    figures_agree(&world);
}

#[test]
fn what_a_page_tells_is_heard_or_refused() {
    let world = world();
    let bodies = mutated(vec![
        br#"{"site":"shop=","visitor":"visitor-of-a-test","command":"tracking-cart","human":true,"items":[{"productID":"mug","productName":"<b>Mug</b>","quantity":"2","productPrice":"<span>$1,234.50</span>","productImageUrl":"/mug.png"}],"total":"1.234,50 &euro;","data":[["returnurl","https://shop.example/cart"]],"attributes":{"a":"b"}}"#.to_vec(),
        br#"{"site":"shop=","visitor":"visitor-of-a-test","command":"tracking","email":"ann@example.com","consent":{"given":true,"wording":"Yes &lt;b&gt;"},"currency":"EUR","items":[]}"#.to_vec(),
        br#"{"site":"shop=","visitor":"visitor-of-a-test","command":"confirmation","order_id":7,"total":1e2}"#.to_vec(),
        br#"{"site":"shop=","visitor":"visitor-of-a-test","command":"capture","email":"bob@example.com"}"#.to_vec(),
    ]);
    let headers = [("Origin", "https://shop.example"), ("User-Agent", "Mozilla/5.0"), ("Content-Type", "text/plain")];
    let taken = Taken::default();
    fuzz("tests/fuzz/seeds/captures.txt", &bodies, |body| {
        let reply = world.call("POST", "/capture", &headers, &body);
        taken.count(reply.status == 204);
        sound(&reply)?;
        prop_assert!(reply.body.is_empty(), "a page learns nothing: {}", reply.body);
        Ok(())
    });
    figures_agree(&world);
}

#[test]
fn what_shopify_tells_is_kept_or_refused() {
    let world = world();
    let bodies = mutated(vec![
        br#"{"id":"c-tok","token":"c-tok","line_items":[{"id":1,"product_id":2,"variant_id":3,"title":"Beans","quantity":2,"price":"10.50","price_set":{"shop_money":{"currency_code":"USD"}}}],"updated_at":"2026-03-15T11:00:00.123-05:00"}"#.to_vec(),
        br#"{"id":820982911946154508,"email":"ann@example.com","total_price":"18.00","currency":"USD","cart_token":"c-tok","checkout_token":"k","buyer_accepts_marketing":true}"#.to_vec(),
        br#"{"id":890088186047892319,"order_id":820982911946154508,"transactions":[{"kind":"refund","status":"success","amount":"4.00","currency":"USD"},{"kind":"void"}]}"#.to_vec(),
        br#"{"token":"k","cart_token":"c-tok","email":"bob@example.com","total_price":"7.00","abandoned_checkout_url":"https://shop.example/r","line_items":[]}"#.to_vec(),
    ]);
    let topics =
        select(vec!["carts/update", "checkouts/create", "orders/create", "orders/paid", "refunds/create", "x/y", ""]);
    let taken = Taken::default();
    fuzz("tests/fuzz/seeds/shopify.txt", &(topics, bodies, awkward_text()), |(topic, body, id)| {
        let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).expect("a key");
        mac.update(&body);
        let signature = BASE64.encode(&mac.finalize().into_bytes());
        let id: String = id.chars().filter(|c| !c.is_control()).collect();
        let headers = [
            ("Content-Type", "application/json"),
            ("X-Shopify-Topic", topic),
            ("X-Shopify-Webhook-Id", id.as_str()),
            ("X-Shopify-Hmac-Sha256", signature.as_str()),
        ];
        let reply = world.call("POST", "/wh/order/?platform=shopify&siteid=shop%3D", &headers, &body);
        taken.count(reply.status == 200);
        sound(&reply)?;
        prop_assert!(matches!(reply.status, 200 | 400), "{} {}", reply.status, reply.body);
        Ok(())
    });
    figures_agree(&world);
}

#[test]
fn json_of_the_rest_interface_is_taken_or_refused_with_a_code() {
    let world = world();
    let made = world.rest("POST", "/v1/carts", &serde_json::json!({ "email": "ann@example.com", "items": [] })).json();
    let cart = made["id"].as_str().expect("an id").to_owned();
    let bodies = mutated(vec![
        br#"{"email":"ann@example.com","items":[{"product_id":"mug","quantity":1,"unit_price":950,"metadata":{"a":[{}]}}],"currency":"USD","metadata":{"x":1e2},"expires_at":"2026-05-01T00:00:00Z"}"#.to_vec(),
        br#"{"product_id":"mug","quantity":2,"unit_price":1,"name":"Mug"}"#.to_vec(),
        br#"{"order_id":"7","email":"ann@example.com","total":1900,"currency":"USD","at":"2026-03-15T11:00:00Z"}"#.to_vec(),
        br#"{"event":"bounce","email":"ann@example.com","severity":"permanent","timestamp":1700000000.5}"#.to_vec(),
        br#"[{"event":"spamreport","email":"bob@example.com","sg_message_id":"x"}]"#.to_vec(),
        br#"{"name":"Points","kind":"points","points_ratio":"1.50","earns_from_purchases":true}"#.to_vec(),
        br#"{"subject":"Hi","steps":[{"delay":"30m","template":{"html":"{{ x }}"}}]}"#.to_vec(),
    ]);
    let targets = select(vec![
        ("POST", "/v1/carts".to_owned()),
        ("PATCH", format!("/v1/carts/{cart}")),
        ("POST", format!("/v1/carts/{cart}/items")),
        ("POST", "/v1/purchases".into()),
        ("POST", format!("/v1/carts/{cart}/convert")),
        ("POST", format!("/v1/bounces/{KEY}")),
        ("POST", "/v1/loyalty/campaigns".into()),
        ("POST", "/v1/suppressions".into()),
        ("POST", "/v1/customers".into()),
        ("PUT", "/v1/sequences/default".into()),
        ("POST", "/v1/webhooks".into()),
        ("POST", "/v1/coupons".into()),
    ]);
    let bearer = format!("Bearer {KEY}");
    let headers = [("Authorization", bearer.as_str()), ("Content-Type", "application/json")];
    let taken = Taken::default();
    fuzz("tests/fuzz/seeds/rest.txt", &(targets, bodies), |((method, target), body)| {
        let reply = world.call(method, &target, &headers, &body);
        taken.count(reply.status < 300);
        sound(&reply)?;
        prop_assert!(!reply.body.contains(KEY), "the key comes back: {}", reply.body);
        Ok(())
    });
    figures_agree(&world);
}

#[test]
fn ids_cursors_and_parts_of_lists_are_found_or_refused() {
    let world = world();
    let made = world.rest("POST", "/v1/carts", &serde_json::json!({ "email": "ann@example.com", "items": [] })).json();
    let cart = made["id"].as_str().expect("an id").to_owned();
    let values = prop_oneof![
        mutated_text(&[
            &cart,
            "10",
            "-1",
            "0",
            "asc",
            "2026-03-15T12:00:00Z",
            "abandoned",
            "ann@example.com",
            "../..",
            "created_at"
        ]),
        awkward_text(),
    ];
    let names = select(vec![
        "limit",
        "offset",
        "after",
        "cursor",
        "starting_after",
        "sort_by",
        "sort_order",
        "status",
        "email",
        "created_after",
    ]);
    let paths = select(vec![
        "carts",
        "purchases",
        "messages",
        "customers",
        "suppressions",
        "loyalty/campaigns",
        "webhooks",
        "stats",
    ]);
    let inputs = (paths, prop::collection::vec((names, values.clone()), 0..4), values, any::<bool>());
    let taken = Taken::default();
    fuzz("tests/fuzz/seeds/lists.txt", &inputs, |(path, pairs, id, is_one)| {
        let query: Vec<String> =
            pairs.iter().map(|(name, value)| format!("{name}={}", encode(value.as_bytes()))).collect();
        let id = if is_one { format!("/{}", encode(id.as_bytes())) } else { String::new() };
        let target = format!("/v1/{path}{id}?{}", query.join("&"));
        let reply = world.rest("GET", &target, &Value::Null);
        taken.count(reply.status == 200);
        sound(&reply)?;
        if reply.status == 200 && !is_one && reply.body.contains("\"object\":\"list\"") {
            let answer = reply.json();
            let rows = answer["data"].as_array().map_or(0, Vec::len);
            prop_assert!(rows <= 100, "{rows} rows for {target}");
        }
        Ok(())
    });
}

#[test]
fn every_answer_of_the_loyalty_interface_is_well_formed_in_the_format_that_was_asked_for() {
    let world = world();
    let values = prop_oneof![
        mutated_text(&[
            "1.5",
            "customer_count",
            "dashboard",
            "Ann <b>",
            "2026-03-15",
            "record_activity",
            "12.50",
            "Y",
            "points",
            "JSON"
        ]),
        awkward_text(),
    ];
    let names = select(vec![
        "API",
        "type",
        "customer_count",
        "first_name",
        "last_name",
        "email",
        "code",
        "card_number",
        "amount",
        "campaign_id",
        "last_X_customers",
        "date_start",
        "date_end",
        "customer_action",
        "search",
        "client_reference",
        "activity_date",
    ]);
    let calls = select(vec![
        "dashboard",
        "record_activity",
        "customer_info",
        "customer_search",
        "reports",
        "campaigns_list",
        "campaign_customers",
    ]);
    let formats = select(vec!["", "&output=JSON", "&callback=show"]);
    let inputs = (calls, formats, prop::collection::vec((names, values), 0..6));
    let taken = Taken::default();
    fuzz("tests/fuzz/seeds/loyalty.txt", &inputs, |(call, format, pairs)| {
        let pairs: String = pairs.iter().map(|(name, value)| format!("&{name}={}", encode(value.as_bytes()))).collect();
        let target =
            format!("/api.php?API=1.5&type={call}{pairs}&user_id=john&user_api_key={KEY}&account_id={ACCOUNT}{format}");
        let reply = world.get(&target);
        taken.count(reply.body.contains("success"));
        sound(&reply)?;
        // A line of a request that is too long is refused before anybody knows for whom it is.
        if target.len() > LONGEST_TARGET && reply.body.is_empty() {
            prop_assert!(matches!(reply.status, 400 | 431), "{}", reply.status);
            return Ok(());
        }
        let inner = reply.body.strip_prefix("/**/show(").and_then(|rest| rest.strip_suffix(");"));
        if let Some(json) = inner {
            prop_assert!(serde_json::from_str::<Value>(json).is_ok(), "{}", reply.body);
        } else if reply.body.starts_with('<') {
            let mut reader = quick_xml::Reader::from_str(&reply.body);
            loop {
                match reader.read_event() {
                    Ok(quick_xml::events::Event::Eof) => break,
                    Ok(_) => {}
                    Err(e) => prop_assert!(false, "{e}: {}", reply.body),
                }
            }
        } else {
            prop_assert!(serde_json::from_str::<Value>(&reply.body).is_ok(), "{}", reply.body);
        }
        Ok(())
    });
    figures_agree(&world);
}
