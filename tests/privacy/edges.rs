//! Edges of an erasure: who is known by a browser alone, calls of a till that are told again, a file too big to be written anew
//! beside its server, and old people who go while a server runs.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use cartwright::store::ServeLock;
use rusqlite::Connection;
use serde_json::{Value, json};

use super::support::{ACCOUNT, KEY, SITE, World};
use super::{all_is_sound, asked, erase, exported, holds, line, nouns};

const ANN: &str = "ann@example.com";

fn capture(world: &World, visitor: &str, command: &str, more: Value) {
    let mut body = json!({ "site": SITE, "visitor": visitor, "command": command, "human": true });
    body.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    let headers = [
        ("Content-Type", "text/plain"),
        ("Origin", "https://shop.example"),
        ("User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"),
    ];
    let reply = world.call("POST", "/capture", &headers, body.to_string().as_bytes());
    assert_eq!(reply.status, 204, "{}", reply.body);
}

#[test]
fn a_cart_that_only_its_browser_joins_to_a_person_goes_with_the_person() {
    let world = World::new();
    world.set(SITE, "origins", "https://shop.example");
    let lines =
        |name: &str| json!([{ "productID": "p", "productName": name, "quantity": "1", "productPrice": "5.00" }]);
    // A cart before the address was known, which was bought, so that the browser's next cart is another.
    let (hers, another) = ("visitor-of-ann-0000001", "visitor-of-bob-0000002");
    capture(&world, hers, "tracking-cart", json!({ "items": lines("Gift for Wilhelmina"), "total": "5.00" }));
    capture(&world, another, "tracking-cart", json!({ "items": lines("Tea for Bartholomew"), "total": "5.00" }));
    world.advance("40d");
    capture(&world, hers, "capture", json!({ "email": ANN, "items": lines("A mug"), "total": "5.00" }));
    let shown = exported(&world, ANN);
    assert_eq!(shown["carts"].as_array().map(Vec::len), Some(2), "{shown:#}");
    assert_eq!(shown["carts"][0]["email"], Value::Null);
    assert!(shown.to_string().contains("Gift for Wilhelmina") && !shown.to_string().contains("Bartholomew"));
    let told = erase(&world, ANN);
    assert!(told.contains("2 of carts") && told.contains("stands nowhere"), "{told}");
    assert!(!holds(&world, "wilhelmina") && !holds(&world, hers) && holds(&world, "bartholomew"));
    assert_eq!(exported(&world, ANN), json!({}));
    all_is_sound(&world);
}

#[test]
fn a_till_that_tells_a_call_again_after_its_customer_is_gone_makes_nothing_twice() {
    let world = World::new();
    world.add_campaign(SITE, "Points", "points");
    let credentials = format!("API=1.6&user_id=john&user_api_key={KEY}&account_id={ACCOUNT}&output=JSON");
    let ask = |call: &str| world.get(&format!("/?{credentials}&{call}")).json();
    let member = "type=record_customer&customer_action=new&code=77&email=ann@example.com\
                  &client_reference=member/ann@example.com";
    assert_eq!(ask(member)["status"], "success");
    let campaigns = ask("type=campaigns_list");
    let id = campaigns["campaigns"][0]["id"].as_str().expect("an id").to_owned();
    let earn = format!("type=record_activity&campaign_id={id}&code=77&amount=5&client_reference=till/ann@example.com");
    assert_eq!(ask(&earn)["status"], "success");
    let count = |table: &str| -> i64 {
        let conn = Connection::open(world.app.store.path()).expect("the file");
        conn.query_row(&format!("select count(*) from {table}"), [], |row| row.get(0)).expect("a count")
    };
    let counts = || ["customers", "loyalty_entries", "loyalty_references"].map(count);
    assert_eq!(counts(), [1, 1, 2]);
    erase(&world, ANN);
    assert!(!holds(&world, ANN));
    let again = [ask(member), ask(&earn)];
    assert_eq!(counts(), [1, 1, 2], "{again:?}");
    assert!(!again[0].to_string().contains("ann@"), "{again:?}");
    assert!(!holds(&world, ANN), "a repeat brought the address back");
    all_is_sound(&world);
}

