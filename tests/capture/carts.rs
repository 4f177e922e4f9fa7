//! Carts: made, changed, named, left.

use cartwright::domain::carts::{CartStatus, Class};
use cartwright::domain::messages::MessageStatus;
use serde_json::json;

use crate::page::{Visitor, beans, figures, purchases, server_confirms, world};
use crate::support::{SITE, instant};

#[test]
fn a_cart_is_made_and_then_changed_by_the_same_browser() {
    let world = world();
    let ann = Visitor::of(&world, "ann");
    ann.says("tracking-cart", json!({ "items": beans("10.00"), "total": "10.00" }));
    let (first, lines) = ann.cart().expect("a cart");
    assert_eq!((first.total, first.item_count, first.class), (1_000, 1, Class::Human));
    assert_eq!((lines[0].product_id.as_str(), lines[0].name.as_deref()), ("beans", Some("Beans")));
    world.advance("5m");
    let more = json!([
        { "productID": "beans", "productName": "Beans", "quantity": 2, "productPrice": 10 },
        { "id": "cup", "name": "Cup", "price": 4.5, "quantity": 1, "image": "/cup.png", "url": "https://www.shop.example/cup" }
    ]);
    ann.says("tracking", json!({ "items": more, "total": 24.5, "email": "Ann@example.com" }));
    let (second, lines) = ann.cart().expect("a cart");
    assert_eq!(ann.carts().len(), 1);
    assert_eq!((second.id, second.total, second.item_count), (first.id, 2_450, 3));
    assert_eq!(second.last_activity, instant("2026-03-15T12:05:00Z"));
    assert_eq!(lines[1].image_url.as_deref(), Some("https://shop.example/cup.png"));
    assert_eq!(lines[1].url.as_deref(), Some("https://www.shop.example/cup"));
    assert_eq!(second.email.expect("an address").shown(), "Ann@example.com");
}

#[test]
fn a_page_that_says_the_same_again_is_an_act_and_no_change_of_the_lines() {
    let world = world();
    let ann = Visitor::of(&world, "ann");
    let body = json!({ "items": beans("10.00"), "total": "10.00" });
    ann.says("tracking-cart", body.clone());
    let before = ann.cart().expect("a cart");
    world.advance("5m");
    ann.says("tracking-cart", body);
    let after = ann.cart().expect("a cart");
    assert_eq!(after.0.items_changed_at, before.0.items_changed_at);
    assert_eq!(after.0.last_activity, instant("2026-03-15T12:05:00Z"));
    assert_eq!(after.1[0].id, before.1[0].id);
}

#[test]
fn an_emptied_cart_is_not_abandoned_and_an_empty_page_makes_none() {
    let world = world();
    let ann = Visitor::of(&world, "ann");
    ann.says("tracking-cart", json!({ "items": [], "total": 0 }));
    assert!(ann.cart().is_none());
    ann.says("tracking-cart", json!({ "items": beans("10.00") }));
    ann.says("tracking-cart", json!({ "items": [] }));
    world.advance("2h");
    assert_eq!(ann.cart().expect("a cart").0.status, CartStatus::Active);
    assert_eq!(figures(&world).abandoned, 0);
}

#[test]
fn an_address_alone_is_kept_for_the_cart_that_follows() {
    let world = world();
    let ann = Visitor::of(&world, "ann");
    ann.says("capture", json!({ "email": "ann@example.com", "items": beans("99.00") }));
    assert_eq!(ann.cart().expect("a cart").0.item_count, 0, "this command is about the address");
    ann.says("tracking-cart", json!({ "items": beans("10.00") }));
    let (cart, _) = ann.cart().expect("a cart");
    assert_eq!((ann.carts().len(), cart.total), (1, 1_000));
    assert!(cart.email.is_some());
}

#[test]
fn line_totals_in_the_place_of_prices_are_told_by_the_stated_total() {
    let world = world();
    let ann = Visitor::of(&world, "ann");
    let lines = json!([{ "productID": "beans", "quantity": "3", "productPrice": "30.00" }]);
    ann.says("tracking-cart", json!({ "items": lines, "total": "<bdi><span>&#36;</span>30.00</bdi>" }));
    let (cart, lines) = ann.cart().expect("a cart");
    assert_eq!((cart.total, lines[0].unit_price), (3_000, 1_000));
}

#[test]
fn an_address_that_comes_after_the_abandonment_counts_on_the_day_of_the_abandonment() {
    let world = world();
    let ann = Visitor::of(&world, "ann");
    ann.says("tracking-cart", json!({ "items": beans("10.00"), "returned": 1 }));
    world.advance("13h");
    let counted = figures(&world);
    assert_eq!((counted.abandoned, counted.abandoned_identified), (1, 0));
    ann.says("tracking", json!({ "email": "ann@example.com" }));
    let counted = figures(&world);
    assert_eq!((counted.abandoned, counted.abandoned_identified), (1, 1));
    let site = world.site(SITE);
    let days = world.app.store.read(|tx| cartwright::store::stats::all(tx, site.no)).expect("days");
    assert_eq!(days.len(), 1, "all on the day before");
    // It is left again, and now there is somebody to write to.
    world.advance("2h");
    let letters = ann.letters();
    assert_eq!(letters[0].status, MessageStatus::Sent);
    assert_eq!(letters[0].sent_at, Some(instant("2026-03-16T02:00:00Z")));
}

