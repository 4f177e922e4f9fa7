//! What browsers make up: links elsewhere, markup, addresses, numbers without end.

use cartwright::domain::{Currency, markup};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::page::{Visitor, beans, figures, world};
use crate::support::World;

#[test]
fn links_and_pictures_that_lead_elsewhere_are_dropped() {
    let world = world();
    let ann = Visitor::of(&world, "ann");
    let elsewhere = [
        "https://evil.example/a.png",
        "https://shop.example@evil.example/",
        "https://shop.example.evil.example/",
        "https://notshop.example/",
        "//evil.example/a",
        "javascript:alert(1)",
        "data:text/html,x",
        "\\\\evil.example\\a",
        "https://user:word@shop.example/",
        "",
    ];
    let lines: Vec<_> =
        elsewhere.iter().map(|link| json!({ "id": "p", "price": 1, "productURL": link, "image": link })).collect();
    let data = json!({ "returnurl": "https://evil.example/cart", "Logo": "https://evil.example/x.png" });
    ann.says("tracking-cart", json!({ "items": lines, "data": data }));
    let (cart, lines) = ann.cart().expect("a cart");
    assert_eq!(lines.len(), elsewhere.len());
    for (line, link) in lines.iter().zip(elsewhere) {
        assert_eq!((&line.url, &line.image_url), (&None, &None), "{link}");
    }
    assert_eq!((cart.restore_url, cart.metadata), (None, None));
}

#[test]
fn pictures_below_the_shops_host_are_the_shops() {
    let world = world();
    let ann = Visitor::of(&world, "ann");
    let lines = json!([{ "id": "p", "price": 1, "image": "https://cdn.shop.example/a.png" }]);
    ann.says("tracking-cart", json!({ "items": lines }));
    assert_eq!(ann.cart().expect("a cart").1[0].image_url.as_deref(), Some("https://cdn.shop.example/a.png"));
}

#[test]
fn names_are_plain_text_without_links() {
    for (raw, plain) in [
        ("<b>Beans</b> <script>x</script>", Some("Beans x")),
        ("Tom &amp; Jerry&#39;s", Some("Tom & Jerry's")),
        ("&lt;img src=x&gt;Cup", Some("img src=x Cup")),
        ("Win at https://evil.example now", Some("Win at now")),
        ("www.evil.example", None),
        ("See evil.com!", Some("See")),
        ("evil.zone/path Cup", Some("Cup")),
        ("Write ann@evil.com", Some("Write")),
        ("Node.js 2.0 v1.2.3", Some("Node.js 2.0 v1.2.3")),
        ("A\r\nBcc: x\u{202e}\u{0}y", Some("A Bcc: x y")),
        ("3 < 4", Some("3 4")),
        ("A thing of some length", Some("A thing of some length")),
        ("  two   blanks ", Some("two blanks")),
        ("  ", None),
    ] {
        assert_eq!(markup::plain(raw, 250).as_deref(), plain, "{raw:?}");
    }
    assert_eq!(markup::plain(" some words", 6).as_deref(), Some("some w"));
    assert_eq!(markup::plain(&"é".repeat(300), 250).map(|text| text.chars().count()), Some(250));
}

#[test]
fn addresses_that_no_letter_can_be_sent_to_are_left_out() {
    let world = world();
    let ann = Visitor::of(&world, "ann");
    let long = format!("{}@{}.example", "a".repeat(64), "b".repeat(247));
    for odd in [
        "\"ann smith\"@example.com",
        "änn@example.com",
        "ann@exämple.com",
        &long,
        "ann@example.com\r\n",
        "ann@example.com\r\nBcc: bob@example.com",
        "ann",
        "ann@",
        "ann@@example.com",
        "ann@localhost",
        "<ann@example.com>",
    ] {
        ann.says("capture", json!({ "email": odd }));
        assert!(ann.cart().is_none(), "{odd:?}");
    }
    ann.says("tracking", json!({ "email": { "a": 1 }, "items": beans("1.00") }));
    assert_eq!(ann.cart().expect("a cart").0.email, None);
}

#[test]
fn numbers_are_bounded() {
    let world = world();
    let ann = Visitor::of(&world, "ann");
    let lines = json!([
        { "id": "a", "quantity": 1e300, "price": "1e21" }, { "id": "b", "quantity": 0, "price": 5 },
        { "id": "c", "quantity": -3, "price": 5 }, { "id": "d", "quantity": "2.0", "price": "-4.00" },
        { "id": "e", "quantity": "many", "price": 1 }, { "quantity": 1 }, 7, null
    ]);
    ann.says("tracking-cart", json!({ "items": lines, "total": "999999999999999999" }));
    let (cart, lines) = ann.cart().expect("a cart");
    let seen: Vec<_> = lines.iter().map(|line| (line.product_id.as_str(), line.quantity, line.unit_price)).collect();
    assert_eq!(seen, [("a", 1_000_000, 0), ("d", 2, 0)]);
    assert_eq!(cart.total, 0);
    let too_dear = json!([{ "id": "a", "quantity": 1_000_000, "price": "9999999999.99" }]);
    assert_eq!(ann.tries("tracking-cart", json!({ "items": too_dear })).status, 400);
    let many: Vec<_> = (0..501).map(|n| json!({ "id": format!("p{n}") })).collect();
    assert_eq!(ann.tries("tracking-cart", json!({ "items": many })).status, 400);
    ann.says("tracking-cart", json!({ "items": many[..500] }));
    assert_eq!(ann.cart().expect("a cart").1.len(), 500);
    figures(&world);
}

