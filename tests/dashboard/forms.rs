//! Forms that were not sent by a page of ours to this browser do nothing.

use cartwright::domain::users::Role;

use crate::support::World;
use crate::support::browser::{PASSWORD, form_token};

#[test]
fn a_form_without_its_token_or_with_another_browsers_is_refused() {
    let world = World::new();
    let mut browser = world.signed_in(Role::Owner);
    let mut other = world.browser();
    let stolen = form_token(&other.page("/dashboard/sign-in"));
    let here = [("Sec-Fetch-Site", "same-origin")];
    for token in ["", "AAAA", stolen.as_str()] {
        let refused = browser.post("/dashboard/sign-out", &[("csrf", token)], &here);
        assert_eq!(refused.status, 403, "{token}");
    }
    assert_eq!(browser.post("/dashboard/sign-out", &[], &here).status, 403);
    assert_eq!(browser.open("/dashboard").status, 200, "nobody was signed out");
}

#[test]
fn a_form_that_another_site_sends_is_refused_even_with_the_token() {
    let world = World::new();
    let mut browser = world.signed_in(Role::Owner);
    let token = form_token(&browser.page("/dashboard"));
    let fields = [("csrf", token.as_str())];
    for foreign in [
        ("Sec-Fetch-Site", "cross-site"),
        ("Sec-Fetch-Site", "same-site"),
        ("Origin", "https://evil.example"),
        ("Origin", "null"),
    ] {
        let refused = browser.post("/dashboard/sign-out", &fields, &[foreign]);
        assert_eq!(refused.status, 403, "{foreign:?}");
    }
    // An old browser says where from; ours is the host that it asked.
    assert_eq!(browser.post("/dashboard/sign-out", &fields, &[("Origin", "http://test")]).status, 303);
}

#[test]
fn a_token_in_the_address_is_no_token() {
    let world = World::new();
    let mut browser = world.signed_in(Role::Owner);
    let token = form_token(&browser.page("/dashboard"));
    let refused = browser.post(&format!("/dashboard/sign-out?csrf={token}"), &[], &[]);
    assert_eq!(refused.status, 403);
}

#[test]
fn signing_in_needs_a_form_of_ours_too() {
    let world = World::new();
    world.signed_in(Role::Owner);
    let refused = world.browser().post("/dashboard/sign-in", &[("user", "owner"), ("password", PASSWORD)], &[]);
    assert_eq!(refused.status, 403);
}

#[test]
fn a_get_changes_nothing() {
    let world = World::new();
    let mut browser = world.signed_in(Role::Owner);
    assert_eq!(browser.open("/dashboard/sign-out").status, 404);
    assert_eq!(browser.open("/dashboard").status, 200);
}
