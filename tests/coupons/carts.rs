//! Codes that carts take, by `POST /v1/carts/{id}/coupons`.

use serde_json::{Value, json};

use super::support::{KEY, Reply, SITE, World};
use super::{add, cart, coupon, figures_are_what_the_rows_say, fill, leave, pool, ten_percent};

fn take(world: &World, cart: &str, code: &str) -> Reply {
    world.rest("POST", &format!("/v1/carts/{cart}/coupons"), &json!({ "code": code }))
}

/// Status, code and field of a refusal.
fn refused(reply: &Reply) -> (u16, String, Value) {
    let error = &reply.json()["error"];
    (reply.status, error["code"].as_str().expect("a code").to_owned(), error["details"]["param"].clone())
}

fn sums(cart: &Value) -> (i64, i64, i64) {
    let number = |name: &str| cart[name].as_i64().expect("a number");
    (number("subtotal"), number("discount_amount"), number("total"))
}

#[test]
fn a_code_takes_its_part_off_and_follows_the_items() {
    let world = World::new();
    add(&world, ten_percent("Welcome10"));
    let left = leave(&world, "ann@example.com");
    let reply = take(&world, &left, " welcome10 ");
    assert_eq!(reply.status, 200, "{}", reply.body);
    let taken = reply.json();
    assert_eq!(sums(&taken), (1_500, 150, 1_350));
    let expected = json!([{ "code": "Welcome10", "promotion_id": "welcome10", "promotion_name": "welcome10",
                            "discount_amount": 150, "applied_at": "2026-03-15T12:00:00Z" }]);
    assert_eq!(taken["applied_coupons"], expected);
    let said = json!([{ "type": "success", "message": "Coupon applied successfully. You saved 1.50 USD!" }]);
    assert_eq!(taken["messages"], said);
    assert_eq!(sums(&cart(&world, &left)), (1_500, 150, 1_350));
    let item = json!({ "product_id": "pot", "quantity": 1, "unit_price": 2_505 });
    let more = world.rest("POST", &format!("/v1/carts/{left}/items"), &item).json();
    assert_eq!(sums(&more), (4_005, 401, 3_604), "rounded half up");
    let last = more["items"][2]["id"].as_str().expect("an id").to_owned();
    let less = world.rest("DELETE", &format!("/v1/carts/{left}/items/{last}"), &Value::Null).json();
    assert_eq!((sums(&less), less["applied_coupons"][0]["discount_amount"].clone()), ((1_500, 150, 1_350), json!(150)));
    // Taking it twice takes it once.
    assert_eq!(sums(&take(&world, &left, "WELCOME10").json()), (1_500, 150, 1_350));
}

#[test]
fn several_codes_share_what_is_there_and_no_total_falls_below_nothing() {
    let world = World::new();
    add(&world, ten_percent("TEN"));
    let big = ops_fixed("BIG", 1_400);
    add(&world, big);
    let left = leave(&world, "ann@example.com");
    take(&world, &left, "TEN");
    let both = take(&world, &left, "BIG").json();
    assert_eq!(sums(&both), (1_500, 1_500, 0));
    let parts: Vec<i64> = both["applied_coupons"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|one| one["discount_amount"].as_i64().expect("a number"))
        .collect();
    assert_eq!(parts, [150, 1_350]);
}

fn ops_fixed(code: &str, value: i64) -> cartwright::ops::coupons::NewCoupon {
    let kind = cartwright::domain::coupons::CouponType::Fixed;
    cartwright::ops::coupons::NewCoupon { kind, value, ..ten_percent(code) }
}

