//! Webhooks that go out, with a receiver of our own on loopback.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex, mpsc};

use cartwright::domain::Timestamp;
use cartwright::domain::webhooks::{Events, Format, spell_secret};
use cartwright::jobs;
use cartwright::ops::webhooks::{self, Wanted};
use data_encoding::BASE64;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::support::{KEY, SITE, World};

/// What the receiver was sent.
#[derive(Clone, Debug)]
struct Request {
    headers: Vec<(String, String)>,
    body: String,
}

impl Request {
    fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(candidate, _)| candidate == name);
        found.map_or("", |(_, value)| value.as_str())
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.body).expect("JSON")
    }
}

/// A server that answers each request with the next of its answers, the last one again and again.
struct Receiver {
    url: String,
    requests: mpsc::Receiver<Request>,
    answers: Arc<Mutex<Vec<String>>>,
}

impl Receiver {
    fn answering(status: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}/hook?a=1", listener.local_addr().expect("an address"));
        let (sender, requests) = mpsc::channel();
        let answers = Arc::new(Mutex::new(Vec::new()));
        let receiver = Receiver { url, requests, answers: answers.clone() };
        receiver.answer(status, "");
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(mut stream) = stream else { return };
                let mut reader = BufReader::new(stream.try_clone().expect("a stream"));
                let Some(request) = read(&mut reader) else { continue };
                let mut answers = answers.lock().expect("answers");
                let answer = if answers.len() > 1 { answers.remove(0) } else { answers[0].clone() };
                drop(stream.write_all(answer.as_bytes()));
                if sender.send(request).is_err() {
                    return;
                }
            }
        });
        receiver
    }

    /// From now on this is answered.
    fn answer(&self, status: &str, headers: &str) {
        *self.answers.lock().expect("answers") =
            vec![format!("HTTP/1.1 {status}\r\n{headers}Content-Length: 2\r\nConnection: close\r\n\r\nok")];
    }

    /// What came since the last time.
    fn received(&self) -> Vec<Request> {
        self.requests.try_iter().collect()
    }
}

fn read(reader: &mut impl BufRead) -> Option<Request> {
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|bytes| *bytes > 0)?;
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let length = headers.iter().find(|(name, _)| name == "content-length")?.1.parse().ok()?;
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Request { headers, body: String::from_utf8(body).ok()? })
}

/// A world that may call loopback.
fn world() -> World {
    let world = World::with_environment(&[("CARTWRIGHT_WEBHOOKS_ALLOW_PRIVATE", "on")]);
    world.add_shop();
    world
}

/// Adds an endpoint and returns its id and its secret.
fn add(world: &World, url: &str, more: Value) -> (String, String) {
    let mut body = json!({ "url": url });
    body.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    let made = world.rest("POST", "/v1/webhooks", &body);
    assert_eq!(made.status, 201, "{}", made.body);
    let made = made.json();
    (made["id"].as_str().expect("an id").to_owned(), made["secret"].as_str().expect("a secret").to_owned())
}

fn get(world: &World, id: &str) -> Value {
    world.rest("GET", &format!("/v1/webhooks/{id}"), &Value::Null).json()
}

fn deliveries(world: &World, id: &str) -> Vec<Value> {
    let list = world.rest("GET", &format!("/v1/webhooks/{id}/deliveries?limit=100"), &Value::Null).json();
    list["data"].as_array().expect("deliveries").clone()
}

fn unsubscribe(world: &World, email: &str) {
    assert_eq!(world.get(&format!("/secure/unsubscribe-api.php?sid=shop%3D&ea={email}")).body, "SUCCESS");
}

