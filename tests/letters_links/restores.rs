//! The way back to the cart.

use crate::support::SITE;
use crate::*;

#[test]
fn the_way_back_leads_to_the_shop_and_says_which_cart_it_is() {
    let world = world();
    let letter = letter_to(&world, "ann@example.com");
    let before = cart(&world, &letter.cart_id);
    let reply = browse(&world, &letter.link("/r/"));
    assert_eq!(reply.status, 302);
    let id = letter.cart_id.replace('_', "%5F").replace('-', "%2D");
    let expected = format!("https://shop.example/cart?lang=en&cartwright_cart={id}#top");
    assert_eq!(reply.header("location"), Some(expected.as_str()));
    assert_eq!(reply.header("set-cookie"), None, "it logs nobody in");
    assert_eq!(cart(&world, &letter.cart_id), before, "and changes nothing of the cart");
    assert_eq!(letter.verdicts(&world), [("human", "browser".into())]);
    assert_eq!(figures(&world).clicked, 1);
    // Another device, another day: the same.
    world.advance("1d");
    let phone = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15";
    assert_eq!(world.call("GET", &letter.link("/r/"), &[("User-Agent", phone)], b"").status, 302);
    assert_eq!(figures(&world).clicked, 1);
}

#[test]
fn without_a_page_of_the_shop_it_shows_what_is_in_the_cart_and_nobody() {
    let world = world();
    let letter = letter_about(&world, "ann@example.com", None);
    let page = browse(&world, &letter.link("/r/"));
    assert_eq!((page.status, page.header("location")), (200, None));
    assert!(page.body.contains("2 &times; <a href=\"https://shop.example/vase?a=1&amp;b=2\""), "{}", page.body);
    assert!(page.body.contains("Vase &lt;b&gt;"), "{}", page.body);
    for personal in ["ann", "c-7", "<b>", "<script"] {
        assert!(!page.body.contains(personal), "{personal} in {}", page.body);
    }
}

#[test]
fn a_restore_page_of_the_shop_that_is_none_of_the_web_is_not_gone_to() {
    let world = world();
    let letter = letter_to(&world, "ann@example.com");
    let conn = rusqlite::Connection::open(world.app.store.path()).expect("the file");
    conn.execute("update carts set restore_url = 'javascript:alert(1)'", []).expect("a change");
    let page = browse(&world, &letter.link("/r/"));
    assert_eq!((page.status, page.header("location")), (200, None));
}

#[test]
fn it_ends_after_thirty_days_as_clicks_do() {
    let world = world();
    world.set(SITE, "track.opens", "on");
    let letter = letter_to(&world, "ann@example.com");
    world.advance("29d");
    assert_eq!(browse(&world, &letter.link("/r/")).status, 302);
    world.advance("1d");
    for link in [letter.link("/r/"), letter.link("/c/")] {
        let page = browse(&world, &link);
        assert_eq!(page.status, 404);
        assert!(page.body.contains("This link does not work"), "{}", page.body);
    }
    browse(&world, &letter.link("/o/"));
    assert_eq!(letter.events(&world).len(), 1);
}

#[test]
fn whoever_a_letter_is_forwarded_to_sees_the_cart_and_becomes_nobody_by_it() {
    let world = world();
    let letter = letter_to(&world, "ann@example.com");
    let phone = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15";
    let way = world.call("GET", &letter.link("/r/"), &[("User-Agent", phone)], b"");
    assert_eq!((way.status, way.header("set-cookie")), (302, None));
    // The friend fills a cart and buys, under an address of their own.
    let item = serde_json::json!({ "product_id": "vase", "quantity": 1, "unit_price": 2_500 });
    let own = serde_json::json!({ "email": "bob@example.com", "items": [item] });
    let own = world.rest("POST", "/v1/carts", &own).json()["id"].as_str().expect("an id").to_owned();
    let bought = world.get(&format!("/ss/v1/?key={}&siteid={SITE}&email=bob@example.com", crate::support::KEY));
    assert_eq!(bought.json()["resp"], 100);
    assert_eq!(
        (cart(&world, &own)["status"].clone(), cart(&world, &own)["recovery_status"].clone()),
        ("converted".into(), serde_json::Value::Null)
    );
    // It was not the owner who bought: her cart waits, and she is written to again.
    let left = cart(&world, &letter.cart_id);
    assert_eq!((left["status"].clone(), left["email"].clone()), ("abandoned".into(), "ann@example.com".into()));
    let before = sent(&world, &letter.cart_id);
    world.advance("2d");
    assert!(sent(&world, &letter.cart_id) > before, "{:?}", reasons(&world, &letter.cart_id));
    assert_eq!(figures(&world).recovered, 0);
}
