//! Codes that letters show: the one for all, and each reader's own.

use std::collections::BTreeSet;
use std::sync::Arc;

use cartwright::domain::messages::Message;
use cartwright::domain::sequences::{Step, Words};
use cartwright::ops::outbox::{self, Looked, Means, Verdict, Written};
use cartwright::ops::{coupons, sequences};
use cartwright::store::{self, Store};
use serde_json::Value;

use super::support::{SITE, World};
use super::{add, coupon, fill, leave, pool, ten_percent};

/// Gives the first step a coupon and these words.
pub fn with_coupon(world: &World, id: &str, words: Words) {
    let (site, step) = (world.site(SITE), Step { coupon_id: Some(id.into()), words, ..Step::new(1, 1_800) });
    world.app.store.write(move |tx| sequences::put(tx, &site, step)).expect("a step");
}

fn first_letter(world: &World, cart: &str) -> (Message, String, String) {
    let site = world.site(SITE);
    let found = world.app.store.read(|tx| {
        let letter = outbox::explain(tx, &site, cart)?.2.remove(0);
        let (html, text) = store::messages::body(tx, letter.no)?;
        Ok((letter, html.unwrap_or_default(), text.unwrap_or_default()))
    });
    found.expect("a letter")
}

fn code_of(world: &World, cart: &str) -> Option<String> {
    let site = world.site(SITE);
    world.app.store.read(|tx| coupons::of_letter(tx, &site, &outbox::explain(tx, &site, cart)?.2[0])).expect("a look")
}

fn last_decision(world: &World, cart: &str) -> (String, String) {
    let list = world.rest("GET", &format!("/v1/carts/{cart}/decisions"), &Value::Null).json();
    let last = list["data"].as_array().and_then(|rows| rows.last()).cloned().expect("a decision");
    (last["outcome"].as_str().expect("a word").into(), last["reason"].as_str().expect("a word").into())
}

fn word(outcome: &str, reason: &str) -> (String, String) {
    (outcome.to_owned(), reason.to_owned())
}

#[test]
fn the_shipped_letter_shows_the_code_for_all_in_both_parts() {
    let world = World::new();
    let mut new = ten_percent("SPRING<10>");
    new.id = Some("spring".into());
    new.ends_at = Some(super::support::instant("2026-04-01T00:00:00Z"));
    add(&world, new);
    with_coupon(&world, "spring", Words::default());
    let left = leave(&world, "ann@example.com");
    world.advance("2h");
    let (_, html, text) = first_letter(&world, &left);
    assert!(html.contains("SPRING&lt;10&gt;") && html.contains("10% off") && html.contains("until 31 March 2026"));
    assert!(text.contains("10% off: SPRING<10>\nEnter this code at the checkout, until 31 March 2026."), "{text}");
    assert_eq!(last_decision(&world, &left), word("send", "clear"));
    // The second step has no coupon.
    world.advance("1d");
    let site = world.site(SITE);
    let second = world.app.store.read(|tx| {
        let letters = outbox::explain(tx, &site, &left)?.2;
        store::messages::body(tx, letters[1].no)
    });
    assert!(!second.expect("a letter").0.expect("HTML").contains("SPRING"));
}

/// The first shipped letter with a coupon stands under `tests/transcripts/letters/`; `UPDATE_TRANSCRIPTS=1` writes it anew.
/// Look at it in a browser before you commit a change.
#[test]
fn the_shipped_letter_with_a_coupon_is_as_its_transcript_has_it() {
    let world = World::new();
    world.set(SITE, "name", "Larch & Linen");
    world.set(SITE, "postal_address", "1 Mill Lane, Ambleside LA22 9DR, United Kingdom");
    let mut new = pool("thanks");
    (new.name, new.minimum) = (Some("A thank-you: $5.00 off".into()), 1_500);
    add(&world, new);
    fill(&world, "thanks", &["LARCH-7K2M-QX4P"]);
    with_coupon(&world, "thanks", Words::default());
    let left = leave(&world, "ann@example.com");
    world.advance("2h");
    let (letter, html, text) = first_letter(&world, &left);
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/transcripts/letters");
    for (kind, written) in [("html", html), ("txt", format!("Subject: {}\n\n{text}", letter.subject))] {
        let file = folder.join(format!("step-1-coupon.{kind}"));
        let shown = without_tokens(&written);
        if std::env::var_os("UPDATE_TRANSCRIPTS").is_some() {
            std::fs::write(&file, &shown).expect("a transcript");
        }
        assert_eq!(shown, std::fs::read_to_string(&file).expect("the transcript"), "{}", file.display());
    }
}

