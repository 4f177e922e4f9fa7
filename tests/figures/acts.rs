//! What may happen to a shop, through its doors where there is one, else through the operation behind it.

use cartwright::domain::carts::Class;
use cartwright::domain::engagement::{Evidence, Link};
use cartwright::domain::loyalty::CampaignKind;
use cartwright::domain::messages::{Event, EventKind};
use cartwright::domain::suppressions::{Reason, Source};
use cartwright::domain::users::{Campaigns, Role};
use cartwright::domain::{EmailAddress, Site};
use cartwright::ops;
use cartwright::ops::customers::NewMember;
use cartwright::ops::loyalty::{NewCampaign, NewEntry};
use cartwright::ops::messages::NewMessage;
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Value, json};

use crate::rows::{Rows, number, text};
use crate::support::{self, World};

/// One thing that may happen to one of the two shops. An index picks among what is there; where nothing is, nothing
/// happens.
#[derive(Clone, Debug)]
pub enum Act {
    Advance { minutes: i64 },
    Create { email: Option<u8>, currency: usize, price: i64, order: Option<u8> },
    Machine { email: u8 },
    Page { visitor: u8, command: usize, email: Option<u8>, price: Option<i64> },
    AddItem { cart: Index, price: i64 },
    TakeItem { cart: Index },
    Clear { cart: Index },
    Change { cart: Index, email: u8, order: Option<u8> },
    Convert { cart: Index, total: Option<i64>, order: Option<u8> },
    Delete { cart: Index },
    Confirm { email: u8, total: Option<i64>, order: Option<u8> },
    Letter { cart: Index },
    Evidence { letter: Index, kind: usize, class: usize },
    Hit { letter: Index, link: usize, name: usize },
    Unsubscribe { email: u8, letter: Option<Index> },
    UndoUnsubscribes,
    Refund { purchase: Index, share: i64 },
    Member,
    Entry { member: Index, campaign: usize, amount: i64, redeem: bool },
    Reverse { entry: Index },
}

pub fn act() -> impl Strategy<Value = Act> {
    let order = || prop::option::weighted(0.2, 0..4_u8);
    prop_oneof![
        4 => (1..2_000_i64).prop_map(|minutes| Act::Advance { minutes }),
        4 => (prop::option::weighted(0.8, 0..4_u8), 0..3_usize, 0..9_000_i64, order())
            .prop_map(|(email, currency, price, order)| Act::Create { email, currency, price, order }),
        1 => (0..4_u8).prop_map(|email| Act::Machine { email }),
        4 => (0..3_u8, 0..4_usize, prop::option::weighted(0.4, 0..4_u8), prop::option::of(0..9_000_i64))
            .prop_map(|(visitor, command, email, price)| Act::Page { visitor, command, email, price }),
        1 => (any::<Index>(), 1..5_000_i64).prop_map(|(cart, price)| Act::AddItem { cart, price }),
        1 => any::<Index>().prop_map(|cart| Act::TakeItem { cart }),
        1 => any::<Index>().prop_map(|cart| Act::Clear { cart }),
        2 => (any::<Index>(), 0..4_u8, order()).prop_map(|(cart, email, order)| Act::Change { cart, email, order }),
        2 => (any::<Index>(), prop::option::of(0..9_000_i64), order())
            .prop_map(|(cart, total, order)| Act::Convert { cart, total, order }),
        1 => any::<Index>().prop_map(|cart| Act::Delete { cart }),
        3 => (0..4_u8, prop::option::of(0..9_000_i64), order())
            .prop_map(|(email, total, order)| Act::Confirm { email, total, order }),
        3 => any::<Index>().prop_map(|cart| Act::Letter { cart }),
        4 => (any::<Index>(), 0..5_usize, 0..3_usize)
            .prop_map(|(letter, kind, class)| Act::Evidence { letter, kind, class }),
        4 => (any::<Index>(), 0..5_usize, 0..4_usize).prop_map(|(letter, link, name)| Act::Hit { letter, link, name }),
        1 => Just(Act::UndoUnsubscribes),
        1 => (0..4_u8, prop::option::of(any::<Index>()))
            .prop_map(|(email, letter)| Act::Unsubscribe { email, letter }),
        1 => (any::<Index>(), 1..100_i64).prop_map(|(purchase, share)| Act::Refund { purchase, share }),
        1 => Just(Act::Member),
        2 => (any::<Index>(), 0..5_usize, 1..3_000_i64, any::<bool>())
            .prop_map(|(member, campaign, amount, redeem)| Act::Entry { member, campaign, amount, redeem }),
        1 => any::<Index>().prop_map(|entry| Act::Reverse { entry }),
    ]
}

pub const KINDS: [CampaignKind; 5] =
    [CampaignKind::Points, CampaignKind::Giftcard, CampaignKind::Events, CampaignKind::Earned, CampaignKind::Buyx];

/// One of the two shops, with what was made in it.
pub struct Shop {
    pub site: Site,
    pub key: String,
    campaigns: Vec<String>,
    carts: Vec<String>,
    letters: Vec<String>,
    members: Vec<i64>,
    entries: Vec<String>,
}

