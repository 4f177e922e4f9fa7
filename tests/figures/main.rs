//! Whatever happens, in whatever order: every kept figure and every dialect's answer is what a plain recount of the
//! rows gives, and two shops in one store know nothing of each other. The rows come out by the archive's door.

#[path = "../support/mod.rs"]
mod support;

use std::collections::BTreeMap;

use cartwright::domain::carts::Class;
use cartwright::domain::loyalty::CampaignKind;
use cartwright::domain::messages::{Event, EventKind};
use cartwright::domain::suppressions::Reason;
use cartwright::domain::users::{Campaigns, Role};
use cartwright::domain::{Day, EmailAddress, Site, Timestamp, Zone};
use cartwright::ops;
use cartwright::ops::customers::NewMember;
use cartwright::ops::loyalty::{NewCampaign, NewEntry};
use cartwright::ops::messages::NewMessage;
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Value, json};
use support::{World, instant};

/// One thing that may happen to one of the two shops. An index picks among what is there; where nothing is, nothing
/// happens.
#[derive(Clone, Debug)]
enum Act {
    Advance { minutes: i64 },
    Create { email: Option<u8>, currency: usize, price: i64, order: Option<u8> },
    Machine { email: u8 },
    AddItem { cart: Index, price: i64 },
    TakeItem { cart: Index },
    Confirm { email: u8, total: Option<i64>, order: Option<u8> },
    Letter { cart: Index },
    Evidence { letter: Index, kind: usize, class: usize },
    Unsubscribe { email: u8, letter: Option<Index> },
    Refund { purchase: Index, share: i64 },
    Member,
    Entry { member: Index, campaign: usize, amount: i64, redeem: bool },
    Reverse { entry: Index },
}

fn act() -> impl Strategy<Value = Act> {
    let order = || prop::option::weighted(0.2, 0..4_u8);
    prop_oneof![
        4 => (1..2_000_i64).prop_map(|minutes| Act::Advance { minutes }),
        4 => (prop::option::weighted(0.8, 0..4_u8), 0..3_usize, 0..9_000_i64, order())
            .prop_map(|(email, currency, price, order)| Act::Create { email, currency, price, order }),
        1 => (0..4_u8).prop_map(|email| Act::Machine { email }),
        1 => (any::<Index>(), 1..5_000_i64).prop_map(|(cart, price)| Act::AddItem { cart, price }),
        1 => any::<Index>().prop_map(|cart| Act::TakeItem { cart }),
        3 => (0..4_u8, prop::option::of(0..9_000_i64), order())
            .prop_map(|(email, total, order)| Act::Confirm { email, total, order }),
        3 => any::<Index>().prop_map(|cart| Act::Letter { cart }),
        4 => (any::<Index>(), 0..5_usize, 0..3_usize)
            .prop_map(|(letter, kind, class)| Act::Evidence { letter, kind, class }),
        1 => (0..4_u8, prop::option::of(any::<Index>()))
            .prop_map(|(email, letter)| Act::Unsubscribe { email, letter }),
        1 => (any::<Index>(), 1..100_i64).prop_map(|(purchase, share)| Act::Refund { purchase, share }),
        1 => Just(Act::Member),
        2 => (any::<Index>(), 0..5_usize, 1..3_000_i64, any::<bool>())
            .prop_map(|(member, campaign, amount, redeem)| Act::Entry { member, campaign, amount, redeem }),
        1 => any::<Index>().prop_map(|entry| Act::Reverse { entry }),
    ]
}

const KINDS: [CampaignKind; 5] =
    [CampaignKind::Points, CampaignKind::Giftcard, CampaignKind::Events, CampaignKind::Earned, CampaignKind::Buyx];

/// One of the two shops, with what was made in it.
struct Shop {
    site: Site,
    key: String,
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
    fn open(world: &World, name: &str, currency: &str, zone: &str) -> Self {
        let site = world.add_site(name, &format!("acct_{name}"), currency, zone);
        let key = format!("key-of-{name}");
        world.add_key(&site, &key, "all");
        world.add_user(&site, "john", Role::Admin, Campaigns::All, &key);
        let campaigns = KINDS
            .into_iter()
            .map(|kind| {
                let site = site.clone();
                let new = NewCampaign {
                    name: kind.to_string(),
                    kind,
                    points_ratio: None,
                    reward_ratio: None,
                    earned_per_event: None,
                };
                world.app.store.write(move |tx| ops::loyalty::add_campaign(tx, &site, new)).expect("a campaign").id
            })
            .collect();
        let none = || Vec::new();
        Shop { site, key, campaigns, carts: none(), letters: none(), members: Vec::new(), entries: none() }
    }

