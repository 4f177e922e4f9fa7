//! Speed and scale, measured: `cargo bench --bench scale`. The program as it is shipped serves a generated shop of a
//! million carts beside a bare server that runs the same statements; both get the same load in turn, and what is
//! printed is how they compare. docs/performance.md says how to read it.

mod abandon;
mod child;
mod floor;
mod fresh;
mod load;
mod offline;
mod online;
mod report;
mod routes;
mod shop;
mod size;

use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::Parser;

use online::Online;
use report::Table;

#[derive(Parser)]
struct Args {
    /// Carts of the big shop
    #[arg(long, default_value_t = 1_000_000)]
    carts: i64,
    /// Carts of the small one
    #[arg(long, default_value_t = 10_000)]
    small: i64,
    /// Folder of the generated shops, which are used again [default: cartwright-bench among the temporary files]
    #[arg(long)]
    data: Option<PathBuf>,
    /// Seconds of each measurement
    #[arg(long, default_value_t = 2.0)]
    seconds: f64,
    /// How often each pair is measured in turn
    #[arg(long, default_value_t = 3)]
    rounds: u32,
    /// Only routes whose name holds this, or one of several between `|`; nothing else is measured
    #[arg(long, default_value = "")]
    only: String,
    /// Only the parts beside HTTP: start, clockwork, archive
    #[arg(long)]
    offline: bool,
    /// Only the archive
    #[arg(long)]
    archive: bool,
    /// Serves this file as the bare server does; for this program's own use
    #[arg(long, hide = true)]
    floor: Option<PathBuf>,
    /// What cargo says to every benchmark
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() {
    let args = Args::parse();
    if let Some(file) = &args.floor {
        return floor::serve(file);
    }
    let began = Instant::now();
    let data = args.data.clone().unwrap_or_else(|| std::env::temp_dir().join("cartwright-bench"));
    std::fs::create_dir_all(&data).expect("a folder for the shops");
    // Copies are measured, so that what is written does not change the shops.
    let big = copy(&shop::folder(&data, args.carts), &data.join("big"));
    let untouched_small = shop::folder(&data, args.small);
    let small = copy(&untouched_small, &data.join("small"));
    let mut table = Table::default();
    if !args.offline && !args.archive {
        let online = Online::start(&big, (&small, &untouched_small), &args);
        // First, for what the others write falls into every filter by time.
        if args.only.is_empty() || args.only == "fresh" {
            online.fresh(&mut table);
        }
        online.measure(&args.only, &mut table);
        if args.only.is_empty() || args.only == "beside" {
            online.beside_writes(&mut table);
        }
        table.say(format!("most memory of the server under load: {:.0} MB (goal: under 150)", online.most_memory()));
    }
    if args.only == "abandonment" {
        shop::warm(&big);
        abandon::measure(&big, &mut table);
    }
    if args.only.is_empty() {
        if !args.archive {
            shop::warm(&big);
            offline::start(&big, &mut table);
            let now = abandon::measure(&big, &mut table);
            shop::warm(&big);
            offline::letters(&big, now, &mut table);
        }
        offline::archive(&small, &mut table);
        offline::flat(&small, args.carts.unsigned_abs(), &mut table);
        let size = std::fs::metadata(env!("CARGO_BIN_EXE_cartwright")).map_or(0, |about| about.len());
        table.say(format!("binary: {:.1} MB (goal: under 20 stripped)", size as f64 / 1e6));
    }
    drop(std::fs::remove_dir_all(&big));
    drop(std::fs::remove_dir_all(&small));
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    table.say(format!(
        "{} carts; {cores} cores, shared by server and load; {:.0} s of measuring, generation included",
        args.carts,
        began.elapsed().as_secs_f64()
    ));
    table.print();
}

/// A copy of a folder's files.
fn copy(from: &Path, to: &Path) -> PathBuf {
    drop(std::fs::remove_dir_all(to));
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("a folder") {
        let path = entry.expect("an entry").path();
        let to = to.join(path.file_name().unwrap_or_default());
        std::fs::copy(&path, &to).expect("a copy");
        // Otherwise the first who syncs the file waits for all of it.
        std::fs::File::open(to).and_then(|file| file.sync_all()).expect("a copy on disk");
    }
    to.to_owned()
}
