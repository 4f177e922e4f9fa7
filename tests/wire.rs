//! Calls of public clients, byte for byte as they stand on the wire, and as they come in pieces. What their libraries add
//! to a call is part of it: the names of programs, a body where nobody expects one, a pause before the body.

mod support;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::{Value, json};
use support::{SITE, World};

fn cart(world: &World, email: &str) -> String {
    let item = json!({ "product_id": "p", "quantity": 1, "unit_price": 1_500 });
    let made = world.rest("POST", "/v1/carts", &json!({ "email": email, "items": [item] })).json();
    made["id"].as_str().expect("an id").to_owned()
}

fn is_converted(world: &World, id: &str) -> bool {
    world.rest("GET", &format!("/v1/carts/{id}"), &Value::Null).json()["status"] == "converted"
}

/// Totals of all purchases, ascending.
fn totals(world: &World) -> Vec<i64> {
    let site = world.site(SITE);
    let mut totals = Vec::new();
    let walked = world.app.store.read(|tx| {
        cartwright::store::purchases::walk(tx, site.no, |purchase| {
            totals.push(purchase.total);
            Ok(())
        })
    });
    walked.expect("purchases");
    totals.sort_unstable();
    totals
}

/// What its thank-you page does in `order_complete`: `wp_remote_get` with the address as it is and a total that PHP
/// subtracted.
const WOOCOMMERCE: &str = "GET /ss/v1/?key=key-of-shop&siteid=shop=&email=ann+x@example.com&total=17.990000000000002 HTTP/1.1\r\n\
    Host: api.cartstack.com\r\n\
    User-Agent: WordPress/6.8.2; https://shop.example\r\n\
    Accept: */*\r\n\
    Accept-Encoding: deflate, gzip, br, zstd\r\n\
    Referer: https://api.cartstack.com/ss/v1/?key=key-of-shop&siteid=shop=&email=ann+x@example.com&total=17.990000000000002\r\n\
    Connection: close\r\n\r\n";

/// .NET's `HttpClient`, with everything encoded.
const NOPCOMMERCE: &str = "GET /ss/v1/?key=key-of-shop&siteid=shop%3D&email=ann%2Bx%40example.com&total=17.99 HTTP/1.1\r\n\
    Host: api.cartstack.com\r\n\
    User-Agent: nopcommerce-4.60\r\n\
    Connection: close\r\n\r\n";

/// A theme's own call by curl: a GET with a body that was meant for somebody else, and that one's authorization.
const FOREIGN_BODY: &str = "GET /ss/v1/?key=key-of-shop&siteid=shop%3D&email=ann%2Bx%40example.com&total=17.99 HTTP/1.1\r\n\
    Host: api.cartstack.com\r\n\
    Accept: */*\r\n\
    Accept-Encoding: deflate, gzip, br, zstd\r\n\
    authorization: Zoho-oauthtoken 1000.0a23\r\n\
    cache-control: no-cache\r\n\
    content-type: application/json;charset=UTF-8\r\n\
    postman-token: 155a7935-dc19-16b5-c470-07744ab07b07\r\n\
    x-com-zoho-subscriptions-organizationid: 680928242\r\n\
    Content-Length: 97\r\n\
    Connection: close\r\n\r\n\
    {\r\n    \"is_portal_enabled\": true,\r\n    \"can_add_card\": true,\r\n    \"can_add_bank_account\": true\r\n}";

/// .NET's `HttpWebRequest`: it says what it has, and waits for leave to send it.
const ORDER_HEAD: &str = "POST /api/1.0/order/save.json HTTP/1.1\r\n\
    Content-Type: application/x-www-form-urlencoded\r\n\
    Host: retargeting.biz\r\n\
    Content-Length: 279\r\n\
    Expect: 100-continue\r\n\
    Connection: close\r\n\r\n";
const ORDER_BODY: &str = "api_key=key-of-shop&0[order_no]=17&0[lastname]=M%c3%bcller&0[firstname]=Ann&0[email]=ann%2bx%40example.com&0[phone]=&\
    0[state]=&0[city]=Cluj&0[adress]=Str.+1+&0[discount]=0.00&0[shipping]=3.00&0[total]=17.99&\
    1[0][id]=42&1[0][quantity]=1&1[0][price]=14.99&1[0][variation_code]=7-9&";

