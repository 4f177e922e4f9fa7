//! Ending letters, and taking that back.

use cartwright::ops;

use crate::support::SITE;
use crate::*;

const FORM: &str = "application/x-www-form-urlencoded";

#[test]
fn looking_at_the_page_changes_nothing_however_often() {
    let world = world();
    let letter = letter_to(&world, "ann@example.com");
    let link = letter.link("/u/");
    for method in ["GET", "HEAD", "GET"] {
        let page = world.call(method, &link, &[], b"");
        assert_eq!(page.status, 200);
        assert_eq!(page.header("set-cookie"), None);
        assert_eq!(page.header("cache-control"), Some("no-store"));
        assert_eq!(page.header("referrer-policy"), Some("no-referrer"));
        let policy = page.header("content-security-policy").expect("a policy");
        assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"), "{policy}");
    }
    let page = world.get(&link);
    assert!(page.body.contains("<button type=\"submit\">Unsubscribe</button>"), "{}", page.body);
    assert!(!page.body.contains("<script") && !page.body.contains("ann@"), "{}", page.body);
    assert_eq!(figures(&world).unsubscribed, 0);
    world.advance("2d");
    assert_eq!(sent(&world, &letter.cart_id), 2, "the second letter left");
}

#[test]
fn one_click_is_taken_in_both_encodings_and_without_a_body_and_counts_once() {
    let world = world();
    let letter = letter_to(&world, "ann@example.com");
    let link = letter.link("/u/");
    let multipart = "--x\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n--x--\r\n";
    let bodies = [
        (FORM, "List-Unsubscribe=One-Click"),
        ("multipart/form-data; boundary=x", multipart),
        (FORM, ""),
        ("multipart/form-data; boundary=x", "--broken"),
        ("text/plain", "whatever"),
    ];
    for (kind, body) in bodies {
        let reply = world.call("POST", &link, &[("Content-Type", kind)], body.as_bytes());
        assert_eq!(reply.status, 200, "{kind} {body}: {}", reply.body);
        assert_eq!((reply.header("location"), reply.header("set-cookie")), (None, None));
    }
    assert_eq!(figures(&world).unsubscribed, 1);
    let exported = rows(&world);
    assert_eq!(exported.len(), 1);
    assert_eq!(exported[0].source.map(|source| source.as_str()), Some("link"));
    assert_eq!(exported[0].message, Some(letter.message.no));
}

fn rows(world: &World) -> Vec<cartwright::domain::suppressions::Suppression> {
    let site = world.site(SITE);
    let mut rows = Vec::new();
    let walked = world.app.store.read(|tx| {
        cartwright::store::suppressions::walk(tx, site.no, |row| {
            rows.push(row);
            Ok(())
        })
    });
    walked.expect("rows");
    rows
}

#[test]
fn an_unsubscribe_stops_the_next_letter_and_the_decision_says_so() {
    let world = world();
    let letter = letter_to(&world, "ann@example.com");
    post(&world, &letter.link("/u/"));
    world.advance("10d");
    assert_eq!(sent(&world, &letter.cart_id), 1);
    assert_eq!(reasons(&world, &letter.cart_id), ["clear", "suppressed"]);
    // Nor is the same person written to about another cart, however the address is spelled.
    let made = world.rest(
        "POST",
        "/v1/carts",
        &json!({ "email": "Ann@Example.com", "items": [{ "product_id": "p", "quantity": 1, "unit_price": 1 }] }),
    );
    world.advance("2h");
    let id = made.json()["id"].as_str().expect("an id").to_owned();
    assert_eq!(reasons(&world, &id), ["suppressed"]);
    assert_eq!(figures(&world).sent, 1);
}

#[test]
fn an_undo_within_the_hour_brings_the_letters_back_and_uncounts_nothing() {
    let world = world();
    let letter = letter_to(&world, "ann@example.com");
    let page = post(&world, &letter.link("/u/"));
    let undo = undo_on(&page).expect("a button");
    world.advance("59m");
    assert_eq!(undo_on(&post(&world, &letter.link("/u/"))).as_ref(), Some(&undo), "no second hour");
    for _ in 0..2 {
        let undone = post(&world, &undo);
        assert_eq!(undone.status, 200, "{}", undone.body);
    }
    assert_eq!(figures(&world).unsubscribed, 1);
    world.advance("1d");
    assert_eq!(sent(&world, &letter.cart_id), 2, "the next letter left in its time");
    // A later unsubscribe is another one, which the old button does not touch.
    post(&world, &letter.link("/u/"));
    assert_eq!(post(&world, &undo).status, 404);
    assert_eq!(rows(&world).iter().filter(|row| row.ended_at.is_none()).count(), 1);
    assert_eq!(figures(&world).unsubscribed, 1, "the letter counts once");
}

#[test]
fn after_an_hour_nothing_takes_it_back() {
    let world = world();
    let letter = letter_to(&world, "ann@example.com");
    let undo = undo_on(&post(&world, &letter.link("/u/"))).expect("a button");
    world.advance("1h");
    assert_eq!(post(&world, &undo).status, 404);
    let again = post(&world, &letter.link("/u/"));
    assert_eq!((again.status, undo_on(&again)), (200, None));
    assert!(rows(&world).iter().all(|row| row.ended_at.is_none()));
}

