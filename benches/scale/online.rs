//! What is measured over HTTP: each route in turn with the bare route that it is held against, and with the same route
//! over a small shop.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rusqlite::Connection;

use crate::child::Server;
use crate::load::{self, Load, Request, Seen, get, ok, post};
use crate::report::{Line, Table};
use crate::shop::{ACCOUNT, FLOOR_FILE, KEY, ORIGIN, SITE, USER};
use crate::{Args, shop};

/// Connections of every closed-loop measurement.
const CONNECTIONS: usize = 64;
/// Reads and writes a second of the measurement that has both.
const READS: f64 = 1_000.0;
const WRITES: f64 = 2_000.0;
/// After so long without a write there is nothing left of the log.
const SETTLED: Duration = Duration::from_millis(1_500);
/// Writes that the two shops are compared by: no more than a small one has open carts.
const FEW: u64 = 2_400;
/// In so many turns.
const TURNS: u64 = 6;

/// The bare route that a route is held against.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Floor {
    Fixed,
    Page,
    Confirm,
    Insert,
}

impl Floor {
    fn name(self) -> &'static str {
        match self {
            Floor::Fixed => "bare: fixed reply",
            Floor::Page => "bare: 20 rows",
            Floor::Confirm => "bare: confirmation",
            Floor::Insert => "bare: insert",
        }
    }
}

/// Whether an answer is as it should be.
type Good = fn(&[u8]) -> bool;

struct Route {
    name: &'static str,
    floor: Floor,
    /// The share of the bare route that is asked for; 0: it is only shown.
    goal: f64,
    /// Whether a small shop may not be more than 1.5 times as fast.
    flat: bool,
    /// Whether the small shop has what is asked for.
    small: bool,
    request: Request,
    good: Good,
}

/// The servers, and what their requests are made of.
pub struct Online {
    big: Server,
    small: Server,
    floor: Server,
    small_floor: Server,
    addresses: Arc<Vec<String>>,
    small_addresses: Arc<Vec<String>>,
    deep: String,
    seconds: f64,
    rounds: u32,
}

impl Online {
    /// Starts the three servers over the two shops.
    pub fn start(big: &Path, small: &Path, args: &Args) -> Self {
        let (addresses, deep) = (open_addresses(big), deep_cursor(big));
        let online = Online {
            addresses: Arc::new(addresses),
            small_addresses: Arc::new(open_addresses(small)),
            deep,
            big: Server::program(big),
            small: Server::program(small),
            floor: Server::floor(&big.join(FLOOR_FILE)),
            small_floor: Server::floor(&small.join(FLOOR_FILE)),
            seconds: args.seconds,
            rounds: args.rounds,
        };
        // What they do by themselves first would stand in the rows that are measured first.
        [&online.big, &online.small].iter().for_each(|server| server.calm_down());
        online
    }

    /// Measures every route whose name holds the word.
    pub fn measure(&self, only: &str, table: &mut Table) {
        let floors = self.floors();
        let numbers = Arc::new(AtomicU64::new(0));
        let mut bare: BTreeMap<Floor, Seen> = BTreeMap::new();
        for route in self.routes().into_iter().filter(|route| route.name.contains(only)) {
            let (floor_request, writes) = (&floors[&route.floor], route.floor >= Floor::Confirm);
            let (mut ours, mut ratios, mut costs) = (Seen::default(), vec![], vec![]);
            let (mut times, mut dearer) = (vec![], vec![]);
            for _ in 0..self.rounds {
                let load = self.load();
                let floor = load::run(&self.floor, load, &numbers, floor_request, ok);
                let mine = load::run(&self.big, load, &numbers, &route.request, route.good);
                ratios.push(mine.rate() / floor.rate());
                costs.push(floor.cost() / mine.cost());
                if !writes && route.small {
                    let small = load::run(&self.small, load, &numbers, &route.request, route.good);
                    times.push(small.rate() / mine.rate());
                    dearer.push(mine.cost() / small.cost());
                }
                bare.entry(route.floor).or_default().add(floor);
                ours.add(mine);
            }
            if writes {
                let (fast, dear) = self.few(&route, floor_request, table);
                times.push(fast);
                dearer.push(dear);
            }
            let mut line = Line::of(route.name, ours);
            line.ratio = Some((median(&mut ratios), route.goal));
            line.by_cost = Some(median(&mut costs));
            line.against_small = (!times.is_empty()).then(|| (median(&mut times), median(&mut dearer), route.flat));
            line.memory = Some(self.big.memory().0);
            table.add(line);
        }
        for (floor, seen) in bare {
            table.add(Line::of(floor.name(), seen));
        }
    }

