//! Lines that look right and are not, and lines that look wrong and are not.

use crate::world::*;

#[test]
fn lines_that_only_look_right_are_refused() {
    let world = World::empty();
    let cart = |more: &str| {
        format!(r#"{{"type":"cart","id":"c","currency":"EUR","total":1,"created_at":"2024-01-15T10:00:00Z",{more}}}"#)
    };
    let second_site = SITE_LINE.replace("EUR", "USD");
    let twice = SITE_LINE.replace('}', r#","settings":{"abandon_after":"20m","abandon_after":"30m"}}"#);
    let listed = SITE_LINE.replace('}', r#","settings":["abandon_after"]}"#);
    let letter =
        r#"{"type":"message","id":"m","sent_at":"2024-01-15T13:00:00Z","events":[["open","2024-01-15T14:00:00Z"]]}"#;
    let hash = "0".repeat(64);
    let hashed =
        format!(r#"{{"type":"suppression","email_hash":"{hash}","reason":"bounce","at":"2024-01-02T00:00:00Z"}}"#);
    let cases: &[(&[&str], &str)] = &[
        (&[SITE_LINE, &second_site], "line 2: site.site_id: `shop-1` is the id of another line with other content"),
        (&[SITE_LINE, &cart(r#""items":[["x"]]"#)], "line 2: cart.items[0]: must be an object, not sequence"),
        (&[SITE_LINE, letter], "line 2: message.events[0]: must be an object, not sequence"),
        (&[&twice], "line 1: site.settings: sets `abandon_after` twice"),
        (&[&listed], "line 1: site.settings: must be an object, not sequence"),
        (
            &[SITE_LINE, &cart(r#""items":[{"product_id":"x","quantity":10000000000000000000}]"#)],
            "line 2: cart.items[0].quantity: must be a whole number from 1 to 1000000, not 10000000000000000000",
        ),
        (&[SITE_LINE, &cart(r#""items":[{"quantity":1}]"#)], "line 2: cart.items[0].product_id: is required"),
        (
            &[SITE_LINE, &cart(r#""items":[{"product_id":"x","colour":1}]"#)],
            "line 2: cart.items[0].colour: is not a field of this type",
        ),
        (&[SITE_LINE, &hashed], "line 2: suppression.email_hash: needs the site's suppression_key"),
    ];
    for (lines, problem) in cases {
        assert_eq!(world.refused(lines), [*problem]);
    }
    // With the key, or where the site is, a hash can be kept.
    let with_key = SITE_LINE.replace('}', &format!(r#","suppression_key":"{hash}"}}"#));
    world.taken(&[&hashed, &with_key]);
    let other = World::empty();
    other.taken(&[SITE_LINE]);
    other.taken(&[&hashed]);
}

#[test]
fn a_mark_before_the_first_line_and_nulls_are_passed_over() {
    let world = World::empty();
    let cart =
        r#"{"type":"cart","id":"c","currency":"EUR","total":1,"created_at":"2024-01-15T10:00:00Z","items":null}"#;
    let letter = r#"{"type":"message","id":"m","sent_at":"2024-01-15T13:00:00Z","events":null}"#;
    world.taken(&[&format!("\u{feff}{}", SITE_LINE.replace('}', r#","settings":null}"#)), cart, letter]);
    assert_eq!(world.cart("c").total, 1);
    // Anywhere else it is none.
    assert_eq!(world.refused(&[SITE_LINE, &format!("\u{feff}{cart}")]), ["line 2: must be a JSON object"]);
}

#[test]
fn a_name_that_ends_in_gz_in_capitals_is_packed_too() {
    let world = lively();
    let packed = world.export("OUT.NDJSON.GZ");
    assert_eq!(packed[..2], [0x1f, 0x8b]);
    let second = World::empty();
    let path = second.folder.path().join("in.Gz");
    std::fs::write(&path, packed).expect("a file");
    assert!(matches!(second.take(&path), cartwright::cli::import::Outcome::Fine(_)));
    assert_eq!(second.export("out.ndjson"), world.export("out.ndjson"));
}
