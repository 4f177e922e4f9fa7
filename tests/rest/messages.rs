//! Letters by way of the REST interface. Their links hold tokens of the shop's secret, so no transcript has them.

use serde_json::{Value, json};

use crate::support::World;

#[test]
fn a_letter_is_read_with_its_headers_and_both_of_its_parts() {
    let world = World::new();
    let item = json!({ "product_id": "mug", "product_name": "Stoneware mug", "quantity": 1, "unit_price": 1450 });
    let cart = world.rest("POST", "/v1/carts", &json!({ "email": "ann@example.com", "items": [item] })).json();
    world.advance("2h");
    let id = cart["id"].as_str().expect("an id");
    let rows = world.rest("GET", &format!("/v1/messages?cart_id={id}&status=sent"), &Value::Null).json();
    let keys: Vec<&String> = rows["data"][0].as_object().expect("a row").keys().collect();
    assert_eq!(keys, ["id", "object", "cart_id", "step", "email", "subject", "status", "created_at", "sent_at"]);
    let letter = rows["data"][0]["id"].as_str().expect("an id");
    let full = world.rest("GET", &format!("/v1/messages/{letter}"), &Value::Null).json();
    for (part, said) in [("headers", "Subject: You left"), ("html", "Stoneware mug"), ("text", "Stoneware mug")] {
        assert!(full[part].as_str().is_some_and(|text| text.contains(said)), "{part}: {}", full[part]);
    }
}
