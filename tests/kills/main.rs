//! The real binary, killed at random moments while clients write through all of its doors. What was acknowledged is there
//! once it runs again, exactly once; what was not acknowledged is there once or not at all; and a client that asks again
//! with the same number, because it never heard the answer, makes nothing twice.
//!
//! ```sh
//! CARTWRIGHT_TEST_KILLS=500 CARTWRIGHT_TEST_SEED=7 cargo test --test kills -- --nocapture
//! ```

mod doors;
mod process;

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use doors::{Act, Door};
use process::{Client, Shop};
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// How often the process is killed when nobody says.
const KILLS: usize = 50;

/// Clients that write at once.
const CLIENTS: usize = 8;

/// How long a process lives after it answers, at most.
const LIFE_MS: u64 = 250;

#[test]
fn what_was_acknowledged_survives_every_kill_exactly_once() {
    let kills = number("CARTWRIGHT_TEST_KILLS").and_then(|kills| usize::try_from(kills).ok()).unwrap_or(KILLS);
    let seed = number("CARTWRIGHT_TEST_SEED")
        .unwrap_or_else(|| ChaCha8Rng::seed_from_u64(std::process::id().into()).next_u64());
    println!("CARTWRIGHT_TEST_SEED={seed}");
    let mut dice = ChaCha8Rng::seed_from_u64(seed);
    let shop = Shop::new();
    let mut all: Vec<Act> = Vec::new();
    let mut unheard: Vec<Act> = Vec::new();
    let serial = AtomicUsize::new(0);
    let mut repeated = 0;
    for kill in 0..kills {
        let process = shop.start();
        // What nobody heard the end of is asked again, as a shop's plugin does.
        let mut again = Client::of(&process);
        for act in unheard.drain(..) {
            repeated += usize::from(act.door.is_repeatable());
            let heard = !act.door.is_repeatable() || act.ask(&mut again);
            assert!(heard, "{act:?} was refused when it was asked again");
            all.push(act);
        }
        drop(again);
        let acts = load_until_killed(process, dice.random(), dice.random_range(5..LIFE_MS), &serial);
        let (heard, lost): (Vec<Act>, Vec<Act>) = acts.into_iter().partition(|act| act.acknowledged);
        shop.check(&heard, &lost, kill);
        all.extend(heard);
        unheard = lost;
    }
    all.extend(unheard);
    shop.check_all(&all);
    for door in Door::ALL {
        let of_door = all.iter().filter(|act| act.door == *door);
        let (acknowledged, asked) =
            of_door.fold((0, 0), |(yes, all), act| (yes + usize::from(act.acknowledged), all + 1));
        println!("{door:?}: {acknowledged} acknowledged of {asked}");
        assert!(acknowledged > 0, "nothing came through {door:?}");
    }
    println!(
        "{kills} kills, {} acknowledged, {repeated} asked again: none lost, none doubled",
        all.iter().filter(|act| act.acknowledged).count()
    );
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// Clients write until the process is killed under them. Returns everything that they asked for.
fn load_until_killed(process: process::Running, seed: u64, life_ms: u64, serial: &AtomicUsize) -> Vec<Act> {
    let acts = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for at in 0..CLIENTS {
            let (acts, mut client) = (&acts, Client::of(&process));
            let mut dice = ChaCha8Rng::seed_from_u64(seed.wrapping_add(at as u64));
            scope.spawn(move || {
                loop {
                    let door = Door::ALL[dice.random_range(0..Door::ALL.len())];
                    let mut act = Act::new(door, serial.fetch_add(1, Ordering::Relaxed));
                    act.acknowledged = act.ask(&mut client);
                    let over = !act.acknowledged;
                    acts.lock().expect("no client panicked").push(act);
                    if over {
                        break;
                    }
                }
            });
        }
        std::thread::sleep(Duration::from_millis(life_ms));
        process.kill();
    });
    acts.into_inner().expect("no client panicked")
}
