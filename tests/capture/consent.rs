//! What may be kept and who may be written to, by the shop's setting and its visitors' words.

use cartwright::domain::messages::MessageStatus;
use cartwright::domain::suppressions::Consent;
use cartwright::store;
use serde_json::{Value, json};

use crate::page::{Visitor, beans, figures, send, world};
use crate::support::{SITE, World};

fn words(world: &World) -> Vec<Consent> {
    let site = world.site(SITE);
    let found = world.app.store.read(|tx| {
        let mut found = Vec::new();
        store::consents::walk(tx, site.no, |consent| {
            found.push(consent);
            Ok(())
        })?;
        Ok(found)
    });
    found.expect("consents")
}

fn with_consent(given: bool) -> Value {
    json!({
        "items": beans("10.00"), "email": "ann@example.com",
        "consent": { "given": given, "wording": "Remind me of my cart" }
    })
}

#[test]
fn where_consent_is_required_an_address_without_it_is_not_stored_at_all() {
    let world = world();
    world.set(SITE, "consent", "required");
    let ann = Visitor::of(&world, "ann");
    ann.says("tracking", json!({ "items": beans("10.00"), "email": "ann@example.com" }));
    ann.says("tracking", with_consent(false));
    let (cart, _) = ann.cart().expect("a cart");
    assert_eq!((cart.email, cart.identified, words(&world)), (None, false, vec![]));
    let log = format!("{}-wal", world.app.store.path().display());
    let mut kept = std::fs::read(world.app.store.path()).expect("the file");
    kept.extend(std::fs::read(log).expect("its log"));
    let holds = |text: &[u8]| kept.windows(text.len()).any(|part| part == text);
    assert!(holds(b"Beans") && !holds(b"ann@example.com"));
    ann.says("tracking", with_consent(true));
    assert!(ann.cart().expect("a cart").0.email.is_some());
    let kept = words(&world);
    assert_eq!((kept.len(), kept[0].given, kept[0].source.as_str()), (1, true, "script"));
    assert_eq!((kept[0].wording.as_deref(), kept[0].at), (Some("Remind me of my cart"), world.app.now()));
}

#[test]
fn who_declines_is_not_written_to_and_one_word_is_kept_once() {
    let world = world();
    let ann = Visitor::of(&world, "ann");
    ann.says("tracking", with_consent(false));
    world.advance("1m");
    ann.says("tracking", with_consent(false));
    world.advance("6d");
    assert_eq!(words(&world).len(), 1);
    let letters = ann.letters();
    assert!(letters.iter().all(|letter| letter.status == MessageStatus::Cancelled));
    assert!(letters.iter().all(|letter| letter.detail.as_deref() == Some("no_consent")));
    assert_eq!(figures(&world).abandoned_identified, 1, "the cart is counted all the same");
}

#[test]
fn who_withdraws_is_not_written_to_any_more() {
    let world = world();
    world.set(SITE, "consent", "required");
    let ann = Visitor::of(&world, "ann");
    ann.says("tracking", with_consent(true));
    world.advance("1m");
    ann.says("tracking", with_consent(false));
    world.advance("2h");
    assert_eq!(words(&world).iter().map(|word| word.given).collect::<Vec<_>>(), [true, false]);
    assert_eq!(figures(&world).sent, 0);
}

#[test]
fn an_address_given_while_buying_is_written_to_by_default() {
    let world = world();
    let ann = Visitor::of(&world, "ann");
    ann.says("tracking", json!({ "items": beans("10.00"), "email": "ann@example.com" }));
    world.advance("2h");
    assert_eq!(figures(&world).sent, 1);
}

#[test]
fn a_browser_that_asks_not_to_be_tracked_is_left_alone_unless_the_shop_says_otherwise() {
    let world = world();
    let ann = Visitor::of(&world, "ann");
    let body = ann.body("tracking-cart", &json!({ "items": beans("10.00") }));
    for header in ["DNT", "Sec-GPC"] {
        assert_eq!(send(&world, &[(header, "1")], &body).status, 204);
        assert!(ann.cart().is_none());
    }
    world.set(SITE, "respect_dnt", "off");
    send(&world, &[("DNT", "1")], &body);
    assert!(ann.cart().is_some());
}
