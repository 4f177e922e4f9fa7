//! The links of a letter, driven from an abandoned cart to what each does: unsubscribe, click, open, restore. The
//! letters are those that the process captured.

mod clicks;
mod forgeries;
mod restores;
#[path = "../support/mod.rs"]
mod support;
mod unsubscribes;

use cartwright::domain::messages::{Event, Message};
use cartwright::domain::stats::Figures;
use cartwright::{ops, store};
use serde_json::{Value, json};
use support::{Reply, SITE, World};

/// Where letters say that they come from.
const BASE: &str = "https://mail.example";
/// A program that a person uses.
const BROWSER: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0";

/// A letter that was sent, with its cart.
struct Letter {
    cart_id: String,
    message: Message,
    html: String,
}

fn world() -> World {
    let world = World::with_environment(&[("CARTWRIGHT_PUBLIC_URL", BASE)]);
    world.add_shop();
    world
}

/// A cart of three lines, two of which have pages in the shop, is left, and the first letter about it goes out; a
/// minute later.
fn letter_to(world: &World, email: &str) -> Letter {
    letter_about(world, email, Some("https://shop.example/cart?lang=en#top"))
}

fn letter_about(world: &World, email: &str, restore_url: Option<&str>) -> Letter {
    let item = |name: &str, url: Option<&str>| json!({ "product_id": name, "name": name, "quantity": 2, "unit_price": 1_000, "product_url": url });
    let items = [
        item("Vase <b>", Some("https://shop.example/vase?a=1&b=2")),
        item("Card", None),
        item("Lamp", Some("https://shop.example/lamp")),
    ];
    let made = world.rest(
        "POST",
        "/v1/carts",
        &json!({ "email": email, "items": items, "restore_url": restore_url, "customer_id": "c-7" }),
    );
    assert_eq!(made.status, 201, "{}", made.body);
    world.advance("1h");
    world.advance("1m");
    let cart_id = made.json()["id"].as_str().expect("an id").to_owned();
    let message = letters(world, &cart_id).into_iter().find(|letter| letter.sent_at.is_some()).expect("a letter");
    let (html, _) = world.app.store.read(|tx| store::messages::body(tx, message.no)).expect("a body");
    Letter { cart_id, message, html: html.expect("HTML") }
}

/// The letters about a cart, oldest first.
fn letters(world: &World, cart_id: &str) -> Vec<Message> {
    let site = world.site(SITE);
    world.app.store.read(|tx| ops::outbox::explain(tx, &site, cart_id)).expect("letters").2
}

impl Letter {
    /// Our links of a kind, such as `/c/`, as paths, in order.
    fn links(&self, kind: &str) -> Vec<String> {
        let start = format!("\"{BASE}{kind}");
        self.html
            .match_indices(&start)
            .map(|(at, _)| {
                let link = &self.html[at + 1..];
                link[BASE.len()..link.find('"').expect("an end")].to_owned()
            })
            .collect()
    }

    fn link(&self, kind: &str) -> String {
        self.links(kind).first().unwrap_or_else(|| panic!("no {kind} in {}", self.html)).clone()
    }

    fn events(&self, world: &World) -> Vec<Event> {
        world.app.store.read(|tx| store::messages::events(tx, self.message.no)).expect("events")
    }

    /// Class and rule of each event.
    fn verdicts(&self, world: &World) -> Vec<(&'static str, String)> {
        let events = self.events(world).into_iter();
        events.map(|event| (event.class.as_str(), event.rule.unwrap_or_default())).collect()
    }
}

/// A GET as a person's browser makes it.
fn browse(world: &World, path: &str) -> Reply {
    world.call("GET", path, &[("User-Agent", BROWSER)], b"")
}

fn post(world: &World, path: &str) -> Reply {
    world.call("POST", path, &[], b"")
}

/// Where the page's undo button posts to, as seen from a page.
fn undo_on(page: &Reply) -> Option<String> {
    let (_, rest) = page.body.split_once("action=\"")?;
    let action = rest.split('"').next()?;
    Some(format!("/u/{}", action.trim_start_matches("../u/")))
}

/// The figures of all days together, which must be those of the rows.
fn figures(world: &World) -> Figures {
    let site = world.site(SITE);
    let differences = world.app.store.read(|tx| ops::stats::verify(tx, &site)).expect("verified");
    assert_eq!(differences, []);
    let mut sum = Figures::default();
    let days = world.app.store.read(|tx| store::stats::all(tx, site.no)).expect("figures");
    days.into_iter().for_each(|day| sum += day.figures);
    sum
}

/// Why letters about a cart were sent or not, in order.
fn reasons(world: &World, cart_id: &str) -> Vec<String> {
    let site = world.site(SITE);
    let (_, decisions, _) = world.app.store.read(|tx| ops::outbox::explain(tx, &site, cart_id)).expect("decisions");
    decisions.iter().map(|decision| decision.reason.to_string()).collect()
}

fn sent(world: &World, cart_id: &str) -> usize {
    letters(world, cart_id).iter().filter(|letter| letter.sent_at.is_some()).count()
}

fn cart(world: &World, id: &str) -> Value {
    world.rest("GET", &format!("/v1/carts/{id}"), &Value::Null).json()
}