#[test]
fn a_code_that_is_of_no_use_is_refused_in_the_words_of_the_contract() {
    let world = World::new();
    let left = leave(&world, "ann@example.com");
    assert_eq!(refused(&take(&world, &left, "NOTHING")), (404, "RESOURCE_NOT_FOUND".into(), Value::Null));
    let at = super::support::instant;
    let mut over = ten_percent("OVER");
    (over.starts_at, over.ends_at) = (Some(at("2026-03-01T00:00:00Z")), Some(at("2026-03-15T12:00:00Z")));
    let mut early = ten_percent("EARLY");
    early.starts_at = Some(at("2026-03-15T12:00:01Z"));
    let mut dear = ten_percent("DEAR");
    dear.minimum = 1_501;
    let mut euros = ops_fixed("EUROS", 100);
    euros.currency = Some(cartwright::domain::Currency::parse("EUR").expect("a currency"));
    let mut off = ten_percent("OFF");
    off.active = false;
    for (new, words) in [
        (over, "has expired"),
        (early, "is not valid yet"),
        (dear, "needs a cart that is worth more"),
        (euros, "is for another currency"),
        (off, "is not active"),
    ] {
        let code = new.code.clone().expect("a code");
        add(&world, new);
        let reply = take(&world, &left, &code);
        assert_eq!(refused(&reply), (400, "VALIDATION_ERROR".into(), json!("code")), "{code}");
        assert!(reply.body.contains(words), "{}", reply.body);
    }
    assert_eq!(sums(&cart(&world, &left)), (1_500, 0, 1_500));
    let target = format!("/v1/carts/{left}/coupons");
    assert_eq!(refused(&world.rest("POST", &target, &json!({}))).1, "MISSING_REQUIRED_FIELD");
    assert_eq!(refused(&world.rest("POST", &target, &json!({ "code": 7 }))).1, "INVALID_FIELD_FORMAT");
    assert_eq!(refused(&world.rest("GET", &target, &Value::Null)).1, "METHOD_NOT_ALLOWED");
    assert_eq!(refused(&take(&world, "cart_no", "OFF")).1, "RESOURCE_NOT_FOUND");
    world.get(&format!("/ss/v1/?key={KEY}&siteid={SITE}&email=ann@example.com"));
    add(&world, ten_percent("FINE"));
    assert_eq!(refused(&take(&world, &left, "FINE")), (409, "RESOURCE_CONFLICT".into(), Value::Null));
}

#[test]
fn another_shops_code_is_unknown() {
    let world = World::new();
    let other = world.add_site("other", "acct_other", "USD", "UTC");
    let theirs = ten_percent("THEIRS");
    world.app.store.write(move |tx| cartwright::ops::coupons::add(tx, &other, theirs)).expect("a coupon");
    let left = leave(&world, "ann@example.com");
    assert_eq!(refused(&take(&world, &left, "THEIRS")).0, 404);
}

#[test]
fn taking_a_code_is_an_act_of_the_shopper_and_looking_is_not() {
    let world = World::new();
    add(&world, ten_percent("TEN"));
    let left = leave(&world, "ann@example.com");
    world.advance("45m");
    assert_eq!(cart(&world, &left)["status"], "abandoned");
    let look = json!({ "code": "TEN", "validate_only": true });
    let seen = world.rest("POST", &format!("/v1/carts/{left}/coupons"), &look).json();
    assert_eq!((sums(&seen), seen["status"].clone()), ((1_500, 150, 1_350), json!("abandoned")));
    let before = cart(&world, &left);
    assert_eq!((sums(&before), before["applied_coupons"].clone()), ((1_500, 0, 1_500), json!([])));
    let taken = take(&world, &left, "TEN").json();
    assert_eq!(
        (taken["status"].clone(), taken["last_activity"].clone()),
        (json!("active"), json!("2026-03-15T12:45:00Z"))
    );
    // The letter that waited is for a cart that its shopper came back to.
    world.advance("20m");
    let decisions = world.rest("GET", &format!("/v1/carts/{left}/decisions"), &Value::Null).json();
    assert_eq!(decisions["total_count"], 0);
    figures_are_what_the_rows_say(&world);
}

#[test]
fn uses_are_counted_once_when_the_cart_is_bought() {
    let world = World::new();
    let mut new = ten_percent("TEN");
    new.use_limit = Some(1);
    add(&world, new);
    let (first, second) = (leave(&world, "ann@example.com"), leave(&world, "bob@example.com"));
    take(&world, &first, "TEN");
    take(&world, &second, "TEN");
    assert_eq!(coupon(&world, "ten").coupon.uses, 0);
    let buy = |email: &str| world.get(&format!("/ss/v1/?key={KEY}&siteid={SITE}&email={email}&orderid=A-1"));
    for _ in 0..3 {
        assert_eq!(buy("ann@example.com").json()["resp"], 100);
    }
    assert_eq!(coupon(&world, "ten").coupon.uses, 1);
    // Nobody else can take it, and what took it before loses it with the next change.
    let third = leave(&world, "cleo@example.com");
    assert!(take(&world, &third, "TEN").body.contains("is used up"));
    let item = json!({ "product_id": "tea", "quantity": 1 });
    let changed = world.rest("POST", &format!("/v1/carts/{second}/items"), &item).json();
    assert_eq!((sums(&changed).1, changed["applied_coupons"][0]["discount_amount"].clone()), (0, json!(0)));
    figures_are_what_the_rows_say(&world);
}