    /// The most memory that the server of the big shop had so far.
    pub fn most_memory(&self) -> f64 {
        self.big.memory().1
    }

    /// Few writes on either shop: how many times as fast the small one was, and how much more processor time the big one took.
    /// Beside it the same of the bare route, whose pages are as far apart. They take turns, so that a slow moment of the machine is
    /// nobody's alone, and what each does behind its answers is in its time.
    fn few(&self, route: &Route, bare: &Request, table: &mut Table) -> (f64, f64) {
        let confirms = route.floor == Floor::Confirm;
        let small = if confirms { confirmation(&self.small_addresses) } else { route.request.clone() };
        let small_bare = if confirms { bare_confirmation(&self.small_addresses) } else { bare.clone() };
        let servers: [(&Server, &Request, Good); 4] = [
            (&self.big, &route.request, route.good),
            (&self.small, &small, route.good),
            (&self.floor, bare, ok),
            (&self.small_floor, &small_bare, ok),
        ];
        // The log of the load before is written back first: that is its cost.
        std::thread::sleep(SETTLED);
        let used = servers.map(|(server, ..)| server.processor());
        let numbers = Arc::new(AtomicU64::new(1 << 40));
        let mut seen: [Seen; 4] = Default::default();
        for _ in 0..TURNS {
            for ((server, request, good), seen) in servers.iter().zip(&mut seen) {
                seen.add(load::run(server, Load { most: FEW / TURNS, ..self.load() }, &numbers, request, *good));
            }
        }
        std::thread::sleep(SETTLED);
        for ((server, ..), (seen, used)) in servers.iter().zip(seen.iter_mut().zip(used)) {
            seen.processor = server.processor() - used;
        }
        let [big, small, big_bare, small_bare] = &seen;
        let dearer = big.cost() / small.cost();
        table.say(format!(
            "{}: {dearer:.2} times the processor time over the large shop ({:.0} and {:.0} µs), {:.2} times for the bare route ({:.0} and {:.0} µs)",
            route.name,
            big.cost(),
            small.cost(),
            big_bare.cost() / small_bare.cost(),
            big_bare.cost(),
            small_bare.cost(),
        ));
        (small.rate() / big.rate(), dearer)
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

    fn floors(&self) -> BTreeMap<Floor, Request> {
        BTreeMap::from([
            (Floor::Fixed, Arc::new(|_, out: &mut Vec<u8>| get(out, "/fixed", "")) as Request),
            (Floor::Page, Arc::new(|_, out: &mut Vec<u8>| get(out, "/page", "")) as Request),
            (Floor::Confirm, bare_confirmation(&self.addresses)),
            (
                Floor::Insert,
                Arc::new(|number, out: &mut Vec<u8>| post(out, "/insert", "", &format!("bench{number}@example.com")))
                    as Request,
            ),
        ])
    }

    fn routes(&self) -> Vec<Route> {
        let page = |name, query: &str, flat| Route {
            name,
            floor: Floor::Page,
            goal: if flat { 0.6 } else { 0.0 },
            flat,
            small: !query.contains("after="),
            request: list(query),
            good: ok,
        };
        let read = |name, goal, target: String| Route {
            name,
            floor: Floor::Page,
            goal,
            flat: true,
            small: true,
            request: Arc::new(move |_, out: &mut Vec<u8>| get(out, &target, "")),
            good: ok,
        };
        let health = Arc::new(|_, out: &mut Vec<u8>| get(out, "/healthz", ""));
        let sections = format!(
            "/api.php?type=dashboard&API=1.6&account_id={ACCOUNT}&user_id={USER}&user_api_key={KEY}&most_active=10&customer_count=Y\
             &total_customers_this_month=Y&total_transactions_this_month=Y&active_campaigns_count=Y&campaigns_per_day_activity=30\
             &last_X_transactions=10&last_X_customers=10"
        );
        let recent = shop::clock()().plus(-7 * 86_400).rfc3339();
        vec![
            Route {
                name: "GET /healthz",
                floor: Floor::Fixed,
                goal: 0.0,
                flat: true,
                small: true,
                request: health,
                good: ok,
            },
            page("GET /v1/carts", "", true),
            page("GET /v1/carts?status", "?status=abandoned", true),
            page("GET /v1/carts?channel", "?channel=mobile", true),
            page("GET /v1/carts?has_email", "?has_email=false", true),
            page("GET /v1/carts?status&channel&has_email", "?status=converted&channel=web&has_email=true", true),
            page("GET /v1/carts?sort_by=total", "?sort_by=total&order=desc", true),
            page("GET /v1/carts?after (page 50 000)", &format!("?after={}", self.deep), true),
            page("GET /v1/carts?customer_id", "?customer_id=customer-3", false),
            page("GET /v1/carts?created_after (7 days)", &format!("?created_after={recent}"), false),
            page("GET /v1/carts?min_total", "?min_total=20900", false),
            read(
                "CartStack dashboard, 30 days",
                0.6,
                format!("/secure/cartstack_api_dashboardstats.php?siteid={SITE}&apikey={KEY}&days=30"),
            ),
            read("Retargeting shopping-carts, 30 days", 0.6, format!("/v1/partners-api/shopping-carts?rest_key={KEY}")),
            read("Sticky Street dashboard, XML", 0.1, sections.clone()),
            read("Sticky Street dashboard, JSON", 0.1, format!("{sections}&output=JSON")),
            Route {
                name: "GET /ss/v1/ (confirmation)",
                floor: Floor::Confirm,
                goal: 0.7,
                flat: true,
                small: true,
                request: confirmation(&self.addresses),
                good: |answer| ok(answer) && answer.ends_with(b"{\"resp\":100,\"err_txt\":\"\"}"),
            },
            Route {
                name: "POST /capture",
                floor: Floor::Insert,
                goal: 0.6,
                flat: true,
                small: true,
                request: capture(),
                good: |answer| answer.starts_with(b"HTTP/1.1 204"),
            },
        ]
    }
}

fn list(query: &str) -> Request {
    let (target, bearer) = (format!("/v1/carts{query}"), format!("Authorization: Bearer {KEY}\r\n"));
    Arc::new(move |_, out: &mut Vec<u8>| get(out, &target, &bearer))
}

/// The address of a number: each once, then from the beginning.
fn address(addresses: &[String], number: u64) -> &str {
    &addresses[(number % addresses.len() as u64) as usize]
}

fn confirmation(addresses: &Arc<Vec<String>>) -> Request {
    let addresses = addresses.clone();
    // Its own numbers, so that each confirmation is of another address however often others counted.
    let own = AtomicU64::new(0);
    Arc::new(move |_, out: &mut Vec<u8>| {
        let address = address(&addresses, own.fetch_add(1, Ordering::Relaxed));
        get(out, &format!("/ss/v1/?key={KEY}&siteid={SITE}&email={address}"), "");
    })
}

/// The same of the bare route.
fn bare_confirmation(addresses: &Arc<Vec<String>>) -> Request {
    let addresses = addresses.clone();
    let own = AtomicU64::new(0);
    Arc::new(move |_, out: &mut Vec<u8>| {
        let address = address(&addresses, own.fetch_add(1, Ordering::Relaxed));
        get(out, &format!("/confirm?{}", address.to_lowercase()), "");
    })
}

/// A new visitor's cart of one line.
fn capture() -> Request {
    let headers = format!(
        "Origin: {ORIGIN}\r\nContent-Type: text/plain\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0\r\n"
    );
    Arc::new(move |number, out: &mut Vec<u8>| {
        let body = format!(
            r#"{{"site":"{SITE}","visitor":"visitor-of-the-bench-{number}","command":"tracking","human":true,"email":"bench{number}@example.com","items":[{{"id":"product-1","name":"A thing of some length","quantity":1,"price":"19.99"}}],"total":"19.99"}}"#
        );
        post(out, "/capture", &headers, &body);
    })
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
