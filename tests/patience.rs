//! The vendor's clients give `subscriber-*` one second for the whole call, also while a large archive comes in.

mod support;

use std::fmt::Write as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use support::{KEY, SITE, World};

/// How long the Magento client waits.
const PATIENCE: Duration = Duration::from_secs(1);

/// Lines of the archive, and calls after which it is known that they are answered meanwhile. On a machine with much else to
/// do an archive is in after some four hundred.
const LINES: usize = 30_000;
const ENOUGH_CALLS: usize = 100;

#[test]
fn subscribers_are_served_within_a_second_while_a_large_archive_comes_in() {
    let world = World::new();
    let folder = tempfile::TempDir::new().expect("a folder");
    let file = folder.path().join("large.ndjson");
    let mut lines = String::new();
    for n in 0..LINES / 2 {
        let at = "2026-01-02T00:00:00Z";
        writeln!(lines, r#"{{"type":"subscriber","id":"s{n}","email":"s{n}@example.com","created_at":"{at}"}}"#)
            .expect("a line");
        writeln!(lines, r#"{{"type":"cart","id":"c{n}","email":"c{n}@example.com","currency":"USD","total":100,"created_at":"{at}"}}"#)
            .expect("a line");
    }
    std::fs::write(&file, lines).expect("an archive");
    let done = AtomicBool::new(false);
    let (calls, slowest) = std::thread::scope(|scope| {
        scope.spawn(|| {
            world.import(SITE, &file);
            done.store(true, Ordering::Release);
        });
        let (mut calls, mut slowest) = (0, Duration::ZERO);
        while !done.load(Ordering::Acquire) {
            for call in ["register", "status", "unsubscribe"] {
                let began = Instant::now();
                let reply = world.get(&format!("/v1/subscriber-{call}?k={KEY}&email=caller{calls}@example.com"));
                slowest = slowest.max(began.elapsed());
                assert!(reply.body.starts_with(r#"{"status":"success""#), "{call} answered {}", reply.body);
            }
            calls += 3;
        }
        (calls, slowest)
    });
    println!("{calls} calls while {LINES} lines came in, the slowest {slowest:?}");
    assert!(calls >= ENOUGH_CALLS, "the archive was in after {calls} calls: it is not large enough to show anything");
    assert!(slowest < PATIENCE, "one of {calls} calls took {slowest:?}");
}
