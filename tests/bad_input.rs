//! What must never happen whatever comes in: a 500, a panic, something half written.

mod support;

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};

use proptest::prelude::*;
use serde_json::{Value, json};
use support::{KEY, Reply, World};

fn code(reply: &Reply) -> String {
    reply.json()["error"]["code"].as_str().unwrap_or_default().to_owned()
}

fn carts(world: &World) -> i64 {
    world.rest("GET", "/v1/carts", &Value::Null).json()["total_count"].as_i64().expect("a count")
}

#[test]
fn a_cart_takes_500_lines_and_not_501() {
    let world = World::new();
    let lines = |count: usize| -> Value {
        (0..count).map(|n| json!({ "product_id": format!("p{n}"), "quantity": 1, "unit_price": 1 })).collect()
    };
    let refused = world.rest("POST", "/v1/carts", &json!({ "items": lines(501) }));
    assert_eq!((refused.status, code(&refused).as_str()), (400, "VALIDATION_ERROR"));
    assert_eq!(carts(&world), 0);
    let taken = world.rest("POST", "/v1/carts", &json!({ "items": lines(500) }));
    assert_eq!(taken.status, 201);
    let id = taken.json()["id"].as_str().expect("an id").to_owned();
    let one_more = json!({ "product_id": "one-more", "quantity": 1, "unit_price": 1 });
    let refused = world.rest("POST", &format!("/v1/carts/{id}/items"), &one_more);
    assert_eq!((refused.status, code(&refused).as_str()), (400, "VALIDATION_ERROR"));
    let same = json!({ "product_id": "p7", "quantity": 1 });
    assert_eq!(world.rest("POST", &format!("/v1/carts/{id}/items"), &same).status, 200);
}

#[test]
fn an_object_of_the_shops_is_nested_32_levels_deep_and_no_more() {
    let world = World::new();
    let nested = |levels: usize| (1..levels).fold(json!({}), |inner, _| json!({ "in": inner }));
    let line = |metadata: Value| json!({ "product_id": "p", "quantity": 1, "metadata": metadata });
    for deep in [
        json!({ "metadata": nested(33) }),
        json!({ "shipping_address": { "list": [nested(31)] } }),
        json!({ "items": [line(nested(33))] }),
    ] {
        let refused = world.rest("POST", "/v1/carts", &deep);
        assert_eq!((refused.status, code(&refused).as_str()), (400, "VALIDATION_ERROR"), "{deep}");
    }
    assert_eq!(carts(&world), 0);
    let fine = json!({ "metadata": nested(32), "items": [line(nested(32))] });
    assert_eq!(world.rest("POST", "/v1/carts", &fine).status, 201);
}

