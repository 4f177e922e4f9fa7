//! What an erasure must not bring back, and whom it must not touch.

use cartwright::domain::bounces::{Report, ReportKind};
use cartwright::domain::engagement::Evidence;
use cartwright::domain::messages::{EventKind, MessageStatus};
use cartwright::jobs;
use cartwright::ops::outbox::{self, Looked, Means, Verdict, Written};
use cartwright::ops::{bounces, engagement, messages, webhooks};
use rusqlite::Connection;
use serde_json::{Value, json};

use super::support::{SITE, World};
use super::{all_is_sound, erase, erase_here, exported, holds, line, marked_cart, nouns, with_endpoints};

const ANN: &str = "ann@example.com";

fn left_cart(world: &World, email: &str) -> String {
    let made = world.rest("POST", "/v1/carts", &json!({ "email": email, "items": [line()] }));
    made.json()["id"].as_str().expect("an id").to_owned()
}

/// Moves the clock, and runs nothing that fell due.
fn silently(world: &World, secs: i64) {
    world.app.hand.as_ref().expect("a clock set by hand").set(world.app.now().plus(secs));
}

#[test]
fn a_cart_that_is_abandoned_by_the_erasure_itself_brings_no_letter_and_tells_nobody() {
    let world = with_endpoints();
    left_cart(&world, ANN);
    silently(&world, 3_600);
    erase_here(&world, ANN);
    assert_eq!(exported(&world, ANN), json!({}));
    world.advance("5d");
    assert!(!erase(&world, ANN).contains(": 1 of") && !holds(&world, ANN));
    all_is_sound(&world);
}

#[test]
fn a_letter_on_its_way_is_counted_and_keeps_no_word() {
    for (number, verdict) in [
        Verdict::Taken,
        Verdict::NotNow("451 ann@example.com".into()),
        Verdict::Refused("554 ann@example.com".into()),
        Verdict::NoSuchAddress("550 ann@example.com".into()),
        Verdict::Unknown("lost ann@example.com".into()),
    ]
    .into_iter()
    .enumerate()
    {
        let world = World::new();
        left_cart(&world, ANN);
        silently(&world, 3_600);
        world
            .app
            .store
            .write(|tx| cartwright::ops::clockwork::settle_due(tx, 100, || false))
            .expect("carts are settled");
        silently(&world, 3_600);
        let means = Means { real: false, public_url: true, busy_until: None };
        let Looked::Claimed(claim) = world.app.store.write(move |tx| outbox::claim(tx, means)).expect("a look") else {
            panic!("no letter was due")
        };
        let before = world.app.store.read(|tx| outbox::still_stands(tx, &claim, means));
        assert_eq!(before.expect("a look"), None);
        erase_here(&world, ANN);
        let against = world.app.store.read(|tx| outbox::still_stands(tx, &claim, means)).expect("a look");
        assert!(against.is_some(), "an erased letter would leave");
        let written = Written { subject: ANN.into(), headers: ANN.into(), html: ANN.into(), text: ANN.into() };
        let settled = world.app.store.write(move |tx| outbox::settle(tx, &claim, &written, verdict)).expect("settled");
        assert_ne!(settled.status, MessageStatus::Queued);
        world.advance("5d");
        assert_eq!(exported(&world, ANN), json!({}), "verdict {number}");
        assert!(erase(&world, ANN).contains("stands nowhere"));
        all_is_sound(&world);
    }
}

#[test]
fn a_delivery_on_its_way_is_settled_into_nothing_also_where_its_number_is_anothers_by_then() {
    let world = with_endpoints();
    left_cart(&world, ANN);
    let claim = world.app.store.write(webhooks::claim).expect("a look").expect("a delivery");
    erase_here(&world, ANN);
    // SQLite gives the number of a row that is gone to the next one.
    left_cart(&world, "bob@example.com");
    let other = world.app.store.write(webhooks::claim).expect("a look").expect("a delivery");
    assert_eq!(other.delivery.no, claim.delivery.no);
    let outcome = webhooks::Outcome { answer: Some(200), fault: None };
    world.app.store.write(move |tx| webhooks::settle(tx, &claim, outcome)).expect("settled");
    assert_eq!(exported(&world, ANN), json!({}));
    let rows = exported(&world, "bob@example.com");
    let standing: Vec<&Value> =
        rows["webhook_deliveries"].as_array().expect("rows").iter().map(|row| &row["status"]).collect();
    assert!(standing.contains(&&json!("sending")), "{standing:?}");
}