/// A letter without the tokens of its links, which differ from run to run.
fn without_tokens(letter: &str) -> String {
    let mut out = String::new();
    let mut rest = letter;
    while let Some(at) = ["/u/", "/r/", "/c/", "/o/"].iter().filter_map(|path| rest.find(path)).min() {
        let (before, behind) = rest.split_at(at + 3);
        out.push_str(before);
        out.push('*');
        rest = behind.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-');
    }
    out.push_str(rest);
    out
}

#[test]
fn a_shops_own_words_can_show_the_code_with_both_kinds_of_variables() {
    let world = World::new();
    add(&world, pool("thanks"));
    fill(&world, "thanks", &["A-1"]);
    let words = Words {
        subject: Some("{% if coupon_code %}{{ coupon_description }}{% endif %} for you".into()),
        html: Some("<p>%%CouponCode%% until %%couponexpires%%</p>".into()),
        text: Some("{{ coupon_code }}, {{ coupon_expires }}".into()),
    };
    with_coupon(&world, "thanks", words);
    let left = leave(&world, "ann@example.com");
    world.advance("2h");
    let (letter, html, text) = first_letter(&world, &left);
    assert_eq!(letter.subject, "$5.00 off for you");
    assert!(html.starts_with("<p>A-1 until 18 March 2026, 13:00</p>"), "{html}");
    assert!(text.starts_with("A-1, 18 March 2026, 13:00"), "{text}");
}

#[test]
fn each_letter_gets_a_code_of_its_own_and_an_empty_pool_is_told() {
    let world = World::new();
    add(&world, pool("thanks"));
    assert_eq!(fill(&world, "thanks", &["A-1", "A-2", "a-2"]), 2);
    with_coupon(&world, "thanks", Words::default());
    let carts: Vec<String> =
        ["ann", "bob", "cleo"].iter().map(|name| leave(&world, &format!("{name}@example.com"))).collect();
    world.advance("2h");
    let codes: Vec<Option<String>> = carts.iter().map(|cart| code_of(&world, cart)).collect();
    assert_eq!(codes, [Some("A-1".into()), Some("A-2".into()), None]);
    assert_eq!(last_decision(&world, &carts[1]), word("send", "clear"));
    assert_eq!(last_decision(&world, &carts[2]), word("send", "coupon_pool_empty"));
    let (letter, html, _) = first_letter(&world, &carts[2]);
    assert_eq!(letter.status.as_str(), "sent");
    assert!(!html.contains("checkout.") && !html.contains("$5.00 off"), "{html}");
    let full = coupon(&world, "thanks");
    assert_eq!((full.codes, full.free), (2, 0));
}

#[test]
fn a_letter_about_a_cart_with_a_code_says_what_makes_its_total_less_than_its_lines() {
    let world = World::new();
    add(&world, ten_percent("TEN"));
    let left = leave(&world, "ann@example.com");
    let code = serde_json::json!({ "code": "TEN" });
    world.rest("POST", &format!("/v1/carts/{left}/coupons"), &code);
    world.advance("2h");
    let (_, html, text) = first_letter(&world, &left);
    assert!(text.contains("  Discount  -$1.50\n\nTotal: $13.50\n"), "{text}");
    assert!(html.contains("&minus;$1.50") && html.contains("<strong>$13.50</strong>"), "{html}");
    // Without one there is no such line.
    let plain = leave(&world, "bob@example.com");
    world.advance("2h");
    assert!(!first_letter(&world, &plain).2.contains("Discount"));
}

#[test]
fn words_that_need_a_coupon_do_not_leave_without_one() {
    let world = World::new();
    add(&world, pool("thanks"));
    let text = Some("Take {{ coupon_code }}".into());
    with_coupon(&world, "thanks", Words { text, ..Words::default() });
    let left = leave(&world, "ann@example.com");
    world.advance("2h");
    assert_eq!(last_decision(&world, &left), word("skip", "coupon_pool_empty"));
    assert_eq!(first_letter(&world, &left).0.status.as_str(), "cancelled");
    // The next step is looked at in its time.
    world.advance("1d");
    assert_eq!(last_decision(&world, &left), word("send", "clear"));
}

