//! Every parser that meets the outside, under what nobody would send on purpose: sound input that was cut, doubled, joined
//! and overwritten, and bytes of any kind. What must hold is said of each: what was written reads back, what was
//! read can be written again, an independent parser takes what goes out, and size and time stay bounded.
//!
//! A run is short. One that goes on for a given time, each of its tests for itself:
//!
//! ```sh
//! CARTWRIGHT_TEST_FUZZ_SECS=600 cargo test --test fuzz -- --nocapture
//! ```
//!
//! What failed once is kept in `seeds/` and is tried first ever after.

#[path = "../support/mod.rs"]
mod support;

mod archive;
mod doors;
mod forms;
mod letters;
mod mutate;
mod replies;
mod values;

use std::time::{Duration, Instant};

use proptest::strategy::Strategy;
use proptest::test_runner::{Config, FileFailurePersistence, TestCaseError, TestRunner};

/// Cases of each test where no time is given.
const CASES: u32 = 256;

/// No input of these sizes may keep a parser for longer, in whatever build, beside whatever else runs.
const PATIENCE: Duration = Duration::from_secs(60);

/// Tries a property with the inputs of a strategy, until the time that was given is over or the cases are. `seeds` is where
/// those are kept that failed.
fn fuzz<S: Strategy>(seeds: &'static str, inputs: &S, property: impl Fn(S::Value) -> Result<(), TestCaseError>) {
    let budget = std::env::var("CARTWRIGHT_TEST_FUZZ_SECS").ok().and_then(|secs| secs.parse().ok());
    let budget = Duration::from_secs(budget.unwrap_or(0));
    let began = Instant::now();
    let mut cases: u64 = 0;
    loop {
        let config = Config {
            cases: CASES,
            failure_persistence: Some(Box::new(FileFailurePersistence::Direct(seeds))),
            ..Config::default()
        };
        let tried = TestRunner::new(config).run(inputs, |input| {
            let began = Instant::now();
            property(input)?;
            let took = began.elapsed();
            if took > PATIENCE { Err(TestCaseError::fail(format!("took {took:?}"))) } else { Ok(()) }
        });
        if let Err(e) = tried {
            panic!("after {cases} cases: {e}");
        }
        cases += u64::from(CASES);
        if began.elapsed() >= budget {
            break;
        }
    }
    println!("{seeds}: {cases} cases in {} s", began.elapsed().as_secs());
}
