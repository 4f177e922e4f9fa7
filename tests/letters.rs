//! From a cart that was left to the letters about it: when they leave, when they do not, and that each can be
//! explained. The clock is set by hand, letters are captured.

mod support;

use cartwright::domain::suppressions::Reason;
use cartwright::domain::{EmailAddress, Timestamp};
use cartwright::ops;
use serde_json::{Value, json};
use support::{KEY, SITE, World};

/// A cart of this address with one line of 10 dollars, and its id.
fn leave(world: &World, email: &str, more: Value) -> String {
    let mut body = json!({
        "email": email,
        "items": [{ "product_id": "p", "product_name": "Mug <1>", "quantity": 1, "unit_price": 1_000 }],
    });
    if let (Some(body), Some(more)) = (body.as_object_mut(), more.as_object()) {
        body.extend(more.clone());
    }
    let made = world.rest("POST", "/v1/carts", &body);
    assert_eq!(made.status, 201, "{}", made.body);
    made.json()["id"].as_str().expect("an id").to_owned()
}

/// Step, fate and time of each letter about a cart.
fn letters(world: &World, cart: &str) -> Vec<(i64, String, Option<String>)> {
    let site = world.site(SITE);
    let (_, _, letters) = world.app.store.read(|tx| ops::outbox::explain(tx, &site, cart)).expect("letters");
    let shown = |letter: &cartwright::domain::messages::Message| {
        (letter.step, letter.status.to_string(), letter.sent_at.map(Timestamp::rfc3339))
    };
    letters.iter().map(shown).collect()
}

fn sent(world: &World, cart: &str) -> Vec<String> {
    letters(world, cart).into_iter().filter_map(|(_, _, at)| at).collect()
}

/// Outcome and reason of each decision, by the REST door.
fn decisions(world: &World, cart: &str) -> Vec<(String, String)> {
    let list = world.rest("GET", &format!("/v1/carts/{cart}/decisions"), &Value::Null).json();
    assert_eq!(list["total_count"].as_u64(), list["data"].as_array().map(|rows| rows.len() as u64));
    let word = |row: &Value, name: &str| row[name].as_str().expect("a word").to_owned();
    list["data"].as_array().expect("rows").iter().map(|row| (word(row, "outcome"), word(row, "reason"))).collect()
}

fn last(world: &World, cart: &str) -> (String, String) {
    decisions(world, cart).pop().expect("a decision")
}

fn word(outcome: &str, reason: &str) -> (String, String) {
    (outcome.to_owned(), reason.to_owned())
}

fn buy(world: &World, email: &str) {
    world.get(&format!("/ss/v1/?key={KEY}&siteid={SITE}&email={email}"));
}

#[test]
fn a_left_cart_leads_to_three_letters_at_their_times() {
    let world = World::new();
    let cart = leave(&world, "ann@example.com", json!({}));
    world.advance("59m");
    assert_eq!(sent(&world, &cart), Vec::<String>::new());
    world.advance("29d");
    // Left at 12:00, abandoned at 12:30; half an hour, a day and four days after that.
    assert_eq!(sent(&world, &cart), ["2026-03-15T13:00:00Z", "2026-03-16T12:30:00Z", "2026-03-19T12:30:00Z"]);
    assert_eq!(decisions(&world, &cart), vec![word("send", "clear"); 3]);
    let dashboard = world.get(&format!("/secure/cartstack_api_dashboardstats.php?siteid={SITE}&apikey={KEY}")).json();
    assert_eq!(dashboard["dashboard"]["Email Sent"], "3");
}

