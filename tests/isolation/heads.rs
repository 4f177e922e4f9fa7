//! HEAD is GET without the body (RFC 9110, section 9.3.2) on every path that GET reads. Where GET changes something, because a
//! vendor has it so, HEAD is no method: whoever asks for a head wants to know, not to do.

use super::fixture::{Fixture, RIGHT};
use super::rows::{PUBLIC, Row, rows};
use super::support::Reply;

/// Calls that change something by GET.
const CHANGES: &[&str] = &[
    "/secure/cartstack_api_weeklyreport.php",
    "/ss/v1",
    "/ss/v1/",
    "/v1/subscriber-register",
    "/v1/subscriber-unsubscribe",
];

/// Paths without a key that say the same to everybody.
const OPEN: &[&str] =
    &["/healthz", "/readyz", "/openapi.json", "/docs", "/docs/errors", "/docs/rapidoc-min.js", "/js/cartwright.js"];

#[track_caller]
fn is_the_head_of(head: &Reply, got: &Reply, what: &str) {
    assert_eq!((head.status, head.body.as_str()), (got.status, ""), "{what}");
    for name in ["content-type", "content-length", "cache-control", "x-ratelimit-limit"] {
        assert_eq!(head.header(name), got.header(name), "{what}: {name}");
    }
    assert!(head.header("content-length").is_some(), "{what}");
}

#[test]
fn a_head_is_what_a_get_says_without_its_body() {
    let mut found = Vec::new();
    for row in rows().into_iter().filter(|row| row.method == "GET") {
        let fixture = Fixture::new(row.scope);
        let before = fixture.everything();
        let head = Row { method: "HEAD", ..row };
        if CHANGES.contains(&row.path) {
            found.push(row.path);
            assert_eq!(head.call(&fixture, RIGHT).body, "", "{row}");
        } else {
            is_the_head_of(&head.call(&fixture, RIGHT), &row.call(&fixture, RIGHT), &row.to_string());
            is_the_head_of(&head.call(&fixture, ""), &row.call(&fixture, ""), &format!("{row} without a key"));
        }
        assert!(fixture.everything() == before, "{row} changed something");
    }
    assert_eq!(found.len(), CHANGES.len(), "{found:?}");
    let fixture = Fixture::new("none");
    for path in OPEN {
        assert!(PUBLIC.iter().any(|(method, known, _)| (*method, known) == ("GET", path)), "{path}");
        is_the_head_of(&fixture.world.call("HEAD", path, &[], b""), &fixture.world.get(path), path);
    }
}

#[test]
fn a_head_of_what_changes_something_is_no_method_there() {
    let fixture = Fixture::new("none");
    let before = fixture.everything();
    for (path, status) in [
        ("/secure/cartstack_api_weeklyreport.php?siteid={site}&apikey={key}", 405),
        ("/ss/v1/?key={key}&siteid={site}&email=marked%40example.com&total=5", 405),
        ("/secure/unsubscribe-api.php?sid={site}&ea=marked%40example.com", 405),
        // This dialect says everything with HTTP 200.
        ("/v1/subscriber-register?k={key}&email=new%40example.com", 200),
        ("/v1/subscriber-unsubscribe?k={key}&email=marked-subscriber%40example.com", 200),
    ] {
        let reply = fixture.world.call("HEAD", &fixture.fill(path, RIGHT), &[], b"");
        assert_eq!((reply.status, reply.body.as_str()), (status, ""), "{path}");
        assert!(fixture.everything() == before, "{path} changed something");
    }
}
