//! The archive: what goes out comes in again, what is wrong is named and not written, and the figures stand.

#[path = "archive/beyond_memory.rs"]
mod beyond_memory;
#[path = "archive/columns.rs"]
mod columns;
#[path = "archive/files.rs"]
mod files;
#[path = "archive/interruptions.rs"]
mod interruptions;
#[path = "archive/objects.rs"]
mod objects;
#[path = "archive/refusals.rs"]
mod refusals;
#[path = "archive/spellings.rs"]
mod spellings;
#[path = "archive/world.rs"]
mod world;

use cartwright::cli::import::Outcome;
use cartwright::domain::carts::CartStatus;
use cartwright::domain::stats::Figures;
use cartwright::ops::archive::lines::Kind;
use world::*;

#[test]
fn an_archive_that_goes_out_comes_in_and_goes_out_the_same() {
    let first = lively();
    let bytes = first.export("out.ndjson");
    let second = World::empty();
    let path = second.folder.path().join("in.ndjson");
    std::fs::write(&path, &bytes).expect("a file");
    assert!(matches!(second.take(&path), Outcome::Fine(_)));
    let again = second.export("again.ndjson");
    assert_eq!(String::from_utf8_lossy(&again), String::from_utf8_lossy(&bytes));
    assert_eq!(second.days(), first.days());
    second.figures_are_what_the_rows_say();
}

#[test]
fn the_same_archive_twice_is_skipped() {
    let world = lively();
    let bytes = world.export("out.ndjson");
    let Outcome::Fine(counts) = world.take(&world.folder.path().join("out.ndjson")) else { panic!("refused") };
    assert!(counts.iter().all(|(_, new, _)| new == 0), "{counts:?}");
    assert_eq!(counts.of(Kind::Cart), (0, 8));
    assert_eq!(world.export("again.ndjson"), bytes);
}

#[test]
fn lines_may_be_in_any_order_and_are_attributed_by_the_rules() {
    let lines = [
        r#"{"type":"refund","id":"r","purchase_id":"p","amount":100,"at":"2024-01-17T00:00:00Z"}"#,
        r#"{"type":"purchase","id":"p","email":"ann@example.com","cart_id":"c","currency":"EUR","total":900,"at":"2024-01-16T00:00:00Z"}"#,
        r#"{"type":"message","id":"m","cart_id":"c","email":"Ann@example.com","sent_at":"2024-01-15T13:00:00Z","events":[{"kind":"open","at":"2024-01-15T14:00:00Z"}]}"#,
        r#"{"type":"cart","id":"c","email":"Ann@example.com","currency":"EUR","total":900,"created_at":"2024-01-15T10:00:00Z","items":[{"product_id":"x","unit_price":900}]}"#,
        SITE_LINE,
    ];
    let world = World::empty();
    world.taken(&lines);
    let (cart, purchase) = (world.cart("c"), world.purchase("p"));
    assert_eq!((cart.status, cart.recovered, cart.emailed), (CartStatus::Converted, true, true));
    assert_eq!(cart.abandoned_at, Some(at("2024-01-15T10:30:00Z")));
    assert_eq!(purchase.recovered_cart, Some(cart.no));
    let total = world.total();
    assert_eq!((total.abandoned, total.sent, total.opened, total.recovered), (1, 1, 1, 1));
    assert_eq!((total.revenue, total.recovered_revenue), (800, 800));
    world.figures_are_what_the_rows_say();
    // Repeated, nothing is new and nothing is counted again; reversed, the outcome is the same.
    world.taken(&lines);
    assert_eq!(world.total(), total);
    let mut reversed = lines;
    reversed.reverse();
    let other = World::empty();
    other.taken(&reversed);
    assert_eq!(other.total(), total);
    other.figures_are_what_the_rows_say();
}

