//! The real binary under a steady load through all doors that write, for as long as one likes: its memory is flat once it is
//! warm, the write-ahead log stays bounded, nobody hears an error, and at the end everything is there once.
//!
//! ```sh
//! CARTWRIGHT_TEST_SOAK_MINUTES=60 CARTWRIGHT_TEST_SOAK_RATE=400 cargo test --test soak -- --nocapture
//! ```

#[path = "kills/doors.rs"]
#[allow(dead_code, reason = "nothing is asked again here")]
mod doors;
#[path = "kills/process.rs"]
#[allow(dead_code, reason = "nobody is killed here")]
mod process;

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use doors::{Act, Door};
use process::{Client, Running, Shop};

/// How long it goes on where nobody says, and how many writes a second there are.
const SHORT: Duration = Duration::from_secs(24);
const RATE: u64 = 100;
const CLIENTS: usize = 8;
/// So many looks at the process, however long the run is.
const SAMPLES: u32 = 12;
/// The log is cut at 64 MiB once it is checkpointed; it may grow while it is.
const MOST_LOG: u64 = 128 * 1024 * 1024;
/// What memory may grow by from the second quarter to the last, beside a tenth: caches that fill, and an allocator's parts.
const SLACK_KB: u64 = 16 * 1024;

/// The state of the process at one moment, and what clients saw since the one before.
struct Sample {
    secs: u64,
    memory_kb: u64,
    log_bytes: u64,
    acknowledged: usize,
    p99: Duration,
}

#[test]
fn memory_is_flat_the_log_is_bounded_and_nobody_hears_an_error() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let length = number("CARTWRIGHT_TEST_SOAK_MINUTES").map_or(SHORT, |minutes| Duration::from_secs(60 * minutes));
    let rate = number("CARTWRIGHT_TEST_SOAK_RATE").unwrap_or(RATE).max(1);
    let shop = Shop::new();
    let running = shop.start();
    let (acts, samples) = load(&shop, &running, length, rate);
    println!("{:>6} {:>10} {:>10} {:>8} {:>9}", "s", "RSS kB", "WAL kB", "kept", "p99 ms");
    for sample in &samples {
        let (memory, log, p99) = (sample.memory_kb, sample.log_bytes / 1_024, sample.p99.as_secs_f64() * 1e3);
        println!("{:>6} {memory:>10} {log:>10} {:>8} {p99:>9.1}", sample.secs, sample.acknowledged);
    }
    let refused = acts.iter().filter(|act| !act.acknowledged).count();
    println!("{} asked at {rate} a second for {} s, {refused} not acknowledged", acts.len(), length.as_secs());
    running.kill();
    shop.check_all(&acts);
    assert_eq!(refused, 0, "somebody heard an error");
    let quarter = samples.len() / 4;
    let most = |samples: &[Sample]| samples.iter().map(|sample| sample.memory_kb).max().unwrap_or(0);
    let (warm, last) = (most(&samples[quarter..2 * quarter]), most(&samples[3 * quarter..]));
    assert!(warm > 0, "the system does not say how much memory there is");
    assert!(last <= warm + warm / 10 + SLACK_KB, "memory grew from {warm} kB to {last} kB");
    assert!(samples.iter().all(|sample| sample.log_bytes <= MOST_LOG), "the log is too long");
}

/// Clients write in turn, at a rate, while somebody looks on.
fn load(shop: &Shop, running: &Running, length: Duration, rate: u64) -> (Vec<Act>, Vec<Sample>) {
    let (acts, waits) = (Mutex::new(Vec::new()), Mutex::new(Vec::new()));
    let (serial, is_over) = (AtomicUsize::new(0), AtomicBool::new(false));
    let (began, pause) = (Instant::now(), Duration::from_secs(CLIENTS as u64).div_f64(rate as f64));
    let mut samples = Vec::new();
    std::thread::scope(|scope| {
        for at in 0..CLIENTS {
            let (acts, waits, serial, is_over) = (&acts, &waits, &serial, &is_over);
            scope.spawn(move || {
                let mut client = Client::of(running);
                let mut next = began + pause.mul_f64(at as f64 / CLIENTS as f64);
                while !is_over.load(Ordering::Relaxed) {
                    std::thread::sleep(next.saturating_duration_since(Instant::now()));
                    next += pause;
                    let number = serial.fetch_add(1, Ordering::Relaxed);
                    let mut act = Act::new(Door::ALL[number % Door::ALL.len()], number);
                    let asked = Instant::now();
                    act.acknowledged = act.ask(&mut client);
                    waits.lock().expect("no client panicked").push(asked.elapsed());
                    if !act.acknowledged {
                        client = Client::of(running);
                    }
                    acts.lock().expect("no client panicked").push(act);
                }
            });
        }
        for turn in 1..=SAMPLES {
            std::thread::sleep((began + length * turn / SAMPLES).saturating_duration_since(Instant::now()));
            let mut since = std::mem::take(&mut *waits.lock().expect("no client panicked"));
            since.sort_unstable();
            let kept = acts.lock().expect("no client panicked").iter().filter(|act: &&Act| act.acknowledged).count();
            samples.push(Sample {
                secs: began.elapsed().as_secs(),
                memory_kb: running.memory_kb(),
                log_bytes: shop.log_bytes(),
                acknowledged: kept,
                p99: since.get(since.len() * 99 / 100).copied().unwrap_or_default(),
            });
        }
        is_over.store(true, Ordering::Relaxed);
    });
    (acts.into_inner().expect("no client panicked"), samples)
}
