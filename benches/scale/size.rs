//! What the size of a shop costs a write: a few of them on either shop in turn, and the same of the bare route, whose pages are as far
//! apart.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use crate::child::Server;
use crate::copy;
use crate::load::{self, Load, Request, Seen, ok};
use crate::online::CONNECTIONS;
use crate::report::Table;
use crate::routes::Good;
use crate::shop::{self, FLOOR_FILE};

/// After so long without a write there is nothing left of the log.
const SETTLED: Duration = Duration::from_millis(1_500);
/// Writes of a pass: no more than a small shop has open carts.
const FEW: u64 = 2_400;
/// In so many turns.
const TURNS: u64 = 6;
/// Passes, each over a small shop that nobody wrote to. One alone differs from the next by a tenth.
const PASSES: u64 = 4;

/// What is written.
pub struct Work {
    pub name: &'static str,
    /// Over the large shop, and over the bare server's file of that size.
    pub big: (Request, Request),
    /// The same of the small one.
    pub small: (Request, Request),
    pub good: Good,
}

/// The large shop with its two servers.
#[derive(Clone, Copy)]
pub struct BigShop<'a> {
    pub folder: &'a Path,
    pub server: &'a Server,
    pub floor: &'a Server,
}

/// How many times as fast the small shop was, and how many times as much processor time the large one took, all passes together.
/// Shops take turns, so that a slow moment of the machine is nobody's alone, and what each does behind its answers is in its time.
pub fn measure(work: &Work, big: BigShop, small: &Path, table: &mut Table) -> (f64, f64) {
    let mut seen: [Seen; 4] = Default::default();
    let mut each = Vec::new();
    let numbers = Arc::new(AtomicU64::new(1 << 40));
    for pass in 0..PASSES {
        let own = small.with_file_name(format!("small-{pass}"));
        copy(small, &own);
        let (small, small_floor) = (Server::program(&own), Server::floor(&own.join(FLOOR_FILE)));
        small.calm_down();
        shop::warm(big.folder);
        let servers: [(&Server, &Request, Good); 4] = [
            (big.server, &work.big.0, work.good),
            (&small, &work.small.0, work.good),
            (big.floor, &work.big.1, ok),
            (&small_floor, &work.small.1, ok),
        ];
        let now = one_pass(servers, &numbers);
        each.push(format!("{:.2}", now[0].cost() / now[1].cost()));
        seen.iter_mut().zip(now).for_each(|(seen, now)| seen.add(now));
        drop((small, small_floor));
        drop(std::fs::remove_dir_all(own));
    }
    let [of_big, of_small, big_bare, small_bare] = &seen;
    let dearer = of_big.cost() / of_small.cost();
    table.say(format!(
        "{}: {dearer:.2} times the processor time over the large shop ({:.0} and {:.0} µs; by passes {}), {:.2} times for the bare route ({:.0} and {:.0} µs)",
        work.name,
        of_big.cost(),
        of_small.cost(),
        each.join(", "),
        big_bare.cost() / small_bare.cost(),
        big_bare.cost(),
        small_bare.cost(),
    ));
    (of_small.rate() / of_big.rate(), dearer)
}

fn one_pass(servers: [(&Server, &Request, Good); 4], numbers: &Arc<AtomicU64>) -> [Seen; 4] {
    // The log of the load before is written back first: that is its cost.
    std::thread::sleep(SETTLED);
    let used = servers.map(|(server, ..)| server.processor());
    let load = Load { connections: CONNECTIONS, time: Duration::from_secs(60), most: FEW / TURNS, per_second: None };
    let mut seen: [Seen; 4] = Default::default();
    for _ in 0..TURNS {
        for ((server, request, good), seen) in servers.iter().zip(&mut seen) {
            seen.add(load::run(server, load, numbers, request, *good));
        }
    }
    std::thread::sleep(SETTLED);
    for ((server, ..), (seen, used)) in servers.iter().zip(seen.iter_mut().zip(used)) {
        seen.processor = server.processor() - used;
    }
    seen
}
