//! The shop's own objects go out as they came in.

use cartwright::ops::archive::lines::Line;
use cartwright::ops::archive::read;
use cartwright::ops::carts::{self, NewItem};
use proptest::prelude::*;

use crate::world::*;

/// What an export writes of a cart with such metadata.
fn written(metadata: &str) -> String {
    let line = format!(
        r#"{{"type":"cart","id":"c","currency":"EUR","total":1,"created_at":"2024-01-15T10:00:00Z","metadata":{metadata}}}"#
    );
    let line = read::parse(line.as_bytes()).expect("a line");
    assert!(matches!(line, Line::Cart(_)));
    line.text()
}

proptest! {
    #[test]
    fn a_fraction_is_the_same_however_often_it_is_read_and_written(
        numbers in prop::collection::vec(any::<f64>().prop_filter("JSON has no others", |x| x.is_finite()), 1..20)
    ) {
        let metadata = serde_json::json!({ "numbers": numbers }).to_string();
        let text = written(&metadata);
        prop_assert!(text.contains(&metadata), "{} is not in {}", metadata, text);
    }
}

#[test]
fn the_largest_carts_that_a_shop_can_have_come_back_in() {
    let world = lively();
    let deep = (1..32).fold("{}".to_owned(), |inner, _| format!(r#"{{"in":{inner}}}"#));
    let mut cart = new_cart(Some("big@example.com"));
    cart.metadata = Some(deep.clone());
    let line = NewItem { metadata: Some(deep), notes: Some("x".repeat(6_000)), ..cart.items[0].clone() };
    cart.items = (0..500).map(|n| NewItem { product_id: format!("p-{n}"), ..line.clone() }).collect();
    world.when("01-22T10:00", |tx, site| carts::create(tx, site, cart).map(drop));
    let text = world.export("out.ndjson");
    assert!(text.split(|byte| *byte == b'\n').any(|line| line.len() > 3_000_000));
    let second = World::empty();
    second.taken(&[&String::from_utf8(text.clone()).expect("text")]);
    assert!(second.export("again.ndjson") == text, "not the same");
}
