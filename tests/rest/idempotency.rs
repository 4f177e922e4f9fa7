//! Two writes with one `Idempotency-Key` are one.

use rusqlite::Connection;
use serde_json::{Value, json};

use crate::support::{KEY, Reply, World};

fn create(world: &World, key: &str) -> Reply {
    let body = json!({ "items": [{ "product_id": "p", "quantity": 1, "unit_price": 500 }] }).to_string();
    let bearer = format!("Bearer {KEY}");
    let headers = [("Authorization", bearer.as_str()), ("Content-Type", "application/json"), ("Idempotency-Key", key)];
    world.call("POST", "/v1/carts", &headers, body.as_bytes())
}

fn carts(world: &World) -> i64 {
    world.rest("GET", "/v1/carts", &Value::Null).json()["total_count"].as_i64().expect("a count")
}

fn rows(world: &World, sql: &str) -> i64 {
    let conn = Connection::open(world.app.store.path()).expect("the file");
    conn.query_row(sql, [], |row| row.get(0)).expect("a count")
}

#[test]
fn callers_that_say_the_same_at_once_make_one_cart_and_hear_the_same() {
    let world = World::new();
    let replies: Vec<Reply> = std::thread::scope(|scope| {
        let callers: Vec<_> = (0..12).map(|_| scope.spawn(|| create(&world, "at-once"))).collect();
        callers.into_iter().map(|caller| caller.join().expect("no panic")).collect()
    });
    assert!(replies.iter().all(|reply| reply.status == 201 && reply.body == replies[0].body));
    let replayed = replies.iter().filter(|reply| reply.header("idempotency-replayed") == Some("true"));
    assert_eq!(replayed.count(), 11);
    assert_eq!(carts(&world), 1);
}

#[test]
fn a_write_and_its_answer_are_kept_together_or_not_at_all() {
    let world = World::new();
    let outside =
        |sql: &str| Connection::open(world.app.store.path()).expect("the file").execute_batch(sql).expect("done");
    outside("create trigger broken before insert on idempotency_keys begin select raise(abort, 'no'); end");
    assert_eq!(create(&world, "k").status, 500);
    assert_eq!(carts(&world), 0, "the cart went with the answer");
    outside("drop trigger broken");
    assert_eq!(create(&world, "k").status, 201);
    assert_eq!(create(&world, "k").header("idempotency-replayed"), Some("true"));
    assert_eq!(carts(&world), 1);
}

#[test]
fn what_a_day_is_over_of_is_swept_and_what_is_not_stays() {
    let world = World::new();
    create(&world, "old");
    world.advance("23h");
    create(&world, "new");
    world.advance("1h");
    assert_eq!(rows(&world, "select count(*) from idempotency_keys"), 1);
    assert_eq!(create(&world, "new").header("idempotency-replayed"), Some("true"));
    assert_eq!(create(&world, "old").header("idempotency-replayed"), None);
    assert_eq!(carts(&world), 3);
}

/// The secret of an endpoint is said once: what is kept for a day, in the file and in its copies, is without it.
#[test]
fn a_replayed_answer_is_without_the_secret_that_the_first_one_had() {
    let world = World::new();
    let bearer = format!("Bearer {KEY}");
    let headers = [("Authorization", bearer.as_str()), ("Content-Type", "application/json"), ("Idempotency-Key", "w")];
    let add = || world.call("POST", "/v1/webhooks", &headers, br#"{"url":"https://shop.example/hooks"}"#);
    let (first, second) = (add(), add());
    assert_eq!((first.status, second.status), (201, 201), "{}", first.body);
    assert_eq!(second.header("idempotency-replayed"), Some("true"));
    let mut told = first.json();
    let secret = told["secret"].as_str().expect("a secret").to_owned();
    let object = told.as_object_mut().expect("an object");
    object.remove("secret");
    assert_eq!(second.body, serde_json::to_string(&told).expect("JSON"), "the rest is the same, in the same order");
    assert_eq!(rows(&world, "select count(*) from idempotency_keys where body like '%whsec_%'"), 0);
    assert!(secret.starts_with("whsec_"));
}
