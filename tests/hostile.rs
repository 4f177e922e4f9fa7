//! What somebody sends who means harm, or whose program is broken, at the doors of every dialect: names that no format can
//! carry, callbacks that are programs, brackets without end, parameters given twice, bodies that are announced and do not
//! come. None of it is a failure of ours, and what is answered is well-formed.

mod support;

use std::time::{Duration, Instant};

use proptest::prelude::*;
use quick_xml::Reader;
use quick_xml::events::Event;
use serde_json::{Value, json};
use support::{ACCOUNT, KEY, Reply, SITE, World};

/// Names, and what is left of each in XML 1.0, which cannot carry everything.
fn names() -> Vec<(String, String)> {
    let same = |text: &str| (text.to_owned(), text.to_owned());
    vec![
        same("A & B < C > D \"E\" 'F'"),
        same("</first_name></customer><customer><first_name>"),
        same("<![CDATA[ ]]> ]]> &amp; &#0; &nbsp;"),
        same("<!DOCTYPE x [<!ENTITY y SYSTEM \"file:///etc/passwd\">]>&y;"),
        same("Zoë 😀 مرحبا \u{202e}gnirts"),
        ("a\u{0}b\u{1}c\u{8}d\u{b}e\u{1f}f\u{fffe}g\u{ffff}h".to_owned(), "abcdefgh".to_owned()),
        same("line\u{2028}and\u{2029}paragraph"),
        same(&"10 kB & more <".repeat(10_240 / 14)),
    ]
}

/// A shop whose members have these names.
fn world_of_names() -> World {
    let world = World::new();
    let mut lines = String::new();
    for (number, (name, _)) in names().iter().enumerate() {
        let at = format!("2026-03-15T11:00:{number:02}Z");
        let line = json!({ "type": "customer", "id": format!("c{number}"), "first_name": name, "created_at": at });
        lines.push_str(&format!("{line}\n"));
    }
    let folder = tempfile::TempDir::new().expect("a folder");
    let file = folder.path().join("names.ndjson");
    std::fs::write(&file, lines).expect("an archive");
    world.import(SITE, &file);
    world
}

fn loyalty(world: &World, rest: &str) -> Reply {
    world.get(&format!(
        "/?type=dashboard&API=1.5&user_id=john&user_api_key={KEY}&account_id={ACCOUNT}&last_X_customers=20{rest}"
    ))
}

/// The texts of all elements of a name, read by a parser that takes well-formed documents only.
fn texts_of(xml: &str, name: &str) -> Vec<String> {
    let mut reader = Reader::from_str(xml);
    let (mut texts, mut inside) = (Vec::new(), false);
    loop {
        match reader.read_event().unwrap_or_else(|e| panic!("{e}: {xml}")) {
            Event::Start(tag) if tag.name().as_ref() == name => {
                inside = true;
                texts.push(String::new());
            }
            Event::End(tag) if tag.name().as_ref() == name => inside = false,
            Event::Text(text) if inside => texts.last_mut().expect("an element").push_str(&text.into_inner()),
            Event::GeneralRef(entity) if inside => {
                let named = match &*entity.into_inner() {
                    "amp" => "&",
                    "lt" => "<",
                    "gt" => ">",
                    "quot" => "\"",
                    "apos" => "'",
                    other => panic!("an entity &{other};"),
                };
                texts.last_mut().expect("an element").push_str(named);
            }
            Event::Eof => return texts,
            _ => {}
        }
    }
}

#[test]
fn names_that_no_format_can_carry_are_carried_as_far_as_each_goes() {
    let world = world_of_names();
    let mut expected = names();
    expected.reverse();
    let xml = loyalty(&world, "").body;
    let kept: Vec<String> = expected.iter().map(|(_, kept)| kept.clone()).collect();
    assert_eq!(texts_of(&xml, "first_name"), kept);
    let whole: Vec<Value> = expected.iter().map(|(name, _)| json!(name)).collect();
    let of = |reply: &str| -> Vec<Value> {
        let json: Value = serde_json::from_str(reply).unwrap_or_else(|e| panic!("{e}: {reply}"));
        let members = json["last_X_customers"].as_array().expect("members").iter();
        members.map(|member| member["first_name"].clone()).collect()
    };
    assert_eq!(of(&loyalty(&world, "&output=JSON").body), whole);
    let script = loyalty(&world, "&callback=show").body;
    let inner = script.strip_prefix("/**/show(").and_then(|rest| rest.strip_suffix(");")).expect("a call");
    assert_eq!(of(inner), whole);
    assert!(!script.contains(['\u{2028}', '\u{2029}']), "an old browser would end the line there");
}