#[test]
fn a_shop_is_told_of_what_happens_to_a_cart_signed_by_the_scheme() {
    let world = world();
    let receiver = Receiver::answering("200 OK");
    let all = json!(["email.captured", "cart.abandoned", "order.recovered", "email.unsubscribed", "purchase.recorded"]);
    let (_, secret) = add(&world, &receiver.url, json!({ "events": all }));
    world.recovered_cart("Ann@Example.com", 1999);
    unsubscribe(&world, "ann@example.com");
    world.advance("1s");
    let received = receiver.received();
    let types: Vec<String> =
        received.iter().map(|request| request.json()["type"].as_str().expect("a type").to_owned()).collect();
    let expected = ["email.captured", "cart.abandoned", "purchase.recorded", "order.recovered", "email.unsubscribed"];
    assert_eq!(types, expected);
    let key = BASE64.decode(secret.strip_prefix("whsec_").expect("its prefix").as_bytes()).expect("base64");
    for request in &received {
        let (id, at) = (request.header("webhook-id"), request.header("webhook-timestamp"));
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).expect("a key");
        mac.update(format!("{id}.{at}.{}", request.body).as_bytes());
        let signature = format!("v1,{}", BASE64.encode(&mac.finalize().into_bytes()));
        assert_eq!(request.header("webhook-signature"), signature);
        assert_eq!(request.header("content-type"), "application/json");
        assert_eq!(request.json()["site_id"], SITE);
    }
    let recovered = received[3].json();
    assert_eq!(recovered["data"]["email"], "Ann@Example.com");
    assert_eq!((&recovered["data"]["total"], &recovered["data"]["currency"]), (&json!(1999), &json!("USD")));
    assert_eq!(recovered["data"]["recovered_cart_id"], received[1].json()["data"]["cart_id"]);
    assert_eq!(received[1].json()["data"]["abandoned_at"], "2026-03-15T12:30:00Z");
    // Told when it happened, and not when the clock was next looked at.
    let told_at = received[1].header("webhook-timestamp").parse().expect("seconds");
    assert_eq!(Timestamp::from_secs(told_at).rfc3339(), "2026-03-15T12:30:00Z");
}

#[test]
fn an_endpoint_hears_of_what_it_asked_for_and_of_nothing_else() {
    let world = world();
    let (receiver, silent) = (Receiver::answering("200 OK"), Receiver::answering("200 OK"));
    add(&world, &receiver.url, json!({ "events": ["email.unsubscribed"] }));
    add(&world, &silent.url, json!({ "events": ["email.unsubscribed"], "active": false }));
    world.recovered_cart("ann@example.com", 100);
    unsubscribe(&world, "ann@example.com");
    unsubscribe(&world, "ann@example.com");
    world.advance("1s");
    assert_eq!(receiver.received().len(), 1);
    assert_eq!(silent.received().len(), 0);
}

#[test]
fn the_vendors_form_has_its_fields() {
    let world = world();
    let receiver = Receiver::answering("204 No Content");
    add(&world, &receiver.url, json!({ "format": "form", "events": ["order.recovered"] }));
    world.recovered_cart("ann+x@example.com", 1999);
    world.advance("1s");
    let received = receiver.received();
    assert_eq!(received[0].header("content-type"), "application/x-www-form-urlencoded");
    let (before, reference) = received[0].body.split_once("&referenceID=").expect("a reference");
    assert_eq!(before, "PurchaseDate=03%2F15%2F2026&EmailAddress=ann%2Bx%40example.com&CartTotal=19.99");
    assert!(reference.starts_with("pur_") && reference.ends_with("&Event=order.recovered"), "{reference}");
    assert!(received[0].header("webhook-signature").starts_with("v1,"));
}

#[test]
fn what_failed_is_tried_again_under_the_same_id_and_the_failing_is_seen() {
    let world = world();
    let receiver = Receiver::answering("500 Oh");
    let (id, _) = add(&world, &receiver.url, json!({}));
    unsubscribe(&world, "ann@example.com");
    world.advance("59s");
    let first = receiver.received();
    assert_eq!(first.len(), 1);
    let seen = get(&world, &id);
    assert_eq!(
        (&seen["failing_since"], &seen["waiting"], &seen["dead"]),
        (&json!("2026-03-15T12:00:00Z"), &json!(1), &json!(0))
    );
    assert_eq!(deliveries(&world, &id)[0]["detail"], "it answered 500");
    receiver.answer("200 OK", "");
    world.advance("1s");
    let second = receiver.received();
    assert_eq!(second.len(), 1);
    assert_eq!(first[0].header("webhook-id"), second[0].header("webhook-id"));
    assert_ne!(first[0].header("webhook-signature"), second[0].header("webhook-signature"));
    assert_eq!(first[0].body, second[0].body);
    let seen = get(&world, &id);
    assert_eq!((&seen["failing_since"], &seen["waiting"]), (&Value::Null, &json!(0)));
    let told = &deliveries(&world, &id)[0];
    assert_eq!((&told["status"], &told["attempts"], &told["answer"]), (&json!("delivered"), &json!(2), &json!(200)));
}

