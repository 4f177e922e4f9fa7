//! How many calls somebody may make, how large a head and how slow a body may be, said in each interface's own words; and whose
//! calls they are behind a proxy.

#[path = "support/mod.rs"]
mod support;

use support::{ACCOUNT, KEY, Reply, SITE, World};

const SHOP: &str = "shop%3D";

/// One call of each interface with a key.
fn calls(key: &str) -> Vec<(&'static str, String)> {
    vec![
        ("dashboard stats", format!("/secure/cartstack_api_dashboardstats.php?siteid={SHOP}&apikey={key}")),
        ("confirmation", format!("/ss/v1/?siteid={SHOP}&key={key}&email=ann@example.com")),
        ("partners", format!("/v1/partners-api/shopping-carts?rest_key={key}")),
        ("discount codes", format!("/v1/discount-codes?k={key}&date=2026-03-15")),
        ("subscribers", format!("/v1/subscriber-status?k={key}&email=ann@example.com")),
        (
            "loyalty",
            format!("/api.php?type=customer_search&account_id={ACCOUNT}&user_id=john&user_api_key={key}&output=JSON"),
        ),
    ]
}

/// What one call too many is answered, by interface.
#[track_caller]
fn expect_too_many(name: &str, reply: &Reply) {
    let said = (reply.status, reply.body.as_str());
    match name {
        "dashboard stats" => {
            assert_eq!(said, (429, r#"{"error":"Too many calls. Try again later."}"#));
            assert!(reply.header("retry-after").is_some());
        }
        "confirmation" => {
            assert_eq!((reply.status, &reply.json()["resp"]), (200, &102.into()));
            assert!(reply.body.contains("Too many calls. Try again in "), "{}", reply.body);
        }
        "discount codes" => assert_eq!(said, (200, r#"{"status":"Too many requests"}"#)),
        "partners" | "subscribers" => assert_eq!(said, (200, r#"{"status":"error","message":"Too many requests"}"#)),
        _ => assert!(reply.status == 200 && reply.body.contains("Too many requests"), "{said:?}"),
    }
}

#[test]
fn a_key_s_calls_are_limited_in_each_interface_s_own_words() {
    for (at, (name, _)) in calls(KEY).iter().enumerate() {
        let world = World::with_environment(&[("CARTWRIGHT_LIMITS_PER_KEY_PER_MINUTE", "1")]);
        world.add_shop();
        let target = &calls(KEY)[at].1;
        let first = world.get(target);
        assert!(!first.body.contains("Too many"), "{name}: {}", first.body);
        expect_too_many(name, &world.get(target));
        // Another key has calls of its own, and a wrong one is counted as any.
        let wrong = &calls("wrong")[at].1;
        assert!(!world.get(wrong).body.contains("Too many"), "{name}");
        expect_too_many(name, &world.get(wrong));
    }
}

#[test]
fn an_address_s_calls_are_limited_whatever_the_key_and_a_proxy_of_ours_says_whose_they_are() {
    let limited = ("CARTWRIGHT_LIMITS_PER_ADDRESS_PER_MINUTE", "1");
    let world = World::with_environment(&[limited]);
    world.add_shop();
    let from = |world: &World, target: &str, list: &str| world.call("GET", target, &[("X-Forwarded-For", list)], b"");
    let (name, target) = &calls(KEY)[2];
    assert_eq!(from(&world, target, "203.0.113.7").json()["status"], "success");
    // What stands before the proxy's own word is the caller's invention.
    expect_too_many(name, &from(&world, &calls("another")[2].1, "198.51.100.1, 203.0.113.7"));
    assert_eq!(from(&world, target, "203.0.113.8").json()["status"], "success");
    // Where no proxy is named, the header is nobody's word.
    let world = World::with_environment(&[limited, ("CARTWRIGHT_PROXIES", "10.0.0.0/8")]);
    world.add_shop();
    assert_eq!(from(&world, target, "203.0.113.7").json()["status"], "success");
    expect_too_many(name, &from(&world, target, "203.0.113.8"));
}

#[test]
fn a_proxy_s_word_counts_for_rest_calls_and_their_limits_too() {
    let world = World::with_environment(&[("CARTWRIGHT_LIMITS_PER_ADDRESS_PER_MINUTE", "1")]);
    world.add_shop();
    let bearer = format!("Bearer {KEY}");
    let get =
        |list: &str| world.call("GET", "/v1/carts", &[("Authorization", &bearer), ("X-Forwarded-For", list)], b"");
    assert_eq!(get("203.0.113.7").status, 200);
    assert_eq!(get("203.0.113.7").status, 429);
    assert_eq!(get("203.0.113.8").status, 200);
    assert_eq!(world.site(SITE).site_id, SITE);
}

/// What cannot be told from a flood is told no dialect's words: there is no request yet whose dialect it could be.
#[test]
fn a_head_with_too_many_or_too_large_headers_reaches_no_dialect() {
    let world = World::new();
    let heads = |count: usize, length: usize| -> String {
        (0..count).map(|number| format!("X-Number-{number}: {}\r\n", "x".repeat(length))).collect()
    };
    let bearer = format!("Authorization: Bearer {KEY}\r\n");
    let mut targets: Vec<String> = calls(KEY).into_iter().map(|(_, target)| target).collect();
    targets.push("/v1/carts".into());
    for target in targets {
        let send = |headers: String| {
            let begin = format!("GET {target} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n{bearer}");
            world.send(format!("{begin}{headers}\r\n").as_bytes())
        };
        assert_eq!(send(heads(60, 1_000)).status, 200, "{target}: what large cookies and proxies add is taken");
        for (count, length) in [(200, 1), (1, 132_000)] {
            let reply = send(heads(count, length));
            assert_eq!((reply.status, reply.body.as_str()), (431, ""), "{target}: {count} headers of {length}");
        }
    }
}

#[test]
fn a_body_that_does_not_come_is_given_up_in_each_interface_s_own_words() {
    let world = World::with_environment(&[("CARTWRIGHT_LIMITS_BODY_SECONDS", "1")]);
    world.add_shop();
    let form = "Content-Type: application/x-www-form-urlencoded\r\n".to_owned();
    let rest = format!("Authorization: Bearer {KEY}\r\nContent-Type: application/json\r\n");
    let page = "Origin: http://localhost\r\nContent-Type: text/plain\r\n".to_owned();
    let slow = [
        ("/ss/v1/".to_owned(), &form, 408, r#"{"resp":101,"err_txt":"the request body came too slowly"}"#),
        ("/api/1.0/order/save.json".to_owned(), &form, 200, r#""data":{"error":"The order came too slowly"}"#),
        ("/api.php".to_owned(), &form, 408, "<error>Request timed out</error>"),
        ("/v1/carts".to_owned(), &rest, 408, "\"code\":\"REQUEST_TIMEOUT\""),
        (format!("/wh/order/?platform=shopify&siteid={SHOP}"), &rest, 408, "the request body came too slowly"),
        (format!("/v1/bounces/{KEY}"), &rest, 408, "the body came too slowly"),
        ("/capture".to_owned(), &page, 408, ""),
    ];
    std::thread::scope(|scope| {
        for (target, headers, status, text) in &slow {
            let world = &world;
            scope.spawn(move || {
                let head = format!("POST {target} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n{headers}");
                let reply = world.send(format!("{head}Content-Length: 100\r\n\r\na").as_bytes());
                assert_eq!((reply.status, reply.body.contains(text)), (*status, true), "{target}: {}", reply.body);
            });
        }
    });
}