#[test]
fn a_purchase_without_a_cart_finds_the_newest_one_that_was_not_touched_since() {
    let cart = |id: &str, time: &str| {
        format!(
            r#"{{"type":"cart","id":"{id}","email":"ann@example.com","currency":"EUR","total":5,"created_at":"2024-02-{time}Z"}}"#
        )
    };
    let (old, new, later) = (cart("old", "01T10:00:00"), cart("new", "01T11:00:00"), cart("later", "02T11:00:00"));
    let sale = r#"{"type":"purchase","id":"p","email":"ANN@example.com","currency":"EUR","total":5,"at":"2024-02-01T12:00:00Z"}"#;
    let world = World::empty();
    world.taken(&[sale, &old, &new, &later, SITE_LINE]);
    assert_eq!(world.purchase("p").cart, Some(world.cart("new").no));
    assert_eq!(world.cart("later").status, CartStatus::Active);
    world.figures_are_what_the_rows_say();
    world.taken(&[sale, &old, &new, &later, SITE_LINE]);
    // The other way round: a sale that is stored claims a cart that comes in later.
    let other = World::empty();
    other.taken(&[SITE_LINE, sale]);
    other.taken(&[&old]);
    assert_eq!(other.purchase("p").cart, Some(other.cart("old").no));
    other.figures_are_what_the_rows_say();
}

