//! What a page costs that nobody remembers: the first answer after a commit, for filters that no count is kept of.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use crate::child::Server;
use crate::load::{self, Load, ok};
use crate::report::Table;
use crate::routes::{capture, list};
use crate::shop;

/// Commits, each with one page behind it.
const TIMES: u32 = 16;

/// Asks for a page of each filter right after a capture, and says the median of the times.
pub fn measure(server: &Server, table: &mut Table) {
    let one = Load { connections: 1, time: Duration::from_secs(30), most: 1, per_second: None };
    let numbers = Arc::new(AtomicU64::new(1 << 42));
    let ago = |secs: i64| shop::clock()().plus(-secs).rfc3339();
    let filters = [
        ("in the last 12 hours", format!("?created_after={}", ago(12 * 3_600))),
        ("in 7 days", format!("?created_after={}", ago(7 * 86_400))),
        ("in 300 days", format!("?created_after={}", ago(300 * 86_400))),
        ("worth 209.00 and more", "?min_total=20900".to_owned()),
        ("worth 20.00 and more", "?min_total=2000".to_owned()),
        ("worth more than any", "?min_total=10000000".to_owned()),
    ];
    let write = capture();
    let times = filters.map(|(name, query)| {
        let (read, mut seen) = (list(&query), load::Seen::default());
        for _ in 0..TIMES {
            load::run(server, one, &numbers, &write, |answer| answer.starts_with(b"HTTP/1.1 204"));
            seen.add(load::run(server, one, &numbers, &read, ok));
        }
        seen.sort();
        format!("{name} {:.1}", seen.quantile(0.5))
    });
    table.say(format!("the first page after a commit, by carts that are asked for, ms: {}", times.join(", ")));
}