fn pick<'a, T>(index: &Index, from: &'a [T]) -> Option<&'a T> {
    (!from.is_empty()).then(|| index.get(from))
}

impl Shop {
    pub fn open(world: &World, name: &str, currency: &str, zone: &str) -> Self {
        let site = world.add_site(name, &format!("acct_{name}"), currency, zone);
        let key = format!("key-of-{name}");
        world.add_key(&site, &key, "all");
        world.add_user(&site, "john", Role::Admin, Campaigns::All, &key);
        let campaigns = KINDS
            .into_iter()
            .map(|kind| {
                let site = site.clone();
                let new = NewCampaign::named(kind.to_string(), kind);
                world.app.store.write(move |tx| ops::loyalty::add_campaign(tx, &site, new)).expect("a campaign").id
            })
            .collect();
        let none = || Vec::new();
        Shop { site, key, campaigns, carts: none(), letters: none(), members: Vec::new(), entries: none() }
    }

    pub fn call(&self, world: &World, method: &str, target: &str, body: &Value) -> Value {
        let bearer = format!("Bearer {}", self.key);
        let headers = [("Authorization", bearer.as_str()), ("Content-Type", "application/json")];
        let body = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
        let reply = world.call(method, target, &headers, &body);
        assert!(reply.status < 500, "{method} {target}: {}", reply.body);
        reply.json()
    }

    fn address(&self, number: u8) -> String {
        // Both shops know the same people.
        format!("Person{number}@example.com")
    }

