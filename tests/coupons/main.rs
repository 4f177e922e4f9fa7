//! Coupons from the shop that makes one to the cart that takes its code: in letters, on carts, and in both kinds of
//! interfaces.

mod carts;
mod letters;
mod rest;
#[path = "../support/mod.rs"]
mod support;

use cartwright::domain::coupons::CouponType;
use cartwright::ops::coupons::{FullCoupon, NewCoupon};
use cartwright::ops::{self, coupons};
use serde_json::{Value, json};
use support::{SITE, World};

/// Ten per cent for all, named by its code in lower case.
fn ten_percent(code: &str) -> NewCoupon {
    NewCoupon {
        id: Some(code.to_lowercase()),
        code: Some(code.to_owned()),
        name: None,
        kind: CouponType::Percent,
        value: 10,
        currency: None,
        minimum: 0,
        starts_at: None,
        ends_at: None,
        code_life_secs: None,
        use_limit: None,
        active: true,
    }
}

/// Five dollars off, a code for each, for three days.
fn pool(id: &str) -> NewCoupon {
    NewCoupon {
        id: Some(id.into()),
        code: None,
        kind: CouponType::Fixed,
        value: 500,
        code_life_secs: Some(3 * 86_400),
        ..ten_percent("X")
    }
}

fn add(world: &World, new: NewCoupon) -> FullCoupon {
    let site = world.site(SITE);
    world.app.store.write(move |tx| coupons::add(tx, &site, new)).expect("a coupon")
}

fn fill(world: &World, id: &str, codes: &[&str]) -> usize {
    let (site, id) = (world.site(SITE), id.to_owned());
    let codes: Vec<String> = codes.iter().map(|code| (*code).to_owned()).collect();
    world.app.store.write(move |tx| coupons::import_codes(tx, &site, &id, &codes)).expect("codes")
}

fn coupon(world: &World, id: &str) -> FullCoupon {
    let site = world.site(SITE);
    world.app.store.read(|tx| coupons::get(tx, &site, id)).expect("the coupon")
}

/// A cart with lines of 10 and 5 dollars, and its id.
fn leave(world: &World, email: &str) -> String {
    let line = |id: &str, price: i64| json!({ "product_id": id, "quantity": 1, "unit_price": price });
    let body = json!({ "email": email, "items": [line("mug", 1_000), line("tea", 500)] });
    let made = world.rest("POST", "/v1/carts", &body);
    assert_eq!(made.status, 201, "{}", made.body);
    made.json()["id"].as_str().expect("an id").to_owned()
}

fn cart(world: &World, id: &str) -> Value {
    world.rest("GET", &format!("/v1/carts/{id}"), &Value::Null).json()
}

fn figures_are_what_the_rows_say(world: &World) {
    let site = world.site(SITE);
    assert_eq!(world.app.store.read(|tx| ops::stats::verify(tx, &site)).expect("a check"), []);
}
