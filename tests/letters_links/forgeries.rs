//! Tokens that are altered, cut, of another site or for another use: a friendly page, and nothing happens.

use crate::support::SITE;
use crate::*;

/// Every address that takes a token, with what it looks like around it.
const PLACES: &[(&str, &str, &str)] = &[
    ("GET", "/u/", ""),
    ("POST", "/u/", ""),
    ("POST", "/u/", "/undo"),
    ("GET", "/c/", "/1"),
    ("GET", "/r/", ""),
    ("GET", "/o/", ".gif"),
];

/// Tries a token in all places but those of its own use, and expects nothing of it.
fn opens_nothing(world: &World, token: &str, own: &str) {
    for (method, before, after) in PLACES.iter().filter(|(_, before, _)| *before != own) {
        let path = format!("{before}{token}{after}");
        let reply = world.call(method, &path, &[("User-Agent", BROWSER)], b"");
        let expected = if *before == "/o/" { 200 } else { 404 };
        assert_eq!(reply.status, expected, "{method} {path}: {}", reply.body);
        assert_eq!(reply.header("location"), None);
        assert!(expected == 200 || reply.body.contains("<html"), "{}", reply.body);
    }
}

fn nothing_happened(world: &World, letter: &Letter) {
    assert!(letter.events(world).is_empty());
    assert_eq!(figures(world).unsubscribed, 0);
    world.advance("2d");
    assert_eq!(sent(world, &letter.cart_id), 2);
}

fn token(link: &str) -> &str {
    link.split('/').nth(2).map(|token| token.trim_end_matches(".gif")).expect("a token")
}

#[test]
fn a_token_opens_no_other_use() {
    let world = world();
    world.set(SITE, "track.opens", "on");
    let letter = letter_to(&world, "ann@example.com");
    for kind in ["/u/", "/c/", "/r/", "/o/"] {
        opens_nothing(&world, token(&letter.link(kind)), kind);
    }
    // Not even the one of the same address.
    let undo = format!("/u/{}/undo", token(&letter.link("/u/")));
    assert_eq!(post(&world, &undo).status, 404);
    nothing_happened(&world, &letter);
}

#[test]
fn an_altered_or_cut_token_opens_nothing() {
    let world = world();
    let letter = letter_to(&world, "ann@example.com");
    let link = letter.link("/u/");
    let token = token(&link);
    for at in 0..token.len() {
        let mut altered = token.to_owned();
        let other = if token.as_bytes()[at] == b'A' { "B" } else { "A" };
        altered.replace_range(at..=at, other);
        assert_eq!(post(&world, &format!("/u/{altered}")).status, 404, "altered at {at}");
    }
    for length in [0, 1, 10, 21, 22, 23, 40, token.len() - 1] {
        let reply = post(&world, &format!("/u/{}", &token[..length]));
        assert_eq!(reply.status, 404, "cut to {length}");
    }
    for odd in ["%00", "%FF%FE", "..%2F..", "a%20b", &"A".repeat(5_000), &format!("{token}A"), &format!("{token}=")] {
        opens_nothing(&world, odd, "");
    }
    nothing_happened(&world, &letter);
}

#[test]
fn a_token_of_another_site_is_none_of_this_one() {
    let world = world();
    let letter = letter_to(&world, "ann@example.com");
    let site = world.site(SITE);
    let mut thief = world.add_site("thief", "thief_acct", "USD", "UTC");
    use cartwright::domain::tokens::{Use, spell};
    // Made with its own secret, for a letter of the other shop: it has no such letter.
    opens_nothing(&world, &spell(&thief, Use::Unsubscribe, &letter.message.id, None), "");
    // Made with its own secret in the other shop's name.
    thief.site_id = site.site_id;
    opens_nothing(&world, &spell(&thief, Use::Unsubscribe, &letter.message.id, None), "");
    nothing_happened(&world, &letter);
}

#[test]
fn a_click_leads_nowhere_but_to_links_of_its_own_letter() {
    let world = world();
    let letter = letter_to(&world, "ann@example.com");
    let link = letter.link("/c/");
    let token = token(&link);
    for odd in ["2", "4", "99", "-1", "x", "1?url=https://evil.example", "1%2F..", "https:%2F%2Fevil.example"] {
        let reply = browse(&world, &format!("/c/{token}/{odd}"));
        let location = reply.header("location").unwrap_or("https://shop.example/");
        assert!(location.starts_with("https://shop.example/"), "{odd}: {location}");
        assert!(reply.status == 404 || odd.starts_with("1?"), "{odd}: {}", reply.status);
    }
}

#[test]
fn links_of_a_letter_go_on_working_where_the_shop_moved_to_with_its_archive() {
    let old = world();
    let letter = letter_to(&old, "ann@example.com");
    let folder = tempfile::TempDir::new().expect("a folder");
    let file = folder.path().join("shop.ndjson");
    cartwright::cli::export::export_to(&old.app.store, &old.site(SITE), &file).expect("an export");
    let new = World::empty();
    new.import(SITE, &file);
    assert_eq!(post(&new, &letter.link("/u/")).status, 200);
    assert_eq!(figures(&new).unsubscribed, 1);
    assert_eq!(browse(&new, &letter.link("/r/")).status, 302);
}