#[test]
fn joann_is_not_ann() {
    let world = with_endpoints();
    for email in ["joann@example.com", "ann@example.com.au", ANN] {
        let key = format!("key of {email}");
        assert_eq!(marked_cart(&world, &key, &json!({ "email": email, "items": [line()] })).status, 201);
    }
    let customers = [("1", "joann@example.com"), ("2", ANN)];
    for (id, email) in customers {
        world.rest("POST", "/v1/customers", &json!({ "id": id, "email": email }));
    }
    let before = ["joann@example.com", "ann@example.com.au"].map(|email| exported(&world, email));
    assert!(!exported(&world, ANN).to_string().contains("joann"));
    erase(&world, ANN);
    let after = ["joann@example.com", "ann@example.com.au"].map(|email| exported(&world, email));
    assert_eq!(after, before);
    // Their answers are told again; hers is not, and her key stays taken though it is nowhere any more.
    for (email, status) in [("joann@example.com", 201), ("ann@example.com.au", 201), (ANN, 409)] {
        let body = json!({ "email": email, "items": [line()] });
        assert_eq!(marked_cart(&world, &format!("key of {email}"), &body).status, status, "{email}");
    }
    all_is_sound(&world);
}

#[test]
fn a_customer_whose_id_is_one_takes_no_answers_with_it() {
    let world = World::new();
    assert_eq!(marked_cart(&world, "k", &json!({ "items": [line()] })).status, 201);
    world.rest("POST", "/v1/customers", &json!({ "id": "1", "email": ANN }));
    assert_eq!(world.rest("DELETE", "/v1/customers/1", &Value::Null).status, 200);
    assert_eq!(marked_cart(&world, "k", &json!({ "items": [line()] })).status, 201);
    world.rest("POST", "/v1/customers", &json!({ "id": "1", "email": ANN }));
    erase(&world, ANN);
    assert_eq!(marked_cart(&world, "k", &json!({ "items": [line()] })).status, 201);
}

#[test]
fn a_declined_consent_goes_on_holding_and_a_given_one_does_not_come_back() {
    let world = World::new();
    for (email, given) in [(ANN, false), ("bob@example.com", true)] {
        let cart =
            json!({ "email": email, "items": [line()], "consent": { "given": given, "wording": "May we write?" } });
        assert_eq!(world.rest("POST", "/v1/carts", &cart).status, 201);
        erase(&world, email);
    }
    let left = exported(&world, ANN);
    assert_eq!(nouns(&left), ["suppressions"]);
    let row = &left["suppressions"][0];
    assert_eq!((&row["email"], &row["reason"], &row["ended_at"]), (&Value::Null, &json!("manual"), &Value::Null));
    assert_eq!(exported(&world, "bob@example.com"), json!({}));
    for email in [ANN, "bob@example.com"] {
        left_cart(&world, email);
    }
    world.advance("2h");
    let letters = |email: &str| exported(&world, email)["messages"][0]["status"].clone();
    assert_eq!((letters(ANN), letters("bob@example.com")), (json!("cancelled"), json!("sent")));
    erase(&world, ANN);
    assert_eq!(exported(&world, ANN)["suppressions"].as_array().map(Vec::len), Some(1));
}

