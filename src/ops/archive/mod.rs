//! The archive: a shop as lines of JSON, written and read. docs/adr/0002 says which fields go beyond the design's
//! table. Reading goes in three steps, each a walk over the same file: [`survey`] looks at the lines alone and works out
//! what they mean for each other ([`notes`]), [`check`] holds them against the store, [`apply`] writes them in short
//! transactions, and [`settle`] does what follows from them. Nothing here opens the archive or a store.

pub mod apply;
pub mod check;
pub mod coupons;
pub mod export;
pub mod lines;
pub mod names;
pub mod notes;
pub mod read;
pub mod rows;
pub mod settle;
pub mod survey;
pub mod values;
pub mod webhooks;
pub mod written;

use std::collections::BTreeMap;

use lines::Kind;

/// Lines per type: how many are new, and how many are there already.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts(BTreeMap<Kind, (u64, u64)>);

impl Counts {
    /// Counts some more of one type.
    pub fn add(&mut self, kind: Kind, new: u64, skipped: u64) {
        let counted = self.0.entry(kind).or_default();
        counted.0 += new;
        counted.1 += skipped;
    }

    /// Of what was counted as new, one more of a type is there already.
    pub fn pass_over(&mut self, kind: Kind) {
        let counted = self.0.entry(kind).or_default();
        *counted = (counted.0.saturating_sub(1), counted.1 + 1);
    }

    /// Counts what another one counted.
    pub fn add_all(&mut self, other: &Counts) {
        for (kind, new, skipped) in other.iter() {
            self.add(kind, new, skipped);
        }
    }

    /// Every type that occurred, with its new and its skipped lines.
    pub fn iter(&self) -> impl Iterator<Item = (Kind, u64, u64)> + '_ {
        self.0.iter().map(|(kind, (new, skipped))| (*kind, *new, *skipped))
    }

    /// New and skipped lines of one type.
    pub fn of(&self, kind: Kind) -> (u64, u64) {
        self.0.get(&kind).copied().unwrap_or_default()
    }
}
