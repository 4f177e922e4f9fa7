//! What is measured over HTTP: each route in turn with the bare route that it is held against, and with the same route
//! over a small shop.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use rusqlite::Connection;

use crate::child::Server;
use crate::load::{self, Load, Request, Seen, ok};
use crate::report::{Line, Table};
use crate::routes::{self, Floor, Route, bare_confirmation, capture, confirmation, list};
use crate::shop::{self, FLOOR_FILE};
use crate::size::{self, BigShop, Work};
use crate::{Args, fresh};

/// Connections of every closed-loop measurement.
pub const CONNECTIONS: usize = 64;
/// Reads and writes a second of the measurement that has both.
const READS: f64 = 1_000.0;
const WRITES: f64 = 2_000.0;
/// What the rounds of a route showed so far.
struct Rounds {
    route: Route,
    ours: Seen,
    /// Of each round: the share of the bare route by answers, and by processor time.
    ratios: Vec<f64>,
    costs: Vec<f64>,
    /// How many times as fast the small shop was, and how many times as dear the big one.
    times: Vec<f64>,
    dearer: Vec<f64>,
    memory: f64,
}

impl Rounds {
    fn of(route: Route) -> Self {
        let (ours, [ratios, costs, times, dearer]) = Default::default();
        Rounds { route, ours, ratios, costs, times, dearer, memory: 0.0 }
    }

    fn line(mut self) -> Line {
        let mut line = Line::of(self.route.name, self.ours);
        line.ratio = Some((median(&mut self.ratios), self.route.goal));
        line.by_cost = Some(median(&mut self.costs));
        let small = (median(&mut self.times), median(&mut self.dearer), self.route.flat);
        line.against_small = (!self.times.is_empty()).then_some(small);
        line.memory = Some(self.memory);
        line
    }
}

/// The servers, and what their requests are made of.
pub struct Online {
    big: Server,
    small: Server,
    floor: Server,
    untouched_small: PathBuf,
    addresses: Arc<Vec<String>>,
    small_addresses: Arc<Vec<String>>,
    deep: String,
    /// Of the big shop.
    folder: PathBuf,
    seconds: f64,
    rounds: u32,
}

impl Online {
    /// Starts the three servers over the two shops. Of the small one, further copies are made for writes.
    pub fn start(big: &Path, (small, untouched_small): (&Path, &Path), args: &Args) -> Self {
        let (addresses, deep) = (open_addresses(big), deep_cursor(big));
        let online = Online {
            addresses: Arc::new(addresses),
            small_addresses: Arc::new(open_addresses(small)),
            deep,
            folder: big.to_owned(),
            big: Server::program(big),
            small: Server::program(small),
            floor: Server::floor(&big.join(FLOOR_FILE)),
            untouched_small: untouched_small.to_owned(),
            seconds: args.seconds,
            rounds: args.rounds,
        };
        // What they do by themselves first would stand in the rows that are measured first.
        [&online.big, &online.small].iter().for_each(|server| server.calm_down());
        online
    }

    /// Measures every route whose name holds the word: all that read in one round after the other, then all that write. So a slow
    /// minute of the machine is in one round of several routes, and not in all rounds of one.
    pub fn measure(&self, only: &str, table: &mut Table) {
        let floors = routes::floors(&self.addresses);
        let numbers = Arc::new(AtomicU64::new(0));
        let mut bare: BTreeMap<Floor, Seen> = BTreeMap::new();
        let wanted = |route: &Route| only.split('|').any(|part| route.name.contains(part));
        let routes = routes::all(&self.addresses, &self.deep).into_iter().filter(wanted);
        let (writes, reads): (Vec<_>, Vec<_>) = routes.partition(|route| route.floor.writes());
        for (routes, write) in [(reads, false), (writes, true)] {
            let mut rounds: Vec<Rounds> = routes.into_iter().map(Rounds::of).collect();
            for round in 1..=self.rounds {
                eprintln!("round {round} of {} of {} routes", self.rounds, rounds.len());
                shop::warm(&self.folder);
                for seen in &mut rounds {
                    self.one_round(seen, &floors[&seen.route.floor], &numbers, &mut bare);
                }
            }
            for mut seen in rounds {
                if write {
                    let (fast, dear) = self.against_small(&seen.route, &floors[&seen.route.floor], table);
                    seen.times.push(fast);
                    seen.dearer.push(dear);
                }
                table.add(seen.line());
            }
        }
        for (floor, seen) in bare {
            table.add(Line::of(floor.name(), seen));
        }
    }