#[test]
fn a_coupon_that_is_not_in_force_for_the_cart_is_not_shown() {
    let world = World::new();
    add(&world, ten_percent("OFF"));
    let (site, off) = (world.site(SITE), coupons::Change { active: Some(false), ..Default::default() });
    world.app.store.write(move |tx| coupons::change(tx, &site, "off", off)).expect("a change");
    with_coupon(&world, "off", Words::default());
    let left = leave(&world, "ann@example.com");
    world.advance("2h");
    assert_eq!(last_decision(&world, &left), word("send", "coupon_not_valid"));
    assert_eq!(code_of(&world, &left), None);
}

#[test]
fn a_letter_that_is_tried_again_keeps_its_code() {
    let world = World::new();
    add(&world, pool("thanks"));
    fill(&world, "thanks", &["A-1", "A-2"]);
    with_coupon(&world, "thanks", Words::default());
    let left = leave(&world, "ann@example.com");
    world.advance("59m");
    let hand = world.app.hand.as_ref().expect("a hand");
    hand.set(world.app.now().plus(60));
    let means = Means { real: false, public_url: false, busy_until: None };
    // A transport that says: not now. Then a process that dies with the letter.
    let refuse = world.app.store.write(move |tx| {
        let Looked::Claimed(claim) = outbox::claim(tx, means)? else { panic!("nothing was claimed") };
        assert_eq!(claim.coupon.as_ref().map(|shown| shown.code.as_str()), Some("A-1"));
        outbox::settle(tx, &claim, &Written::default(), Verdict::NotNow("4.2.0".into())).map(drop)
    });
    refuse.expect("a settlement");
    hand.set(world.app.now().plus(600));
    world.app.store.write(move |tx| outbox::claim(tx, means).map(drop)).expect("a claim");
    world.app.store.write(outbox::give_up_in_flight).expect("the next process begins");
    let (site, id) = (world.site(SITE), first_letter(&world, &left).0.id);
    world.app.store.write(move |tx| outbox::retry(tx, &site, &id)).expect("a second try");
    world.advance("0s");
    let (letter, _, text) = first_letter(&world, &left);
    assert_eq!((letter.status.as_str(), letter.attempts), ("sent", 3));
    assert!(text.contains("A-1"), "{text}");
    assert_eq!(coupon(&world, "thanks").free, 1);
}

#[test]
fn two_senders_at_once_give_no_code_to_two_letters() {
    const LETTERS: usize = 60;
    let world = World::new();
    add(&world, pool("thanks"));
    let codes: Vec<String> = (0..LETTERS).map(|number| format!("C-{number}")).collect();
    fill(&world, "thanks", &codes.iter().map(String::as_str).collect::<Vec<_>>());
    with_coupon(&world, "thanks", Words::default());
    let carts: Vec<String> = (0..LETTERS).map(|n| leave(&world, &format!("person{n}@example.com"))).collect();
    world.advance("59m");
    let now = world.app.now().plus(60);
    let folder = world.app.store.path().parent().expect("a folder").to_owned();
    let means = Means { real: false, public_url: false, busy_until: None };
    let claimed: usize = std::thread::scope(|scope| {
        let senders: Vec<_> = (0..4)
            .map(|_| {
                scope.spawn(|| {
                    let store = Store::open(&folder, Arc::new(move || now)).expect("the same store");
                    let mut claimed = 0;
                    loop {
                        let looked = store.write(move |tx| {
                            let looked = outbox::claim(tx, means)?;
                            if let Looked::Claimed(claim) = &looked {
                                outbox::settle(tx, claim, &Written::default(), Verdict::Taken)?;
                            }
                            Ok(matches!(looked, Looked::Claimed(_)))
                        });
                        if !looked.expect("a look") {
                            return claimed;
                        }
                        claimed += 1;
                    }
                })
            })
            .collect();
        senders.into_iter().map(|sender| sender.join().expect("no panic")).sum()
    });
    assert_eq!(claimed, LETTERS);
    let given: BTreeSet<String> = carts.iter().filter_map(|cart| code_of(&world, cart)).collect();
    assert_eq!(given.len(), LETTERS, "a code for each");
}

#[test]
fn a_step_cannot_name_a_coupon_that_is_not_there() {
    let world = World::new();
    let (site, step) = (world.site(SITE), Step { coupon_id: Some("nothing".into()), ..Step::new(1, 60) });
    let refusal = world.app.store.write(move |tx| sequences::put(tx, &site, step)).expect_err("a refusal");
    assert!(refusal.to_string().contains("no coupon of this shop"), "{refusal}");
}