#[test]
fn three_clients_tell_of_one_purchase_each_in_its_way() {
    for call in [WOOCOMMERCE, NOPCOMMERCE, FOREIGN_BODY] {
        let world = World::new();
        let left = cart(&world, "Ann+X@example.com");
        for _ in 0..2 {
            let reply = world.send(call.as_bytes());
            assert_eq!((reply.status, reply.body.as_str()), (200, r#"{"resp":100,"err_txt":""}"#), "{call}");
        }
        assert!(is_converted(&world, &left), "{call}");
        assert_eq!(totals(&world), [1_799], "{call}");
    }
}

#[test]
fn the_three_together_are_one_purchase() {
    let world = World::new();
    cart(&world, "ann+x@example.com");
    for call in [FOREIGN_BODY, WOOCOMMERCE, NOPCOMMERCE] {
        assert_eq!(world.send(call.as_bytes()).json()["resp"], 100);
    }
    assert_eq!(totals(&world), [1_799]);
}

#[test]
fn a_client_that_waits_for_leave_to_send_its_order_gets_it() {
    let world = World::new();
    let left = cart(&world, "ann+x@example.com");
    let mut stream = TcpStream::connect(world.address()).expect("a connection");
    stream.set_read_timeout(Some(Duration::from_secs(10))).expect("a timeout");
    stream.write_all(ORDER_HEAD.as_bytes()).expect("the head");
    let mut leave = [0; 25];
    stream.read_exact(&mut leave).expect("leave to go on");
    assert_eq!(String::from_utf8_lossy(&leave), "HTTP/1.1 100 Continue\r\n\r\n");
    assert_eq!(ORDER_BODY.len(), 279);
    stream.write_all(ORDER_BODY.as_bytes()).expect("the body");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    assert!(answer.ends_with(r#"{"version":"1.0","status":200,"message":"OK","data":{"success":true}}"#), "{answer}");
    assert!(is_converted(&world, &left));
    assert_eq!(totals(&world), [1_799]);
}

#[test]
fn a_call_that_comes_in_pieces_is_one_call() {
    let world = World::new();
    cart(&world, "ann+x@example.com");
    let mut stream = TcpStream::connect(world.address()).expect("a connection");
    stream.set_nodelay(true).expect("no waiting");
    for piece in WOOCOMMERCE.as_bytes().chunks(11) {
        stream.write_all(piece).expect("a piece");
    }
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    assert!(answer.ends_with(r#"{"resp":100,"err_txt":""}"#), "{answer}");
}

/// PHP's `file_get_contents` sends an address as it is, and curl leaves bytes above 127 alone. RFC 9112, 3: a request line
/// with white space or other bytes in its target is answered 400, and not guessed at.
#[test]
fn a_request_line_that_is_none_is_refused_and_changes_nothing() {
    let world = World::new();
    let left = cart(&world, "j\u{f6}s\u{e9}@example.com");
    for email in ["j\u{f6}s\u{e9}@example.com", "ann m@example.com", "ann@example.com HTTP/1.1"] {
        for door in [
            "GET /ss/v1/?key=key-of-shop&siteid=shop=&total=5&email=",
            "GET /v1/subscriber-register?k=key-of-shop&email=",
        ] {
            let reply = world.send(format!("{door}{email} HTTP/1.1\r\nHost: test\r\n\r\n").as_bytes());
            assert_eq!((reply.status, reply.body.as_str()), (400, ""), "{door}{email}");
        }
    }
    assert_eq!(totals(&world), Vec::<i64>::new());
    // Encoded, as every other client sends it, the address is as good as any.
    let reply = world.get("/ss/v1/?key=key-of-shop&siteid=shop=&total=5&email=j%C3%B6s%C3%A9@example.com");
    assert_eq!(reply.json()["resp"], 100);
    assert!(is_converted(&world, &left));
}
