//! What is wrong is named by line and field, and nothing is written.

use cartwright::cli::import::Outcome;
use cartwright::domain::stats::Figures;
use cartwright::ops::sites;

use crate::world::*;

#[test]
fn a_wrong_line_is_named_with_its_field_and_nothing_is_written() {
    let world = World::empty();
    let good = r#"{"type":"cart","id":"c","currency":"EUR","total":1,"created_at":"2024-01-15T10:00:00Z"}"#;
    let problems = world.refused(&[
        SITE_LINE,
        good,
        "",
        r#"{"type":"cart","id":"d","currency":"EUR","total":1,"created_at":"2024-01-15T10:00:00Z","items":[{"product_id":"x"},{"product_id":"x","quantity":0}]}"#,
        r#"{"type":"cart","id":"e","currency":"EUR","total":1,"created_at":"yesterday"}"#,
        r#"{"type":"cart","id":"f","currency":"EUR","total":"1","created_at":"2024-01-15T10:00:00Z"}"#,
        r#"{"type":"cart","id":"g","currency":"EUR","created_at":"2024-01-15T10:00:00Z"}"#,
        r#"{"type":"cart","id":"h","currency":"EUR","total":1,"colour":"red","created_at":"2024-01-15T10:00:00Z"}"#,
        r#"{"type":"telegram","id":"w"}"#,
        r#"{"id":"w"}"#,
        "[1]",
        r#"{"type":"cart""#,
        r#"{"type":"message","id":"m"}"#,
        r#"{"type":"cart","id":"i","currency":"EUR","total":1.5,"created_at":null}"#,
    ]);
    let begins = [
        "line 4: cart.items[1].quantity: must be a whole number from 1 to 1000000",
        "line 5: cart.created_at: must be an RFC 3339 time",
        "line 6: cart.total: must be a whole number from 0 to 999999999999, not string",
        "line 7: cart.total: is required",
        "line 8: cart.colour: is not a field of this type",
        "line 9: type: knows no `telegram`",
        "line 10: type: is required",
        "line 11: must be a JSON object",
        "line 12: is not JSON",
        "line 13: message.sent_at: is required",
        "line 14: cart.total: must be a whole number",
    ];
    assert_eq!(problems.len(), begins.len(), "{problems:#?}");
    for (problem, begin) in problems.iter().zip(begins) {
        assert!(problem.starts_with(begin), "{problem} does not begin with {begin}");
    }
    assert!(world.store.read(|tx| sites::find(tx, SITE)).is_err(), "a site was written");
}