#[test]
fn a_name_of_10_kb_is_refused_or_kept_whole_and_never_cut() {
    let world = World::new();
    let long = "ä & <".repeat(2_048);
    let line = json!({ "product_id": "p", "product_name": long, "quantity": 1, "unit_price": 1 });
    let refused = world.rest("POST", "/v1/carts", &json!({ "items": [line] }));
    assert_eq!((refused.status, refused.json()["error"]["code"].as_str()), (400, Some("VALIDATION_ERROR")));
    let encoded: String = long.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let form = [("Content-Type", "application/x-www-form-urlencoded")];
    let order = format!("api_key={KEY}&0[order_no]=7&0[email]=a@b.c&0[lastname]={encoded}&0[total]=5");
    let saved = world.call("POST", "/api/1.0/order/save.json", &form, order.as_bytes());
    assert_eq!(saved.json()["data"]["success"], true, "what we do not keep may be as long as it likes");
    let order = format!("api_key={KEY}&0[order_no]={encoded}&0[email]=a@b.c");
    let refused = world.call("POST", "/api/1.0/order/save.json", &form, order.as_bytes());
    assert!(refused.json()["data"]["error"].is_string(), "{}", refused.body);
    let refused = world.get(&format!("/v1/subscriber-register?k={KEY}&email=a@b.c&name={}", &encoded[..9_000]));
    assert_eq!(refused.json()["status"], "fail", "{}", refused.body);
}

#[test]
fn a_shops_name_is_text_on_its_pages() {
    let world = World::new();
    world.set(SITE, "name", "<script>alert(1)</script> & \"Sons\"");
    let page = world.get("/secure/unsubscribe.php?sid=shop%3D&ea=ann%40example.com");
    assert_eq!(page.status, 200);
    assert!(!page.body.contains("<script"), "{}", page.body);
}

#[test]
fn brackets_a_thousand_deep_break_no_reader() {
    let world = World::new();
    let (open, close) = ("[".repeat(1_000), "]".repeat(1_000));
    let bearer = format!("Bearer {KEY}");
    let json =
        [("Authorization", bearer.as_str()), ("Content-Type", "application/json"), ("Origin", "http://localhost")];
    let form = [("Content-Type", "application/x-www-form-urlencoded")];
    let objects = "{\"a\":".repeat(1_000) + "1" + &"}".repeat(1_000);
    for (method, target) in [
        ("POST", "/v1/carts".to_owned()),
        ("PATCH", "/v1/carts/c".to_owned()),
        ("POST", "/v1/carts/c/items".to_owned()),
        ("POST", format!("/v1/bounces/{KEY}")),
        ("POST", "/capture".to_owned()),
    ] {
        for body in [format!("{{\"metadata\":{open}{close}}}"), objects.clone(), open.clone()] {
            let reply = world.call(method, &target, &json, body.as_bytes());
            assert!((400..500).contains(&reply.status), "{method} {target}: {} {}", reply.status, reply.body);
        }
    }
    // As PHP would nest them, a thousand levels of arrays: a field that no order has.
    let deep = format!("0{}={}", "[a]".repeat(1_000), 1);
    let half = format!("0{open}order_no{close}=1004");
    let order = format!("api_key={KEY}&{deep}&{half}&0[order_no]=1003&0[email]=a@b.c&0[total]=5&1{open}=2");
    let saved = world.call("POST", "/api/1.0/order/save.json", &form, order.as_bytes());
    assert_eq!(saved.json()["data"]["success"], true, "{}", saved.body);
    let only = format!("api_key={KEY}&{deep}&{half}&0[email]=a@b.c");
    let refused = world.call("POST", "/api/1.0/order/save.json", &form, only.as_bytes());
    assert_eq!(refused.json()["data"]["error"], "Order number is required");
    let fields = format!("type=dashboard&{deep}&type{open}=x");
    let reply = world.call("POST", "/api.php", &form, fields.as_bytes());
    assert_eq!((reply.status, reply.body.contains("Missing username")), (200, true), "{}", reply.body);
}