    fn call(&self, world: &World, method: &str, target: &str, body: &Value) -> Value {
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

    fn act(&mut self, world: &World, act: &Act) {
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
            Act::Unsubscribe { email, letter } => {
                let email = EmailAddress::parse(&self.address(*email)).expect("an address");
                let letter = letter.as_ref().and_then(|index| pick(index, &self.letters)).cloned();
                let done = store.write(move |tx| {
                    ops::suppressions::suppress(tx, &site, &email, Reason::Unsubscribe, letter.as_deref())
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

/// A shop's rows, as the archive has them.
struct Rows {
    carts: Vec<Value>,
    purchases: Vec<Value>,
    messages: Vec<Value>,
    refunds: Vec<Value>,
    suppressions: Vec<Value>,
    entries: Vec<Value>,
    customers: Vec<Value>,
}

fn text(row: &Value, name: &str) -> String {
    row[name].as_str().unwrap_or_default().to_owned()
}

fn number(row: &Value, name: &str) -> i64 {
    row[name].as_i64().unwrap_or_default()
}

fn time(row: &Value, name: &str) -> Option<Timestamp> {
    row[name].as_str().map(instant)
}

impl Rows {
    fn of(world: &World, site: &Site) -> Self {
        let mut out = Vec::new();
        world.app.store.read(|tx| ops::archive::export::export(tx, site, &mut out)).expect("an archive");
        let lines: Vec<Value> = String::from_utf8(out)
            .expect("text")
            .lines()
            .map(|line| serde_json::from_str(line).expect("a line of JSON"))
            .collect();
        let of = |kind: &str| lines.iter().filter(|line| line["type"] == kind).cloned().collect();
        Rows {
            carts: of("cart"),
            purchases: of("purchase"),
            messages: of("message"),
            refunds: of("refund"),
            suppressions: of("suppression"),
            entries: of("loyalty_entry"),
            customers: of("customer"),
        }
    }

    fn made_by_machine(&self, cart_id: &Value) -> bool {
        self.carts.iter().any(|cart| cart["id"] == *cart_id && cart["class"] == "machine")
    }

    fn net(&self, purchase: &Value) -> i64 {
        let back: i64 = self
            .refunds
            .iter()
            .filter(|refund| refund["purchase_id"] == purchase["id"])
            .map(|refund| number(refund, "amount"))
            .sum();
        number(purchase, "total") - back
    }

    /// Carts that count, first abandoned at this instant.
    fn abandoned(&self) -> impl Iterator<Item = (&Value, Timestamp)> {
        self.carts
            .iter()
            .filter(|cart| cart["class"] != "machine")
            .filter_map(|cart| Some((cart, time(cart, "first_abandoned_at")?)))
    }

    fn recoveries(&self) -> impl Iterator<Item = (&Value, Timestamp)> {
        self.purchases
            .iter()
            .filter(|purchase| purchase["recovered_cart_id"].is_string())
            .filter_map(|purchase| Some((purchase, time(purchase, "at")?)))
    }

    /// The ledger without what was voided and what voided it.
    fn transactions(&self) -> Vec<&Value> {
        let voided: Vec<&str> = self.entries.iter().filter_map(|entry| entry["reverses"].as_str()).collect();
        self.entries
            .iter()
            .filter(|entry| {
                !entry["reverses"].is_string() && !voided.contains(&entry["id"].as_str().unwrap_or_default())
            })
            .collect()
    }
}

/// What CartStack's dashboard shows, recounted: the seven counts and the revenue of the site's currency, per day.
#[derive(Clone, Debug, Default, PartialEq)]
struct Counts {
    abandoned: i64,
    recovered: i64,
    revenue: i64,
    own_recovered: i64,
    sent: i64,
    opened: i64,
    clicked: i64,
    bounced: i64,
    unsubscribed: i64,
}

fn recount(rows: &Rows, site: &Site) -> BTreeMap<Day, Counts> {
    let mut days: BTreeMap<Day, Counts> = BTreeMap::new();
    let zone = &site.zone;
    for (cart, at) in rows.abandoned() {
        days.entry(zone.day_of(at)).or_default().abandoned += i64::from(cart["identified"] == true);
    }
    for (purchase, at) in rows.recoveries() {
        let day = days.entry(zone.day_of(at)).or_default();
        day.recovered += 1;
        if purchase["currency"] == site.currency.code() {
            day.own_recovered += 1;
            day.revenue += rows.net(purchase);
        }
    }
    for letter in &rows.messages {
        if letter["status"] != "sent" || rows.made_by_machine(&letter["cart_id"]) {
            continue;
        }
        let events = letter["events"].as_array().cloned().unwrap_or_default();
        let has = |kind: &str, machines: bool| {
            events.iter().any(|event| event["kind"] == kind && (machines || event["class"] != "machine"))
        };
        let by_suppression =
            rows.suppressions.iter().any(|row| row["reason"] == "unsubscribe" && row["message_id"] == letter["id"]);
        let day = days.entry(zone.day_of(time(letter, "sent_at").expect("sent"))).or_default();
        day.sent += 1;
        day.opened += i64::from(has("open", false));
        day.clicked += i64::from(has("click", false));
        day.bounced += i64::from(has("bounce", true));
        day.unsubscribed += i64::from(has("unsubscribe", true) || by_suppression);
    }
    for row in &rows.suppressions {
        if row["reason"] == "unsubscribe" && !row["message_id"].is_string() {
            days.entry(zone.day_of(time(row, "at").expect("a time"))).or_default().unsubscribed += 1;
        }
    }
    days
}

fn holds_cartstack(world: &World, shop: &Shop, rows: &Rows) {
    let target = format!(
        "/secure/cartstack_api_dashboardstats.php?siteid={}&apikey={}&startdate=2026-03-01&enddate=2026-12-31&returntype=day",
        shop.site.site_id, shop.key
    );
    let dashboard = world.get(&target).json()["dashboard"].clone();
    let days = recount(rows, &shop.site);
    let mut total = Counts::default();
    for shown in dashboard["days"].as_array().expect("days") {
        let (month, rest) = shown["Date"].as_str().expect("a date").split_once('/').expect("mm/dd/yyyy");
        let (date, year) = rest.split_once('/').expect("mm/dd/yyyy");
        let day: Day = format!("{year}-{month}-{date}").parse().expect("a day");
        let counted = days.get(&day).cloned().unwrap_or_default();
        holds_figures(shown, &counted, &shop.site);
        for (sum, part) in [
            (&mut total.abandoned, counted.abandoned),
            (&mut total.recovered, counted.recovered),
            (&mut total.revenue, counted.revenue),
            (&mut total.own_recovered, counted.own_recovered),
            (&mut total.sent, counted.sent),
            (&mut total.opened, counted.opened),
            (&mut total.clicked, counted.clicked),
            (&mut total.bounced, counted.bounced),
            (&mut total.unsubscribed, counted.unsubscribed),
        ] {
            *sum += part;
        }
    }
    holds_figures(&dashboard, &total, &shop.site);
    let mut newest: Vec<(Timestamp, String)> =
        rows.recoveries().map(|(purchase, at)| (at, text(purchase, "email"))).collect();
    newest.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
    let shown: Vec<&Value> = dashboard["recent recoveries"].as_array().expect("a list").iter().collect();
    assert_eq!(shown.len(), newest.len().min(10));
    let mut emails: Vec<String> = shown.iter().map(|row| text(row, "Email Address")).collect();
    let mut expected: Vec<String> = newest.iter().take(10).map(|(_, email)| email.clone()).collect();
    if newest.len() <= 10 {
        // Ties of one second have an order that the rows do not show.
        emails.sort();
        expected.sort();
        assert_eq!(emails, expected);
    }
}

fn holds_figures(shown: &Value, counted: &Counts, site: &Site) {
    let percent = |part: i64, whole: i64| {
        // Exact: hundredths of a percent, rounded half up, as text.
        let hundredths = if whole == 0 { 0 } else { (2 * part * 10_000 + whole) / (2 * whole) };
        let full = format!("{}.{:02}", hundredths / 100, hundredths % 100);
        let trimmed = full.trim_end_matches('0').trim_end_matches('.').to_owned();
        format!("{}%", if trimmed.starts_with("0.") { trimmed[1..].to_owned() } else { trimmed })
    };
    let money = |minor: i64| {
        let symbol = if site.currency.code() == "USD" { "$" } else { "€" };
        let sign = if minor < 0 { "-" } else { "" };
        format!("{sign}{symbol}{}.{:02}", minor.abs() / 100, minor.abs() % 100)
    };
    let average = match counted.own_recovered {
        0 => 0,
        count => (2 * counted.revenue + count).div_euclid(2 * count),
    };
    let expected = [
        ("Recovered Revenue", money(counted.revenue)),
        ("Abandon Carts", counted.abandoned.to_string()),
        ("Recovered Carts", counted.recovered.to_string()),
        ("Conversion Rate", percent(counted.recovered, counted.abandoned)),
        ("Average Order", money(average)),
        ("Email Sent", counted.sent.to_string()),
        ("Open Rate", percent(counted.opened, counted.sent)),
        ("Click Rate", percent(counted.clicked, counted.sent)),
        ("Bounce Rate", percent(counted.bounced, counted.sent)),
        ("Unsubscribes", counted.unsubscribed.to_string()),
    ];
    for (name, value) in expected {
        assert_eq!(shown[name], value, "{name} on {}", shown["Date"]);
    }
}

fn holds_retargeting(world: &World, shop: &Shop, rows: &Rows) {
    let now = world.app.now().secs();
    for (from, to) in [(now - 30 * 86_400, now), (now - 86_400, now), (now - 9_000, now - 3_000)] {
        let target = format!("/v1/partners-api/shopping-carts?rest_key={}&date_from={from}&date_to={to}", shop.key);
        let data = world.get(&target).json()["data"].clone();
        let within = |at: Timestamp| (from..=to).contains(&at.secs());
        let abandoned = rows.abandoned().filter(|(_, at)| within(*at)).count();
        let recovered = rows.recoveries().filter(|(_, at)| within(*at)).count();
        assert_eq!(data, json!({ "abandoned": abandoned, "recovered": recovered }));
    }
}

fn holds_stateset(world: &World, shop: &Shop, rows: &Rows) {
    let listed: Vec<&Value> = rows.carts.iter().filter(|cart| cart["class"] != "machine").collect();
    for (query, matches) in filters() {
        for status in [None, Some("active"), Some("abandoned"), Some("converted"), Some("expired")] {
            let target = match status {
                Some(status) => format!("/v1/carts?limit=100&{query}&status={status}"),
                None => format!("/v1/carts?limit=100&{query}"),
            };
            let list = shop.call(world, "GET", &target, &Value::Null);
            let wide: Vec<&Value> = listed.iter().copied().filter(|cart| matches(cart)).collect();
            let narrow: Vec<&Value> =
                wide.iter().copied().filter(|cart| status.is_none_or(|status| cart["status"] == status)).collect();
            holds_summary(&list, &wide, &narrow, &shop.site, &target);
        }
    }
    holds_walk(world, shop, &listed);
}

type Matches = fn(&Value) -> bool;

fn filters() -> [(&'static str, Matches); 6] {
    [
        ("", |_| true),
        ("has_email=true", |cart| cart["email"].is_string()),
        ("has_email=false", |cart| !cart["email"].is_string()),
        ("channel=mobile", |cart| cart["channel"] == "mobile"),
        ("min_value=2000", |cart| number(cart, "total") >= 2_000),
        ("created_after=2026-03-16T00:00:00Z&created_before=2026-04-01", |cart| {
            let at = time(cart, "created_at").expect("a time");
            at > instant("2026-03-16T00:00:00Z") && at < instant("2026-04-01T00:00:00Z")
        }),
    ]
}

fn holds_summary(list: &Value, wide: &[&Value], narrow: &[&Value], site: &Site, target: &str) {
    let own = |cart: &&&Value| cart["currency"] == site.currency.code();
    let with = |status: &str| wide.iter().filter(|cart| cart["status"] == status).count();
    let abandoned: i64 =
        wide.iter().filter(|c| c["status"] == "abandoned").filter(own).map(|cart| number(cart, "total")).sum();
    let totals: Vec<i64> = narrow.iter().filter(own).map(|cart| number(cart, "total")).collect();
    let average = match totals.len() as i64 {
        0 => 0,
        count => (2 * totals.iter().sum::<i64>() + count) / (2 * count),
    };
    assert_eq!(list["total_count"], narrow.len(), "{target}");
    assert_eq!(list["data"].as_array().map(Vec::len), Some(narrow.len().min(100)), "{target}");
    assert_eq!(list["summary"]["total_abandoned_value"], abandoned, "{target}");
    assert_eq!(list["summary"]["average_cart_value"], average, "{target}");
    for status in ["active", "abandoned", "converted", "expired"] {
        assert_eq!(list["summary"]["status_breakdown"][status], with(status), "{target}");
    }
}

/// A walk by cursor in every order sees each cart once, in that order.
fn holds_walk(world: &World, shop: &Shop, listed: &[&Value]) {
    for sort in ["created_at", "updated_at", "total", "abandoned_at"] {
        for descending in [true, false] {
            let mut expected: Vec<(Option<i64>, String)> = listed
                .iter()
                .map(|cart| {
                    let value = match sort {
                        "total" => Some(number(cart, "total")),
                        name => time(cart, name).map(Timestamp::secs),
                    };
                    (value, text(cart, "id"))
                })
                .collect();
            expected.sort();
            if descending {
                expected.reverse();
            }
            let (with, without): (Vec<_>, Vec<_>) = expected.into_iter().partition(|(value, _)| value.is_some());
            let expected: Vec<String> = with.into_iter().chain(without).map(|(_, id)| id).collect();
            let order = if descending { "desc" } else { "asc" };
            let mut seen: Vec<String> = Vec::new();
            loop {
                let after = seen.last().map_or(String::new(), |id| format!("&after={id}"));
                let target = format!("/v1/carts?limit=3&sort_by={sort}&sort_order={order}{after}");
                let page = shop.call(world, "GET", &target, &Value::Null);
                seen.extend(page["data"].as_array().expect("rows").iter().map(|row| text(row, "id")));
                if page["has_more"] == false {
                    break;
                }
            }
            assert_eq!(seen, expected, "{sort} {order}");
        }
    }
}

fn holds_stickystreet(world: &World, shop: &Shop, rows: &Rows) {
    let target = format!(
        "/?user_id=john&user_api_key={}&account_id={}&API=1.5&type=dashboard&output=json&most_active=1000\
         &customer_count=Y&total_customers_this_month=Y&total_transactions_this_month=Y&active_campaigns_count=Y\
         &campaigns_per_day_activity=30&last_X_transactions=1000&last_X_customers=1000",
        shop.key, shop.site.account_id
    );
    let shown = world.get(&target).json();
    let (zone, now) = (&shop.site.zone, world.app.now());
    let transactions = rows.transactions();
    let month = |zone: &Zone, at: Timestamp| zone.day_of(at).first_of_month();
    let this = month(zone, now);
    let of_this_month = |row: &&&Value| month(zone, time(row, "at").expect("a time")) == this;
    assert_eq!(shown["total_customers"]["all_time"], rows.customers.len().to_string());
    let entries_this_month = transactions.iter().filter(of_this_month).count();
    assert_eq!(shown["total_transactions"]["this_month"], entries_this_month.to_string());
    assert_eq!(shown["active_campaigns_count"], KINDS.len().to_string());
    let last = &shown["last_X_transactions"];
    assert_eq!(last["transactions"], transactions.len().to_string());
    assert_eq!(last["transaction"].as_array().map(Vec::len), Some(transactions.len()));
    assert_eq!(shown["last_X_customers"].as_array().map(Vec::len), Some(rows.customers.len()));
    let active: i64 = shown["most_active"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|row| text(row, "transactions").parse::<i64>().expect("a number"))
        .sum();
    assert_eq!(active, transactions.len() as i64);
    let recent = transactions
        .iter()
        .filter(|row| {
            let day = zone.day_of(time(row, "at").expect("a time"));
            cartwright::domain::time::days_between(day, zone.day_of(now)) < 30
        })
        .count() as i64;
    let by_day: i64 = shown["campaigns_per_day_activity"]
        .as_array()
        .expect("a list")
        .iter()
        .flat_map(|campaign| campaign["day"].as_array().expect("days"))
        .map(|day| text(day, "quantity").parse::<i64>().expect("a number"))
        .sum();
    assert_eq!(by_day, recent);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(
        std::env::var("FIGURES_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(24)
    ))]

    #[test]
    fn every_figure_is_what_a_plain_recount_of_the_rows_gives(
        acts in prop::collection::vec((any::<bool>(), act()), 1..70)
    ) {
        let world = World::empty();
        let mut shops = [
            Shop::open(&world, "first", "USD", "Europe/Paris"),
            Shop::open(&world, "second", "EUR", "Asia/Kathmandu"),
        ];
        for (second, act) in &acts {
            shops[usize::from(*second)].act(&world, act);
        }
        for shop in &shops {
            let differences = world.app.store.read(|tx| ops::stats::verify(tx, &shop.site)).expect("verified");
            prop_assert!(differences.is_empty(), "{differences:?}");
            let rows = Rows::of(&world, &shop.site);
            holds_cartstack(&world, shop, &rows);
            holds_retargeting(&world, shop, &rows);
            holds_stateset(&world, shop, &rows);
            holds_stickystreet(&world, shop, &rows);
        }
    }
}