    fn one_round(
        &self,
        seen: &mut Rounds,
        floor_request: &Request,
        numbers: &Arc<AtomicU64>,
        bare: &mut BTreeMap<Floor, Seen>,
    ) {
        let (load, route) = (self.load(), &seen.route);
        let floor = load::run(&self.floor, load, numbers, floor_request, ok);
        let mine = load::run(&self.big, load, numbers, &route.request, route.good);
        seen.ratios.push(mine.rate() / floor.rate());
        seen.costs.push(floor.cost() / mine.cost());
        if route.floor.writes() {
            eprintln!("{}: {:.0} a second, {:.0} bare", route.name, mine.rate(), floor.rate());
        }
        if !route.floor.writes() && route.small {
            let small = load::run(&self.small, load, numbers, &route.request, route.good);
            seen.times.push(small.rate() / mine.rate());
            seen.dearer.push(mine.cost() / small.cost());
        }
        bare.entry(route.floor).or_default().add(floor);
        seen.ours.add(mine);
        seen.memory = self.big.memory().0;
    }

    /// The most memory that the server of the big shop had so far.
    pub fn most_memory(&self) -> f64 {
        self.big.memory().1
    }

    /// How a write fares over the small shop.
    fn against_small(&self, route: &Route, bare: &Request, table: &mut Table) -> (f64, f64) {
        let requests = (route.request.clone(), bare.clone());
        let small = match route.floor {
            Floor::Confirm => (confirmation(&self.small_addresses), bare_confirmation(&self.small_addresses)),
            _ => requests.clone(),
        };
        let work = Work { name: route.name, big: requests, small, good: route.good };
        let big = BigShop { folder: &self.folder, server: &self.big, floor: &self.floor };
        size::measure(&work, big, &self.untouched_small, table)
    }

    /// What a page costs that nobody remembers.
    pub fn fresh(&self, table: &mut Table) {
        fresh::measure(&self.big, table);
    }

    fn load(&self) -> Load {
        Load { connections: CONNECTIONS, time: Duration::from_secs_f64(self.seconds), most: u64::MAX, per_second: None }
    }

    /// How reads fare beside two thousand writes a second. Both come at a steady pace that leaves the machine room: with one as
    /// fast as it can, what is measured is how long it waits for a processor.
    pub fn beside_writes(&self, table: &mut Table) {
        let reads = Load { connections: 8, per_second: Some(READS), ..self.load() };
        let writes = Load { connections: 32, per_second: Some(WRITES), ..self.load() };
        let numbers = Arc::new(AtomicU64::new(1 << 41));
        let read = list("");
        let server = &self.big;
        let (mut all_quiet, mut all_busy, mut all_written) = (Seen::default(), Seen::default(), Seen::default());
        let mut times = Vec::new();
        for _ in 0..self.rounds {
            let mut quiet = load::run(server, reads, &numbers, &read, ok);
            let (mut busy, written) = std::thread::scope(|scope| {
                let (write, numbers) = (capture(), &numbers);
                let writing =
                    scope.spawn(move || load::run(server, writes, numbers, &write, |a| a.starts_with(b"HTTP/1.1 204")));
                (load::run(server, reads, numbers, &read, ok), writing.join().expect("a writing thread"))
            });
            quiet.sort();
            busy.sort();
            times.push(busy.quantile(0.99) / quiet.quantile(0.99).max(0.001));
            all_quiet.add(quiet);
            all_busy.add(busy);
            all_written.add(written);
        }
        let (times, rate) = (median(&mut times), all_written.rate());
        table.add(Line::of("GET /v1/carts, 1 000 a second, quiet", all_quiet));
        table.add(Line::of("GET /v1/carts, 1 000 a second, beside writes", all_busy));
        table.add(Line::of("the writes beside it, 2 000 a second asked for", all_written));
        table.say(format!(
            "reads beside {rate:.0} writes a second: p99 is {times:.1} times the quiet one (goal: at most 3){}",
            if rate < 0.95 * WRITES { "; the machine was too busy for 2 000 writes a second" } else { "" }
        ));
    }
}

/// Addresses with an open cart, scattered over the whole table.
fn open_addresses(folder: &Path) -> Vec<String> {
    let conn = Connection::open(folder.join(cartwright::store::FILE_NAME)).expect("the file");
    let sql = "select email from carts where status = 'abandoned' and email is not null and class <> 'machine'
               order by (no * 2654435761) & 4294967295 limit 400000";
    let mut statement = conn.prepare(sql).expect("a statement");
    let rows = statement.query_map([], |row| row.get(0)).expect("rows");
    rows.map(|row| row.expect("an address")).collect()
}

/// The id of the cart before the last page.
fn deep_cursor(folder: &Path) -> String {
    let conn = Connection::open(folder.join(cartwright::store::FILE_NAME)).expect("the file");
    let sql = "select id from carts where site = 1 order by updated_at, id limit 1 offset 40";
    conn.query_row(sql, [], |row| row.get(0)).expect("a cart")
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(0.0)
}