#[test]
fn after_three_days_it_is_a_dead_letter_that_can_be_sent_again() {
    let world = world();
    let receiver = Receiver::answering("503 Not now");
    let (id, _) = add(&world, &receiver.url, json!({}));
    unsubscribe(&world, "ann@example.com");
    world.advance("71h");
    assert_eq!(get(&world, &id)["waiting"], 1);
    world.advance("2h");
    assert_eq!(receiver.received().len(), 10);
    let seen = get(&world, &id);
    assert_eq!((&seen["waiting"], &seen["dead"]), (&json!(0), &json!(1)));
    assert_eq!(seen["failing_since"], "2026-03-15T12:00:00Z");
    world.advance("5d");
    assert_eq!(receiver.received().len(), 0);
    receiver.answer("200 OK", "");
    let delivery = deliveries(&world, &id)[0]["id"].as_str().expect("an id").to_owned();
    let target = format!("/v1/webhooks/{id}/deliveries/{delivery}/replay");
    assert_eq!(world.rest("POST", &target, &Value::Null).json()["status"], "queued");
    assert_eq!(world.rest("POST", &target, &Value::Null).status, 409);
    world.advance("1s");
    assert_eq!(receiver.received().len(), 1);
    assert_eq!(get(&world, &id)["failing_since"], Value::Null);
    // And what arrived can be sent once more too.
    assert_eq!(world.rest("POST", &target, &Value::Null).status, 200);
    world.advance("1s");
    assert_eq!(receiver.received()[0].header("webhook-id"), delivery);
    assert_eq!(world.rest("POST", &format!("/v1/webhooks/{id}/replay"), &Value::Null).json()["replayed"], 0);
}

#[test]
fn a_redirect_is_not_followed() {
    let world = world();
    let (receiver, elsewhere) = (Receiver::answering("200 OK"), Receiver::answering("200 OK"));
    receiver.answer("307 There", &format!("Location: {}\r\n", elsewhere.url));
    let (id, _) = add(&world, &receiver.url, json!({}));
    unsubscribe(&world, "ann@example.com");
    world.advance("1s");
    assert_eq!((receiver.received().len(), elsewhere.received().len()), (1, 0));
    assert_eq!(deliveries(&world, &id)[0]["detail"], "it answered 307, and a redirect is not followed");
}

#[test]
fn this_machine_and_private_networks_are_refused_when_saved_and_when_called() {
    let world = World::new();
    let receiver = Receiver::answering("200 OK");
    for url in [
        receiver.url.as_str(),
        "http://localhost/",
        "http://10.0.0.1/",
        "http://[::1]/",
        "http://2130706433/",
        "ftp://a.example/",
    ] {
        let reply = world.rest("POST", "/v1/webhooks", &json!({ "url": url }));
        assert_eq!((reply.status, &reply.json()["error"]["details"]["param"]), (400, &json!("url")), "{url}");
    }
    // An address that was allowed once, and a name that leads home.
    let port = receiver.url.split(':').nth(2).expect("a port").to_owned();
    for url in [receiver.url.clone(), format!("http://localhost:{port}")] {
        let site = world.site(SITE);
        let wanted = Wanted { url: Some(url), events: Some(Events::usual()), format: Some(Format::Json), active: None };
        world.app.store.write(move |tx| webhooks::add(tx, &site, wanted, true)).expect("an endpoint");
    }
    unsubscribe(&world, "ann@example.com");
    world.advance("1s");
    assert_eq!(receiver.received().len(), 0);
    let list = world.rest("GET", "/v1/webhooks", &Value::Null).json();
    for webhook in list["data"].as_array().expect("endpoints") {
        let told = &deliveries(&world, webhook["id"].as_str().expect("an id"))[0];
        assert!(told["detail"].as_str().expect("a reason").contains("webhooks.allow_private"), "{told}");
    }
}