#[test]
fn an_undo_is_a_post_and_nothing_else() {
    let world = world();
    let letter = letter_to(&world, "ann@example.com");
    let undo = undo_on(&post(&world, &letter.link("/u/"))).expect("a button");
    assert_ne!(world.get(&undo).status, 200);
    assert!(rows(&world).iter().all(|row| row.ended_at.is_none()));
}

#[test]
fn an_opt_out_link_does_not_end() {
    let world = world();
    let letter = letter_to(&world, "ann@example.com");
    world.advance("3650d");
    assert_eq!(post(&world, &letter.link("/u/")).status, 200);
    assert_eq!(figures(&world).unsubscribed, 1);
}

#[test]
fn a_letter_whose_address_was_erased_has_nobody_to_unsubscribe() {
    let world = world();
    let letter = letter_to(&world, "ann@example.com");
    let path = world.app.store.path().to_owned();
    let conn = rusqlite::Connection::open(path).expect("the file");
    conn.execute("update messages set email = null, address = null", []).expect("an erasure");
    let page = post(&world, &letter.link("/u/"));
    assert_eq!((page.status, undo_on(&page)), (200, None));
    assert!(rows(&world).is_empty());
}

#[test]
fn the_vendors_page_asks_first_and_can_be_undone() {
    let world = world();
    let letter = letter_to(&world, "ann+x@example.com");
    let page = format!("/secure/unsubscribe.php?ea=ann+x@example.com&sid={SITE}&ei={}", letter.message.id);
    assert!(world.get(&page).body.contains("<button"));
    assert_eq!(figures(&world).unsubscribed, 0);
    let done = post(&world, &page);
    assert_eq!(rows(&world)[0].message, Some(letter.message.no), "the letter that the link named gets it");
    assert_eq!(rows(&world)[0].email.as_ref().map(|email| email.shown()), Some("ann+x@example.com"));
    assert_eq!(post(&world, &undo_on(&done).expect("a button")).status, 200);
    assert!(rows(&world)[0].ended_at.is_some());
    assert_eq!(figures(&world).unsubscribed, 1);
    // A letter to somebody else, or to nobody, is none of this address's.
    let other = format!("/secure/unsubscribe.php?ea=bob@example.com&sid={SITE}&ei={}", letter.message.id);
    let form = world.call("POST", &other, &[("Content-Type", FORM)], b"List-Unsubscribe=One-Click");
    assert_eq!(form.status, 200);
    let bobs =
        rows(&world).into_iter().find(|row| row.email.as_ref().is_some_and(|email| email.shown() == "bob@example.com"));
    assert_eq!(bobs.expect("a suppression").message, None);
    assert_eq!(figures(&world).unsubscribed, 2);
}

#[test]
fn the_call_without_a_key_is_limited_by_network_address() {
    let world = world();
    let call = |address: &str| {
        let target = format!("/secure/unsubscribe-api.php?sid={SITE}&ea=ann@example.com");
        world.call("GET", &target, &[("X-Forwarded-For", address)], b"")
    };
    let refused: Vec<Reply> =
        (0..70).map(|_| call("198.51.100.1, 203.0.113.9")).filter(|reply| reply.status == 429).collect();
    assert!(refused.len() >= 5, "{} refused", refused.len());
    assert_eq!(refused[0].body, "Too Many Requests");
    assert!(refused[0].header("retry-after").is_some());
    assert_eq!(call("203.0.113.10").status, 200, "another address has its own");
    assert_eq!(figures(&world).unsubscribed, 1);
}

#[test]
fn a_burst_through_the_call_is_undone_as_a_whole() {
    let world = world();
    let letter = letter_to(&world, "ann@example.com");
    let since = world.app.now();
    for email in ["ann@example.com", "bob@example.com", "cleo@example.com"] {
        let reply = world.get(&format!("/secure/unsubscribe-api.php?sid={SITE}&ea={email}"));
        assert_eq!(reply.body, "SUCCESS");
    }
    post(&world, &format!("/secure/unsubscribe.php?ea=dan@example.com&sid={SITE}"));
    world.advance("5m");
    let site = world.site(SITE);
    let api = cartwright::domain::suppressions::Source::Api;
    let now = world.app.now();
    let ended = world.app.store.write(move |tx| ops::suppressions::undo_burst(tx, &site, api, since, now));
    assert_eq!(ended.expect("an undo"), 3);
    let left: Vec<_> = rows(&world).into_iter().filter(|row| row.ended_at.is_none()).collect();
    assert_eq!(left.len(), 1, "who used the page meant it");
    assert_eq!(figures(&world).unsubscribed, 4);
    world.advance("2d");
    assert_eq!(sent(&world, &letter.cart_id), 2, "the letters go on");
}

#[test]
fn an_undo_that_is_played_again_does_not_take_back_a_later_wish() {
    let world = world();
    let letter = letter_to(&world, "ann@example.com");
    let undo = undo_on(&post(&world, &letter.link("/u/"))).expect("a button");
    assert_eq!(post(&world, &undo).status, 200);
    post(&world, &undo);
    world.advance("5m");
    post(&world, &letter.link("/u/"));
    post(&world, &undo);
    assert_eq!(rows(&world).iter().filter(|row| row.ended_at.is_none()).count(), 1, "the later wish holds");
    assert_eq!(figures(&world).unsubscribed, 1);
}
