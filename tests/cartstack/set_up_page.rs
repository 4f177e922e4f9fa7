//! The list of confirmation calls that the set-up page shows.

use cartwright::domain::confirmations::{Call, KEPT};
use cartwright::ops::confirmations;

use crate::support::{KEY, SITE, World};

fn calls(world: &World) -> Vec<Call> {
    let site = world.site(SITE);
    // A refusal is kept behind its answer; a write that comes after it is done when it is.
    world.app.store.write(move |tx| confirmations::newest(tx, &site, 1_000)).expect("the list")
}

fn codes(world: &World) -> Vec<i64> {
    calls(world).iter().map(|call| call.code).collect()
}

#[test]
fn each_call_is_listed_with_its_code_and_time_and_without_the_key() {
    let world = World::new();
    let item = serde_json::json!({ "product_id": "p", "quantity": 1, "unit_price": 500 });
    world.rest("POST", "/v1/carts", &serde_json::json!({ "email": "ann@example.com", "items": [item] }));
    let began = world.app.now();
    world.get(&format!("/ss/v1/?key={KEY}&siteid={SITE}&email=ann@example.com&orderid=o-1"));
    world.advance("1m");
    world.get(&format!("/ss/v1/?key={KEY}&siteid={SITE}&email=ann@example.com&orderid=o-1"));
    world.get(&format!("/ss/v1/?key={KEY}&siteid={SITE}&email=bob@example.com"));
    world.get(&format!("/ss/v1/?key=wrong&siteid={SITE}&email=bob@example.com"));
    world.get(&format!("/ss/v1/?siteid={SITE}&email=bob@example.com"));
    world.get(&format!("/ss/v1/?key={KEY}&siteid={SITE}&email=nobody"));
    world.get(&format!("/ss/v1/?key={KEY}&siteid=nowhere&email=bob@example.com"));
    // Two refusals with one code in one second are one line.
    assert_eq!(codes(&world), [101, 103, 102, 100, 100]);
    let calls = calls(&world);
    assert_eq!(calls[4].order_id.as_deref(), Some("o-1"));
    assert_eq!(calls[3].purchase_id, calls[4].purchase_id);
    assert_eq!((calls[4].at, calls[3].at), (began, began.plus(60)));
    assert_eq!((&calls[0].purchase_id, &calls[1].purchase_id), (&None, &None));
    assert!(!format!("{calls:?}").contains(KEY));
}

#[test]
fn the_list_is_bounded_and_refusals_push_no_purchase_out_of_it() {
    let world = World::new();
    world.get(&format!("/ss/v1/?key={KEY}&siteid={SITE}&email=ann@example.com"));
    for _ in 0..KEPT + 5 {
        world.get(&format!("/ss/v1/?key=wrong&siteid={SITE}&email=ann@example.com"));
        world.advance("1s");
    }
    let codes = codes(&world);
    assert_eq!(codes.iter().filter(|code| **code == 103).count() as i64, KEPT);
    assert_eq!(codes.last(), Some(&102));
}

#[test]
fn another_shop_does_not_see_them() {
    let world = World::new();
    let other = world.add_site("other=", "acct_other", "USD", "UTC");
    world.get(&format!("/ss/v1/?key={KEY}&siteid={SITE}&email=ann@example.com"));
    let seen = world.app.store.read(|tx| confirmations::newest(tx, &other, 10)).expect("the list");
    assert_eq!(seen, Vec::new());
}