    pub fn act(&mut self, world: &World, act: &Act) {
        let site = self.site.clone();
        let store = &world.app.store;
        match act {
            Act::Advance { minutes } => world.advance(&format!("{minutes}m")),
            Act::Create { email, currency, price, order } => {
                let (code, channel) = [("USD", "web"), ("EUR", "mobile"), ("JPY", "pos")][*currency];
                let mut body = json!({
                    "currency": code,
                    "channel": channel,
                    "items": [{ "product_id": "p", "quantity": 1, "unit_price": price }],
                });
                if let Some(number) = email {
                    body["email"] = self.address(*number).into();
                }
                if let Some(number) = order {
                    body["order_id"] = format!("order-{number}").into();
                }
                let made = self.call(world, "POST", "/v1/carts", &body);
                self.carts.push(made["id"].as_str().expect("an id").to_owned());
            }
            Act::Page { visitor, command, email, price } => {
                let command = ["tracking", "tracking-cart", "capture", "confirmation"][*command];
                let mut body = json!({
                    "site": site.site_id, "visitor": format!("visitor-number-{visitor}"), "human": true,
                    "command": command,
                });
                if let Some(number) = email {
                    body["email"] = self.address(*number).into();
                }
                if let Some(price) = price {
                    body["items"] = json!([{ "id": "p", "price": price }]);
                }
                let headers = [("Origin", "http://localhost"), ("User-Agent", "Firefox")];
                let reply = world.call("POST", "/capture", &headers, body.to_string().as_bytes());
                assert_eq!(reply.status, 204, "{body}");
            }
            Act::Machine { email } => {
                let new = support::machine_cart(&self.address(*email));
                let made = store.write(move |tx| ops::carts::create(tx, &site, new)).expect("a machine's cart");
                self.carts.push(made.cart.id);
            }
            Act::AddItem { cart, price } => {
                let Some(id) = pick(cart, &self.carts) else { return };
                let item = json!({ "product_id": format!("p{price}"), "quantity": 2, "unit_price": price });
                self.call(world, "POST", &format!("/v1/carts/{id}/items"), &item);
            }
            Act::TakeItem { cart } => {
                let Some(id) = pick(cart, &self.carts) else { return };
                let full = self.call(world, "GET", &format!("/v1/carts/{id}"), &Value::Null);
                if let Some(item) = full["items"][0]["id"].as_str() {
                    self.call(world, "DELETE", &format!("/v1/carts/{id}/items/{item}"), &Value::Null);
                }
            }
            Act::Clear { .. } | Act::Change { .. } | Act::Convert { .. } | Act::Delete { .. } => {
                self.whole_cart(world, act)
            }
            Act::Confirm { email, total, order } => {
                let mut target =
                    format!("/ss/v1/?key={}&siteid={}&email={}", self.key, self.site.site_id, self.address(*email));
                if let Some(total) = total {
                    target.push_str(&format!("&total={}.{:02}", total / 100, total % 100));
                }
                if let Some(order) = order {
                    target.push_str(&format!("&orderid=order-{order}"));
                }
                let code = world.get(&target).json()["resp"].as_i64();
                assert!(matches!(code, Some(100 | 102)), "{target} answered {code:?}");
            }
            Act::Letter { cart } => {
                let Some(id) = pick(cart, &self.carts).cloned() else { return };
                let full = self.call(world, "GET", &format!("/v1/carts/{id}"), &Value::Null);
                let Some(email) = full["email"].as_str().map(|text| EmailAddress::parse(text).expect("an address"))
                else {
                    return;
                };
                let letter = NewMessage {
                    cart_id: id,
                    sequence_id: "default".into(),
                    step: 1,
                    email,
                    subject: "You left something".into(),
                    html: None,
                    text: None,
                };
                let sent = store.write(move |tx| {
                    let letter = ops::messages::enqueue(tx, &site, letter)?;
                    ops::messages::mark_sent(tx, &site, &letter.id)
                });
                self.letters.push(sent.expect("a letter").id);
            }
            Act::Evidence { letter, kind, class } => {
                let Some(id) = pick(letter, &self.letters).cloned() else { return };
                let event = Event {
                    kind: EventKind::ALL[*kind],
                    at: world.app.now(),
                    class: Class::ALL[*class],
                    rule: Some("test".into()),
                    evidence: None,
                };
                store.write(move |tx| ops::messages::record_event(tx, &site, &id, event)).expect("an event");
            }
            Act::Hit { letter, link, name } => {
                let Some(id) = pick(letter, &self.letters).cloned() else { return };
                let links =
                    [None, Some(Link::Honeypot), Some(Link::Restore), Some(Link::Numbered(1)), Some(Link::Numbered(2))];
                let kind = if *link == 0 { EventKind::Open } else { EventKind::Click };
                let name = ["Mozilla/5.0 (X11) Firefox", "Mozilla/5.0", "Mailbird", "NewBot/1.0"][*name];
                let evidence = Evidence { link: links[*link].clone(), ..Evidence::of("GET", Some(name), None, None) };
                let kept = store.write(move |tx| {
                    let letter = cartwright::store::messages::by_id(tx, site.no, &id)?.expect("the letter");
                    ops::engagement::record(tx, &site, &letter, kind, &evidence)
                });
                kept.expect("a hit");
            }
            Act::UndoUnsubscribes => {
                let (source, now) = (Source::Page, world.app.now());
                let done =
                    store.write(move |tx| ops::suppressions::undo_burst(tx, &site, source, now.plus(-7_200), now));
                done.expect("an undo");
            }
            Act::Unsubscribe { email, letter } => {
                let email = EmailAddress::parse(&self.address(*email)).expect("an address");
                let letter = letter.as_ref().and_then(|index| pick(index, &self.letters)).cloned();
                let done = store.write(move |tx| {
                    let (reason, letter) = (Reason::Unsubscribe, letter.as_deref());
                    ops::suppressions::suppress_through(tx, &site, &email, reason, letter, Source::Page)
                });
                done.expect("an unsubscribe");
            }
            Act::Refund { purchase, share } => {
                let rows = Rows::of(world, &self.site);
                let Some(row) = pick(purchase, &rows.purchases) else { return };
                let (id, amount) = (text(row, "id"), number(row, "total") * share / 100);
                // More than what is left is refused, and that is fine.
                drop(store.write(move |tx| ops::purchases::refund(tx, &site, &id, amount)));
            }
            Act::Member => {
                let member = NewMember { first_name: Some("Ann".into()), ..NewMember::default() };
                let made = store.write(move |tx| ops::customers::add_member(tx, &site, member)).expect("a member");
                self.members.push(made.0);
            }
            Act::Entry { member, campaign, amount, redeem } => {
                let Some(customer) = pick(member, &self.members).copied() else { return };
                let new = NewEntry {
                    campaign_id: self.campaigns[*campaign].clone(),
                    customer,
                    amount: *amount,
                    item: None,
                    description: None,
                    user: Some("john".into()),
                };
                let redeem = *redeem;
                let made = store.write(move |tx| {
                    if redeem { ops::loyalty::redeem(tx, &site, new) } else { ops::loyalty::earn(tx, &site, new) }
                });
                self.entries.extend(made.ok().map(|entry| entry.id));
            }
            Act::Reverse { entry } => {
                let Some(id) = pick(entry, &self.entries).cloned() else { return };
                // A second undoing is refused, and that is fine.
                drop(store.write(move |tx| ops::loyalty::reverse(tx, &site, &id, None)));
            }
        }
    }
}

impl Shop {
    /// What the shop's server does to a whole cart.
    fn whole_cart(&self, world: &World, act: &Act) {
        let (cart, method, path, mut body, order) = match act {
            Act::Clear { cart } => (cart, "POST", "/clear", Value::Null, &None),
            Act::Change { cart, email, order } => (cart, "PATCH", "", json!({ "email": self.address(*email) }), order),
            Act::Convert { cart, total, order } => (cart, "POST", "/convert", json!({ "total": total }), order),
            Act::Delete { cart } => (cart, "DELETE", "", Value::Null, &None),
            _ => return,
        };
        let Some(id) = pick(cart, &self.carts) else { return };
        if let Some(order) = order {
            body["order_id"] = format!("order-{order}").into();
        }
        self.call(world, method, &format!("/v1/carts/{id}{path}"), &body);
    }
}
