//! How many calls somebody may make, said in each interface's own words, and whose calls they are behind a proxy.

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
