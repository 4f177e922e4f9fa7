//! What is older than the shop wants to keep people for is stripped by the clock alone, and the sums stay.

use serde_json::{Value, json};

use super::support::{SITE, World};
use super::{all_is_sound, cartwright, exported, holds, line, nouns};

fn customer(world: &World, id: &str, email: &str) {
    let made = world.rest("POST", "/v1/customers", &json!({ "id": id, "email": email, "first_name": id, "code": id }));
    assert!(made.status < 300, "{}", made.body);
}

/// Carts, purchases and their sums, as the shop's list shows them.
fn sums(world: &World) -> (Value, Value) {
    let sales = world.rest("GET", "/v1/purchases", &Value::Null).json();
    (sales["total_count"].clone(), sales["data"][0]["total"].clone())
}

#[test]
fn old_people_go_by_themselves_and_young_ones_stay() {
    let world = World::new();
    world.add_campaign(SITE, "Points", "points");
    world.recovered_cart("oldie@example.com", 5_000);
    customer(&world, "Oldie", "oldie@example.com");
    customer(&world, "Saver", "saver@example.com");
    world.record(false, SITE, ("Points", "Saver"), 7, [None, None, None]);
    let before = sums(&world);
    world.advance("61d");
    let young = json!({ "email": "young@example.com", "items": [line()] });
    assert_eq!(world.rest("POST", "/v1/carts", &young).status, 201);
    world.advance("1d");
    // Nobody asked for it.
    assert!(nouns(&exported(&world, "oldie@example.com")).contains(&"messages"));
    let data = world.app.config.data.clone();
    let off = cartwright(&data, &["privacy", "retention", "--dry-run"]);
    assert!(off.contains("retention.after is not set"), "{off}");

    world.set(SITE, "retention.after", "60d");
    world.advance("1h");
    assert_eq!(exported(&world, "oldie@example.com"), json!({}));
    assert!(nouns(&exported(&world, "young@example.com")).contains(&"carts"));
    // Who has something to redeem is kept, however long ago that was.
    assert!(nouns(&exported(&world, "saver@example.com")).contains(&"customers"));
    assert!(!holds(&world, "oldie@example.com"));
    assert_eq!(sums(&world), before);
    all_is_sound(&world);
}

#[test]
fn a_dry_run_says_what_would_go_and_changes_nothing() {
    let world = World::new();
    // The command goes by the wall clock, which is months behind the world's beginning or before it.
    world.recovered_cart("oldie@example.com", 5_000);
    world.set(SITE, "retention.after", "30d");
    let data = world.app.config.data.clone();
    let shown = exported(&world, "oldie@example.com");
    let dry = cartwright(&data, &["privacy", "retention", "--dry-run"]);
    assert!(dry.contains("nothing was changed"), "{dry}");
    assert_eq!(exported(&world, "oldie@example.com"), shown);
    let wall = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970").as_secs();
    let is_old = i64::try_from(wall).expect("an instant") - world.app.now().secs() > 31 * 86_400;
    assert_eq!(dry.contains(": 1 of purchases"), is_old, "{dry}");
    let told = cartwright(&data, &["privacy", "retention"]);
    assert_eq!(told.contains(": 1 of purchases"), is_old, "{told}");
    assert_eq!(exported(&world, "oldie@example.com") == json!({}), is_old);
    all_is_sound(&world);
}
