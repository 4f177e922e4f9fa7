//! Pages of carts by filters that no count is kept of: found one way where little matches and another where much does, and the same
//! carts either way.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::support::{World, instant};

const SORTS: [&str; 4] = ["created_at", "updated_at", "total", "abandoned_at"];

/// More than two of the largest pages hold.
const CARTS: i64 = 240;

/// Carts a minute apart with totals from 0.01 to 2.40, scattered; a third of them is changed again later, the older half is abandoned.
fn shop() -> World {
    let world = World::new();
    let mut ids = Vec::new();
    for number in 0..CARTS {
        world.advance(if number == CARTS / 2 { "2h" } else { "1m" });
        let total = number * 77 % CARTS + 1;
        let item = json!({ "product_id": "p", "quantity": 1, "unit_price": total });
        let email = (number % 5 != 0).then(|| format!("shopper{number}@example.com"));
        let made = world.rest("POST", "/v1/carts", &json!({ "email": email, "items": [item] })).json();
        ids.push(made["id"].as_str().expect("an id").to_owned());
    }
    for id in ids.iter().step_by(3) {
        let changed = world.rest("PATCH", &format!("/v1/carts/{id}"), &json!({ "metadata": { "seen": true } }));
        assert_eq!(changed.status, 200, "{}", changed.body);
    }
    world
}

fn get(world: &World, query: &str) -> Value {
    let reply = world.rest("GET", &format!("/v1/carts?{query}"), &Value::Null);
    assert_eq!(reply.status, 200, "{query}: {}", reply.body);
    reply.json()
}

fn rows(list: &Value) -> Vec<Value> {
    list["data"].as_array().expect("rows").clone()
}

/// All carts of a filter in an order, page by page.
fn walked(world: &World, query: &str, limit: usize) -> Vec<Value> {
    let (mut all, mut after) = (Vec::new(), String::new());
    loop {
        let list = get(world, &format!("{query}&limit={limit}{after}"));
        all.extend(rows(&list));
        if list["has_more"] == json!(false) {
            return all;
        }
        after = format!("&after={}", all.last().expect("a row")["id"].as_str().expect("an id"));
    }
}

fn ids(rows: &[Value]) -> Vec<&str> {
    rows.iter().map(|row| row["id"].as_str().expect("an id")).collect()
}

type Matches = Box<dyn Fn(&Value) -> bool>;

/// Filters that match none, few, many and all.
fn filters(all: &[Value]) -> Vec<(String, Matches)> {
    let number = |row: &Value, name: &str| row[name].as_i64().expect("a number");
    let at = |row: &Value, name: &str| instant(row[name].as_str().expect("an instant"));
    let mut filters: Vec<(String, Matches)> = Vec::new();
    for least in [1, 60, 200, 235, 240, 241] {
        filters.push((format!("min_total={least}"), Box::new(move |row| number(row, "total") >= least)));
    }
    let mut made: Vec<&str> = all.iter().map(|row| row["created_at"].as_str().expect("an instant")).collect();
    made.sort_unstable();
    for bound in [0, 4, 120, 234, 239] {
        let (text, bound) = (made[bound].to_owned(), instant(made[bound]));
        filters.push((format!("created_after={text}"), Box::new(move |row| at(row, "created_at") > bound)));
        filters.push((format!("created_before={text}"), Box::new(move |row| at(row, "created_at") < bound)));
        filters.push((format!("updated_after={text}"), Box::new(move |row| at(row, "updated_at") > bound)));
        filters.push((
            format!("created_before={text}&min_total=100&status=active"),
            Box::new(move |row| {
                at(row, "created_at") < bound && number(row, "total") >= 100 && row["status"] == "active"
            }),
        ));
    }
    filters
}

#[test]
fn whatever_a_filter_matches_is_listed_in_every_order_and_counted() {
    let world = shop();
    // A row of a list does not say when its cart was written last.
    let whole = |row: &Value| {
        let id = row["id"].as_str().expect("an id");
        world.rest("GET", &format!("/v1/carts/{id}"), &Value::Null).json()
    };
    let wholes: BTreeMap<String, Value> = walked(&world, "", 100)
        .iter()
        .map(whole)
        .map(|cart| (ids(std::slice::from_ref(&cart))[0].to_owned(), cart))
        .collect();
    let sorted: Vec<(String, Vec<Value>)> = SORTS
        .iter()
        .flat_map(|sort| ["asc", "desc"].map(|order| format!("sort_by={sort}&sort_order={order}")))
        .map(|query| {
            let all = walked(&world, &query, 100);
            let all = ids(&all).into_iter().map(|id| wholes[id].clone()).collect();
            (query, all)
        })
        .collect();
    assert!(sorted.iter().all(|(_, all)| all.len() as i64 == CARTS));
    for (query, matches) in filters(&sorted[0].1) {
        for (order, all) in &sorted {
            let expected: Vec<Value> = all.iter().filter(|row| matches(row)).cloned().collect();
            let whole = format!("{query}&{order}");
            assert_eq!(ids(&walked(&world, &whole, 100)), ids(&expected), "{whole}");
            let first = get(&world, &format!("{whole}&limit=4"));
            assert_eq!(ids(&rows(&first)), ids(&expected[..expected.len().min(4)]), "{whole}");
            assert_eq!(first["has_more"], expected.len() > 4, "{whole}");
            let later = get(&world, &format!("{whole}&limit=4&offset=3"));
            let end = expected.len().min(7);
            assert_eq!(ids(&rows(&later)), ids(&expected[end.min(3)..end]), "{whole}");
            assert_eq!(later["has_more"], expected.len() > 7, "{whole}");
            for list in [first, later] {
                assert_eq!(list["total_count"], expected.len(), "{whole}");
            }
        }
    }
}

#[test]
fn a_filtered_page_shows_what_was_written_since_it_was_asked_for_last() {
    let world = shop();
    for query in ["min_total=200&limit=5", "status=active&channel=web&limit=5", "created_after=2026-01-01&limit=5"] {
        for round in 1..=10 {
            world.advance("1m");
            let before = get(&world, query);
            assert_eq!(get(&world, query), before, "nothing was written");
            let item = json!({ "product_id": "p", "quantity": 1, "unit_price": 500 + round });
            let made = world.rest("POST", "/v1/carts", &json!({ "items": [item] })).json();
            let after = get(&world, query);
            assert_eq!(ids(&rows(&after))[0], made["id"], "the cart that was just made");
            let count = |list: &Value| list["total_count"].as_i64().expect("a count");
            assert_eq!(count(&after), count(&before) + 1, "{query}");
        }
    }
}
