//! What every page has in common: headers, compression, words of others that stay words, and roles.

use cartwright::domain::users::Role;

use crate::source;
use crate::support::{SITE, World};

/// Every page that is reached by GET and needs no id.
const PAGES: &[&str] = &[
    "/dashboard",
    "/dashboard?days=7",
    "/dashboard/definitions",
    "/dashboard/account",
    "/dashboard/letters",
    "/dashboard/letters/steps/1",
    "/dashboard/letters/steps/new",
    "/dashboard/letters/queue",
    "/dashboard/letters/archive",
    "/dashboard/letters/mailbox",
    "/dashboard/letters/suppressions",
    "/dashboard/carts",
    "/dashboard/start",
    "/dashboard/start/woocommerce",
    "/dashboard/start/nopcommerce",
    "/dashboard/start/shopify",
    "/dashboard/start/server",
    "/dashboard/settings",
    "/dashboard/keys",
    "/dashboard/users",
    "/dashboard/loyalty",
    "/dashboard/loyalty/campaigns/new",
    "/dashboard/loyalty/members",
    "/dashboard/loyalty/members/new",
    "/dashboard/purchases",
    "/dashboard/purchases/calls",
    "/dashboard/subscribers",
    "/dashboard/webhooks",
];

#[test]
fn every_page_is_protected_and_none_has_script_or_style_of_its_own() {
    let world = World::new();
    let mut browser = world.signed_in(Role::Owner);
    for page in PAGES.iter().chain(&["/dashboard/sign-in", "/dashboard/nowhere"]) {
        let reply = browser.open(page);
        let policy = reply.header("content-security-policy").unwrap_or_default();
        assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{page}: {policy}");
        assert_eq!(reply.header("x-content-type-options"), Some("nosniff"), "{page}");
        assert_eq!(reply.header("cache-control"), Some("no-store"), "{page}");
        for inline in ["style=", "<style", "onclick=", "javascript:", "<script>"] {
            assert!(!reply.body.contains(inline), "{page} has {inline}");
        }
    }
}

#[test]
fn assets_are_kept_for_ever_under_the_name_of_their_content() {
    let world = World::new();
    let page = world.get("/dashboard/sign-in").body;
    let mut found = 0;
    for part in page.split('"').filter(|part| part.starts_with("/dashboard/assets/")) {
        found += 1;
        let asset = world.get(part);
        assert_eq!(asset.status, 200, "{part}");
        assert_eq!(asset.header("cache-control"), Some("public, max-age=31536000, immutable"), "{part}");
        let tag = asset.header("etag").expect("a tag").to_owned();
        assert_eq!(world.call("GET", part, &[("If-None-Match", &tag)], b"").status, 304, "{part}");
        let name = part.rsplit('/').next().unwrap_or_default();
        let old = world.get(&format!("/dashboard/assets/0000/{name}"));
        assert_eq!(old.header("cache-control"), Some("no-store"), "{part}");
    }
    assert!(found >= 3, "{page}");
    assert_eq!(world.get("/dashboard/assets/0000/secrets").status, 404);
}

#[test]
fn pages_are_compressed() {
    let world = World::new();
    let reply = world.call("GET", "/dashboard/sign-in", &[("Accept-Encoding", "gzip")], b"");
    assert_eq!(reply.header("content-encoding"), Some("gzip"));
}

#[test]
fn a_shops_name_stays_a_name() {
    let world = World::new();
    world.set(SITE, "name", "<script>alert(1)</script>\"'>");
    let mut browser = world.signed_in(Role::Owner);
    for page in PAGES {
        let html = browser.page(page);
        assert!(!html.contains("<script>alert") && html.contains("&#60;script&#62;"), "{page}: {html}");
    }
}

#[test]
fn the_overview_shows_what_came_back() {
    let world = World::new();
    world.recovered_cart("ann@example.com", 123_450);
    let mut browser = world.signed_in(Role::Observer);
    let page = browser.page("/dashboard?days=7");
    assert!(page.contains("$1,234.50"), "{page}");
    assert!(page.contains("ann@example.com") && page.contains("15 Mar 2026, 13:30"), "{page}");
    assert!(page.contains("No postal address"), "{page}");
    let before = browser.page("/dashboard?from=2026-03-01&to=2026-03-10");
    assert!(!before.contains("ann@example.com"), "{before}");
    assert!(browser.page("/dashboard?from=2026-03-10&to=2026-03-01").contains("lies after the last"));
}

#[test]
fn a_real_shop_has_no_demo() {
    let world = World::new();
    let mut browser = world.signed_in(Role::Owner);
    for path in ["/demo/shop", "/demo/shop/shop.js", "/demo/shop/shop.css"] {
        assert_eq!(browser.open(path).status, 404, "{path}");
    }
    assert!(!browser.page("/dashboard").contains("/demo/"), "nothing leads there");
}

/// What is answered to GET and is no page: files, links that are used up, and what stands in a frame.
const NO_PAGES: &[&str] = &[
    "/assets/{hash}/{name}",
    "/carts.csv",
    "/enter/{token}",
    "/letters/messages/{id}/html",
    "/letters/messages/{id}/text",
    "/letters/steps/{step}/preview",
    "/letters/suppressions.csv",
    "/start/waiting.json",
];

#[test]
fn every_page_is_looked_at_in_a_browser() {
    let list = include_str!("../dashboard_browser/pages.js");
    let mut found = 0;
    for (_, text) in source::files("src/dashboard", "rs") {
        for part in text.split(".route(\"").skip(1) {
            let (route, handler) = part.split_once('"').expect("a route");
            if !handler.starts_with(", web::get()") || NO_PAGES.contains(&route) {
                continue;
            }
            found += 1;
            let is_listed = [format!("path: '/dashboard{route}'"), format!("route: '{route}'")];
            assert!(is_listed.iter().any(|entry| list.contains(entry)), "{route} is not in pages.js");
        }
    }
    assert!(found > 25, "{found} pages");
}
