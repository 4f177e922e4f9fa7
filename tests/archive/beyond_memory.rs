//! An archive that says more than is held in memory is read as one that does not.

use cartwright::cli::import::{Outcome, import, import_holding};
use cartwright::ops::archive::lines::Kind;
use indicatif::ProgressBar;

use crate::world::*;

const TIME: &str = "2024-02-01T12:00:00Z";

/// Carts with a letter, a sale and a refund each, members, and entries of which every other undoes the one before.
fn lines(carts: usize) -> Vec<String> {
    let mut lines = vec![
        SITE_LINE.to_owned(),
        format!(r#"{{"type":"loyalty_campaign","id":"g","kind":"points","created_at":"{TIME}"}}"#),
    ];
    for n in 0..carts {
        lines.push(format!(r#"{{"type":"cart","id":"c{n}","email":"a{n}@example.com","currency":"EUR","total":9,"created_at":"{TIME}"}}"#));
        lines.push(format!(r#"{{"type":"message","id":"m{n}","cart_id":"c{n}","sent_at":"{TIME}"}}"#));
        lines.push(format!(r#"{{"type":"purchase","id":"p{n}","order_id":"o{n}","cart_id":"c{n}","currency":"EUR","total":9,"at":"{TIME}"}}"#));
        lines.push(format!(r#"{{"type":"refund","id":"r{n}","purchase_id":"p{n}","amount":5,"at":"{TIME}"}}"#));
        lines.push(format!(r#"{{"type":"customer","id":"k{n}","created_at":"{TIME}"}}"#));
        let undone = if n % 2 == 0 { String::new() } else { format!(r#","reverses":"e{}""#, n - 1) };
        lines.push(format!(r#"{{"type":"loyalty_entry","id":"e{n}","campaign_id":"g","customer_id":"k0","at":"{TIME}","amount":5{undone}}}"#));
    }
    // What names comes before what is named as often as after it.
    lines.reverse();
    lines.rotate_left(carts * 3);
    lines
}

/// The outcome with few records in memory, which is that with all of them there.
fn outcome(lines: &[String]) -> Outcome {
    let text = lines.join("\n");
    let [all, few] = [None, Some(7)].map(|held| {
        let world = World::empty();
        let file = world.file("lines.ndjson", &[&text]);
        let hidden = ProgressBar::hidden();
        let outcome = match held {
            None => import(&world.store, &file, SITE, false, &hidden),
            Some(held) => import_holding(held, &world.store, &file, SITE, false, &hidden),
        };
        let outcome = outcome.expect("an outcome");
        let written = matches!(outcome, Outcome::Fine(_)).then(|| {
            let text = String::from_utf8(world.export("out.ndjson")).expect("text");
            // The first line is the site's, with a secret of its own.
            text.lines().skip(1).map(str::to_owned).collect::<Vec<_>>()
        });
        // Nothing is left beside the database but what the test put there.
        let left = std::fs::read_dir(world.folder.path()).expect("a folder").flatten();
        let left = left.filter(|file| !file.file_name().to_string_lossy().starts_with("cartwright.db"));
        assert_eq!(left.count(), 1 + usize::from(written.is_some()));
        (outcome, written)
    });
    assert!(all == few, "{:?}\n{:?}", all.0, few.0);
    few.0
}

fn problems(lines: &[String]) -> Vec<String> {
    match outcome(lines) {
        Outcome::Wrong(problems) => problems.shown.iter().map(ToString::to_string).collect(),
        Outcome::Fine(counts) => panic!("taken: {counts:?}"),
    }
}

#[test]
fn a_sound_archive_comes_in_the_same() {
    let mut lines = lines(200);
    // Given twice is given once.
    lines.extend_from_within(100..150);
    let Outcome::Fine(counts) = outcome(&lines) else { panic!("refused") };
    let kinds = [Kind::Cart, Kind::Message, Kind::Purchase, Kind::Refund, Kind::LoyaltyEntry];
    assert_eq!(kinds.map(|kind| counts.of(kind).0), [200; 5]);
    assert_eq!(counts.iter().map(|(_, _, skipped)| skipped).sum::<u64>(), 50);
}

#[test]
fn what_contradicts_what_is_far_away_is_found_the_same() {
    let sound = lines(200);
    let at = |line: &str| 1 + sound.iter().position(|other| other.contains(line)).expect("a line");
    let last = sound.len() + 1;
    let cases = [
        (
            r#"{"type":"cart","id":"c7","currency":"EUR","total":8,"created_at":"TIME"}"#,
            "cart.id: `c7` is the id of another line with other content",
        ),
        (
            r#"{"type":"purchase","id":"q","order_id":"o7","currency":"EUR","total":9,"at":"TIME"}"#,
            "purchase.order_id: is that of another line already",
        ),
        (
            r#"{"type":"message","id":"n","cart_id":"c200","sent_at":"TIME"}"#,
            "message.cart_id: names `c200`, which is nowhere",
        ),
        (
            r#"{"type":"loyalty_entry","id":"x","campaign_id":"g","customer_id":"c7","at":"TIME","amount":5}"#,
            "loyalty_entry.customer_id: names `c7`, which is nowhere",
        ),
        (
            r#"{"type":"refund","id":"s","purchase_id":"p7","amount":5,"at":"TIME"}"#,
            "refund.amount: gives back more than the 9 minor units that were paid",
        ),
        (
            r#"{"type":"loyalty_entry","id":"y","campaign_id":"g","customer_id":"k0","at":"TIME","amount":5,"reverses":"e7"}"#,
            "loyalty_entry.reverses: must not name an entry that itself undoes another",
        ),
        (
            r#"{"type":"loyalty_entry","id":"z","campaign_id":"g","customer_id":"k0","at":"TIME","amount":5,"reverses":"e6"}"#,
            "loyalty_entry.reverses: is that of another line already",
        ),
    ];
    for (line, problem) in cases {
        let mut lines = sound.clone();
        lines.push(line.replace("TIME", TIME));
        assert_eq!(problems(&lines), [format!("line {last}: {problem}")]);
    }
    // All at once, and a cart is gone that letters and sales name.
    let mut lines = sound.clone();
    lines.extend(cases.map(|(line, _)| line.replace("TIME", TIME)));
    lines[at(r#""type":"cart","id":"c99""#) - 1].clear();
    let of = |line: usize, field: &str| format!("line {line}: {field}: names `c99`, which is nowhere");
    let mut wanted = vec![of(at(r#""id":"m99""#), "message.cart_id"), of(at(r#""id":"p99""#), "purchase.cart_id")];
    wanted.sort();
    wanted.extend(cases.iter().zip(last..).map(|((_, problem), line)| format!("line {line}: {problem}")));
    assert_eq!(problems(&lines), wanted);
}

#[test]
fn many_lines_that_are_wrong_are_told_the_same() {
    let mut lines = lines(200);
    // The carts are wrong, and nothing is wrong for naming them.
    lines
        .iter_mut()
        .filter(|line| line.contains(r#""type":"cart""#))
        .for_each(|line| *line = line.replace(":9,", ":-9,"));
    let Outcome::Wrong(problems) = outcome(&lines) else { panic!("taken") };
    assert!(problems.shown.iter().all(|problem| problem.field == "cart.total"), "{problems:?}");
    assert_eq!((problems.shown.len() as u64 + problems.more), 200);
}
