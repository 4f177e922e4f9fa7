//! `cartwright demo`: a made-up shop with a history, served at once. Its past is made by the same operations that
//! real traffic uses, replayed in order at their own instants; nothing of it reaches anybody, and it listens to this
//! machine only.

mod dice;
mod folder;
mod greet;
mod letters;
mod members;
mod plan;
mod rhythm;
mod run;
mod shop;
mod story;
mod words;

pub(super) use run::{Args, run};
pub use shop::{Access, open_shop};
pub use story::fill;

use crate::domain::Timestamp;
use crate::domain::time::DAY_SECS;

/// What history a demo is given. Equal scenarios make equal histories; only ids and keys differ.
#[derive(Clone, Debug, PartialEq)]
pub struct Scenario {
    /// What all chance is thrown from.
    pub seed: u64,
    /// How many carts there ever were.
    pub carts: u64,
    /// How many days the history is long, at least 1.
    pub days: u32,
    /// Where it ends: nothing happens later.
    pub until: Timestamp,
    /// Where the process is reached, for the links in letters: `http://127.0.0.1:8080`.
    pub base_url: String,
}

impl Scenario {
    /// The instant at which the history begins.
    pub fn begins(&self) -> Timestamp {
        self.until.plus(-i64::from(self.days) * DAY_SECS)
    }
}
