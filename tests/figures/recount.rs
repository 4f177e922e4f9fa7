//! Each dialect's answer beside a plain recount of the rows.

use std::collections::BTreeMap;

use cartwright::domain::{Day, Site, Timestamp, Zone};
use serde_json::{Value, json};

use crate::acts::{KINDS, Shop};
use crate::rows::{Rows, number, text, time};
use crate::support::{World, instant};

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

pub fn holds_cartstack(world: &World, shop: &Shop, rows: &Rows) {
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

pub fn holds_retargeting(world: &World, shop: &Shop, rows: &Rows) {
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

pub fn holds_stateset(world: &World, shop: &Shop, rows: &Rows) {
    let listed: Vec<&Value> =
        rows.carts.iter().filter(|cart| cart["class"] != "machine" && cart["deleted_at"].is_null()).collect();
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

pub fn holds_stickystreet(world: &World, shop: &Shop, rows: &Rows) {
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