#[test]
fn a_purchase_that_recovered_nothing_says_so_where_the_rules_would_differ() {
    let world = World::empty();
    let cart = r#"{"type":"cart","id":"c","email":"a@example.com","currency":"EUR","total":9,"created_at":"2024-01-15T10:00:00Z","abandoned_at":"2024-01-15T10:30:00Z","status":"converted"}"#;
    let letter = r#"{"type":"message","id":"m","cart_id":"c","sent_at":"2024-01-15T13:00:00Z","events":[{"kind":"click","at":"2024-01-15T14:00:00Z"}]}"#;
    let sale = r#"{"type":"purchase","id":"p","cart_id":"c","currency":"EUR","total":9,"at":"2024-01-16T00:00:00Z","recovered_cart_id":""}"#;
    world.taken(&[SITE_LINE, cart, letter, sale]);
    assert_eq!(world.purchase("p").recovered_cart, None);
    let text = String::from_utf8(world.export("out.ndjson")).expect("text");
    assert!(text.contains(r#""recovered_cart_id":"""#), "{text}");
    world.taken(&text.lines().collect::<Vec<_>>());
}

#[test]
fn a_line_given_twice_counts_once_and_a_closed_cart_stays_as_it_is() {
    let world = World::empty();
    let cart =
        r#"{"type":"cart","id":"c","status":"expired","currency":"EUR","total":9,"created_at":"2024-01-15T10:00:00Z"}"#;
    let sale = r#"{"type":"purchase","id":"p","cart_id":"c","currency":"EUR","total":9,"at":"2024-01-16T00:00:00Z"}"#;
    let refund = r#"{"type":"refund","id":"r","purchase_id":"p","amount":9,"at":"2024-01-16T00:00:00Z"}"#;
    let lines = [SITE_LINE, cart, cart, sale, sale, refund, refund];
    let Outcome::Fine(counts) = world.lines(&lines) else { panic!("refused") };
    assert_eq!((counts.of(Kind::Cart), counts.of(Kind::Refund)), ((1, 1), (1, 1)));
    assert_eq!(world.cart("c").status, CartStatus::Expired);
    world.taken(&lines);
    world.figures_are_what_the_rows_say();
}

#[test]
fn a_cart_was_written_about_where_a_letter_about_it_left_wherever_their_lines_stand() {
    let letter = |id: &str, cart: &str, rest: &str| {
        format!(r#"{{"type":"message","id":"{id}","cart_id":"{cart}","created_at":"2024-01-15T13:00:00Z"{rest}}}"#)
    };
    let cart = |id: &str| {
        format!(r#"{{"type":"cart","id":"{id}","currency":"EUR","total":9,"created_at":"2024-01-15T10:00:00Z"}}"#)
    };
    let sent = r#","sent_at":"2024-01-15T13:00:00Z""#;
    let lines = [
        SITE_LINE.to_owned(),
        letter("m1", "before", sent),
        cart("before"),
        cart("behind"),
        letter("m2", "behind", sent),
        letter("m3", "behind", r#","status":"failed""#),
        cart("queued"),
        letter("m4", "queued", r#","status":"queued""#),
        cart("none"),
    ];
    let world = World::empty();
    world.taken(&lines.iter().map(String::as_str).collect::<Vec<_>>());
    let written_about = ["before", "behind", "queued", "none"].map(|id| world.cart(id).emailed);
    assert_eq!(written_about, [true, true, false, false]);
    // Of a cart that is there already it becomes known later.
    world.taken(&[&letter("m5", "none", sent)]);
    assert!(world.cart("none").emailed);
}

#[test]
fn a_dry_run_counts_what_is_then_written_whether_the_shop_is_here_or_not() {
    let world = World::empty();
    let text = String::from_utf8(lively().export("out.ndjson")).expect("text");
    let lines: Vec<&str> = text.lines().chain(text.lines().filter(|line| line.contains("loyalty"))).collect();
    let file = world.file("lines.ndjson", &lines);
    for _ in 0..2 {
        let told = world.look_at(&file);
        assert_eq!(told, world.take(&file));
        let Outcome::Fine(counts) = told else { panic!("refused") };
        assert_eq!(counts.iter().map(|(_, new, skipped)| new + skipped).sum::<u64>(), lines.len() as u64);
    }
}

#[test]
fn carts_of_machines_count_nowhere() {
    let world = World::empty();
    world.taken(&[
        SITE_LINE,
        r#"{"type":"cart","id":"c","class":"machine","currency":"EUR","total":9,"created_at":"2024-01-15T10:00:00Z","abandoned_at":"2024-01-15T10:30:00Z"}"#,
        r#"{"type":"message","id":"m","cart_id":"c","sent_at":"2024-01-15T13:00:00Z","events":[{"kind":"click","at":"2024-01-15T14:00:00Z"}]}"#,
    ]);
    assert_eq!(world.total(), Figures::default());
    world.figures_are_what_the_rows_say();
}

#[test]
fn a_sealed_day_is_taken_as_given_and_not_counted_again() {
    let world = World::empty();
    world.taken(&[
        r#"{"type":"cart","id":"c","currency":"EUR","total":9,"created_at":"2024-01-15T10:00:00Z","abandoned_at":"2024-01-15T10:30:00Z"}"#,
        r#"{"type":"daily","day":"2024-01-15","currency":"EUR","abandoned":40,"revenue":1000}"#,
        SITE_LINE,
    ]);
    let days = world.days();
    assert_eq!(days.len(), 1);
    assert!(days[0].sealed);
    assert_eq!((days[0].figures.abandoned, days[0].figures.revenue), (40, 1_000));
    world.figures_are_what_the_rows_say();
}

#[test]
fn a_name_that_ends_in_gz_is_packed_and_unpacked() {
    let world = lively();
    let packed = world.export("out.ndjson.gz");
    assert_eq!(packed[..2], [0x1f, 0x8b]);
    let second = World::empty();
    assert!(matches!(second.take(&world.folder.path().join("out.ndjson.gz")), Outcome::Fine(_)));
    assert_eq!(second.export("out.ndjson"), world.export("out.ndjson"));
}

#[test]
fn the_commands_say_what_they_did_and_end_with_the_right_code() {
    let world = World::empty();
    let run = |args: &[&str]| {
        assert_cmd::Command::new(env!("CARGO_BIN_EXE_cartwright"))
            .current_dir(world.folder.path())
            .args(args)
            .args(["--data", "data"])
            .assert()
    };
    world.file("good.ndjson", &[SITE_LINE]);
    world.file("bad.ndjson", &[SITE_LINE, "{}"]);
    run(&["import", "bad.ndjson", "--site", SITE]).code(1).stdout("");
    let dry = run(&["import", "good.ndjson", "--site", SITE, "--dry-run", "--json"]).code(0);
    let expected = "{\"site\":\"shop-1\",\"dry_run\":true,\"types\":{\"site\":{\"new\":1,\"skipped\":0}}}\n";
    dry.stdout(expected);
    run(&["export", "--site", SITE, "--output", "out.ndjson"]).code(2);
    run(&["import", "good.ndjson", "--site", SITE]).code(0).stdout("site: 1 new, 0 skipped\ngood.ndjson is in\n");
    run(&["import", "good.ndjson", "--site", SITE]).code(0).stdout("site: 0 new, 1 skipped\ngood.ndjson is in\n");
    run(&["export", "--site", SITE, "--output", "out.ndjson"]).code(0);
    assert!(world.folder.path().join("out.ndjson").exists());
}

#[test]
fn a_suppression_in_force_and_an_ended_one_of_the_same_second_are_both_kept() {
    let ended = r#"{"type":"suppression","email":"eve@example.com","reason":"manual","at":"2024-01-02T00:00:00Z","ended_at":"2024-01-02T00:00:00Z"}"#;
    let again = r#"{"type":"suppression","email":"eve@example.com","reason":"manual","at":"2024-01-02T00:00:00Z","ended_at":"2024-01-05T00:00:00Z"}"#;
    let in_force = r#"{"type":"suppression","email":"eve@example.com","reason":"manual","at":"2024-01-02T00:00:00Z"}"#;
    let mut archives = Vec::new();
    for lines in [[SITE_LINE, ended, again, in_force], [in_force, again, ended, SITE_LINE]] {
        let world = World::empty();
        world.taken(&lines);
        let Outcome::Fine(counts) = world.lines(&lines) else { panic!("refused") };
        assert_eq!(counts.of(Kind::Suppression), (0, 3));
        let archive = String::from_utf8(world.export("out.ndjson")).expect("text");
        let kept: Vec<String> =
            archive.lines().filter(|line| line.contains("suppression\"")).map(str::to_owned).collect();
        assert_eq!(kept.len(), 3, "{archive}");
        archives.push(kept);
    }
    assert_eq!(archives[0], archives[1]);
}

#[test]
fn coupons_come_in_with_their_codes_whoever_has_them_and_however_they_are_spelled() {
    let lines = [
        SITE_LINE,
        r#"{"type":"message","id":"m","cart_id":"c","step":1,"sent_at":"2024-01-02T02:00:00Z","coupon_code":"p-1"}"#,
        r#"{"type":"cart","id":"c","currency":"EUR","total":900,"discount":100,"created_at":"2024-01-02T00:00:00Z","items":[{"product_id":"x","unit_price":1000}],"coupons":[{"code":"Shared","discount":100,"applied_at":"2024-01-02T00:00:00Z"}]}"#,
        r#"{"type":"coupon_code","coupon_id":"one","code":"SHARED"}"#,
        r#"{"type":"coupon_code","coupon_id":"many","code":"P-1","assigned_at":"2024-01-02T02:00:00Z"}"#,
        r#"{"type":"coupon","id":"many","kind":"percent","value":5,"pooled":true,"created_at":"2024-01-01T00:00:00Z"}"#,
        r#"{"type":"coupon","id":"one","kind":"percent","value":10,"created_at":"2024-01-01T00:00:00Z"}"#,
    ];
    let world = World::empty();
    world.taken(&lines);
    let Outcome::Fine(counts) = world.lines(&lines) else { panic!("refused") };
    assert!(counts.iter().all(|(_, new, _)| new == 0), "{counts:?}");
    let archive = String::from_utf8(world.export("out.ndjson")).expect("text");
    assert!(archive.contains(r#""coupons":[{"code":"SHARED","discount":100,"#), "{archive}");
    assert!(archive.contains(r#""coupon_code":"P-1","coupon_at":"2024-01-02T02:00:00Z""#), "{archive}");
    let refused = |line: &str| world.refused(&[line]).remove(0);
    assert_eq!(
        refused(r#"{"type":"coupon_code","coupon_id":"none","code":"Q"}"#),
        "line 1: coupon_code.coupon_id: names `none`, which is nowhere"
    );
    assert_eq!(
        refused(r#"{"type":"coupon","id":"x","kind":"fixed","value":5,"created_at":"2024-01-01T00:00:00Z"}"#),
        "line 1: coupon.currency: is needed for a fixed amount and for a minimum"
    );
    assert_eq!(
        refused(r#"{"type":"message","id":"n","sent_at":"2024-01-02T02:00:00Z","coupon_code":"Q"}"#),
        "line 1: message.coupon_code: names `Q`, which is nowhere"
    );
    // A code of a pool is one letter's.
    let second = r#"{"type":"message","id":"n","sent_at":"2024-01-02T02:00:00Z","coupon_code":"P-1"}"#;
    assert_eq!(refused(second), "line 1: message.coupon_code: is another letter's already");
}