#[test]
fn a_letter_says_what_is_in_the_cart_and_how_to_end_it() {
    let world = World::new();
    world.set(SITE, "postal_address", "1 Mill Lane, Ambleside");
    let cart = leave(&world, "ann@example.com", json!({ "restore_url": "https://shop.example/cart/7" }));
    world.advance("2h");
    let site = world.site(SITE);
    let (html, text) = world
        .app
        .store
        .read(|tx| {
            let (_, _, letters) = ops::outbox::explain(tx, &site, &cart)?;
            cartwright::store::messages::body(tx, letters[0].no)
        })
        .expect("a letter");
    let (html, text) = (html.expect("HTML"), text.expect("text"));
    assert!(html.contains("Mug &lt;1&gt;") && !html.contains("Mug <1>"), "{html}");
    for body in [&html, &text] {
        for expected in ["$10.00", "1 Mill Lane, Ambleside", "/u/", "/r/"] {
            assert!(body.contains(expected), "{expected} is not in {body}");
        }
    }
}

#[test]
fn a_purchase_between_letters_ends_them() {
    let world = World::new();
    let cart = leave(&world, "ann@example.com", json!({}));
    world.advance("2h");
    buy(&world, "ann@example.com");
    world.advance("20d");
    assert_eq!(sent(&world, &cart).len(), 1);
    assert_eq!(letters(&world, &cart)[1].1, "cancelled");
}

#[test]
fn an_order_that_arrives_before_its_cart_leads_to_no_letter() {
    let world = World::new();
    buy(&world, "ann@example.com");
    world.advance("10m");
    let cart = leave(&world, "ann@example.com", json!({}));
    world.advance("20d");
    assert_eq!(sent(&world, &cart), ["2026-03-19T12:40:00Z"], "only what is due after the 72 hours");
    assert_eq!(decisions(&world, &cart)[0], word("skip", "cap_after_purchase"));
}

#[test]
fn an_unsubscribe_between_letters_ends_them() {
    let world = World::new();
    let cart = leave(&world, "ann@example.com", json!({}));
    world.advance("2h");
    let (site, email) = (world.site(SITE), EmailAddress::parse("Ann@example.com").expect("an address"));
    let done =
        world.app.store.write(move |tx| ops::suppressions::suppress(tx, &site, &email, Reason::Unsubscribe, None));
    done.expect("an unsubscribe");
    world.advance("20d");
    assert_eq!(sent(&world, &cart).len(), 1);
    let next = leave(&world, "ann@example.com", json!({}));
    world.advance("2h");
    assert_eq!(last(&world, &next), word("skip", "suppressed"));
}

#[test]
fn a_shopper_who_comes_back_is_written_to_only_after_leaving_again() {
    let world = World::new();
    let cart = leave(&world, "ann@example.com", json!({}));
    world.advance("45m");
    let item = json!({ "product_id": "q", "quantity": 1, "unit_price": 500 });
    world.rest("POST", &format!("/v1/carts/{cart}/items"), &item);
    world.advance("25m");
    assert_eq!(sent(&world, &cart), Vec::<String>::new());
    world.advance("2h");
    assert_eq!(sent(&world, &cart), ["2026-03-15T13:45:00Z"]);
}

#[test]
fn a_declined_address_is_not_written_to_and_a_consenting_one_is() {
    for (setting, consent, expected) in [
        ("soft_opt_in", json!(null), word("send", "clear")),
        ("soft_opt_in", json!(false), word("skip", "no_consent")),
        ("required", json!(null), word("skip", "no_consent")),
        ("required", json!(true), word("send", "clear")),
        ("not_required", json!(null), word("send", "clear")),
        ("not_required", json!(false), word("skip", "no_consent")),
    ] {
        let world = World::new();
        world.set(SITE, "consent", setting);
        let cart = leave(&world, "ann@example.com", json!({ "consent": consent }));
        world.advance("2h");
        assert_eq!(last(&world, &cart), expected, "{setting} {consent}");
    }
}

#[test]
fn the_same_person_is_not_written_to_twice_within_the_gap() {
    let world = World::new();
    leave(&world, "ann@example.com", json!({}));
    world.advance("2h");
    let second = leave(&world, "ANN@example.com", json!({}));
    world.advance("2h");
    assert_eq!(last(&world, &second), word("skip", "cap_gap"));
}

