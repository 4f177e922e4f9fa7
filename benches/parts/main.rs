//! Small parts that a profile showed to be hot, each by itself: `cargo bench --bench parts`. One line a part, nanoseconds
//! a turn, the best of several runs, for other work on the machine only ever adds.

use std::hint::black_box;
use std::time::{Duration, Instant};

use cartwright::domain::keys::hash_key;
use cartwright::domain::{Currency, EmailAddress, Timestamp, Zone};

/// How long a run is at least, and how many there are.
const RUN: Duration = Duration::from_millis(50);
const RUNS: u32 = 7;

fn main() {
    let at = Timestamp::from_secs(1_773_576_000);
    let zone = Zone::parse("Europe/Paris").expect("a zone");
    part("an instant as RFC 3339", || black_box(at).rfc3339());
    part("the day of an instant in a zone", || zone.day_of(black_box(at)));
    part("the SHA-256 of a key", || hash_key(black_box("cw_mfrggzdfmztwq2lknnwg23tpobyxe43u")));
    part("an address that is checked", || EmailAddress::parse(black_box("ann.example+shop@example.com")));
    part("a currency that is looked up", || Currency::parse(black_box("USD")));
    part("an amount in major units", || Currency::parse("EUR").map(|euro| euro.parse_major(black_box("1234.56"))));
    part("a fresh id", || cartwright::ops::ids::fresh(black_box("cart"), at));
}

fn part<T>(name: &str, turn: impl Fn() -> T) {
    let mut best = f64::MAX;
    for _ in 0..RUNS {
        let (began, mut turns) = (Instant::now(), 0_u64);
        while began.elapsed() < RUN {
            for _ in 0..100 {
                black_box(turn());
            }
            turns += 100;
        }
        best = best.min(began.elapsed().as_nanos() as f64 / turns as f64);
    }
    println!("{name:36} {best:8.0} ns");
}
