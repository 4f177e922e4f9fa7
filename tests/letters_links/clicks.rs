//! Clicks and opens: where they lead, and whom they count for.

use cartwright::ops;

use crate::support::{KEY, SITE};
use crate::*;

#[test]
fn a_click_leads_to_the_shops_page_and_counts_once() {
    let world = world();
    let letter = letter_to(&world, "ann@example.com");
    let links = letter.links("/c/");
    assert_eq!(links.len(), 3, "two lines with a page, and the link that nobody sees: {links:?}");
    let first = browse(&world, &links[0]);
    assert_eq!((first.status, first.header("location")), (302, Some("https://shop.example/vase?a=1&b=2")));
    assert_eq!(first.header("referrer-policy"), Some("no-referrer"));
    assert_eq!(first.header("set-cookie"), None);
    world.advance("1m");
    assert_eq!(browse(&world, &links[1]).header("location"), Some("https://shop.example/lamp"));
    assert_eq!(letter.verdicts(&world), [("human", "browser".into()), ("human", "browser".into())]);
    assert_eq!((figures(&world).clicked, figures(&world).opened), (1, 0));
    let evidence: Value =
        serde_json::from_str(letter.events(&world)[0].evidence.as_deref().expect("evidence")).expect("JSON");
    assert_eq!(evidence, json!({ "link": "1", "method": "GET", "user_agent": BROWSER, "network": "127.0.0.0/24" }),);
}

#[test]
fn a_click_leads_where_its_letter_led_whatever_became_of_the_cart() {
    let world = world();
    let letter = letter_to(&world, "ann@example.com");
    let item = cart(&world, &letter.cart_id)["items"][0]["id"].as_str().expect("an id").to_owned();
    world.rest("DELETE", &format!("/v1/carts/{}/items/{item}", letter.cart_id), &Value::Null);
    assert_eq!(browse(&world, &letter.links("/c/")[0]).header("location"), Some("https://shop.example/vase?a=1&b=2"));
}

#[test]
fn a_click_and_a_purchase_recover_the_cart() {
    let world = world();
    let letter = letter_to(&world, "ann@example.com");
    browse(&world, &letter.links("/c/")[0]);
    world.advance("10m");
    world.get(&format!("/ss/v1/?key={KEY}&siteid={SITE}&email=ann@example.com"));
    assert_eq!(cart(&world, &letter.cart_id)["recovery_status"], "recovered");
    assert_eq!(figures(&world).recovered, 1);
}

#[test]
fn machines_are_kept_and_counted_nowhere() {
    let world = world();
    let letter = letter_to(&world, "ann@example.com");
    let link = &letter.links("/c/")[0];
    assert_eq!(world.call("HEAD", link, &[("User-Agent", BROWSER)], b"").status, 302);
    world.call("GET", link, &[("User-Agent", BROWSER), ("Sec-Purpose", "prefetch;prerender")], b"");
    world.call("GET", link, &[("User-Agent", "Mozilla/5.0 (compatible; bingbot/2.0)")], b"");
    world.call("GET", link, &[], b"");
    let rules: Vec<String> = letter.verdicts(&world).into_iter().map(|(_, rule)| rule).collect();
    assert_eq!(rules, ["head", "prefetch", "scanner", "nameless"]);
    assert!(letter.verdicts(&world).iter().all(|(class, _)| *class == "machine"));
    assert_eq!(figures(&world).clicked, 0);
}

#[test]
fn whoever_follows_every_link_at_once_is_a_machine_also_in_hindsight() {
    let world = world();
    let letter = letter_to(&world, "ann@example.com");
    browse(&world, &letter.links("/c/")[0]);
    assert_eq!(figures(&world).clicked, 1);
    browse(&world, &letter.links("/c/")[1]);
    browse(&world, &letter.link("/r/"));
    assert_eq!(figures(&world).clicked, 0, "{:?}", letter.verdicts(&world));
    assert!(letter.verdicts(&world).iter().all(|(_, rule)| rule == "every_link"));
}

#[test]
fn the_link_that_nobody_sees_gives_a_scanner_away() {
    let world = world();
    let letter = letter_to(&world, "ann@example.com");
    browse(&world, &letter.links("/c/")[0]);
    let bait = letter.links("/c/").pop().expect("the hidden link");
    assert!(bait.ends_with("/0"), "{bait}");
    assert_eq!(browse(&world, &bait).status, 404);
    assert_eq!(letter.verdicts(&world), [("machine", "honeypot".into()), ("machine", "honeypot".into())]);
    world.advance("2h");
    browse(&world, &letter.links("/c/")[0]);
    assert_eq!(letter.verdicts(&world)[2], ("human", "browser".into()));
    assert_eq!(figures(&world).clicked, 1);
}

