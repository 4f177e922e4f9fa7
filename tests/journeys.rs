//! What happens to carts as time passes: left, written about, bought, recovered, expired. The clock is set by hand.

mod support;

use cartwright::domain::carts::Class;
use cartwright::domain::messages::{Event, EventKind};
use cartwright::domain::{EmailAddress, stats::Figures};
use cartwright::ops;
use cartwright::ops::messages::NewMessage;
use serde_json::{Value, json};
use support::{KEY, SITE, World, instant};

/// A cart of this address with one line, and its id.
fn cart(world: &World, email: &str) -> String {
    let item = json!({ "product_id": "p", "quantity": 1, "unit_price": 1_000 });
    let made = world.rest("POST", "/v1/carts", &json!({ "email": email, "items": [item] }));
    assert_eq!(made.status, 201, "{}", made.body);
    made.json()["id"].as_str().expect("an id").to_owned()
}

fn read(world: &World, id: &str) -> Value {
    world.rest("GET", &format!("/v1/carts/{id}"), &Value::Null).json()
}

fn letter(world: &World, cart_id: &str, email: &str) -> String {
    let site = world.site(SITE);
    let new = NewMessage {
        cart_id: cart_id.into(),
        sequence_id: "default".into(),
        step: 1,
        email: EmailAddress::parse(email).expect("an address"),
        subject: "You left something".into(),
        html: None,
        text: None,
    };
    let sent = world.app.store.write(move |tx| {
        let letter = ops::messages::enqueue(tx, &site, new)?;
        ops::messages::mark_sent(tx, &site, &letter.id)
    });
    sent.expect("a letter").id
}

fn evidence(world: &World, letter_id: &str, kind: EventKind, class: Class) {
    let (site, id) = (world.site(SITE), letter_id.to_owned());
    let event = Event { kind, at: world.app.now(), class, rule: Some("test".into()), evidence: None };
    world.app.store.write(move |tx| ops::messages::record_event(tx, &site, &id, event)).expect("an event");
}

fn buy(world: &World, email: &str) -> i64 {
    let reply = world.get(&format!("/ss/v1/?key={KEY}&siteid={SITE}&email={email}"));
    reply.json()["resp"].as_i64().expect("a code")
}

/// The figures of all days and currencies together.
fn figures(world: &World) -> Figures {
    let site = world.site(SITE);
    let (from, to) = ("2026-01-01".parse().expect("a day"), "2027-12-31".parse().expect("a day"));
    let days = world.app.store.read(|tx| ops::stats::between(tx, &site, from, to)).expect("figures");
    let mut sum = Figures::default();
    days.into_iter().for_each(|day| sum += day.figures);
    sum
}

#[test]
fn a_cart_is_abandoned_at_the_instant_of_its_delay_however_late_anybody_looks() {
    let world = World::new();
    let id = cart(&world, "ann@example.com");
    // Time passes and no job runs.
    world.app.hand.as_ref().expect("a hand").set(instant("2026-03-15T18:00:00Z"));
    let seen = read(&world, &id);
    assert_eq!(
        (seen["status"].as_str(), seen["abandoned_at"].as_str()),
        (Some("abandoned"), Some("2026-03-15T12:30:00Z"))
    );
    assert_eq!(figures(&world).abandoned, 0, "nothing was written yet");
    world.advance("0s");
    assert_eq!((figures(&world).abandoned, figures(&world).abandoned_identified), (1, 1));
}

#[test]
fn an_empty_cart_is_not_abandoned_and_expires() {
    let world = World::new();
    let made = world.rest("POST", "/v1/carts", &json!({ "email": "ann@example.com" })).json();
    let id = made["id"].as_str().expect("an id");
    world.advance("29d");
    assert_eq!(read(&world, id)["status"], "active");
    world.advance("1d");
    assert_eq!(read(&world, id)["status"], "expired");
    assert_eq!(figures(&world).abandoned, 0);
}

#[test]
fn a_cart_that_comes_back_is_abandoned_again_and_counted_once() {
    let world = World::new();
    let id = cart(&world, "ann@example.com");
    world.advance("1h");
    let item = json!({ "product_id": "q", "quantity": 1, "unit_price": 500 });
    world.rest("POST", &format!("/v1/carts/{id}/items"), &item);
    assert_eq!(read(&world, &id)["status"], "active");
    world.advance("1h");
    let seen = read(&world, &id);
    assert_eq!(
        (seen["status"].as_str(), seen["abandoned_at"].as_str()),
        (Some("abandoned"), Some("2026-03-15T13:30:00Z"))
    );
    assert_eq!(figures(&world).abandoned, 1);
}