#[test]
fn what_comes_back_or_is_clicked_late_brings_nothing_back() {
    let world = World::new();
    world.recovered_cart(ANN, 5_000);
    let id = exported(&world, ANN)["messages"][0]["id"].as_str().expect("an id").to_owned();
    erase(&world, ANN);
    let site = world.site(SITE);
    let report = Report {
        kind: ReportKind::Complaint,
        permanent: true,
        status: None,
        names: vec![id.clone()],
        email: Some(cartwright::domain::EmailAddress::parse(ANN).expect("an address")),
        at: None,
        source: "a test",
        detail: Some("ann@example.com does not want it".into()),
    };
    let late = world.app.store.write(move |tx| {
        let letter = messages::get(tx, &site, &id)?;
        let evidence = Evidence {
            link: None,
            method: "GET".into(),
            user_agent: Some("the browser of ann".into()),
            purpose: None,
            network: Some("198.51.100.0/24".into()),
        };
        engagement::record(tx, &site, &letter.0, EventKind::Open, &evidence)?;
        bounces::record(tx, &site, &report)
    });
    assert!(late.expect("recorded").suppresses);
    assert!(!holds(&world, "the browser of ann") && !holds(&world, ANN));
    let left = exported(&world, ANN);
    assert_eq!((&left["suppressions"][0]["reason"], nouns(&left)), (&json!("complaint"), vec!["suppressions"]));
    all_is_sound(&world);
}

#[test]
fn texts_on_rows_of_others_lose_what_names_the_person_and_nothing_else() {
    let world = World::new();
    let gift = json!({
        "email": "bob@example.com", "metadata": { "gift": "for\nann@example.com" }, "order_id": "B-1",
        "restore_url": "https://shop.example/back?to=ann%40example.com",
        "items": [{ "product_id": "p", "quantity": 1, "unit_price": 900, "notes": "to ann@example.com", "name": "Mug" }],
    });
    let made = world.rest("POST", "/v1/carts", &gift);
    let id = made.json()["id"].as_str().expect("an id").to_owned();
    let other = json!({ "email": "eve@example.com", "metadata": { "gift": "joann@example.com" }, "items": [line()] });
    let other = world.rest("POST", "/v1/carts", &other).json()["id"].as_str().expect("an id").to_owned();
    assert_eq!(
        exported(&world, ANN)["named_in"],
        json!({ "cart_items.metadata": 1, "carts.metadata": 1, "carts.restore_url": 1 })
    );
    let told = erase(&world, ANN);
    assert!(told.contains("a part of others' texts alone") && !holds(&world, "to ann@example.com"), "{told}");
    assert!(!holds(&world, "ann%40example.com"));
    let cart = world.rest("GET", &format!("/v1/carts/{id}"), &Value::Null).json();
    assert_eq!((&cart["email"], &cart["item_count"]), (&json!("bob@example.com"), &json!(1)));
    let cart = world.rest("GET", &format!("/v1/carts/{other}"), &Value::Null).json();
    assert_eq!(cart["metadata"]["gift"], "joann@example.com");
}

#[test]
fn the_ledger_takes_an_erasure_and_no_other_change() {
    let world = World::new();
    world.add_campaign(SITE, "Points", "points");
    world.add_member(SITE, Some("7"), None, Some("Ann"), None);
    world.record(false, SITE, ("Points", "7"), 7, [Some("tea"), Some("for Ann"), Some("john")]);
    let conn = Connection::open(world.app.store.path()).expect("the file");
    for change in [
        "update loyalty_entries set amount = 8",
        "update loyalty_entries set delta = 8",
        "update loyalty_entries set user = null",
        "update loyalty_entries set at = 0",
        "update loyalty_entries set item = 'coffee'",
        "update loyalty_entries set description = 'for Bob'",
        "update loyalty_entries set item = null, amount = 8",
        "delete from loyalty_entries",
    ] {
        let refused = conn.execute_batch(change).expect_err(change);
        assert!(refused.to_string().contains("append-only"), "{change}: {refused}");
    }
    conn.execute_batch("update loyalty_entries set item = null, description = null").expect("an erasure");
    drop(conn);
    jobs::run_due(&world.app).expect("nothing is due");
    all_is_sound(&world);
}