#[test]
fn six_letters_in_thirty_days_are_enough() {
    let world = World::new();
    for _ in 0..2 {
        leave(&world, "ann@example.com", json!({}));
        world.advance("6d");
    }
    let third = leave(&world, "ann@example.com", json!({}));
    world.advance("2h");
    assert_eq!(last(&world, &third), word("skip", "cap_per_30_days"));
}

#[test]
fn carts_that_are_not_to_be_written_about_say_why() {
    let world = World::new();
    world.set(SITE, "test_addresses", "test@example.com");
    let cart = leave(&world, "ann@example.com", json!({}));
    let odd = leave(&world, "\"ann\"@example.com", json!({}));
    world.advance("2h");
    assert_eq!(last(&world, &cart), word("skip", "test_mode"));
    assert_eq!(last(&world, &odd), word("skip", "undeliverable_address"));
    let site = world.site(SITE);
    let new = support::machine_cart("robot@example.com");
    let machine = world.app.store.write(move |tx| ops::carts::create(tx, &site, new)).expect("a cart").cart.id;
    world.advance("2h");
    assert_eq!(last(&world, &machine), word("skip", "machine_cart"));
}

#[test]
fn letters_that_were_switched_off_are_skipped_and_none_is_planned() {
    let world = World::new();
    let before = leave(&world, "ann@example.com", json!({}));
    world.advance("45m");
    world.set(SITE, "letters", "off");
    let after = leave(&world, "bob@example.com", json!({}));
    world.advance("2h");
    assert_eq!(last(&world, &before), word("skip", "paused"));
    assert_eq!(decisions(&world, &after), []);
}

#[test]
fn a_letter_that_is_late_by_days_is_not_sent() {
    let world = World::new();
    let cart = leave(&world, "ann@example.com", json!({}));
    world.advance("45m");
    // The process stands still for three days: only the clock goes on.
    let hand = world.app.hand.as_ref().expect("a hand");
    hand.set(world.app.now().plus(3 * 86_400));
    world.advance("0s");
    let words: Vec<String> = decisions(&world, &cart).into_iter().map(|(_, reason)| reason).collect();
    assert_eq!(words, ["too_old", "too_old"], "the second was due two days ago");
}

#[test]
fn quiet_hours_hold_letters_back_until_they_end_also_when_the_clocks_change() {
    let world = World::new();
    world.set(SITE, "timezone", "Europe/Paris");
    world.set(SITE, "letters.quiet_hours", "21:00-08:00");
    // Saturday 28 March, 23:00 in Paris; in that night the clocks go forward, so 08:00 is 06:00 UTC.
    world.set_clock("2026-03-28T21:00:00Z");
    let cart = leave(&world, "ann@example.com", json!({}));
    world.advance("12h");
    assert_eq!(sent(&world, &cart), ["2026-03-29T06:00:00Z"]);
    assert_eq!(decisions(&world, &cart), [word("wait", "quiet_hours"), word("send", "clear")]);
}

#[test]
fn quiet_hours_are_an_hour_longer_in_the_night_that_has_one_more() {
    let world = World::new();
    world.set(SITE, "timezone", "America/New_York");
    world.set(SITE, "letters.quiet_hours", "22:00-07:00");
    // Saturday 31 October, 23:30 in New York; the clocks go back in that night, so 07:00 is 12:00 UTC and not 11:00.
    world.set_clock("2026-11-01T02:30:00Z");
    let cart = leave(&world, "ann@example.com", json!({}));
    world.advance("12h");
    assert_eq!(sent(&world, &cart), ["2026-11-01T12:00:00Z"]);
}

