//! An import that was interrupted, and one that a shop is served beside.

use cartwright::domain::carts::CartStatus;
use cartwright::ops::archive::apply::Queue as _;
use cartwright::ops::archive::survey::Survey;
use cartwright::ops::archive::{apply, read};
use cartwright::ops::{clockwork, sites};
use cartwright::store::WriteTx;

use crate::world::*;

#[test]
fn an_import_that_was_interrupted_is_completed_by_repeating_it() {
    let whole = World::empty();
    let text = String::from_utf8(lively().export("out.ndjson")).expect("text");
    // Without verdicts, so that the rules have something to do after the lines.
    let lines: Vec<String> = text.lines().map(without_verdict).collect();
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    whole.taken(&lines);
    for reached in 0..apply::PHASES {
        let world = World::empty();
        interrupted(&world, &lines, reached);
        world.taken(&lines);
        assert_eq!(world.total(), whole.total(), "after phase {reached}");
        assert_eq!(world.export("out.ndjson"), whole.export("out.ndjson"), "after phase {reached}");
        world.figures_are_what_the_rows_say();
    }
}

/// Lines, and how many of them were taken.
struct Lines(Vec<apply::Ready>, usize);

impl apply::Queue for Lines {
    fn front(&mut self) -> Option<&apply::Ready> {
        self.0.get(self.1)
    }

    fn take(&mut self) -> Option<&apply::Ready> {
        self.1 += 1;
        self.0.get(self.1 - 1)
    }
}

/// Applies lines as an import does, and stops after a phase.
fn interrupted(world: &World, lines: &[&str], reached: u8) {
    let mut survey = Survey::new(world.folder.path(), 10);
    for (number, line) in (1..).zip(lines) {
        survey.take(number, Some(line.as_bytes()), SITE).expect("a look");
    }
    let survey = survey.finish().expect("a survey");
    let mut notes = survey.notes.read().expect("notes");
    let parsed: Vec<_> = (1..)
        .zip(lines)
        .map(|(number, line)| {
            let noted = notes.of(number).expect("a note");
            (read::parse(line.as_bytes()).expect("a line"), noted.fate)
        })
        .collect();
    let site = survey.site.clone();
    let act = move |tx: &WriteTx| {
        apply::site(tx, site.as_ref(), SITE)?;
        for phase in 0..=reached {
            let due = parsed.iter().filter(|(line, _)| apply::belongs(line.kind(), phase));
            let mut queue = Lines(due.cloned().map(|(line, fate)| apply::Ready { line, fate }).collect(), 0);
            while queue.front().is_some() {
                apply::lines(tx, SITE, phase, &mut queue, || false)?;
            }
            // What the job of a server that runs beside does every second.
            clockwork::settle_due(tx, 100, || false)?;
        }
        Ok(())
    };
    world.store.write(act).expect("some lines");
}

fn without_verdict(line: &str) -> String {
    let mut fields: serde_json::Map<String, serde_json::Value> = serde_json::from_str(line).expect("an object");
    if fields["type"] == "purchase" {
        fields.remove("recovered_cart_id");
        fields.remove("message_id");
    }
    serde_json::Value::Object(fields).to_string()
}

#[test]
fn the_clock_of_a_shop_that_is_served_meanwhile_takes_no_cart_from_its_purchase() {
    let lines = [
        SITE_LINE,
        r#"{"type":"cart","id":"c","email":"ann@example.com","currency":"EUR","total":900,"created_at":"2024-01-15T10:00:00Z"}"#,
        r#"{"type":"cart","id":"left","email":"bob@example.com","currency":"EUR","total":900,"created_at":"2024-01-15T10:00:00Z"}"#,
        r#"{"type":"message","id":"m","cart_id":"c","email":"ann@example.com","sent_at":"2024-01-15T13:00:00Z","events":[{"kind":"click","at":"2024-01-15T14:00:00Z"}]}"#,
        r#"{"type":"purchase","id":"p","email":"ann@example.com","currency":"EUR","total":900,"at":"2024-01-16T00:00:00Z"}"#,
    ];
    for reached in 0..apply::PHASES {
        let world = World::empty();
        interrupted(&world, &lines, reached);
        // Another length of idleness must not let go of what is held.
        world.when("03-01T12:00", |tx, site| sites::set(tx, site, "abandon_after", "20m").map(drop));
        world.when("03-01T12:00", |tx, _| clockwork::settle_due(tx, 100, || false));
        world.when("03-01T12:00", |tx, site| sites::set(tx, site, "abandon_after", "").map(drop));
        world.taken(&lines);
        let (cart, total) = (world.cart("c"), world.total());
        assert_eq!((cart.status, cart.recovered), (CartStatus::Converted, true), "after phase {reached}");
        assert_eq!((total.recovered, total.recovered_revenue), (1, 900), "after phase {reached}");
        // Once all is in, the clock has the others.
        assert_eq!(world.cart("left").status, CartStatus::Active);
        world.when("03-01T12:00", |tx, _| clockwork::settle_due(tx, 100, || false));
        assert_eq!(world.cart("left").status, CartStatus::Expired);
        world.figures_are_what_the_rows_say();
        world.taken(&lines);
        world.figures_are_what_the_rows_say();
    }
}
