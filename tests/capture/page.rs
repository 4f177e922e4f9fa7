//! A shop's page in a browser: it says things about its visitor, and what became of them is read by the back door.

use std::cell::Cell;

use cartwright::domain::carts::{Cart, Item};
use cartwright::domain::messages::Message;
use cartwright::domain::purchases::Purchase;
use cartwright::domain::stats::Figures;
use cartwright::ops;
use cartwright::store;
use serde_json::{Value, json};

use crate::support::{KEY, Reply, SITE, World};

pub const ORIGIN: &str = "https://shop.example";
pub const BROWSER: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

/// A world whose shop has one origin.
pub fn world() -> World {
    let world = World::new();
    world.set(SITE, "origins", ORIGIN);
    world
}

/// A visitor of the shop. Each word is said by a person's browser unless it says otherwise.
pub struct Visitor<'a> {
    world: &'a World,
    id: String,
    pub human: Cell<bool>,
}

impl<'a> Visitor<'a> {
    pub fn of(world: &'a World, name: &str) -> Self {
        Visitor { world, id: format!("visitor-{name:-<16}"), human: Cell::new(true) }
    }

    /// What the script would send, with this on top.
    pub fn body(&self, command: &str, more: &Value) -> Value {
        let mut body = json!({ "site": SITE, "visitor": self.id, "command": command, "human": self.human.get() });
        let more = more.as_object().expect("an object").clone();
        body.as_object_mut().expect("an object").extend(more);
        body
    }

    /// Says something, and is heard.
    pub fn says(&self, command: &str, more: Value) {
        let reply = self.tries(command, more);
        assert_eq!((reply.status, reply.body.as_str()), (204, ""));
    }

    /// Says something.
    pub fn tries(&self, command: &str, more: Value) -> Reply {
        send(self.world, &[], &self.body(command, &more))
    }

    /// The newest cart of this browser, with its lines.
    pub fn cart(&self) -> Option<(Cart, Vec<Item>)> {
        self.carts().pop()
    }

    /// All carts of this browser, the oldest first.
    pub fn carts(&self) -> Vec<(Cart, Vec<Item>)> {
        let site = self.world.site(SITE);
        let found = self.world.app.store.read(|tx| {
            let mut found = Vec::new();
            store::carts::walk(tx, site.no, |cart| {
                if cart.visitor.as_deref() == Some(&self.id) {
                    let items = store::items::of_cart(tx, cart.no)?;
                    found.push((cart, items));
                }
                Ok(())
            })?;
            Ok(found)
        });
        found.expect("carts")
    }

    /// The letters about this browser's newest cart.
    pub fn letters(&self) -> Vec<Message> {
        let (cart, _) = self.cart().expect("a cart");
        self.world.app.store.read(|tx| store::messages::about(tx, cart.no)).expect("letters")
    }
}

/// Sends a body as a beacon does.
pub fn send(world: &World, more: &[(&str, &str)], body: &Value) -> Reply {
    let mut headers = vec![("Content-Type", "text/plain;charset=UTF-8"), ("Origin", ORIGIN), ("User-Agent", BROWSER)];
    for (name, value) in more {
        headers.retain(|(known, _)| known != name);
        headers.push((*name, *value));
    }
    world.call("POST", "/capture", &headers, body.to_string().as_bytes())
}

/// One line for so many major units.
pub fn beans(price: &str) -> Value {
    json!([{ "productID": "beans", "productName": "Beans", "quantity": "1", "productPrice": price }])
}

/// The shop's server confirms a sale; the code.
pub fn server_confirms(world: &World, email: &str, total: &str) -> i64 {
    let target = format!("/ss/v1/?key={KEY}&siteid={SITE}&email={email}&total={total}");
    world.get(&target).json()["resp"].as_i64().expect("a code")
}

pub fn purchases(world: &World) -> Vec<Purchase> {
    let site = world.site(SITE);
    let found = world.app.store.read(|tx| {
        let mut found = Vec::new();
        store::purchases::walk(tx, site.no, |purchase| {
            found.push(purchase);
            Ok(())
        })?;
        Ok(found)
    });
    found.expect("purchases")
}

/// All figures of all days, once they were held against the rows.
pub fn figures(world: &World) -> Figures {
    let site = world.site(SITE);
    let differences = world.app.store.read(|tx| ops::stats::verify(tx, &site)).expect("a check");
    assert_eq!(differences, []);
    let days = world.app.store.read(|tx| store::stats::all(tx, site.no)).expect("days");
    let mut total = Figures::default();
    days.into_iter().for_each(|day| total += day.figures);
    total
}