#[test]
fn an_opened_letter_recovers_the_cart_that_was_bought_after_it() {
    let world = World::new();
    let id = cart(&world, "ann@example.com");
    world.advance("1h");
    let letter = letter(&world, &id, "ann@example.com");
    assert_eq!(read(&world, &id)["recovery_status"], "email_sent");
    evidence(&world, &letter, EventKind::Open, Class::Human);
    world.advance("1h");
    assert_eq!(buy(&world, "ann@example.com"), 100);
    let seen = read(&world, &id);
    assert_eq!((seen["status"].as_str(), seen["recovery_status"].as_str()), (Some("converted"), Some("recovered")));
    let counted = figures(&world);
    assert_eq!((counted.recovered, counted.recovered_revenue), (1, 1_000));
}

#[test]
fn a_return_without_engagement_is_no_recovery() {
    let world = World::new();
    let id = cart(&world, "ann@example.com");
    world.advance("1h");
    letter(&world, &id, "ann@example.com");
    assert_eq!(buy(&world, "ann@example.com"), 100);
    assert_eq!(read(&world, &id)["recovery_status"], "email_sent");
    assert_eq!((figures(&world).recovered, figures(&world).purchases), (0, 1));
}

#[test]
fn a_machines_open_recovers_nothing() {
    let world = World::new();
    let id = cart(&world, "ann@example.com");
    world.advance("1h");
    let letter = letter(&world, &id, "ann@example.com");
    evidence(&world, &letter, EventKind::Open, Class::Machine);
    buy(&world, "ann@example.com");
    assert_eq!((figures(&world).recovered, figures(&world).opened), (0, 0));
}

#[test]
fn an_open_is_not_enough_where_a_click_is_required() {
    let world = World::new();
    world.set(SITE, "attribution.requires", "click");
    for (email, kind) in [("ann@example.com", EventKind::Open), ("bob@example.com", EventKind::Click)] {
        let id = cart(&world, email);
        world.advance("1h");
        let letter = letter(&world, &id, email);
        evidence(&world, &letter, kind, Class::Unknown);
        buy(&world, email);
    }
    assert_eq!(figures(&world).recovered, 1);
}

#[test]
fn a_letter_that_was_only_sent_is_enough_where_that_is_required() {
    let world = World::new();
    world.set(SITE, "attribution.requires", "sent");
    let id = cart(&world, "ann@example.com");
    world.advance("1h");
    letter(&world, &id, "ann@example.com");
    buy(&world, "ann@example.com");
    assert_eq!(figures(&world).recovered, 1);
}

#[test]
fn an_engagement_longer_ago_than_the_window_recovers_nothing() {
    let world = World::new();
    world.set(SITE, "attribution.window", "2d");
    world.set(SITE, "cart_expires_after", "60d");
    let id = cart(&world, "ann@example.com");
    world.advance("1h");
    let letter = letter(&world, &id, "ann@example.com");
    evidence(&world, &letter, EventKind::Click, Class::Human);
    world.advance("49h");
    buy(&world, "ann@example.com");
    assert_eq!(figures(&world).recovered, 0);
}

#[test]
fn a_purchase_through_a_new_cart_recovers_and_closes_the_one_that_was_left() {
    let world = World::new();
    let left = cart(&world, "ann@example.com");
    world.advance("1h");
    let letter = letter(&world, &left, "ann@example.com");
    evidence(&world, &letter, EventKind::Click, Class::Human);
    world.advance("5m");
    let bought = cart(&world, "Ann@Example.com");
    world.advance("5m");
    assert_eq!(buy(&world, "ann@example.com"), 100);
    assert_eq!(read(&world, &bought)["recovery_status"], Value::Null);
    assert_eq!(read(&world, &left)["recovery_status"], "recovered");
    assert_eq!(read(&world, &left)["status"], "converted");
    assert_eq!(figures(&world).recovered, 1);
    // Neither cart is left for a second purchase to convert or recover.
    world.advance("25h");
    assert_eq!(buy(&world, "ann@example.com"), 102);
    assert_eq!(figures(&world).recovered, 1);
}

