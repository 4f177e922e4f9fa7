//! Chance, so that it falls the same way again: every shopper, letter and member has dice of its own, thrown from the
//! demo's seed. What one does therefore does not hang on what others did before.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// A generator of numbers.
pub(super) type Dice = ChaCha8Rng;

/// What dice are for: no two topics share their throws.
#[derive(Clone, Copy, Debug)]
pub(super) enum Topic {
    /// Who somebody is.
    Person = 1,
    /// What a visitor does.
    Visit = 2,
    /// What becomes of a letter.
    Letter = 3,
    /// What becomes of a purchase.
    Purchase = 4,
    /// What a loyalty member does.
    Member = 5,
    /// Good days and bad days.
    Day = 6,
    /// When in an hour somebody comes.
    Hour = 7,
}

/// The dice of one thing.
pub(super) fn dice(seed: u64, topic: Topic, number: u64) -> Dice {
    let mut bytes = [0_u8; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    bytes[8..16].copy_from_slice(&(topic as u64).to_le_bytes());
    bytes[16..24].copy_from_slice(&number.to_le_bytes());
    ChaCha8Rng::from_seed(bytes)
}

/// One of several, each as likely as its weight. The list is not empty.
pub(super) fn weighted<T: Copy>(dice: &mut Dice, choices: &[(T, u32)]) -> T {
    let all: u32 = choices.iter().map(|(_, weight)| weight).sum();
    let mut left = dice.random_range(0..all.max(1));
    for (choice, weight) in choices {
        if left < *weight {
            return *choice;
        }
        left -= weight;
    }
    choices[0].0
}

/// One of several, all as likely. The list is not empty.
pub(super) fn one_of<T: Copy>(dice: &mut Dice, choices: &[T]) -> T {
    choices[dice.random_range(0..choices.len())]
}

/// A wait of about `mean` seconds: often short, sometimes long, never beyond `most`.
pub(super) fn wait(dice: &mut Dice, mean: f64, most: i64) -> i64 {
    let uniform: f64 = dice.random();
    ((-(1.0 - uniform).ln() * mean) as i64).clamp(5, most)
}