#[test]
fn nobody_is_there_to_be_called_and_the_letters_leave_all_the_same() {
    let world = world();
    let gone = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address");
    let (id, _) = add(&world, &format!("http://{gone}/"), json!({}));
    let item = json!({ "product_id": "p", "quantity": 1, "unit_price": 500 });
    world.rest("POST", "/v1/carts", &json!({ "email": "ann@example.com", "items": [item] }));
    world.advance("2h");
    assert!(
        deliveries(&world, &id)
            .iter()
            .all(|told| told["detail"].as_str().is_some_and(|text| text.contains("could not be reached")))
    );
    let figures = world.get(&format!("/secure/cartstack_api_dashboardstats.php?siteid=shop%3D&apikey={KEY}")).json();
    assert_eq!(figures["dashboard"]["Email Sent"], "1");
}

#[test]
fn an_endpoint_with_one_on_its_way_holds_up_no_other() {
    let world = world();
    let (slow, _) = add(&world, "http://127.0.0.1:9/slow", json!({}));
    let (quick, _) = add(&world, "http://127.0.0.1:9/quick", json!({}));
    unsubscribe(&world, "ann@example.com");
    unsubscribe(&world, "bob@example.com");
    let claim = || world.app.store.write(webhooks::claim).expect("a claim").map(|claim| claim.webhook.id);
    assert_eq!([claim(), claim(), claim()], [Some(slow.clone()), Some(quick.clone()), None]);
    // A process that ends now leaves them for the next one.
    let app = world.app.clone();
    app.store.write(webhooks::requeue_in_flight).expect("a start");
    assert_eq!(get(&world, &slow)["waiting"], 2);
    assert_eq!([claim(), claim(), claim()], [Some(slow), Some(quick), None]);
}

#[test]
fn what_was_on_its_way_when_the_process_ended_is_sent_again_under_its_id() {
    let world = world();
    let receiver = Receiver::answering("200 OK");
    add(&world, &receiver.url, json!({}));
    unsubscribe(&world, "ann@example.com");
    let claimed = world.app.store.write(webhooks::claim).expect("a claim").expect("a delivery").delivery.id;
    world.advance("1d");
    assert_eq!(receiver.received().len(), 0);
    jobs::begin(&world.app).expect("a start");
    world.advance("1s");
    assert_eq!(receiver.received()[0].header("webhook-id"), claimed);
}

#[test]
fn an_import_causes_none() {
    let world = world();
    let receiver = Receiver::answering("200 OK");
    let all: Vec<Value> = Events::parse(
        "email.captured cart.abandoned order.recovered email.unsubscribed purchase.recorded message.sent",
    )
    .expect("events")
    .iter()
    .map(|event| json!(event.as_str()))
    .collect();
    add(&world, &receiver.url, json!({ "events": all }));
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/transcripts/cartstack/shop.ndjson");
    world.import(SITE, &file);
    world.advance("60d");
    let received = receiver.received();
    assert!(received.is_empty(), "{received:?}");
}

#[test]
fn the_secret_is_shown_once_and_an_endpoint_can_be_changed_and_removed() {
    let world = world();
    let made = world.rest("POST", "/v1/webhooks", &json!({ "url": "https://shop.example/hooks#x" })).json();
    assert_eq!(made["url"], "https://shop.example/hooks");
    assert_eq!(made["events"], json!(["email.captured", "cart.abandoned", "order.recovered", "email.unsubscribed"]));
    assert_eq!(made["secret"].as_str().map(str::len), Some(spell_secret(&[0; 32]).len()));
    let id = made["id"].as_str().expect("an id");
    let target = format!("/v1/webhooks/{id}");
    for reply in [world.rest("GET", &target, &Value::Null), world.rest("GET", "/v1/webhooks", &Value::Null)] {
        assert!(
            reply.status == 200 && !reply.body.contains("whsec_") && !reply.body.contains("\"secret\""),
            "{}",
            reply.body
        );
    }
    let changed =
        world.rest("PATCH", &target, &json!({ "active": false, "events": ["message.sent"], "format": "form" })).json();
    assert_eq!(
        (&changed["active"], &changed["events"], &changed["format"]),
        (&json!(false), &json!(["message.sent"]), &json!("form"))
    );
    assert_eq!(changed["url"], "https://shop.example/hooks");
    for wrong in [
        json!({ "events": [] }),
        json!({ "events": ["x"] }),
        json!({ "format": "xml" }),
        json!({ "url": "x" }),
        json!({ "active": 1 }),
    ] {
        assert_eq!(world.rest("PATCH", &target, &wrong).status, 400, "{wrong}");
    }
    assert_eq!(world.rest("POST", "/v1/webhooks", &json!({})).json()["error"]["code"], "MISSING_REQUIRED_FIELD");
    assert_eq!(
        world.rest("DELETE", &target, &Value::Null).json(),
        json!({ "id": id, "object": "webhook", "deleted": true })
    );
    assert_eq!(world.rest("GET", &target, &Value::Null).status, 404);
}

