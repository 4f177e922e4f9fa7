//! The door itself: the script's paths, origins, preflight, sizes, limits.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::json;

use crate::page::{BROWSER, ORIGIN, Visitor, beans, send, world};
use crate::support::{SITE, World};

#[test]
fn the_script_is_served_at_all_its_paths_small_and_cacheable() {
    let world = World::empty();
    let script = world.get("/js/cartwright.js");
    for path in ["cartstack", "cs", "cartstack_utility", "customer-tracking/any-thing_1"] {
        let reply = world.get(&format!("/js/{path}.js"));
        assert_eq!((reply.status, &reply.body), (200, &script.body), "{path}");
        assert_eq!(reply.header("content-type"), Some("text/javascript; charset=utf-8"));
        assert_eq!(reply.header("cache-control"), Some("public, max-age=3600"));
        assert_eq!(reply.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(reply.header("cross-origin-resource-policy"), Some("cross-origin"));
    }
    let mut packed = GzEncoder::new(Vec::new(), Compression::best());
    packed.write_all(script.body.as_bytes()).expect("memory");
    let size = packed.finish().expect("memory").len();
    assert!(size < 6_000, "{size} bytes");
}

#[test]
fn the_script_needs_nothing_that_a_strict_policy_forbids() {
    let script = World::empty().get("/js/cartwright.js").body;
    for forbidden in ["eval(", "new Function", "innerHTML =", "document.write", ".onclick", "=>", "const ", "let "] {
        assert!(!script.contains(forbidden), "{forbidden}");
    }
}

#[test]
fn json_is_heard_as_plain_text_is() {
    let world = world();
    let ann = Visitor::of(&world, "ann");
    let body = ann.body("tracking-cart", &json!({ "items": beans("10.00") }));
    let reply = send(&world, &[("Content-Type", "application/json")], &body);
    assert_eq!((reply.status, reply.header("access-control-allow-origin")), (204, Some(ORIGIN)));
    assert_eq!((reply.header("vary"), reply.header("access-control-allow-credentials")), (Some("Origin"), None));
    assert!(ann.cart().is_some());
}

#[test]
fn other_origins_and_other_sites_are_refused_alike() {
    let world = world();
    world.add_site("other", "acct_other", "USD", "UTC");
    let ann = Visitor::of(&world, "ann");
    let body = ann.body("tracking-cart", &json!({ "items": beans("10.00") }));
    for origin in
        ["https://evil.example", "null", "http://shop.example", "https://shop.example:8443", "http://localhost"]
    {
        let reply = send(&world, &[("Origin", origin)], &body);
        assert_eq!((reply.status, reply.body.as_str()), (403, ""), "{origin}");
        assert_eq!(reply.header("access-control-allow-origin"), None);
    }
    let without = world.call("POST", "/capture", &[("User-Agent", BROWSER)], body.to_string().as_bytes());
    assert_eq!(without.status, 403);
    for site in ["other", "nobody"] {
        let mut body = body.clone();
        body["site"] = json!(site);
        let reply = send(&world, &[], &body);
        assert_eq!((reply.status, reply.body.as_str()), (403, ""), "{site}");
    }
    assert!(ann.cart().is_none());
}

#[test]
fn what_is_set_counts_with_the_next_call_however_soon_it_comes() {
    let world = world();
    let body = Visitor::of(&world, "ann").body("tracking-cart", &json!({ "items": beans("10.00") }));
    for _ in 0..20 {
        assert_eq!(send(&world, &[], &body).status, 204);
        world.set(SITE, "origins", "https://moved.example");
        assert_eq!(send(&world, &[], &body).status, 403);
        world.set(SITE, "origins", ORIGIN);
    }
}

#[test]
fn a_page_of_this_machine_is_heard_while_nothing_is_set() {
    let world = World::new();
    let ann = Visitor::of(&world, "ann");
    let body = ann.body("tracking-cart", &json!({ "items": beans("10.00") }));
    assert_eq!(send(&world, &[], &body).status, 403, "not of this machine");
    assert_eq!(send(&world, &[("Origin", "http://127.0.0.1:3000")], &body).status, 204);
    assert!(ann.cart().is_some());
}

#[test]
fn a_browser_may_ask_first() {
    let world = world();
    let ask = |origin: &str| {
        let headers = [("Origin", origin), ("Access-Control-Request-Method", "POST")];
        world.call("OPTIONS", "/capture", &headers, b"")
    };
    let reply = ask(ORIGIN);
    assert_eq!((reply.status, reply.header("access-control-allow-origin")), (204, Some(ORIGIN)));
    assert_eq!(reply.header("access-control-allow-methods"), Some("POST"));
    assert_eq!(reply.header("access-control-allow-headers"), Some("content-type"));
    assert_eq!(reply.header("vary"), Some("Origin"));
    let reply = ask("https://evil.example");
    assert_eq!((reply.status, reply.header("access-control-allow-origin")), (403, None));
}

#[test]
fn no_other_path_says_that_pages_may_read_it() {
    let world = world();
    for target in ["/healthz", "/v1/carts", "/js/cartwright.js"] {
        let reply = world.call("GET", target, &[("Origin", ORIGIN)], b"");
        assert_eq!(reply.header("access-control-allow-origin"), None, "{target}");
    }
}

#[test]
fn nonsense_is_refused_and_a_closed_account_hears_nothing() {
    let world = world();
    let ann = Visitor::of(&world, "ann");
    for bad in [json!([]), json!({}), json!({ "site": SITE, "visitor": "short", "command": "tracking" })] {
        assert_eq!(send(&world, &[], &bad).status, 400, "{bad}");
    }
    assert_eq!(ann.tries("dance", json!({})).status, 400);
    let long = "x".repeat(65_536);
    assert_eq!(ann.tries("tracking", json!({ "email": long })).status, 413);
    world.set(SITE, "status", "closed");
    assert_eq!(ann.tries("tracking-cart", json!({ "items": beans("1.00") })).status, 403);
}

#[test]
fn a_browser_that_does_not_stop_is_told_to_wait() {
    let world = world();
    let ann = Visitor::of(&world, "ann");
    let statuses: Vec<u16> = (0..260).map(|_| ann.tries("capture", json!({})).status).collect();
    assert!(statuses[..240].iter().all(|status| *status == 204));
    assert!(statuses.contains(&429));
    let reply = ann.tries("capture", json!({}));
    assert!(reply.header("retry-after").is_some());
    let bob = Visitor::of(&world, "bob");
    bob.says("tracking-cart", json!({ "items": beans("1.00") }));
}

#[test]
fn origins_are_checked_when_they_are_set() {
    let world = world();
    let site = world.site(SITE);
    for (value, fine) in [
        ("https://shop.example, https://www.shop.example:8443", true),
        ("http://localhost:3000", true),
        ("http://shop.example", false),
        ("https://shop.example/shop", false),
        ("shop.example", false),
        ("*", false),
    ] {
        let (site, value_) = (site.clone(), value.to_owned());
        let outcome = world.app.store.write(move |tx| cartwright::ops::sites::set(tx, &site, "origins", &value_));
        assert_eq!(outcome.is_ok(), fine, "{value}");
    }
}