#[test]
fn quiet_hours_follow_the_shop_into_another_zone() {
    let world = World::new();
    world.set(SITE, "letters.quiet_hours", "21:00-08:00");
    world.set_clock("2026-03-20T20:30:00Z");
    let cart = leave(&world, "ann@example.com", json!({}));
    world.advance("1h30m");
    assert_eq!(last(&world, &cart), word("wait", "quiet_hours"));
    // In New York it is the afternoon; the letter is looked at again when the old quiet ends, and leaves.
    world.set(SITE, "timezone", "America/New_York");
    world.advance("12h");
    assert_eq!(sent(&world, &cart), Vec::<String>::new(), "at 08:00 UTC it is 04:00 in New York");
    world.advance("5h");
    assert_eq!(sent(&world, &cart), ["2026-03-21T12:00:00Z"]);
}

#[test]
fn an_imported_cart_leads_to_no_letter_until_its_shopper_does_something() {
    let world = World::new();
    let folder = tempfile::TempDir::new().expect("a folder");
    let file = folder.path().join("one.ndjson");
    let line = json!({
        "type": "cart", "id": "c1", "created_at": "2026-03-15T11:50:00Z", "email": "ann@example.com",
        "currency": "USD", "total": 500, "items": [{ "product_id": "p", "unit_price": 500 }],
    });
    std::fs::write(&file, line.to_string()).expect("a file");
    world.import(SITE, &file);
    world.advance("1d");
    assert_eq!(letters(&world, "c1"), []);
    let item = json!({ "product_id": "q", "quantity": 1, "unit_price": 500 });
    world.rest("POST", "/v1/carts/c1/items", &item);
    world.advance("2h");
    assert_eq!(sent(&world, "c1").len(), 1);
}

#[test]
fn figures_are_what_the_rows_say_after_all_of_it() {
    let world = World::new();
    for (number, email) in (0..).zip(["ann@example.com", "bob@example.com", "cleo@example.com"]) {
        leave(&world, email, json!({ "consent": number != 1 }));
        world.advance("3h");
    }
    buy(&world, "ann@example.com");
    world.advance("10d");
    let site = world.site(SITE);
    let differences = world.app.store.read(|tx| ops::stats::verify(tx, &site)).expect("verified");
    assert_eq!(differences, []);
}

#[test]
fn a_shops_own_sequence_leaves_in_its_own_words_at_its_own_times() {
    use cartwright::domain::sequences::{Step, Words};
    let world = World::new();
    let site = world.site(SITE);
    let words = Words {
        subject: Some("Come back, %%EmailAddress%%, for the %%colour%% one".into()),
        html: None,
        text: Some("{% for item in items %}{{ item.quantity }} {{ item.name }}{% endfor %}".into()),
    };
    let step = Step { words, ..Step::new(2, 7_200) };
    let off = Step { active: false, ..Step::new(3, 86_400) };
    let dear = Step { minimum: 5_000, ..Step::new(4, 2 * 86_400) };
    for step in [step, off, dear] {
        let site = site.clone();
        world.app.store.write(move |tx| ops::sequences::put(tx, &site, step)).expect("a step");
    }
    world.set(SITE, "letters.cap_gap", "0s");
    let cart = leave(&world, "ann@example.com", json!({ "metadata": { "Colour": "red" } }));
    world.advance("10d");
    assert_eq!(sent(&world, &cart), ["2026-03-15T13:00:00Z", "2026-03-15T14:30:00Z"]);
    assert_eq!(last(&world, &cart), word("skip", "below_minimum"));
    let (letter, body) = world
        .app
        .store
        .read(|tx| {
            let (_, _, letters) = ops::outbox::explain(tx, &site, &cart)?;
            let body = cartwright::store::messages::body(tx, letters[1].no)?;
            Ok((letters[1].clone(), body))
        })
        .expect("the second letter");
    assert_eq!(letter.subject, "Come back, ann@example.com, for the red one");
    let text = body.1.expect("text");
    assert!(text.starts_with("1 Mug <1>") && text.contains("Unsubscribe: "), "{text}");
}

