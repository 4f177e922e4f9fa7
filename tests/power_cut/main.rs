//! The power is cut, on paper: a server is traced while clients write, and the files are rebuilt as a disk may hold them
//! at any moment of that trace, with what was not synced yet dropped, cut short or torn. Whatever was acknowledged before
//! that moment must be in the rebuilt database, and the database must be whole.
//!
//! `kill -9` cannot show this: the operating system keeps what a killed process wrote. The same trace under a weaker setting
//! must report losses, or the test proves nothing.
//!
//! ```sh
//! cargo test --features outside --test power_cut -- --points 600 --seed 7
//! ```
//!
//! A harness of its own, because it runs itself again, under `strace`, as the server.

mod disk;
mod load;
mod trace;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use cartwright::domain::{Clock, Timestamp};
use cartwright::ops;
use cartwright::store::{Durability, FILE_NAME, Store};
use disk::Disk;
use load::Traced;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tempfile::TempDir;
use trace::Event;

/// Moments that a run cuts the power at, when nobody says how many.
const POINTS: usize = 60;

/// What a run is asked for on the command line.
struct Asked {
    points: usize,
    seed: u64,
}

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    if let [serve, folder, durability] = &args[..]
        && serve == "serve"
    {
        load::serve(Path::new(folder), if durability == "weak" { Durability::Weak } else { Durability::Full });
        return ExitCode::SUCCESS;
    }
    let Some(asked) = Asked::of(&args) else {
        // A filter of `cargo test` that means another test.
        println!("0 passed, 0 failed, 3 skipped");
        return ExitCode::SUCCESS;
    };
    println!("{} moments a run, seed {}", asked.points, asked.seed);
    println!("setting  clients  acknowledged  syncs  moments  lost at  acknowledged and lost  corrupt");
    let runs = [(Durability::Full, 1), (Durability::Full, 12), (Durability::Weak, 12)];
    let failed = runs.into_iter().filter(|(durability, clients)| !holds(*durability, *clients, &asked)).count();
    println!("{} passed, {failed} failed", runs.len() - failed);
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

impl Asked {
    fn of(args: &[String]) -> Option<Self> {
        let after = |name: &str| args.iter().position(|arg| arg == name).and_then(|at| args.get(at + 1)?.parse().ok());
        let means_this = args
            .iter()
            .all(|arg| arg.starts_with('-') || arg.parse::<u64>().is_ok() || "power_cut".contains(arg.as_str()));
        let points = after("--points").and_then(|points: u64| usize::try_from(points).ok()).unwrap_or(POINTS);
        means_this.then(|| Asked { points, seed: after("--seed").unwrap_or(7) })
    }
}

/// What was found at all the moments of one run.
#[derive(Default)]
struct Found {
    points: usize,
    lossy: usize,
    lost: usize,
    corrupt: usize,
}

/// One run, and whether it came out as it must.
fn holds(durability: Durability, clients: usize, asked: &Asked) -> bool {
    let traced = load::run(durability, clients);
    let found = cut_everywhere(&traced, asked);
    let (name, right) = match durability {
        Durability::Full => ("full", found.lost == 0 && found.corrupt == 0),
        Durability::Weak => ("normal", found.lost > 0),
    };
    println!(
        "{name:<7}  {clients:>7}  {:>12}  {:>5}  {:>7}  {:>7}  {:>21}  {:>7}",
        traced.events.iter().filter(|event| matches!(event, Event::Acknowledged(_))).count(),
        traced.events.iter().filter(|event| matches!(event, Event::Synced { .. })).count(),
        found.points,
        found.lossy,
        found.lost,
        found.corrupt,
    );
    right
}

fn cut_everywhere(traced: &Traced, asked: &Asked) -> Found {
    let mut dice = ChaCha8Rng::seed_from_u64(asked.seed);
    let mut points: Vec<usize> = (0..asked.points).map(|_| dice.random_range(0..=traced.events.len())).collect();
    points.sort_unstable();
    let mut disk = Disk::holding(&traced.before);
    let (mut acknowledged, mut next) = (Vec::new(), 0);
    let mut found = Found::default();
    for point in points {
        for event in &traced.events[next..point] {
            if let Event::Acknowledged(email) = event {
                acknowledged.push(email.clone());
            }
            disk.take(event);
        }
        next = point;
        let folder = TempDir::new().expect("a temporary folder");
        disk.as_found_after_a_cut(&mut dice, folder.path());
        found.points += 1;
        match survivors(folder.path()) {
            Some(emails) => {
                let lost = acknowledged.iter().filter(|email| !emails.contains(*email)).count();
                found.lossy += usize::from(lost > 0);
                found.lost += lost;
            }
            None => found.corrupt += 1,
        }
    }
    found
}

/// The addresses of the carts that a rebuilt database holds. `None`: it is not whole.
fn survivors(folder: &Path) -> Option<std::collections::BTreeSet<String>> {
    let path: PathBuf = folder.join(FILE_NAME);
    let emails = {
        let conn = rusqlite::Connection::open(&path).ok()?;
        let whole: String = conn.query_row("pragma integrity_check", [], |row| row.get(0)).ok()?;
        if whole != "ok" {
            println!("integrity_check: {whole}");
            return None;
        }
        let mut statement = conn.prepare("select email from carts").ok()?;
        let rows = statement.query_map([], |row| row.get(0)).ok()?;
        rows.collect::<rusqlite::Result<_>>().ok()?
    };
    // The program itself opens it as it is, and its figures are those of its rows.
    let clock: Clock = Arc::new(|| Timestamp::from_secs(load::NOW));
    let store = Store::open(folder, clock).ok()?;
    let differences = store.read(|tx| ops::stats::verify(tx, &ops::sites::find(tx, load::SITE)?)).ok()?;
    differences.is_empty().then_some(emails)
}