#[test]
fn of_a_parameter_given_twice_the_last_one_counts_in_every_dialect() {
    let world = World::new();
    let form = [("Content-Type", "application/x-www-form-urlencoded")];
    let get = |target: String| world.get(&target).body;
    assert!(get(format!("/v1/partners-api/aov?rest_key=wrong&rest_key={KEY}")).contains("success"));
    assert!(get(format!("/v1/partners-api/aov?rest_key={KEY}&rest_key=wrong")).contains("Incorrect rest key!"));
    assert!(get(format!("/v1/subscriber-register?k={KEY}&email=a&email=ann@example.com")).contains("success"));
    assert!(
        get(format!("/v1/subscriber-status?k={KEY}&email=bob@example.com&email=ann@example.com")).contains("success")
    );
    let stats = format!("/secure/cartstack_api_dashboardstats.php?siteid=other&siteid=shop=&apikey={KEY}");
    assert_eq!(world.get(&stats).status, 200);
    assert_eq!(world.rest("GET", "/v1/carts?limit=x&limit=1", &Value::Null).status, 200);
    let order = format!("api_key=wrong&api_key={KEY}&0[order_no]=1&0[order_no]=2&0[email]=x&0[email]=a@b.c&0[total]=5");
    let save =
        |body: &str| world.call("POST", "/api/1.0/order/save.json", &form, body.as_bytes()).json()["data"].clone();
    assert_eq!(save(&order)["success"], true);
    assert_eq!(
        save(&format!("api_key={KEY}&0[order_no]=1&0[email]=a@b.c&0[total]=7"))["success"],
        true,
        "another order"
    );
    assert_eq!(save(&format!("api_key={KEY}&0[order_no]=2&0[email]=a@b.c"))["error"], "Order number exists");
    let twice = br#"{"items":[],"email":"wrong","email":"ann@example.com"}"#;
    let bearer = format!("Bearer {KEY}");
    let headers = [("Authorization", bearer.as_str()), ("Content-Type", "application/json")];
    let made = world.call("POST", "/v1/carts", &headers, twice);
    assert_eq!((made.status, made.json()["email"].as_str()), (201, Some("ann@example.com")), "{}", made.body);
    // The body goes before the query, also when it is a multipart form.
    let part =
        |name: &str, value: &str| format!("--x\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
    let body = part("user_id", "nobody") + &part("user_id", "john") + "--x--\r\n";
    let target = format!(
        "/api.php?type=dashboard&API=1.5&user_id=nobody&user_api_key={KEY}&account_id={ACCOUNT}&customer_count=1"
    );
    let reply = world.call("POST", &target, &[("Content-Type", "multipart/form-data; boundary=x")], body.as_bytes());
    assert!(reply.body.contains("status=\"success\""), "{}", reply.body);
}

#[test]
fn two_gigabytes_that_are_only_announced_are_refused_at_once() {
    let world = World::new();
    let form = "Content-Type: application/x-www-form-urlencoded\r\n";
    let json = format!("Content-Type: application/json\r\nAuthorization: Bearer {KEY}\r\nOrigin: http://localhost\r\n");
    for (target, headers, status) in [
        ("POST /ss/v1/", form, 413),
        ("POST /api.php", form, 413),
        ("POST /", form, 413),
        // HTTP 200 for whatever this dialect says.
        ("POST /api/1.0/order/save.json", form, 200),
        ("POST /v1/carts", &json, 413),
        ("PATCH /v1/carts/c", &json, 413),
        ("POST /capture", &json, 413),
        (&format!("POST /v1/bounces/{KEY}"), &json, 413),
        // A body that a call has no use for is not waited for.
        ("GET /v1/carts", &json, 200),
        (&format!("GET /v1/partners-api/aov?rest_key={KEY}"), form, 200),
        (&format!("GET /ss/v1/?key={KEY}&siteid=shop=&email=a@b.c"), form, 200),
    ] {
        // Once for all: whoever announces so much is kept waiting for the connection's end.
        let lengths =
            if target == "POST /v1/carts" { &["2147483648", "18446744073709551615"][..] } else { &["2147483648"] };
        for length in lengths {
            let began = Instant::now();
            let request = format!(
                "{target} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n{headers}Content-Length: {length}\r\n\r\nx=1"
            );
            let reply = world.send(request.as_bytes());
            assert_eq!(reply.status, status, "{target} {length}: {}", reply.body);
            assert!(began.elapsed() < Duration::from_secs(3), "{target} took {:?}", began.elapsed());
        }
        for length in ["-1", "1e9", "99999999999999999999", "5, 6", ""] {
            let request = format!(
                "{target} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n{headers}Content-Length: {length}\r\n\r\n"
            );
            let reply = world.send(request.as_bytes());
            assert_eq!(reply.status, 400, "{target} with a length of {length:?}: {}", reply.body);
        }
    }
    let refused = world.call("POST", "/api/1.0/order/save.json", &[], &[b'x'; 1_100_000]);
    assert_eq!(refused.json()["data"]["error"], "The order is too large");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    /// Whatever a callback is: it is called as it is when it is a name, and otherwise nothing of it comes back.
    #[test]
    fn a_callback_is_a_name_or_it_is_nowhere(
        callback in prop_oneof![
            "[a-z.]{1,12}",
            "\\PC{1,40}",
            Just("alert(1)//".to_owned()),
            Just("a;alert(1)".to_owned()),
            Just("</script><script>alert(1)".to_owned()),
            Just("x\r\nSet-Cookie: a=b".to_owned()),
            Just("constructor[`constructor`]".to_owned()),
        ],
    ) {
        thread_local!(static WORLD: World = World::new());
        WORLD.with(|world| {
            let encoded: String = callback.bytes().map(|byte| format!("%{byte:02X}")).collect();
            let reply = loyalty(world, &format!("&callback={encoded}"));
            assert_eq!(reply.status, 200);
            let name = callback.trim();
            if reply.body.starts_with("/**/") {
                assert!(name.chars().all(|c| c.is_ascii_alphanumeric() || "_$.".contains(c)), "{callback:?}");
                assert_eq!(reply.header("x-content-type-options"), Some("nosniff"));
            } else if !name.is_empty() {
                assert!(reply.body.contains("Callback not valid."), "{callback:?}: {}", reply.body);
                assert!(reply.header("content-type").is_some_and(|kind| kind.starts_with("application/json")));
                assert!(reply.header("set-cookie").is_none());
                assert!(name.len() < 4 || !reply.body.contains(name), "{callback:?} is echoed: {}", reply.body);
            }
        });
    }
}