#[test]
fn an_open_is_seen_only_where_the_shop_wants_it() {
    let world = world();
    let letter = letter_to(&world, "ann@example.com");
    assert!(letter.links("/o/").is_empty(), "off by default");
    world.set(SITE, "track.opens", "on");
    let letter = letter_to(&world, "bob@example.com");
    let link = letter.link("/o/");
    let picture = browse(&world, &link);
    assert_eq!((picture.status, picture.header("content-type")), (200, Some("image/gif")));
    assert_eq!(picture.header("cache-control"), Some("no-store"));
    assert!(picture.body.starts_with("GIF89a"));
    assert_eq!((figures(&world).opened, figures(&world).clicked), (1, 0));
    world.set(SITE, "track.opens", "off");
    browse(&world, &link);
    assert_eq!(letter.events(&world).len(), 1);
}

#[test]
fn pictures_fetched_by_a_provider_are_told_apart() {
    let world = world();
    world.set(SITE, "track.opens", "on");
    let letter = letter_to(&world, "ann@example.com");
    let open = |name: &str| drop(world.call("GET", &letter.link("/o/"), &[("User-Agent", name)], b""));
    open("Mozilla/5.0");
    assert_eq!(figures(&world).opened, 0);
    open("Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)");
    assert_eq!(letter.verdicts(&world), [("machine", "mail_privacy".into()), ("unknown", "picture_proxy".into())]);
    assert_eq!(figures(&world).opened, 1);
}

#[test]
fn links_lead_straight_to_the_shop_where_clicks_are_not_tracked() {
    let world = world();
    world.set(SITE, "track.clicks", "off");
    let letter = letter_to(&world, "ann@example.com");
    assert!(letter.links("/c/").is_empty());
    assert!(letter.html.contains("\"https://shop.example/lamp\""), "{}", letter.html);
    assert_eq!(browse(&world, &letter.link("/r/")).status, 302);
    assert!(letter.events(&world).is_empty());
}

#[test]
fn reclassifying_moves_the_figures_to_what_the_rules_now_say() {
    let world = world();
    let letter = letter_to(&world, "ann@example.com");
    browse(&world, &letter.links("/c/")[0]);
    assert_eq!(figures(&world).clicked, 1);
    let reclassify = || {
        let site = world.site(SITE);
        world.app.store.write(move |tx| ops::engagement::reclassify(tx, &site, 0, 100)).expect("verdicts").0
    };
    assert_eq!(reclassify(), 0);
    // The shop learns that it was one of its own people.
    world.set(SITE, "track.own_networks", "10.0.0.1, 127.0.0.77");
    assert_eq!((reclassify(), reclassify()), (1, 0));
    assert_eq!(letter.verdicts(&world), [("machine", "own_network".into())]);
    assert_eq!(figures(&world).clicked, 0);
    world.set(SITE, "track.own_networks", "");
    assert_eq!(reclassify(), 1);
    assert_eq!(figures(&world).clicked, 1);
}

#[test]
fn a_letter_keeps_no_end_of_evidence() {
    let world = world();
    let letter = letter_to(&world, "ann@example.com");
    for _ in 0..210 {
        assert_eq!(browse(&world, &letter.links("/c/")[0]).status, 302);
    }
    assert_eq!(letter.events(&world).len(), 200);
}

#[test]
fn what_happens_to_a_letter_on_its_way_counts_once_it_is_sent() {
    let world = world();
    let letter = letter_to(&world, "ann@example.com");
    let (site, cart_id) = (world.site(SITE), letter.cart_id);
    let email = cartwright::domain::EmailAddress::parse("ann@example.com").expect("an address");
    let done = world.app.store.write(move |tx| {
        let new = ops::messages::NewMessage {
            cart_id,
            sequence_id: "own".into(),
            step: 1,
            email: email.clone(),
            subject: "Hello".into(),
            html: None,
            text: None,
        };
        let slow = ops::messages::enqueue(tx, &site, new)?;
        let reason = cartwright::domain::suppressions::Reason::Unsubscribe;
        ops::suppressions::suppress(tx, &site, &email, reason, Some(&slow.id))?;
        // Its mark is kept while the transport has it; the queue's own letters were struck.
        let mut slow = store::messages::by_id(tx, site.no, &slow.id)?.expect("the letter");
        slow.status = cartwright::domain::messages::MessageStatus::Queued;
        store::messages::update(tx, &slow)?;
        ops::messages::mark_sent(tx, &site, &slow.id)
    });
    assert!(done.expect("a letter").marks.unsubscribed);
    assert_eq!((figures(&world).sent, figures(&world).unsubscribed), (2, 1));
}