#[test]
fn a_body_that_grows_past_the_limit_without_announcing_it_is_refused() {
    let world = World::new();
    let mut request = format!(
        "POST /v1/carts HTTP/1.1\r\nHost: test\r\nConnection: close\r\nAuthorization: Bearer {KEY}\r\n\
         Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    .into_bytes();
    let chunk = vec![b' '; 64 * 1024];
    for _ in 0..17 {
        request.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
        request.extend_from_slice(&chunk);
        request.extend_from_slice(b"\r\n");
    }
    request.extend_from_slice(b"0\r\n\r\n");
    let reply = world.send(&request);
    assert_eq!((reply.status, code(&reply).as_str()), (413, "PAYLOAD_TOO_LARGE"));
}

#[test]
fn a_body_that_comes_in_pieces_is_put_together() {
    let world = World::new();
    let body = json!({ "email": "ann@example.com", "items": [{ "product_id": "mug", "quantity": 2 }] }).to_string();
    for pieces in [1, 2, 3, 7] {
        let mut request = format!(
            "POST /v1/carts HTTP/1.1\r\nHost: test\r\nConnection: close\r\nAuthorization: Bearer {KEY}\r\n\
             Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
        );
        for piece in body.as_bytes().chunks(body.len().div_ceil(pieces)) {
            let piece = String::from_utf8_lossy(piece);
            request.push_str(&format!("{:x}\r\n{piece}\r\n", piece.len()));
        }
        request.push_str("0\r\n\r\n");
        assert_eq!(world.send(request.as_bytes()).status, 201, "{pieces} pieces");
    }
    assert_eq!(carts(&world), 4);
}

#[test]
fn a_body_that_does_not_come_is_given_up() {
    let world = World::with_environment(&[("CARTWRIGHT_LIMITS_BODY_SECONDS", "1")]);
    world.add_shop();
    let request = format!(
        "POST /v1/carts HTTP/1.1\r\nHost: test\r\nConnection: close\r\nAuthorization: Bearer {KEY}\r\n\
         Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{{"
    );
    let reply = world.send(request.as_bytes());
    assert_eq!((reply.status, code(&reply).as_str()), (408, "REQUEST_TIMEOUT"));
}

#[test]
fn a_body_that_breaks_off_writes_nothing() {
    let world = World::new();
    let mut stream = TcpStream::connect(world.address()).expect("a connection");
    let request = format!(
        "POST /v1/carts HTTP/1.1\r\nHost: test\r\nAuthorization: Bearer {KEY}\r\n\
         Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{{}}"
    );
    stream.write_all(request.as_bytes()).expect("half a request");
    stream.shutdown(Shutdown::Write).expect("a broken connection");
    drop(stream.read_to_end(&mut Vec::new()));
    assert_eq!(carts(&world), 0);
}

#[test]
fn brackets_a_thousand_deep_are_refused() {
    let world = World::new();
    let deep = format!("{{\"metadata\":{}{}}}", "[".repeat(1_000), "]".repeat(1_000));
    let bearer = format!("Bearer {KEY}");
    let headers = [("Authorization", bearer.as_str()), ("Content-Type", "application/json")];
    let reply = world.call("POST", "/v1/carts", &headers, deep.as_bytes());
    assert_eq!((reply.status, code(&reply).as_str()), (400, "INVALID_FIELD_FORMAT"));
    let reply = world.call("POST", "/v1/carts", &headers, b"{\"email\":\"\xff\xfe\"}");
    assert_eq!((reply.status, code(&reply).as_str()), (400, "INVALID_FIELD_FORMAT"));
}

#[test]
fn sums_of_the_largest_amounts_still_answer() {
    let world = World::new();
    for _ in 0..3 {
        let largest = json!({ "items": [{ "product_id": "p", "quantity": 1, "unit_price": 999_999_999_999_i64 }] });
        assert_eq!(world.rest("POST", "/v1/carts", &largest).status, 201);
    }
    world.advance("1h");
    let list = world.rest("GET", "/v1/carts", &Value::Null).json();
    assert_eq!(list["summary"]["total_abandoned_value"], 2_999_999_999_997_i64);
    let reply =
        world.get(&format!("/ss/v1/?key={KEY}&siteid=shop=&email=a@b.c&total=99999999999999999999999999999999"));
    assert_eq!(reply.json()["resp"], 102);
}

#[test]
fn one_sites_key_neither_reads_nor_changes_anothers_rows() {
    let world = World::new();
    let other = world.add_site("other", "acct_other", "USD", "UTC");
    world.add_key(&other, "key-of-other", "all");
    let item = json!({ "product_id": "p", "quantity": 1, "unit_price": 500 });
    let made = world.rest("POST", "/v1/carts", &json!({ "email": "ann@example.com", "items": [item] })).json();
    let id = made["id"].as_str().expect("an id");
    let headers = [("Authorization", "Bearer key-of-other"), ("Content-Type", "application/json")];
    for (method, target, body) in [
        ("GET", format!("/v1/carts/{id}"), ""),
        ("POST", format!("/v1/carts/{id}/items"), "{\"product_id\":\"q\",\"quantity\":1}"),
        ("DELETE", format!("/v1/carts/{id}/items/{}", made["items"][0]["id"].as_str().expect("an id")), ""),
        ("GET", format!("/v1/carts?after={id}"), ""),
    ] {
        let reply = world.call(method, &target, &headers, body.as_bytes());
        assert!(matches!(reply.status, 400 | 404), "{method} {target} answered {}", reply.status);
    }
    let confirmed = world.get("/ss/v1/?key=key-of-other&siteid=other&email=ann@example.com&total=5");
    assert_eq!(confirmed.json()["resp"], 102);
    assert_eq!(world.rest("GET", &format!("/v1/carts/{id}"), &Value::Null).json()["status"], "active");
    let list = world.call("GET", "/v1/carts", &headers, b"").json();
    assert_eq!((list["total_count"].as_i64(), list["data"].as_array().map(Vec::len)), (Some(0), Some(0)));
}

#[test]
fn a_limit_for_each_network_address_holds_over_all_keys() {
    let world = World::with_environment(&[("CARTWRIGHT_LIMITS_PER_ADDRESS_PER_MINUTE", "2")]);
    let site = world.add_shop();
    world.add_key(&site, "second-key", "all");
    let call = |key: &str| world.call("GET", "/v1/carts", &[("Authorization", &format!("Bearer {key}"))], b"");
    let statuses: Vec<u16> = [KEY, "second-key", KEY].into_iter().map(|key| call(key).status).collect();
    assert_eq!(statuses, [200, 200, 429]);
    world.set(support::SITE, "limits.per_address_per_minute", "0");
    assert_eq!(call(KEY).status, 200);
}

#[test]
fn no_answer_shows_a_key() {
    let world = World::new();
    let marked = "marked-secret-0815";
    for target in [
        format!("/ss/v1/?key={marked}&siteid=shop=&email=a@b.c"),
        format!("/secure/cartstack_api_dashboardstats.php?siteid=shop=&apikey={marked}"),
        format!("/v1/partners-api/shopping-carts?rest_key={marked}"),
        format!("/nothing/here?key={marked}"),
    ] {
        let reply = world.get(&target);
        let shown = format!("{:?}{}", reply.headers, reply.body);
        assert!(!shown.contains(marked), "{target}");
        assert_eq!(reply.header("cache-control"), Some("no-store"), "{target}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Any text in any parameter of any call: never a 5xx.
    #[test]
    fn nothing_in_a_parameter_makes_the_server_fail(
        name in prop::sample::select(vec![
            "limit", "offset", "status", "created_after", "created_before", "updated_after", "has_email", "min_value",
            "sort_by", "sort_order", "after", "customer_id", "days", "startdate", "enddate", "date_from", "date_to",
            "email", "total", "orderid", "type", "callback", "output", "most_active", "campaigns_per_day_activity",
        ]),
        value in "\\PC{0,40}|[0-9]{1,30}|[0-9TZ:+.-]{1,30}",
    ) {
        thread_local!(static WORLD: World = World::new());
        let encoded: String = value.bytes().map(|b| format!("%{b:02X}")).collect();
        let base = [
            "/v1/carts?".to_owned(),
            format!("/secure/cartstack_api_dashboardstats.php?siteid=shop=&apikey={KEY}&"),
            format!("/v1/partners-api/shopping-carts?rest_key={KEY}&"),
            format!("/ss/v1/?key={KEY}&siteid=shop=&email=a@b.c&"),
            format!("/?user_id=john&user_api_key={KEY}&account_id=acct_shop&API=1.5&type=dashboard&"),
        ];
        WORLD.with(|world| {
            let bearer = format!("Bearer {KEY}");
            for base in base {
                let reply = world.call("GET", &format!("{base}{name}={encoded}"), &[("Authorization", &bearer)], b"");
                assert!(reply.status < 500, "{base}{name}={value:?} answered {}", reply.status);
            }
        });
    }

    /// Any JSON in the body of a cart: never a 5xx.
    #[test]
    fn nothing_in_a_body_makes_the_server_fail(
        field in prop::sample::select(vec![
            "email", "customer_id", "channel", "currency", "items", "shipping_address", "expires_at", "metadata",
            "consent", "order_id", "restore_url", "session_id",
        ]),
        value in prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            "\\PC{0,40}".prop_map(Value::from),
            prop::collection::vec("\\PC{0,10}".prop_map(Value::from), 0..3).prop_map(Value::from),
            any::<i64>().prop_map(|n| json!([{ "product_id": "p", "quantity": n, "unit_price": n }])),
            Just(json!({ "given": 3 })),
        ],
    ) {
        thread_local!(static WORLD: World = World::new());
        WORLD.with(|world| {
            let reply = world.rest("POST", "/v1/carts", &json!({ field: value }));
            assert!(reply.status < 500, "{field}: {value} answered {}", reply.status);
        });
    }
}

#[test]
fn an_address_is_refused_or_kept_as_it_is_and_never_becomes_a_header() {
    let world = World::new();
    let item = json!({ "product_id": "p", "quantity": 1, "unit_price": 500 });
    let post = |email: &str| world.rest("POST", "/v1/carts", &json!({ "email": email, "items": [item] }));
    let long = format!("{}@example.com", "a".repeat(308));
    let refused =
        ["\"ann b\"@example.com", &long, "a\r\nBcc: x@example.com", "ann@a\r\n.example", "ann", "a@b@c.example"];
    for email in refused {
        let reply = post(email);
        assert_eq!((reply.status, code(&reply)), (400, "INVALID_FIELD_FORMAT".into()), "{email:?}");
        assert!(!reply.body.contains("Bcc"), "a refusal does not repeat an address");
    }
    let kept = [
        "\"ann\"@example.com",
        "\u{fc}n\u{ef}@ex\u{e4}mple.com",
        "a..b@example.com",
        "a@[127.0.0.1]",
        "<b>@example.com",
    ];
    let ids: Vec<String> = kept
        .iter()
        .map(|email| {
            let reply = post(email);
            assert_eq!((reply.status, reply.json()["email"].as_str()), (201, Some(*email)));
            reply.json()["id"].as_str().expect("an id").to_owned()
        })
        .collect();
    world.advance("2h");
    for (id, email) in ids.iter().zip(kept) {
        let decisions = world.rest("GET", &format!("/v1/carts/{id}/decisions"), &Value::Null).json();
        assert_eq!(decisions["data"][0]["reason"], "undeliverable_address", "{email}");
    }
}