/// The three shipped letters, as HTML and as text, stand under `tests/transcripts/letters/`; `UPDATE_TRANSCRIPTS=1`
/// writes them anew. Look at them in a browser before you commit a change.
#[test]
fn the_shipped_letters_are_as_their_transcripts_have_them() {
    let world = World::new();
    world.set(SITE, "name", "Larch & Linen");
    world.set(SITE, "postal_address", "1 Mill Lane, Ambleside LA22 9DR, United Kingdom");
    let item = |name: &str, quantity: i64, price: i64| {
        json!({ "product_id": name, "product_name": name, "quantity": quantity, "unit_price": price,
                "product_url": "https://shop.example/p" })
    };
    let body = json!({
        "email": "ann@example.com",
        "restore_url": "https://shop.example/cart",
        "metadata": { "firstName": "Ann" },
        "items": [item("Stoneware mug", 2, 1_450), item("Linen towel, \"Älvdalen\"", 1, 1_900)],
    });
    let cart = world.rest("POST", "/v1/carts", &body).json()["id"].as_str().expect("an id").to_owned();
    world.advance("10d");
    let site = world.site(SITE);
    let (_, _, letters) = world.app.store.read(|tx| ops::outbox::explain(tx, &site, &cart)).expect("letters");
    assert_eq!(letters.len(), 3);
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/transcripts/letters");
    for letter in letters {
        let (html, text) =
            world.app.store.read(|tx| cartwright::store::messages::body(tx, letter.no)).expect("a letter");
        let subject = format!("Subject: {}\n\n", letter.subject);
        for (kind, written) in [("html", html.expect("HTML")), ("txt", subject + &text.expect("text"))] {
            let file = folder.join(format!("step-{}.{kind}", letter.step));
            let shown = without_tokens(&written);
            if std::env::var_os("UPDATE_TRANSCRIPTS").is_some() {
                std::fs::create_dir_all(&folder).expect("a folder");
                std::fs::write(&file, &shown).expect("a transcript");
            }
            let expected = std::fs::read_to_string(&file).expect("the transcript");
            assert_eq!(shown, expected, "{}", file.display());
        }
    }
}

/// A letter without what differs from run to run: the tokens of its links, and the port.
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
fn a_letter_of_unknown_fate_leaves_again_only_when_somebody_says_so() {
    use cartwright::ops::outbox::{self, Means};
    let world = World::new();
    let cart = leave(&world, "ann@example.com", json!({}));
    world.advance("59m");
    // A process claims the letter and dies.
    let hand = world.app.hand.as_ref().expect("a hand");
    hand.set(world.app.now().plus(60));
    let means = Means { real: false, public_url: false, busy_until: None };
    world.app.store.write(move |tx| outbox::claim(tx, means).map(drop)).expect("a claim");
    world.app.store.write(outbox::give_up_in_flight).expect("the next process begins");
    world.advance("1h");
    assert_eq!(letters(&world, &cart)[0].1, "unknown");
    let site = world.site(SITE);
    let id = world.app.store.read(|tx| Ok(outbox::explain(tx, &site, &cart)?.2[0].id.clone())).expect("a letter");
    let (shop, again) = (site.clone(), id.clone());
    world.app.store.write(move |tx| outbox::retry(tx, &shop, &again)).expect("a second try");
    world.advance("0s");
    assert_eq!(letters(&world, &cart)[0].1, "sent");
    assert!(world.app.store.write(move |tx| outbox::retry(tx, &site, &id)).is_err(), "what was sent is not sent again");
}

#[test]
fn a_customer_who_bought_under_another_address_is_not_reminded() {
    let world = World::new();
    let left = leave(&world, "ann@work.example.com", json!({ "customer_id": "cust_1" }));
    world.advance("5m");
    leave(&world, "ann@home.example.com", json!({ "customer_id": "cust_1" }));
    let other = leave(&world, "bob@example.com", json!({ "customer_id": "cust_2" }));
    world.advance("5m");
    buy(&world, "ann@home.example.com");
    world.advance("2h");
    assert_eq!(last(&world, &left), word("skip", "bought"));
    assert_eq!(last(&world, &other), word("send", "clear"));
}