#[test]
fn lines_that_contradict_each_other_are_refused() {
    let world = World::empty();
    let sale = r#"{"type":"purchase","id":"p","currency":"EUR","total":5,"at":"2024-02-01T12:00:00Z","order_id":"o"}"#;
    let member = r#"{"type":"subscriber","id":"s","email":"ann@example.com","phone":"+40712345678","created_at":"2024-02-01T12:00:00Z"}"#;
    let cases: &[(&[&str], &str)] = &[
        (&[sale, &sale.replace("5", "6")], "line 3: purchase.id: "),
        (&[sale, &sale.replace("\"p\"", "\"q\"")], "line 3: purchase.order_id: "),
        (&[member, &member.replace("\"s\"", "\"t\"")], "line 3: subscriber.email: "),
        (
            &[member, &member.replace("\"s\"", "\"t\"").replace("ann@", "bob@").replace('+', "00")],
            "line 3: subscriber.phone: ",
        ),
        (
            &[sale, r#"{"type":"refund","id":"r","purchase_id":"p","amount":6,"at":"2024-02-01T12:00:00Z"}"#],
            "line 3: refund.amount: ",
        ),
        (
            &[r#"{"type":"refund","id":"r","purchase_id":"x","amount":6,"at":"2024-02-01T12:00:00Z"}"#],
            "line 2: refund.purchase_id: ",
        ),
        (
            &[r#"{"type":"message","id":"m","cart_id":"x","sent_at":"2024-02-01T12:00:00Z"}"#],
            "line 2: message.cart_id: ",
        ),
        (&[r#"{"type":"suppression","reason":"manual","at":"2024-02-01T12:00:00Z"}"#], "line 2: suppression.email: "),
        (&[r#"{"type":"site","site_id":"other","account_id":"other"}"#], "line 2: site.site_id: "),
    ];
    for (lines, begin) in cases {
        let problems = world.refused(&[&[SITE_LINE], *lines].concat());
        assert!(problems.len() == 1 && problems[0].starts_with(begin), "{problems:?}, not {begin}");
    }
    let customer = r#"{"type":"customer","id":"k","created_at":"2024-01-01T00:00:00Z"}"#;
    let campaign = r#"{"type":"loyalty_campaign","id":"g","kind":"points","created_at":"2024-01-01T00:00:00Z"}"#;
    let entry = |id: &str, more: &str| {
        format!(
            r#"{{"type":"loyalty_entry","id":"{id}","campaign_id":"g","customer_id":"k","at":"2024-01-02T00:00:00Z","amount":5{more}}}"#
        )
    };
    let (made, undone) = (entry("a", ""), entry("b", r#","reverses":"a""#));
    let (twice, back) = (entry("c", r#","reverses":"a""#), entry("d", r#","reverses":"b""#));
    let base = [SITE_LINE, customer, campaign, &undone, &made];
    assert!(world.refused(&[&base[..], &[&twice]].concat())[0].starts_with("line 6: loyalty_entry.reverses: "));
    assert!(world.refused(&[&base[..], &[&back]].concat())[0].starts_with("line 6: loyalty_entry.reverses: "));
    world.taken(&base);
    assert!(world.refused(&[&twice])[0].starts_with("line 1: loyalty_entry.reverses: "));
}

#[test]
fn content_that_changed_under_its_id_is_refused() {
    let world = lively();
    let text = String::from_utf8(world.export("out.ndjson")).expect("text");
    let problems = world.refused(&[&text.replace("\"total\":2500", "\"total\":2501")]);
    assert_eq!(problems.len(), 4, "{problems:?}");
    assert!(problems[0].ends_with(": cart.total: is not what is stored under this id"), "{problems:?}");
    let problems = world.refused(&[&text.replace("A shop", "My shop")]);
    assert_eq!(problems, ["line 1: site.name: is not what is stored under this id"]);
}

#[test]
fn a_line_that_is_too_long_or_no_text_is_named() {
    let world = World::empty();
    let path = world.folder.path().join("long.ndjson");
    let mut bytes = format!("{SITE_LINE}\n{{\"type\":\"cart\",\"id\":\"{}\"}}\n", "x".repeat(16 << 20)).into_bytes();
    bytes.extend(b"{\"type\":\"\xff\"}\n");
    std::fs::write(&path, bytes).expect("a file");
    let Outcome::Wrong(problems) = world.take(&path) else { panic!("taken") };
    let said: Vec<String> = problems.shown.iter().map(ToString::to_string).collect();
    assert_eq!(said, ["line 2: is longer than 16777216 bytes", "line 3: is not UTF-8 text"]);
}

#[test]
fn figures_that_no_day_can_have_are_refused() {
    let world = World::empty();
    let day = |figure: &str| format!(r#"{{"type":"daily","day":"2024-01-15","currency":"EUR",{figure}}}"#);
    let cases = [
        (r#""abandoned":-1"#, "line 2: daily.abandoned: must be a whole number from 0 to 1000000000000, not -1"),
        (r#""sent":1000000000001"#, "line 2: daily.sent: must be a whole number from 0 to 1000000000000"),
        (r#""revenue":-1000000000000001"#, "line 2: daily.revenue: must be a whole number from -1000000000000000 to"),
        (r#""recovered_revenue":1000000000000001"#, "line 2: daily.recovered_revenue: must be a whole number from"),
    ];
    for (figure, begin) in cases {
        let problems = world.refused(&[SITE_LINE, &day(figure)]);
        assert!(problems.len() == 1 && problems[0].starts_with(begin), "{problems:?}");
    }
    world.taken(&[SITE_LINE, &day(r#""abandoned":1000000000000,"revenue":-1000000000000000"#)]);
}

#[test]
fn sums_of_figures_end_where_numbers_end() {
    let mut sum = Figures { revenue: i64::MAX, recovered_revenue: i64::MIN, sent: 1, ..Figures::default() };
    sum += Figures { revenue: 1, recovered_revenue: -1, sent: 1, ..Figures::default() };
    assert_eq!((sum.revenue, sum.recovered_revenue, sum.sent), (i64::MAX, i64::MIN, 2));
}

#[test]
fn what_either_reading_finds_is_told_together_in_the_order_of_the_lines() {
    let world = World::empty();
    let cart = r#"{"type":"cart","id":"c","currency":"EUR","total":-1,"created_at":"2024-01-15T10:00:00Z"}"#;
    let sale = |id: &str, cart: &str, total: i64| {
        format!(
            r#"{{"type":"purchase","id":"{id}","cart_id":"{cart}","currency":"EUR","total":{total},"at":"2024-02-01T12:00:00Z"}}"#
        )
    };
    let refund = r#"{"type":"refund","id":"r","purchase_id":"q","amount":6,"at":"2024-02-01T12:00:00Z"}"#;
    // The cart is wrong, and so is the sale `q`; what names them is not wrong for that.
    let (named, nowhere, wrong) = (sale("p", "c", 5), sale("o", "d", 5), sale("q", "c", -5));
    let lines = [SITE_LINE, &named, &nowhere, refund, cart, &wrong];
    let starts = ["line 3: purchase.cart_id: names `d`", "line 5: cart.total: ", "line 6: purchase.total: "];
    let problems = world.refused(&lines);
    assert_eq!(problems.len(), starts.len(), "{problems:?}");
    assert!(problems.iter().zip(starts).all(|(problem, start)| problem.starts_with(start)), "{problems:?}");
    // Of many, the first twenty are shown, of both kinds.
    let many: Vec<String> = (0..30)
        .map(|n| if n % 2 == 0 { sale(&n.to_string(), "d", 5) } else { sale(&n.to_string(), "d", -5) })
        .collect();
    let many: Vec<&str> = [SITE_LINE].into_iter().chain(many.iter().map(String::as_str)).collect();
    let Outcome::Wrong(problems) = world.lines(&many) else { panic!("taken") };
    assert_eq!(problems.shown.iter().map(|problem| problem.line).collect::<Vec<_>>(), (2..22).collect::<Vec<u64>>());
    assert_eq!(problems.more, 10);
}
