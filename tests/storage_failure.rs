//! When the store fails, each dialect says so in its own words, nothing of ours is told to the client, and nothing is
//! half-written. A second connection breaks the store from outside, as a broken disk would.

mod support;

use rusqlite::Connection;
use serde_json::{Value, json};
use support::{ACCOUNT, KEY, Reply, SITE, World};

/// Does something to the database file behind the process's back.
fn outside(world: &World, sql: &str) {
    Connection::open(world.app.store.path()).expect("the file").execute_batch(sql).expect("done");
}

fn cart(world: &World) -> String {
    let item = json!({ "product_id": "p", "quantity": 1, "unit_price": 500 });
    let made = world.rest("POST", "/v1/carts", &json!({ "email": "ann@example.com", "items": [item] })).json();
    made["id"].as_str().expect("an id").to_owned()
}

fn confirm(world: &World) -> Reply {
    world.get(&format!("/ss/v1/?key={KEY}&siteid={SITE}&email=ann@example.com&total=5"))
}

const BROKEN: &str =
    "create trigger broken before insert on purchases begin select raise(abort, 'the disk said no'); end";

#[test]
fn a_confirmation_that_cannot_be_kept_is_told_so_and_leaves_the_cart_open() {
    let world = World::new();
    let id = cart(&world);
    outside(&world, BROKEN);
    let reply = confirm(&world);
    assert_eq!(reply.status, 200);
    assert_eq!(reply.body, r#"{"resp":102,"err_txt":"Purchase Insert Failed"}"#);
    assert_eq!(world.rest("GET", &format!("/v1/carts/{id}"), &Value::Null).json()["status"], "active");
    // The disk is well again, and the shop's plugin tries once more.
    outside(&world, "drop trigger broken");
    assert_eq!(confirm(&world).json()["resp"], 100);
    assert_eq!(world.rest("GET", &format!("/v1/carts/{id}"), &Value::Null).json()["status"], "converted");
}

#[test]
fn a_cart_that_cannot_be_kept_is_an_internal_error_in_the_envelope() {
    let world = World::new();
    outside(&world, &BROKEN.replace("purchases", "cart_items"));
    let item = json!({ "product_id": "p", "quantity": 1, "unit_price": 500 });
    let reply = world.rest("POST", "/v1/carts", &json!({ "items": [item] }));
    let error = reply.json()["error"].clone();
    assert_eq!(reply.status, 500);
    assert_eq!((error["code"].as_str(), error["type"].as_str()), (Some("INTERNAL_ERROR"), Some("api_error")));
    assert!(!reply.body.contains("disk"), "{}", reply.body);
    let list = world.rest("GET", "/v1/carts", &Value::Null).json();
    assert_eq!(list["total_count"], 0, "the cart went with its line");
}

#[test]
fn figures_that_cannot_be_read_are_told_in_each_dialects_own_words() {
    let world = World::new();
    outside(&world, "alter table purchases rename to gone; alter table loyalty_campaigns rename to lost");
    let dashboard = world.get(&format!("/secure/cartstack_api_dashboardstats.php?siteid={SITE}&apikey={KEY}"));
    assert_eq!((dashboard.status, dashboard.body.as_str()), (500, r#"{"error":"Something went wrong."}"#));
    let counts = world.get(&format!("/v1/partners-api/shopping-carts?rest_key={KEY}"));
    assert_eq!(counts.status, 200);
    assert_eq!(counts.body, r#"{"status":"error","message":"Something went wrong"}"#);
    let loyalty = world.get(&format!(
        "/?type=dashboard&API=1.5&user_id=john&user_api_key={KEY}&account_id={ACCOUNT}&active_campaigns_count=Y"
    ));
    assert_eq!(loyalty.status, 500);
    assert_eq!(loyalty.body, r#"<response status="error"><error>System error</error></response>"#);
}