#[test]
fn a_cart_left_untouched_since_its_purchase_was_told_is_claimed_when_it_arrives() {
    let world = World::new();
    assert_eq!(buy(&world, "ann@example.com"), 102);
    let id = cart(&world, "ann@example.com");
    assert_eq!(read(&world, &id)["status"], "converted");
    world.advance("1m");
    let later = cart(&world, "ann@example.com");
    assert_eq!(read(&world, &later)["status"], "active");
}

#[test]
fn a_refund_lowers_the_revenue_of_the_purchases_day_and_no_count() {
    let world = World::new();
    world.recovered_cart("ann@example.com", 5_000);
    world.advance("3d");
    let site = world.site(SITE);
    let purchase = world.app.store.read(|tx| {
        let mut id = None;
        cartwright::store::purchases::walk(tx, site.no, |purchase| {
            id = Some(purchase.id);
            Ok(())
        })?;
        Ok(id)
    });
    let id = purchase.expect("a read").expect("a purchase");
    let (shop, again) = (site.clone(), id.clone());
    world.app.store.write(move |tx| ops::purchases::refund(tx, &shop, &id, 2_000)).expect("a refund");
    let refused = world.app.store.write(move |tx| ops::purchases::refund(tx, &site, &again, 3_001));
    assert!(refused.is_err(), "more than was paid");
    let counted = figures(&world);
    assert_eq!((counted.recovered, counted.recovered_revenue, counted.revenue), (1, 3_000, 3_000));
    let today = "startdate=2026-03-18&enddate=2026-03-18";
    let shown =
        world.get(&format!("/secure/cartstack_api_dashboardstats.php?siteid={SITE}&apikey={KEY}&{today}")).json();
    assert_eq!(shown["dashboard"]["Recovered Revenue"], "$0.00");
}

#[test]
fn days_are_cut_anew_when_the_zone_changes() {
    let world = World::new();
    cart(&world, "ann@example.com");
    world.advance("12h");
    let day = |world: &World| {
        let target = format!(
            "/secure/cartstack_api_dashboardstats.php?siteid={SITE}&apikey={KEY}&startdate=2026-03-16&enddate=2026-03-16"
        );
        world.get(&target).json()["dashboard"]["Abandon Carts"].as_str().expect("a count").to_owned()
    };
    assert_eq!(day(&world), "0");
    // Abandoned at 12:30 UTC, which in Auckland is the day after.
    world.set(SITE, "timezone", "Pacific/Auckland");
    assert_eq!(day(&world), "1");
}

#[test]
fn a_new_delay_holds_for_carts_that_are_already_idle() {
    let world = World::new();
    let id = cart(&world, "ann@example.com");
    world.set(SITE, "abandon_after", "2h");
    world.advance("1h");
    assert_eq!(read(&world, &id)["status"], "active");
    world.set(SITE, "abandon_after", "10m");
    world.advance("0s");
    assert_eq!(read(&world, &id)["abandoned_at"], "2026-03-15T12:10:00Z");
}

#[test]
fn unsubscribing_twice_counts_once() {
    let world = World::new();
    let (site, email) = (world.site(SITE), EmailAddress::parse("ann@example.com").expect("an address"));
    for expected in [true, false] {
        let (site, email) = (site.clone(), email.clone());
        let new = world.app.store.write(move |tx| {
            let reason = cartwright::domain::suppressions::Reason::Unsubscribe;
            ops::suppressions::suppress(tx, &site, &email, reason, None)
        });
        assert_eq!(new.expect("an unsubscribe"), expected);
    }
    assert_eq!(figures(&world).unsubscribed, 1);
}

#[test]
fn a_batch_of_due_carts_ends_when_it_took_long_enough_and_always_gets_on() {
    let world = World::new();
    let carts: Vec<_> = ["ann@example.com", "ben@example.com"].iter().map(|email| cart(&world, email)).collect();
    let later = world.app.now().plus(7_200);
    let batch = |enough: bool| {
        world.app.store.write(move |tx| ops::clockwork::settle_due(&tx.at(later), 100, || enough)).expect("a batch")
    };
    let abandoned = || carts.iter().filter(|id| read(&world, id)["status"] == "abandoned").count();
    assert!(batch(true), "the other is left");
    assert_eq!(abandoned(), 1);
    assert!(!batch(false), "nothing is left");
    assert_eq!(abandoned(), 2);
}
