//! Letters on their way: real conversations with a mail server over loopback, what comes back, a process that is
//! killed while it sends, and purchases that race the sender.

#[path = "../support/mod.rs"]
mod support;

mod breaker;
mod conversation;
mod ending;
mod gate;
mod kills;
mod postman;
mod races;
mod reports;
mod test_letter;
mod tls;

use cartwright::domain::letters::Decision;
use cartwright::domain::messages::Message;
use cartwright::ops;
use postman::Postman;
use serde_json::json;
use support::{SITE, World};

/// A world whose letters go to this mail server, and whose shop has said what it must.
fn world(postman: &Postman) -> World {
    world_with(postman, &[])
}

fn world_with(postman: &Postman, more: &[(&str, &str)]) -> World {
    let world = shut_world(postman, more);
    world.go_live(SITE);
    world
}

/// The same before anybody let the letters out.
fn shut_world(postman: &Postman, more: &[(&str, &str)]) -> World {
    let port = postman.port().to_string();
    // The first of one name wins.
    let mut variables = more.to_vec();
    variables.extend_from_slice(&[
        ("CARTWRIGHT_PUBLIC_URL", "https://carts.example"),
        ("CARTWRIGHT_MAIL_TRANSPORT", "smtp"),
        ("CARTWRIGHT_MAIL_SMTP_HOST", "127.0.0.1"),
        ("CARTWRIGHT_MAIL_SMTP_PORT", port.as_str()),
        ("CARTWRIGHT_MAIL_SMTP_TLS", "none"),
        ("CARTWRIGHT_MAIL_SMTP_TIMEOUT_SECONDS", "1"),
    ]);
    let world = World::with_environment(&variables);
    world.add_shop();
    world.set(SITE, "postal_address", "1 Mill Lane, Hudson NY");
    world.set(SITE, "letters.from", "shop@example.com");
    world
}

/// A cart with an item, left from now on.
fn cart(world: &World, email: &str) -> String {
    let item = json!({ "product_id": "p", "name": "A mug", "quantity": 1, "unit_price": 1_450 });
    let made = world.rest("POST", "/v1/carts", &json!({ "email": email, "items": [item] }));
    assert_eq!(made.status, 201, "{}", made.body);
    made.json()["id"].as_str().expect("an id").to_owned()
}

/// What was decided about a cart, and the letters about it.
fn explained(world: &World, cart: &str) -> (Vec<Decision>, Vec<Message>) {
    let site = world.site(SITE);
    let (_, decisions, letters) = world.app.store.read(|tx| ops::outbox::explain(tx, &site, cart)).expect("the cart");
    (decisions, letters)
}

/// The first letter about a cart.
fn first(world: &World, cart: &str) -> Message {
    explained(world, cart).1.into_iter().next().expect("a letter")
}

fn is_suppressed(world: &World, email: &str) -> bool {
    let site = world.site(SITE);
    let email = cartwright::domain::EmailAddress::parse(email).expect("an address");
    let hash = cartwright::domain::suppressions::hash_address(&site, &email);
    world.app.store.read(|tx| cartwright::store::suppressions::is_suppressed(tx, site.no, &hash)).expect("an answer")
}

/// The kept figures are those of the rows.
#[track_caller]
fn expect_true_figures(world: &World) {
    let site = world.site(SITE);
    let differences = world.app.store.read(|tx| ops::stats::verify(tx, &site)).expect("a check");
    assert!(differences.is_empty(), "{differences:?}");
}