#[test]
fn a_code_of_a_pool_is_used_once_and_ends_by_itself() {
    let world = World::new();
    add(&world, pool("thanks"));
    fill(&world, "thanks", &["A-1", "A-2"]);
    let (first, second) = (leave(&world, "ann@example.com"), leave(&world, "bob@example.com"));
    assert_eq!(sums(&take(&world, &first, "A-1").json()), (1_500, 500, 1_000));
    let more = take(&world, &first, "A-2");
    assert!(more.body.contains("of a coupon that this cart has taken"), "{}", more.body);
    world.get(&format!("/ss/v1/?key={KEY}&siteid={SITE}&email=ann@example.com"));
    assert!(take(&world, &second, "A-1").body.contains("is used up"));
    assert_eq!(take(&world, &second, "A-2").status, 200);
}

#[test]
fn below_the_minimum_a_code_that_was_taken_sleeps() {
    let world = World::new();
    let mut new = ten_percent("TEN");
    new.minimum = 1_200;
    add(&world, new);
    let left = leave(&world, "ann@example.com");
    let taken = take(&world, &left, "TEN").json();
    let tea = taken["items"][1]["id"].as_str().expect("an id").to_owned();
    let target = format!("/v1/carts/{left}/items/{tea}");
    assert_eq!(sums(&world.rest("PUT", &target, &json!({ "quantity": 0 })).json()), (1_000, 0, 1_000));
    let item = json!({ "product_id": "pot", "quantity": 1, "unit_price": 1_000 });
    let more = world.rest("POST", &format!("/v1/carts/{left}/items"), &item).json();
    assert_eq!(sums(&more), (2_000, 200, 1_800));
}

#[test]
fn a_cart_that_is_emptied_or_deleted_has_no_codes_left() {
    let world = World::new();
    add(&world, ten_percent("TEN"));
    let left = leave(&world, "ann@example.com");
    take(&world, &left, "TEN");
    let cleared = world.rest("POST", &format!("/v1/carts/{left}/clear"), &json!({})).json();
    assert_eq!((sums(&cleared), cleared["applied_coupons"].clone()), ((0, 0, 0), json!([])));
    let item = json!({ "product_id": "pot", "quantity": 1, "unit_price": 1_000 });
    let filled = world.rest("POST", &format!("/v1/carts/{left}/items"), &item).json();
    assert_eq!(sums(&filled), (1_000, 0, 1_000));
    take(&world, &left, "TEN");
    world.rest("DELETE", &format!("/v1/carts/{left}"), &Value::Null);
    assert_eq!(take(&world, &left, "TEN").status, 404);
    let site = world.site(SITE);
    let archive = world.app.store.read(|tx| {
        let mut out = Vec::new();
        cartwright::ops::archive::export::export(tx, &site, &mut out)?;
        Ok(String::from_utf8_lossy(&out).into_owned())
    });
    assert!(!archive.expect("an archive").contains("\"applied_at\""), "a skeleton names no code");
}

#[test]
fn a_repeated_call_with_its_key_is_answered_as_before() {
    let world = World::new();
    add(&world, ten_percent("TEN"));
    let left = leave(&world, "ann@example.com");
    let bearer = format!("Bearer {KEY}");
    let headers =
        [("Authorization", bearer.as_str()), ("Content-Type", "application/json"), ("Idempotency-Key", "once")];
    let call = || world.call("POST", &format!("/v1/carts/{left}/coupons"), &headers, br#"{"code":"TEN"}"#);
    let (first, second) = (call(), call());
    assert_eq!((first.status, &first.body), (200, &second.body));
    assert_eq!(second.header("idempotency-replayed"), Some("true"));
}