/// Makes the file bigger than what is written anew beside a server, and leaves a text in its free space, as a row does that
/// SQLite moved to another page.
fn fatten(path: &Path, left_behind: &str) {
    let conn = Connection::open(path).expect("the file");
    conn.execute_batch("create table padding (it); insert into padding values (zeroblob(70000000));")
        .expect("a big file");
    conn.pragma_update(None, "secure_delete", false).expect("a pragma");
    conn.execute("insert into padding values (:text)", [left_behind.repeat(400)]).expect("a text");
    conn.execute("delete from padding where it like :text", [format!("{left_behind}%")]).expect("it goes");
}

#[test]
fn a_big_file_is_left_as_it_is_beside_its_server_and_the_command_says_what_that_left() {
    let world = World::new();
    let data = world.app.config.data.clone();
    world.recovered_cart(ANN, 5_000);
    fatten(world.app.store.path(), ANN);
    let serving = ServeLock::take(&data).expect("nobody serves it");
    let output = asked(&data, &["privacy", "erase", ANN, "--yes"]);
    let told = String::from_utf8(output.stdout).expect("text");
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert!(!told.contains("was written anew") && told.contains("stop the server, and run this again"), "{told}");
    assert_eq!(exported(&world, ANN), json!({}), "its rows are erased all the same");
    assert!(holds(&world, ANN));
    drop(serving);
    let told = erase(&world, ANN);
    assert!(told.contains("was written anew") && told.contains("stands nowhere"), "{told}");
    assert!(!holds(&world, ANN));
    all_is_sound(&world);
}

#[test]
fn a_server_strips_old_rows_by_itself_once_it_runs() {
    let world = World::new();
    world.recovered_cart("oldie@example.com", 5_000);
    world.set(SITE, "retention.after", "30d");
    let data = world.app.config.data.clone();
    let conn = Connection::open(world.app.store.path()).expect("the file");
    // Whatever the wall clock says, by which a server goes.
    conn.execute_batch("update carts set updated_at = 1000000000; update purchases set at = 1000000000")
        .expect("an old cart and its purchase");
    let mut server = Command::new(env!("CARGO_BIN_EXE_cartwright"))
        .args(["serve", "--listen", "127.0.0.1:0", "--data"])
        .arg(&data)
        .env_clear()
        .current_dir(&data)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("a server");
    let mut line = String::new();
    BufReader::new(server.stdout.as_mut().expect("its output")).read_line(&mut line).expect("a line");
    let began = Instant::now();
    let named = || -> i64 {
        let sql = "select (select count(*) from carts where email is not null and updated_at = 1000000000)
                        + (select count(*) from purchases where email is not null)";
        conn.query_row(sql, [], |row| row.get(0)).expect("a count")
    };
    while named() > 0 && began.elapsed() < Duration::from_secs(60) {
        std::thread::yield_now();
    }
    let left = named();
    server.kill().expect("it ends");
    server.wait().expect("it ended");
    assert_eq!(left, 0, "{line}");
    // The sum is still there.
    let total: i64 = conn.query_row("select sum(total) from purchases", [], |row| row.get(0)).expect("a sum");
    assert_eq!(total, 5_000);
}

#[test]
fn what_retention_leaves_is_evidence_and_goes_when_the_person_is_erased() {
    let world = World::new();
    let cart = json!({ "email": ANN, "items": [line()], "consent": { "given": true, "wording": "May we write?" } });
    assert_eq!(world.rest("POST", "/v1/carts", &cart).status, 201);
    let registered = world.get(&format!("/v1/subscriber-register?k={KEY}&email={ANN}&name=Annabella"));
    assert_eq!(registered.json()["status"], "success", "{}", registered.body);
    assert_eq!(world.rest("POST", "/v1/suppressions", &json!({ "email": ANN })).status, 201);
    world.set(SITE, "retention.after", "30d");
    // A cart expires after thirty days, which is its last change.
    world.advance("70d");
    assert_eq!(nouns(&exported(&world, ANN)), ["consents", "subscribers", "suppressions"]);
    erase(&world, ANN);
    let left = exported(&world, ANN);
    assert_eq!((nouns(&left), &left["suppressions"][0]["email"]), (vec!["suppressions"], &Value::Null));
    all_is_sound(&world);
}
