//! The thank-you page: what it converts, and how it goes together with what the shop's server says.

use cartwright::domain::carts::CartStatus;
use cartwright::domain::messages::MessageStatus;
use serde_json::json;

use crate::page::{Visitor, beans, figures, purchases, server_confirms, world};

#[test]
fn it_converts_the_browsers_own_cart_at_its_own_total_unverified() {
    let world = world();
    let ann = Visitor::of(&world, "ann");
    ann.says("tracking", json!({ "items": beans("10.00"), "email": "ann@example.com" }));
    world.advance("1m");
    ann.says("confirmation", json!({ "total": "99999.00", "items": beans("99999.00") }));
    ann.says("confirmation", json!({}));
    assert_eq!(ann.cart().expect("a cart").0.status, CartStatus::Converted);
    let told = purchases(&world);
    assert_eq!(told.len(), 1);
    assert_eq!((told[0].total, told[0].verified, told[0].source.as_str()), (1_000, false, "script"));
    assert_eq!(figures(&world).revenue, 1_000);
}

#[test]
fn it_silences_nobody_else() {
    let world = world();
    let (ann, liar) = (Visitor::of(&world, "ann"), Visitor::of(&world, "liar"));
    liar.says("tracking", json!({ "items": beans("1.00"), "email": "ann@example.com" }));
    world.advance("1m");
    ann.says("tracking", json!({ "items": beans("10.00"), "email": "ann@example.com" }));
    world.advance("1m");
    liar.says("confirmation", json!({ "email": "ann@example.com" }));
    world.advance("6d");
    assert_eq!(ann.letters().iter().filter(|letter| letter.status == MessageStatus::Sent).count(), 3);
    assert_eq!(ann.cart().expect("a cart").0.status, CartStatus::Abandoned);
}

#[test]
fn it_stops_the_letters_about_its_cart() {
    let world = world();
    let ann = Visitor::of(&world, "ann");
    ann.says("tracking", json!({ "items": beans("10.00"), "email": "ann@example.com" }));
    world.advance("40m");
    ann.says("confirmation", json!({}));
    world.advance("6d");
    assert!(ann.letters().iter().all(|letter| letter.status == MessageStatus::Cancelled));
}

#[test]
fn without_an_open_cart_it_says_nothing() {
    let world = world();
    Visitor::of(&world, "ann").says("confirmation", json!({ "email": "ann@example.com", "total": 5 }));
    assert!(purchases(&world).is_empty());
}

#[test]
fn a_server_that_confirms_after_the_browser_tells_of_the_same_sale_and_its_total_wins() {
    let world = world();
    let ann = Visitor::of(&world, "ann");
    ann.says("tracking", json!({ "items": beans("10.00"), "email": "ann@example.com" }));
    world.advance("1m");
    ann.says("confirmation", json!({}));
    world.advance("29m");
    assert_eq!(server_confirms(&world, "ann@example.com", "12.50"), 100);
    let told = purchases(&world);
    assert_eq!((told.len(), told[0].total, told[0].verified, told[0].paired), (1, 1_250, true, true));
    let counted = figures(&world);
    assert_eq!((counted.purchases, counted.revenue), (1, 1_250));
}

#[test]
fn a_browser_that_confirms_after_the_server_tells_of_the_same_sale_and_the_servers_total_stays() {
    let world = world();
    let ann = Visitor::of(&world, "ann");
    ann.says("tracking", json!({ "items": beans("10.00"), "email": "ann@example.com" }));
    world.advance("1m");
    assert_eq!(server_confirms(&world, "ann@example.com", "12.50"), 100);
    world.advance("29m");
    ann.says("confirmation", json!({ "total": "10.00" }));
    let told = purchases(&world);
    assert_eq!((told.len(), told[0].total, told[0].verified, told[0].paired), (1, 1_250, true, true));
}

#[test]
fn two_sales_within_the_window_are_paired_one_to_one_in_either_order() {
    let world = world();
    let ann = Visitor::of(&world, "ann");
    let fill = |price: &str| {
        ann.says("tracking", json!({ "items": beans(price), "email": "ann@example.com" }));
        world.advance("1m");
    };
    fill("10.00");
    assert_eq!(server_confirms(&world, "ann@example.com", "10.00"), 100);
    ann.says("confirmation", json!({}));
    world.advance("1m");
    fill("20.00");
    // The first sale has its pair, so this is a second one.
    ann.says("confirmation", json!({}));
    assert_eq!(purchases(&world).len(), 2);
    world.advance("1m");
    assert_eq!(server_confirms(&world, "ann@example.com", "21.00"), 100);
    let told = purchases(&world);
    assert_eq!(told.iter().map(|sale| sale.total).collect::<Vec<_>>(), [1_000, 2_100]);
    assert!(told.iter().all(|sale| sale.verified && sale.paired));
    assert_eq!(figures(&world).revenue, 3_100);
}

#[test]
fn after_the_window_they_are_two_sales() {
    let world = world();
    let ann = Visitor::of(&world, "ann");
    ann.says("tracking", json!({ "items": beans("10.00"), "email": "ann@example.com" }));
    world.advance("1m");
    ann.says("confirmation", json!({}));
    world.advance("31m");
    server_confirms(&world, "ann@example.com", "12.50");
    assert_eq!(purchases(&world).len(), 2);
    figures(&world);
}

#[test]
fn the_servers_word_on_a_cart_without_an_address_is_joined_by_the_thank_you_page() {
    let world = world();
    let ann = Visitor::of(&world, "ann");
    ann.says("tracking-cart", json!({ "items": beans("10.00") }));
    world.advance("1m");
    assert_eq!(server_confirms(&world, "ann@example.com", "10.00"), 102);
    world.advance("1m");
    ann.says("confirmation", json!({ "email": "ann@example.com" }));
    let (cart, _) = ann.cart().expect("a cart");
    let told = purchases(&world);
    assert_eq!((told.len(), told[0].cart, cart.status), (1, Some(cart.no), CartStatus::Converted));
    figures(&world);
}
