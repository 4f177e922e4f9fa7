//! What a service manager, a load balancer and Prometheus are told.

mod support;

use support::World;

#[test]
fn a_process_that_can_work_says_so_by_each_check() {
    let world = World::new();
    let reply = world.get("/readyz");
    assert_eq!(reply.status, 200, "{}", reply.body);
    let told = reply.json();
    assert_eq!(told["status"], "ready");
    let checks = told["checks"].as_object().expect("an object");
    let names: Vec<&str> = checks.keys().map(String::as_str).collect();
    assert_eq!(names, ["process", "store", "schema", "jobs", "upkeep", "webhooks", "backup"]);
    assert!(checks.values().all(|check| check["ok"] == true), "{told}");
    assert_eq!(reply.header("cache-control"), Some("no-store"));
}

#[test]
fn a_schema_that_another_process_brought_further_is_not_ready() {
    let world = World::new();
    let conn = rusqlite::Connection::open(world.app.store.path()).expect("the database");
    conn.pragma_update(None, "user_version", 999).expect("a version of the future");
    let reply = world.get("/readyz");
    assert_eq!(reply.status, 503);
    let told = reply.json();
    assert_eq!((&told["status"], &told["checks"]["schema"]["ok"]), (&"not ready".into(), &false.into()));
    assert_eq!(told["checks"]["store"]["ok"], true);
    // It still answers: a restart would not help until somebody installs the newer program.
    assert_eq!(world.get("/healthz").status, 200);
}

#[test]
fn a_store_that_cannot_be_written_is_not_ready_and_says_no_more_than_that() {
    let world = World::new();
    let conn = rusqlite::Connection::open(world.app.store.path()).expect("the database");
    // Somebody else holds the lock of writers for longer than anybody waits.
    conn.execute_batch("begin immediate").expect("the lock");
    let reply = world.get("/readyz");
    assert_eq!(reply.status, 503, "{}", reply.body);
    assert_eq!(reply.json()["checks"]["store"], serde_json::json!({ "ok": false, "found": "a write failed" }));
    conn.execute_batch("rollback").expect("the lock is free");
}

#[test]
fn a_process_that_was_told_to_end_is_not_ready_and_still_answers() {
    let world = World::new();
    world.app.ending.tell();
    let reply = world.get("/readyz");
    assert_eq!(reply.status, 503, "{}", reply.body);
    let told = reply.json();
    assert_eq!(told["checks"]["process"], serde_json::json!({ "ok": false, "found": "told to end" }));
    assert_eq!(told["checks"]["store"]["ok"], true);
    assert_eq!(world.get("/healthz").status, 200);
}