#[test]
fn amounts_are_read_as_shops_write_them() {
    let usd = Currency::parse("USD").expect("a currency");
    for (raw, minor) in [
        ("<bdi><span>&#36;</span>18.00</bdi>", Some(1_800)),
        ("17.990000000000002", Some(1_799)),
        ("$1,234.50", Some(123_450)),
        ("1.234,50&nbsp;&euro;", Some(123_450)),
        ("1 234,5", Some(123_450)),
        ("&#x24;1,234", Some(123_400)),
        ("US$ 18", Some(1_800)),
        ("18,00 EUR", Some(1_800)),
        ("CHF 1'234.00", Some(123_400)),
        ("1.234.567,00 kr", Some(123_456_700)),
        ("0", Some(0)),
        ("-5", None),
        ("$-5.00", None),
        ("1e21", None),
        ("free", None),
        ("", None),
    ] {
        assert_eq!(markup::amount(raw, usd), minor, "{raw:?}");
    }
    let kwd = Currency::parse("KWD").expect("a currency");
    assert_eq!(markup::amount("KD 1.234", kwd), Some(1_234));
}

proptest! {
    /// However an amount is dressed, it is read as what it is.
    #[test]
    fn a_dressed_amount_is_read_back(
        minor in 0..99_999_999_999_i64,
        code in prop::sample::select(vec!["USD", "JPY", "EUR"]),
        continental in any::<bool>(),
        dress in prop::sample::select(vec![
            "{}", "&#36;{}", "{}&nbsp;&euro;", "<bdi><span class=\"price 7\">&#36;</span>{}</bdi>", "<b>{}</b> incl.", "€ {}",
        ]),
    ) {
        let currency = Currency::parse(code).expect("a currency");
        let major = currency.major(minor);
        let (whole, part) = major.split_once('.').map_or((major.as_str(), None), |(whole, part)| (whole, Some(part)));
        let (thousands, decimal) = if continental { ('.', ',') } else { (',', '.') };
        let mut grouped = String::new();
        for (at, digit) in whole.chars().enumerate() {
            if at > 0 && (whole.len() - at) % 3 == 0 {
                grouped.push(thousands);
            }
            grouped.push(digit);
        }
        if let Some(part) = part {
            grouped.push(decimal);
            grouped.push_str(part);
        }
        // A bare `1.234` is a plain number with three decimals; only its dress says that it is not.
        prop_assume!(dress != "{}" && dress != "<b>{}</b> incl." || part.is_some() || !continental);
        prop_assert_eq!(markup::amount(&dress.replace("{}", &grouped), currency), Some(minor));
    }

    /// Whatever stands in whichever field: it is heard or refused, and never a failure of ours.
    #[test]
    fn nothing_that_a_page_says_makes_the_server_fail(
        command in prop::sample::select(vec!["tracking", "tracking-cart", "capture", "confirmation"]),
        field in prop::sample::select(vec![
            "email", "consent", "currency", "total", "items", "restore_url", "data", "attributes", "human", "visitor",
        ]),
        value in prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            "\\PC{0,40}|[<>&#;e0-9.,$/:@-]{0,40}".prop_map(Value::from),
            ("\\PC{0,20}", any::<f64>()).prop_map(|(text, n)| json!([{ "id": text, "quantity": n, "price": n, "url": text }])),
            "\\PC{0,20}".prop_map(|text| json!({ "given": true, "wording": text, "returnurl": text, "a": text })),
        ],
    ) {
        thread_local!(static WORLD: World = world());
        WORLD.with(|world| {
            let ann = Visitor::of(world, "ann");
            let mut more = json!({ "email": "ann@example.com", "items": beans("1.00") });
            more[field] = value;
            let status = ann.tries(command, more.clone()).status;
            assert!([204, 400, 429].contains(&status), "{more} answered {status}");
        });
    }

    /// Nothing makes these fail, and nothing that comes out opens a tag.
    #[test]
    fn any_text_is_survived(raw in "\\PC{0,60}|[<>&#;a-z0-9.,$]{0,60}") {
        let usd = Currency::parse("USD").expect("a currency");
        prop_assert!(markup::amount(&raw, usd).is_none_or(|minor| minor >= 0));
        let plain = markup::plain(&raw, 50).unwrap_or_default();
        prop_assert!(!plain.contains(['<', '>']) && plain.chars().count() <= 50);
    }
}