#[test]
fn a_shop_has_a_bounded_number_of_endpoints() {
    let world = World::new();
    let make = || world.rest("POST", "/v1/webhooks", &json!({ "url": "https://shop.example/" })).status;
    let made: Vec<u16> = (0..21).map(|_| make()).collect();
    assert_eq!(made, [vec![201; 20], vec![409]].concat());
}

#[test]
fn another_shops_endpoints_do_not_exist_and_each_call_has_its_scope() {
    let world = world();
    let other = world.add_site("other=", "acct_other", "USD", "UTC");
    world.add_key(&other, "key-of-other", "all");
    world.add_key(&world.site(SITE), "key-that-reads", "webhooks:read");
    let (id, _) = add(&world, "https://shop.example/", json!({}));
    unsubscribe(&world, "ann@example.com");
    let delivery = deliveries(&world, &id)[0]["id"].as_str().expect("an id").to_owned();
    let calls = [
        ("GET", format!("/v1/webhooks/{id}"), "{}"),
        ("PATCH", format!("/v1/webhooks/{id}"), "{\"active\":false}"),
        ("GET", format!("/v1/webhooks/{id}/deliveries"), ""),
        ("POST", format!("/v1/webhooks/{id}/deliveries/{delivery}/replay"), ""),
        ("POST", format!("/v1/webhooks/{id}/replay"), ""),
        ("DELETE", format!("/v1/webhooks/{id}"), ""),
    ];
    for (method, target, body) in &calls {
        let call = |key: &str| {
            let bearer = format!("Bearer {key}");
            world
                .call(
                    method,
                    target,
                    &[("Authorization", &bearer), ("Content-Type", "application/json")],
                    body.as_bytes(),
                )
                .status
        };
        assert_eq!(call("key-of-other"), 404, "{method} {target}");
        assert_eq!(call("nobodys"), 401, "{method} {target}");
        assert_eq!(call("key-that-reads"), if *method == "GET" { 200 } else { 403 }, "{method} {target}");
    }
    assert_eq!(get(&world, &id)["active"], true);
}

#[test]
fn a_running_process_sends_by_itself_and_an_endpoint_that_hangs_holds_up_no_other() {
    let world = world();
    let (receiver, hanging) = (Receiver::answering("200 OK"), TcpListener::bind("127.0.0.1:0").expect("a port"));
    let held = Arc::new(Mutex::new(Vec::new()));
    let (hangs, _) = add(&world, &format!("http://{}/", hanging.local_addr().expect("an address")), json!({}));
    add(&world, &receiver.url, json!({}));
    let kept = held.clone();
    let (sender, called) = mpsc::channel();
    std::thread::spawn(move || {
        for stream in hanging.incoming().flatten() {
            kept.lock().expect("connections").push(stream);
            if sender.send(()).is_err() {
                return;
            }
        }
    });
    unsubscribe(&world, "ann@example.com");
    let jobs = jobs::Jobs::start(world.app.clone()).expect("jobs");
    let patience = std::time::Duration::from_secs(30);
    called.recv_timeout(patience).expect("the one that hangs is called");
    for address in ["bob@example.com", "cid@example.com"] {
        unsubscribe(&world, address);
        let request = receiver.requests.recv_timeout(patience).expect("the other one is told");
        assert_eq!(request.json()["type"], "email.unsubscribed");
    }
    // Letting go ends the call that hangs, and no other follows, so that the jobs can end.
    world.rest("PATCH", &format!("/v1/webhooks/{hangs}"), &json!({ "active": false }));
    held.lock().expect("connections").clear();
    drop(jobs);
}
