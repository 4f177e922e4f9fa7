//! Purchases that race the sender: no letter leaves after a purchase was acknowledged.

use std::sync::Arc;
use std::sync::Barrier;

use cartwright::domain::EmailAddress;
use cartwright::domain::messages::MessageStatus;
use cartwright::jobs;
use cartwright::ops::purchases::{Confirmation, Stated, confirm};

use super::postman::Postman;
use super::support::{SITE, World};
use super::{cart, expect_true_figures, first, world};

/// As many as the variable says, else a few.
fn rounds() -> usize {
    std::env::var("CARTWRIGHT_TEST_RACES").ok().and_then(|text| text.parse().ok()).unwrap_or(200)
}

#[test]
fn no_letter_leaves_after_a_purchase_was_committed() {
    let captured = World::new();
    race(&captured, None);
    let postman = Postman::new();
    let sending = world(&postman);
    // A conversation takes longer, so fewer rounds take as long.
    race(&sending, Some(&postman));
}

fn race(world: &World, postman: Option<&Postman>) {
    let rounds = if postman.is_some() { rounds() / 2 } else { rounds() };
    let carts: Vec<(String, String)> = (0..rounds)
        .map(|at| {
            let email = format!("ann{at}@example.com");
            (cart(world, &email), email)
        })
        .collect();
    let hand = world.app.hand.clone().expect("a clock set by hand");
    world.advance("59m");
    hand.set(world.app.now().plus(60));
    let together = Barrier::new(2);
    let (app, site) = (Arc::clone(&world.app), world.site(SITE));
    // What the buyer's server saw: which letters had left by the time at which its purchase was acknowledged.
    let mut late = Vec::new();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            together.wait();
            jobs::run_due(&app).expect("the sender runs");
        });
        together.wait();
        for (cart, email) in carts.iter().rev() {
            let told = Confirmation {
                email: EmailAddress::parse(email).expect("an address"),
                order_id: Some(format!("order of {email}")),
                total: Stated::Nothing,
                codes: Vec::new(),
                source: "race",
            };
            let site = site.clone();
            app.store.write(move |tx| confirm(tx, &site, told)).expect("a purchase");
            let at_once = first(world, cart).status;
            if matches!(at_once, MessageStatus::Queued | MessageStatus::Cancelled) {
                late.push((cart, email));
            }
        }
    });
    assert!(!late.is_empty(), "the purchases never came first");
    for (cart, email) in late {
        let letter = first(world, cart);
        assert_eq!(letter.status, MessageStatus::Cancelled, "{letter:?}");
        assert!(postman.is_none_or(|postman| postman.got().iter().all(|got| got.to != *email)), "{email}");
    }
    expect_true_figures(world);
}