#[test]
fn a_cart_bought_before_its_owner_was_known_is_claimed_once_the_address_is() {
    let world = world();
    let ann = Visitor::of(&world, "ann");
    ann.says("tracking-cart", json!({ "items": beans("10.00") }));
    world.advance("1m");
    assert_eq!(server_confirms(&world, "ann@example.com", "10.00"), 102);
    world.advance("1m");
    ann.says("tracking", json!({ "email": "ann@example.com", "items": beans("10.00") }));
    let (cart, _) = ann.cart().expect("a cart");
    assert_eq!((ann.carts().len(), cart.status), (1, CartStatus::Converted));
    assert_eq!(purchases(&world)[0].cart, Some(cart.no));
    assert_eq!(figures(&world).purchases, 1);
}

#[test]
fn one_person_on_two_devices_is_written_to_about_the_newest_cart_alone() {
    let world = world();
    let (desk, phone) = (Visitor::of(&world, "desk"), Visitor::of(&world, "phone"));
    desk.says("tracking", json!({ "items": beans("10.00"), "email": "ann@example.com" }));
    world.advance("10m");
    phone.says("tracking", json!({ "items": beans("20.00"), "email": "Ann@Example.com" }));
    world.advance("6d");
    assert!(desk.letters().iter().all(|letter| letter.status == MessageStatus::Cancelled));
    assert!(desk.letters().iter().all(|letter| letter.detail.as_deref() == Some("newer_cart")));
    assert_eq!(phone.letters().iter().filter(|letter| letter.status == MessageStatus::Sent).count(), 3);
    figures(&world);
}

#[test]
fn a_purchase_through_one_device_ends_the_letters_about_the_other() {
    let world = world();
    let (desk, phone) = (Visitor::of(&world, "desk"), Visitor::of(&world, "phone"));
    desk.says("tracking", json!({ "items": beans("10.00"), "email": "ann@example.com" }));
    world.advance("1m");
    phone.says("tracking", json!({ "items": beans("10.00"), "email": "ann@example.com" }));
    world.advance("1m");
    assert_eq!(server_confirms(&world, "ann@example.com", "10.00"), 100);
    world.advance("10d");
    assert!(desk.letters().iter().all(|letter| letter.status == MessageStatus::Cancelled));
    assert_eq!(figures(&world).sent, 0);
}

#[test]
fn another_address_on_the_same_cart_takes_the_letters_with_it() {
    let world = world();
    let ann = Visitor::of(&world, "ann");
    ann.says("tracking", json!({ "items": beans("10.00"), "email": "an@example.com" }));
    world.advance("31m");
    ann.says("capture", json!({ "email": "ann@example.com" }));
    world.advance("2h");
    let sent: Vec<_> = ann.letters().into_iter().filter(|letter| letter.status == MessageStatus::Sent).collect();
    assert_eq!(sent.len(), 1);
    assert_eq!(sent[0].email.as_ref().expect("an address").shown(), "ann@example.com");
}

#[test]
fn a_cart_that_goes_on_in_another_currency_is_another_cart() {
    let world = world();
    let ann = Visitor::of(&world, "ann");
    ann.says("tracking", json!({ "items": beans("10.00"), "email": "ann@example.com" }));
    world.advance("1h");
    ann.says("tracking", json!({ "items": beans("9.00"), "currency": "eur", "email": "ann@example.com" }));
    let carts = ann.carts();
    assert_eq!((carts.len(), carts[0].0.status, carts[1].0.currency.code()), (2, CartStatus::Expired, "EUR"));
    figures(&world);
}

#[test]
fn values_for_letters_are_kept_and_the_restore_address_goes_to_its_place() {
    let world = world();
    let ann = Visitor::of(&world, "ann");
    ann.says(
        "tracking-cart",
        json!({
            "items": beans("10.00"), "data": { "returnURL": "https://shop.example/cart?id=7", "Greeting": "<b>Hi</b>" },
            "attributes": { "firstName": "Ann" }
        }),
    );
    ann.says("tracking-cart", json!({ "data": { "Greeting": "Hello" } }));
    let (cart, _) = ann.cart().expect("a cart");
    assert_eq!(cart.restore_url.as_deref(), Some("https://shop.example/cart?id=7"));
    assert_eq!(cart.metadata.as_deref(), Some(r#"{"firstName":"Ann","Greeting":"Hello"}"#));
}

#[test]
fn in_test_mode_only_the_listed_addresses_are_tracked_and_what_exists_still_converts() {
    let world = world();
    let (before, ann, bob) = (Visitor::of(&world, "before"), Visitor::of(&world, "ann"), Visitor::of(&world, "bob"));
    before.says("tracking", json!({ "items": beans("10.00"), "email": "old@example.com" }));
    world.set(SITE, "test_addresses", "ann@example.com");
    ann.says("tracking", json!({ "items": beans("10.00"), "email": "ann@example.com" }));
    ann.says("tracking-cart", json!({ "items": beans("12.00") }));
    bob.says("tracking", json!({ "items": beans("10.00"), "email": "bob@example.com" }));
    bob.says("tracking-cart", json!({ "items": beans("10.00") }));
    assert_eq!(ann.cart().expect("a cart").0.total, 1_200);
    assert!(bob.cart().is_none());
    world.advance("1m");
    before.says("tracking", json!({ "items": beans("99.00") }));
    before.says("confirmation", json!({}));
    let (cart, _) = before.cart().expect("a cart");
    assert_eq!((cart.status, cart.total), (CartStatus::Converted, 1_000));
}
