//! Our answers beside the vendors' published samples: the same names in the same order and nesting. Values are not
//! compared, for the samples contradict themselves. One test for each vendor; a sample stands beside the transcripts.

mod support;

use std::fs;
use std::path::Path;

use quick_xml::Reader;
use quick_xml::events::Event;
use serde_json::{Value, json};
use support::{ACCOUNT, KEY, SITE, World};

#[test]
fn the_loyalty_dashboard_is_built_like_the_vendors_sample() {
    let world = World::new();
    world.add_campaign(SITE, "Points Campaign", "points");
    world.add_member(SITE, Some("12345678900123456"), Some("16846"), Some("John"), Some("Smith"));
    for _ in 0..2 {
        let campaign_and_member = ("Points Campaign", "12345678900123456");
        world.record(false, SITE, campaign_and_member, 1_500, [None, Some("Smith"), Some("cashier123")]);
    }
    let reply = world.get(&format!(
        "/api.php?type=dashboard&API=1.5&user_id=john&user_api_key={KEY}&account_id={ACCOUNT}&most_active=10&\
         customer_count=10&total_customers_this_month=10&total_transactions_this_month=10&active_campaigns_count=10&\
         campaigns_per_day_activity=10&last_X_transactions=10&last_X_customers=10"
    ));
    assert_eq!(outline_of_xml(&reply.body), outline_of_xml(&sample("stickystreet/vendor-sample.xml")));
}

#[test]
fn the_dashboard_stats_are_built_like_the_vendors_sample() {
    let world = World::new();
    world.recovered_cart("customer0@example.com", 10_000);
    let shown = world.get(&format!("/secure/cartstack_api_dashboardstats.php?siteid={SITE}&apikey={KEY}")).json();
    let theirs: Value = serde_json::from_str(&sample("cartstack/vendor-sample-dashboard.json")).expect("a sample");
    same_build("", &shown, &theirs);
    // No share of ours is below one percent here, so the one with the vendor's missing zero has another pattern.
    same_format(&shown, &theirs, &["Email Address", "Bounce Rate"]);
}

#[test]
fn the_confirmation_is_built_like_the_vendors_sample() {
    let world = World::new();
    world.rest("POST", "/v1/carts", &json!({ "email": "ann@example.com" }));
    let shown = world.get(&format!("/ss/v1/?key={KEY}&siteid={SITE}&email=ann@example.com")).json();
    let theirs: Value = serde_json::from_str(&sample("cartstack/vendor-sample-confirmation.json")).expect("a sample");
    assert_eq!(shown, theirs);
    same_build("", &shown, &theirs);
}

#[test]
fn the_list_of_carts_is_built_like_the_vendors_sample() {
    let world = World::new();
    world.recovered_cart("john@example.com", 34_495);
    let item = json!({ "product_id": "p", "quantity": 1, "unit_price": 4_999 });
    let body = json!({ "email": "jane@example.com", "customer_id": "cust_abc123", "items": [item] });
    for _ in 0..11 {
        world.rest("POST", "/v1/carts", &body);
    }
    world.advance("1h");
    let shown = world.rest("GET", "/v1/carts", &Value::Null).json();
    let theirs: Value = serde_json::from_str(&sample("stateset/vendor-sample.json")).expect("a sample");
    assert_eq!(shown["has_more"], true);
    same_build("", &shown, &theirs);
    let words = ["id", "email", "customer_id", "status", "channel", "recovery_status"];
    same_format(&shown, &theirs, &words);
}

#[test]
fn the_counts_of_carts_are_built_like_the_vendors_sample() {
    let world = World::new();
    let shown = world.get(&format!("/v1/partners-api/shopping-carts?rest_key={KEY}")).json();
    let theirs: Value = serde_json::from_str(&sample("retargeting/vendor-sample.json")).expect("a sample");
    same_build("", &shown, &theirs);
}

/// The same keys in the same order, values of the same type; a list's entries are built like the first of the
/// sample's. Null is of every type.
fn same_build(path: &str, ours: &Value, theirs: &Value) {
    match (ours, theirs) {
        (Value::Object(ours), Value::Object(theirs)) => {
            let names = |map: &serde_json::Map<String, Value>| map.keys().cloned().collect::<Vec<_>>();
            assert_eq!(names(ours), names(theirs), "at {path}");
            ours.iter().for_each(|(name, value)| same_build(&format!("{path}.{name}"), value, &theirs[name]));
        }
        (Value::Array(ours), Value::Array(theirs)) => {
            assert!(!ours.is_empty(), "nothing to compare at {path}");
            ours.iter().for_each(|entry| same_build(&format!("{path}[]"), entry, &theirs[0]));
        }
        (Value::Null, _) | (_, Value::Null) => {}
        (ours, theirs) => {
            let same = (ours.is_string(), ours.is_number(), ours.is_boolean())
                == (theirs.is_string(), theirs.is_number(), theirs.is_boolean());
            assert!(same, "{ours} and {theirs} at {path}");
        }
    }
}

/// Texts have the same pattern once every run of digits is one `9`, but for those of these names.
fn same_format(ours: &Value, theirs: &Value, free: &[&str]) {
    match (ours, theirs) {
        (Value::Object(ours), Value::Object(theirs)) => {
            for (name, value) in ours.iter().filter(|(name, _)| !free.contains(&name.as_str())) {
                same_format(value, &theirs[name], free);
            }
        }
        (Value::Array(ours), Value::Array(theirs)) => {
            ours.iter().for_each(|entry| same_format(entry, &theirs[0], free));
        }
        (Value::String(ours), Value::String(theirs)) => assert_eq!(pattern(ours), pattern(theirs)),
        _ => {}
    }
}

fn pattern(text: &str) -> String {
    let mut pattern = String::new();
    for c in text.chars() {
        match c {
            '0'..='9' if pattern.ends_with('9') => {}
            '0'..='9' => pattern.push('9'),
            other => pattern.push(other),
        }
    }
    pattern
}

fn sample(file: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/transcripts").join(file);
    fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// The elements of a document, each once where several of the same name and build follow each other, with their
/// attributes' names and without any text.
fn outline_of_xml(xml: &str) -> String {
    let mut reader = Reader::from_str(xml);
    // What stands open, each with its head and the outlines of what it holds.
    let mut open: Vec<(String, Vec<String>)> = vec![(String::new(), Vec::new())];
    loop {
        match reader.read_event().unwrap_or_else(|e| panic!("{e}: {xml}")) {
            Event::Start(tag) => {
                let mut head = tag.name().as_ref().to_owned();
                for attribute in tag.attributes() {
                    head.push_str(&format!(" @{}", attribute.expect("an attribute").key.as_ref()));
                }
                open.push((head, Vec::new()));
            }
            Event::End(_) => {
                let (head, inner) = open.pop().expect("an open element");
                let outline = format!("{head}\n{}", inner.concat().replace('\n', "\n  "));
                let outer = &mut open.last_mut().expect("what it stands in").1;
                if outer.last() != Some(&outline) {
                    outer.push(outline);
                }
            }
            Event::Eof => return open.remove(0).1.concat(),
            _ => {}
        }
    }
}
