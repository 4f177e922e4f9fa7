//! Carts that machines make: kept, marked, in no figure, and nobody is written to about them.

use cartwright::domain::carts::{CartStatus, Class};
use cartwright::domain::messages::MessageStatus;
use serde_json::json;

use crate::page::{Visitor, beans, figures, purchases, send, server_confirms, world};

#[test]
fn a_crawlers_cart_is_kept_and_counts_nowhere() {
    let world = world();
    for (name, agent) in [
        ("google", "Mozilla/5.0 (X11; Linux x86_64; Storebot-Google/1.0) AppleWebKit/537.36 Chrome/79.0 Safari/537.36"),
        ("headless", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 HeadlessChrome/140.0 Safari/537.36"),
        ("python", "python-requests/2.32"),
    ] {
        let robot = Visitor::of(&world, name);
        let body = robot.body("tracking", &json!({ "items": beans("10.00"), "email": format!("{name}@example.com") }));
        assert_eq!(send(&world, &[("User-Agent", agent)], &body).status, 204);
        assert_eq!(robot.cart().expect("a cart").0.class, Class::Machine, "{name}");
    }
    world.advance("6d");
    let counted = figures(&world);
    assert_eq!((counted.abandoned, counted.sent), (0, 0));
    let letters = Visitor::of(&world, "google").letters();
    assert!(letters.iter().all(|letter| letter.detail.as_deref() == Some("machine_cart")));
}

#[test]
fn a_checkout_without_hands_faster_than_hands_is_a_machines() {
    let world = world();
    let robot = Visitor::of(&world, "robot");
    robot.human.set(false);
    robot.says("tracking", json!({ "items": beans("10.00"), "email": "robot@example.com" }));
    assert_eq!(robot.cart().expect("a cart").0.class, Class::Unknown, "a page may know its visitor at once");
    world.advance("2s");
    robot.says("confirmation", json!({}));
    let (cart, _) = robot.cart().expect("a cart");
    assert_eq!((cart.class, cart.status), (Class::Machine, CartStatus::Active));
    assert!(purchases(&world).is_empty());
    // The server's word is taken whoever filled the cart.
    assert_eq!(server_confirms(&world, "robot@example.com", "10.00"), 100);
    assert_eq!(figures(&world).purchases, 1);
}

#[test]
fn the_same_at_a_persons_pace_or_with_a_persons_hand_is_none() {
    let world = world();
    let (slow, quick) = (Visitor::of(&world, "slow"), Visitor::of(&world, "quick"));
    slow.human.set(false);
    slow.says("tracking-cart", json!({ "items": beans("10.00") }));
    quick.says("tracking-cart", json!({ "items": beans("10.00") }));
    quick.says("confirmation", json!({}));
    world.advance("1m");
    slow.says("confirmation", json!({}));
    assert_eq!(purchases(&world).len(), 2);
    assert_eq!(slow.cart().expect("a cart").0.class, Class::Unknown);
    assert_eq!(quick.cart().expect("a cart").0.class, Class::Human);
}

#[test]
fn a_burst_makes_a_machine_of_a_visitor_and_takes_its_cart_out_of_the_figures() {
    let world = world();
    let robot = Visitor::of(&world, "robot");
    robot.says("tracking", json!({ "items": beans("10.00"), "email": "robot@example.com" }));
    world.set(crate::support::SITE, "letters", "off");
    world.advance("31m");
    assert_eq!(figures(&world).abandoned_identified, 1);
    for price in 0..80 {
        robot.says("tracking-cart", json!({ "items": beans(&price.to_string()) }));
    }
    assert_eq!(robot.cart().expect("a cart").0.class, Class::Machine);
    let counted = figures(&world);
    assert_eq!((counted.abandoned, counted.abandoned_identified), (0, 0));
}

#[test]
fn a_cart_that_was_written_about_stays_what_it_was() {
    let world = world();
    let ann = Visitor::of(&world, "ann");
    ann.says("tracking", json!({ "items": beans("10.00"), "email": "ann@example.com" }));
    world.advance("2h");
    assert!(ann.letters().iter().any(|letter| letter.status == MessageStatus::Sent));
    for price in 0..80 {
        ann.says("tracking-cart", json!({ "items": beans(&price.to_string()) }));
    }
    assert_eq!(ann.cart().expect("a cart").0.class, Class::Human);
    assert_eq!(figures(&world).sent, 1);
}
