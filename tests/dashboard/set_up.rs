//! The first visit, and a demo's link.

use cartwright::domain::users::Role;
use cartwright::ops::passes;

use crate::support::browser::PASSWORD;
use crate::support::{SITE, World};

const FIELDS: [(&str, &str); 5] = [
    ("name", "Larch & Linen"),
    ("currency", "eur"),
    ("timezone", "Europe/Paris"),
    ("user_id", "ann"),
    ("password", PASSWORD),
];

fn link(world: &World) -> Option<String> {
    let token = world.app.store.write(passes::for_set_up).expect("a store");
    token.map(|token| format!("/dashboard/set-up/{token}"))
}

#[test]
fn the_link_makes_shop_user_and_keys_and_signs_in_once() {
    let world = World::empty();
    let link = link(&world).expect("nobody has a password");
    let mut browser = world.browser();
    assert!(browser.page(&link).contains("Set up your shop"));
    let made = browser.submit(&link, &link, &FIELDS);
    assert_eq!(made.status, 200, "{}", made.body);
    assert!(made.body.contains("Larch &#38; Linen is ready"), "{}", made.body);
    let key = made.body.split("<pre>").nth(1).and_then(|rest| rest.split('<').next()).expect("a key").to_owned();
    assert!(browser.page("/dashboard").contains("No carts yet"));

    let site = world.site("larch-linen");
    assert_eq!((site.currency.code(), site.zone.name(), site.account_id.as_str()), {
        ("EUR", "Europe/Paris", "larch_linen")
    });
    let bearer = format!("Bearer {key}");
    let carts = world.call("GET", "/v1/carts", &[("Authorization", &bearer)], b"");
    assert_eq!(carts.status, 200, "{}", carts.body);

    assert_eq!(world.browser().open(&link).status, 404, "the link is used up");
    assert_eq!(world.browser().sign_in("ann", PASSWORD).status, 303);
    assert!(self::link(&world).is_none(), "somebody has a password");
}

#[test]
fn what_is_wrong_is_said_and_what_was_typed_stays_but_the_password() {
    let world = World::empty();
    let link = link(&world).expect("a link");
    let mut browser = world.browser();
    for (name, value, sentence) in [
        ("name", "", "is required"),
        ("currency", "XXXX", "ISO 4217"),
        ("timezone", "Mars/Olympus", "knows no zone"),
        ("user_id", "ann smith", "must be 1 to 20"),
        ("password", "too short", "at least 15 characters"),
    ] {
        let fields = FIELDS.map(|field| if field.0 == name { (name, value) } else { field });
        let again = browser.submit(&link, &link, &fields);
        assert_eq!(again.status, 422, "{name}: {}", again.body);
        assert!(again.body.contains(sentence), "{name}: {}", again.body);
        assert!(again.body.contains("aria-invalid"), "{name}");
        assert!(!again.body.contains(PASSWORD), "{name}");
        assert!(name == "timezone" || again.body.contains("value=\"Europe/Paris\""), "{name}: {}", again.body);
    }
    assert_eq!(browser.submit(&link, &link, &FIELDS).status, 200);
}

#[test]
fn a_link_ends_after_half_an_hour_and_with_the_next_one() {
    let world = World::empty();
    let first = link(&world).expect("a link");
    let second = link(&world).expect("a link");
    assert_eq!(world.get(&first).status, 404);
    world.advance("29m59s");
    assert_eq!(world.get(&second).status, 200);
    world.advance("1s");
    assert_eq!(world.get(&second).status, 404);
    assert_eq!(world.get("/dashboard/set-up/nonsense").status, 404);
}

#[test]
fn a_shop_that_the_command_line_made_gets_its_first_password() {
    let world = World::new();
    let link = link(&world).expect("john has no password");
    let mut browser = world.browser();
    assert!(browser.page(&link).contains("A shop (shop=)"));
    let made = browser.submit(&link, &link, &[("shop", SITE), ("user_id", "john"), ("password", PASSWORD)]);
    assert_eq!(made.status, 200, "{}", made.body);
    assert_eq!(world.browser().sign_in("john", PASSWORD).status, 303);
    let users = world.app.store.read(|tx| cartwright::ops::users::list(tx, &world.site(SITE))).expect("users");
    assert_eq!(users.iter().map(|user| user.role).collect::<Vec<_>>(), [Role::Admin]);
}

#[test]
fn a_demos_link_signs_in_once() {
    let world = World::new();
    let site = world.site(SITE);
    let token = world.app.store.write(move |tx| passes::for_sign_in(tx, &site, "john")).expect("a link");
    let link = format!("/dashboard/enter/{token}");
    let mut browser = world.browser();
    let ahead = world.call("GET", &link, &[("Sec-Purpose", "prefetch")], b"");
    assert_eq!(ahead.status, 204, "fetching ahead does not use it up");
    let entered = browser.open(&link);
    assert_eq!((entered.status, entered.header("location")), (303, Some("/dashboard")));
    assert!(browser.page("/dashboard").contains("john"));
    assert_eq!(browser.open(&link).status, 303, "who is in already goes in");
    assert_eq!(world.browser().open(&link).status, 404);
}
