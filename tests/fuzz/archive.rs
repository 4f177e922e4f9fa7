//! Lines of an archive: read or refused with a field and a reason; what was read reads back as it is written; and a file of
//! lines that passed the check is taken whole, or not at all.

use std::io::Cursor;

use cartwright::cli::export::export_to;
use cartwright::cli::import::{Outcome, import};
use cartwright::ops::archive::read::{parse, walk};
use indicatif::ProgressBar;
use proptest::prelude::*;

use crate::fuzz;
use crate::mutate::mutated;
use crate::support::{SITE, World};

/// One sound line of every type.
const LINES: &[&str] = &[
    r#"{"type":"site","site_id":"shop=","account_id":"acct_shop","currency":"USD"}"#,
    r#"{"type":"key","id":"k1","scopes":"all","key_hash":"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08","created_at":"2024-01-15T10:00:00Z"}"#,
    r#"{"type":"user","user_id":"ann","role":"manager","timezone":"Europe/Paris","allowed_campaigns":["c1"]}"#,
    r#"{"type":"customer","id":"c1","email":"ann@example.com","code":"A1","first_name":"Ann","created_at":"2024-01-15T10:00:00Z"}"#,
    r#"{"type":"cart","id":"cart1","email":"ann@example.com","currency":"USD","items":[{"id":"i1","product_id":"mug","quantity":2,"unit_price":950}],"total":1900,"created_at":"2024-01-15T10:00:00Z","status":"abandoned","abandoned_at":"2024-01-15T10:30:00Z","metadata":{"a":[1,{"b":null}]}}"#,
    r#"{"type":"message","id":"m1","cart_id":"cart1","sequence_id":"default","step":1,"email":"ann@example.com","subject":"Hi","sent_at":"2024-01-15T11:00:00Z","events":[{"kind":"open","at":"2024-01-15T12:00:00Z","class":"human","rule":"r","evidence":{"x":1}}]}"#,
    r#"{"type":"purchase","id":"p1","order_id":"7","email":"ann@example.com","cart_id":"cart1","currency":"USD","total":1900,"at":"2024-01-16T10:00:00Z","source":"api","verified":true}"#,
    r#"{"type":"refund","id":"r1","purchase_id":"p1","amount":900,"at":"2024-01-17T10:00:00Z"}"#,
    r#"{"type":"suppression","email":"bob@example.com","reason":"unsubscribe","at":"2024-01-15T10:00:00Z"}"#,
    r#"{"type":"loyalty_campaign","id":"l1","name":"Points","kind":"points","active":true,"created_at":"2024-01-15T10:00:00Z","points_ratio":"1.5"}"#,
    r#"{"type":"loyalty_entry","id":"e1","campaign_id":"l1","customer_id":"c1","at":"2024-01-15T10:00:00Z","amount":250}"#,
    r#"{"type":"subscriber","id":"s1","email":"cleo@example.com","name":"Cleo","created_at":"2024-01-15T10:00:00Z"}"#,
    r#"{"type":"consent","email":"ann@example.com","given":true,"at":"2024-01-15T10:00:00Z","wording":"Yes"}"#,
];

fn lines() -> impl Strategy<Value = Vec<u8>> {
    mutated(LINES.iter().map(|line| line.as_bytes().to_vec()).collect())
}

#[test]
fn the_lines_that_are_called_sound_are() {
    let faults: Vec<_> = LINES.iter().filter_map(|line| parse(line.as_bytes()).err()).collect();
    assert!(faults.is_empty(), "{faults:?}");
    let world = World::new();
    let folder = tempfile::TempDir::new().expect("a folder");
    let file = folder.path().join("in.ndjson");
    std::fs::write(&file, LINES.join("\n")).expect("a file");
    match import(&world.app.store, &file, SITE, false, &ProgressBar::hidden()).expect("an outcome") {
        Outcome::Fine(counts) => assert_eq!(counts.iter().map(|(_, new, _)| new).sum::<u64>(), LINES.len() as u64 - 1),
        Outcome::Wrong(problems) => panic!("{problems:?}"),
    }
}

#[test]
fn a_line_is_read_or_refused_with_a_reason_and_a_file_is_walked_whole() {
    fuzz("tests/fuzz/seeds/lines.txt", &prop::collection::vec(lines(), 1..6), |lines| {
        for line in &lines {
            match parse(line) {
                Ok(read) => {
                    prop_assert!(std::str::from_utf8(line).is_ok());
                    prop_assert_eq!(parse(line).ok(), Some(read));
                }
                Err((_, reason)) => prop_assert!(!reason.is_empty()),
            }
        }
        let file = lines.join(&b'\n');
        let expected = file.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&file).split(|byte| *byte == b'\n');
        let expected: Vec<&[u8]> = expected.map(<[u8]>::trim_ascii).filter(|line| !line.is_empty()).collect();
        let (mut found, mut last) = (Vec::new(), 0);
        let walked = walk(&mut Cursor::new(&file), |number, line| {
            assert!(number > last);
            last = number;
            found.push(line.map(<[u8]>::to_vec));
            Ok(())
        });
        prop_assert_eq!(walked.ok(), Some(expected.len() as u64));
        let found: Vec<&[u8]> = found.iter().map(|line| line.as_deref().expect("short lines")).collect();
        prop_assert_eq!(found, expected);
        Ok(())
    });
}

#[test]
fn a_file_is_taken_whole_or_not_at_all_and_its_export_is_taken_as_known() {
    let world = World::new();
    let folder = tempfile::TempDir::new().expect("a folder");
    let (file, out) = (folder.path().join("in.ndjson"), folder.path().join("out.ndjson"));
    let bar = ProgressBar::hidden();
    let taken = std::cell::Cell::new(0);
    // Twelve of thirteen lines are sound, so that most files get past the first look.
    let sound = proptest::sample::subsequence(LINES.to_vec(), 0..LINES.len());
    fuzz("tests/fuzz/seeds/archives.txt", &(sound, lines()), |(sound, odd)| {
        let lines: Vec<&[u8]> = sound.iter().map(|line| line.as_bytes()).chain([&odd[..]]).collect();
        std::fs::write(&file, lines.join(&b'\n')).expect("a file");
        let export = || {
            export_to(&world.app.store, &world.site(SITE), &out).expect("an export");
            std::fs::read(&out).expect("the export")
        };
        let before = export();
        match import(&world.app.store, &file, SITE, false, &bar) {
            Ok(Outcome::Wrong(problems)) => {
                prop_assert!(!problems.is_empty() && problems.shown.iter().all(|problem| !problem.reason.is_empty()));
                prop_assert_eq!(export(), before, "something of a wrong file was written");
            }
            Ok(Outcome::Fine(_)) => {
                taken.set(taken.get() + 1);
                let after = export();
                // What is exported is known already, line by line.
                std::fs::write(&file, &after).expect("a file");
                match import(&world.app.store, &file, SITE, false, &bar).expect("an outcome") {
                    Outcome::Fine(counts) => prop_assert!(counts.iter().all(|(_, new, _)| new == 0), "{counts:?}"),
                    Outcome::Wrong(problems) => prop_assert!(false, "{problems:?}"),
                }
            }
            Err(e) => prop_assert!(!matches!(e, cartwright::domain::Error::Internal(_)), "{e}"),
        }
        Ok(())
    });
    println!("{} files were taken", taken.get());
    assert!(taken.get() > 0);
    let site = world.site(SITE);
    let differences = world.app.store.read(|tx| cartwright::ops::stats::verify(tx, &site)).expect("a check");
    assert!(differences.is_empty(), "{differences:?}");
}
