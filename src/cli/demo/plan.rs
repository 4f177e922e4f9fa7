//! What a visitor means to do, thrown in one go when the cart begins. What the clock and others make of it, a
//! purchase of the same person or an unsubscribe, is looked up when the time has come.

use rand::RngExt;

use super::Scenario;
use super::dice::{Dice, Topic, dice, wait, weighted};
use super::words::{Person, SHOP_URL, person, product};
use crate::domain::carts::{Channel, Class};
use crate::domain::{Currency, Result};
use crate::ops::carts::{NewCart, NewItem};

const CHANNELS: &[(Channel, u32)] = &[(Channel::Web, 62), (Channel::Mobile, 27), (Channel::Api, 7), (Channel::Pos, 4)];
const CURRENCIES: &[(&str, &str, u32)] =
    &[("USD", "en-US", 78), ("EUR", "de-DE", 10), ("GBP", "en-GB", 8), ("JPY", "ja-JP", 4)];
const CLASSES: &[(Class, u32)] = &[(Class::Human, 88), (Class::Unknown, 8), (Class::Machine, 4)];

/// How a visit ends if nobody writes a letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// Left.
    Left,
    /// Bought this many seconds after the last change of the cart, before it counts as abandoned.
    Bought(i64),
    /// Left, and bought this many seconds after the last change without any letter's doing.
    CameBack(i64),
    /// Never said who it was, and bought at the till this many seconds later, under an address without a cart.
    AtTheTill(i64),
}

/// A visit from its first item on.
#[derive(Clone, Debug)]
pub(super) struct Visit {
    /// Which visit of the demo it is.
    pub(super) number: u64,
    /// Who it is.
    pub(super) person: u64,
    /// What begins it.
    pub(super) cart: NewCart,
    /// What is put in later, each so many seconds after the beginning, ascending.
    pub(super) later: Vec<(i64, NewItem)>,
    /// How it ends.
    pub(super) ending: Ending,
    /// Whether the shop writes to this visitor: a person with an address.
    pub(super) gets_letters: bool,
    /// Who it is, as far as the shop knows.
    pub(super) known: Option<Person>,
}

impl Visit {
    /// Seconds from the beginning to the last change of the cart.
    pub(super) fn last_change(&self) -> i64 {
        self.later.last().map_or(0, |(after, _)| *after)
    }
}

/// The number of people who ever visit: somewhat fewer than there are visits.
pub(super) fn people(carts: u64) -> u64 {
    (carts * 7 / 10).max(1)
}

/// The visit of a number. `now` visitors come in the last minutes of the history and are still there.
pub(super) fn visit(scenario: &Scenario, number: u64, now: bool) -> Result<Visit> {
    let mut dice = dice(scenario.seed, Topic::Visit, number);
    // Squaring makes some people come often and most of them once.
    let position: f64 = dice.random();
    let person_number = ((position * position) * people(scenario.carts) as f64) as u64;
    let class = if now { Class::Human } else { weighted(&mut dice, CLASSES) };
    let identified = dice.random_bool(if class == Class::Machine { 0.3 } else { 0.74 }) || now;
    let known = if identified { Some(person(scenario.seed, person_number)?) } else { None };
    let at =
        weighted(&mut dice, &[(0, CURRENCIES[0].2), (1, CURRENCIES[1].2), (2, CURRENCIES[2].2), (3, CURRENCIES[3].2)]);
    let (code, locale, _) = CURRENCIES[at];
    let currency = Currency::parse(code)?;
    let items = first_items(&mut dice, class, currency, now);
    let later = later_items(&mut dice, class, currency, &items);
    let ending = if now || items.is_empty() || class == Class::Machine {
        Ending::Left
    } else {
        ending(&mut dice, known.is_some())
    };
    let cart = NewCart {
        email: known.as_ref().map(|person| person.email.clone()),
        customer_id: known.as_ref().and_then(|person| person.customer_id.clone()),
        session_id: Some(format!("sess_{:024x}", dice.random::<u128>() >> 32)),
        channel: weighted(&mut dice, CHANNELS),
        currency: Some(currency),
        locale: Some(locale.to_owned()),
        items,
        shipping_address: None,
        expires_at: None,
        restore_url: Some(format!("{SHOP_URL}/cart/{:020x}", dice.random::<u128>() >> 48)),
        order_id: None,
        metadata: campaign_of(&mut dice),
        consent: None,
        class,
    };
    let gets_letters = known.is_some() && class != Class::Machine;
    Ok(Visit { number, person: person_number, cart, later, ending, gets_letters, known })
}

fn first_items(dice: &mut Dice, class: Class, currency: Currency, now: bool) -> Vec<NewItem> {
    let lines = match class {
        Class::Machine => dice.random_range(3..=9),
        // Some carts stay empty; the clock never abandons those.
        _ => weighted(dice, &[(0, if now { 0 } else { 3 }), (1, 58), (2, 26), (3, 9), (4, 4)]),
    };
    (0..lines)
        .map(|_| {
            let quantity = weighted(dice, &[(1, 78), (2, 16), (3, 4), (6, 2)]);
            product(dice, currency, quantity)
        })
        .collect()
}

fn later_items(dice: &mut Dice, class: Class, currency: Currency, first: &[NewItem]) -> Vec<(i64, NewItem)> {
    if class == Class::Machine || first.is_empty() {
        return Vec::new();
    }
    let mut after = 0;
    let mut items = Vec::new();
    for _ in 0..weighted(dice, &[(0, 62), (1, 28), (2, 10)]) {
        after += wait(dice, 240.0, 1_500);
        items.push((after, product(dice, currency, 1)));
    }
    // A few look in again after hours: an abandoned cart comes back to life, and is left once more.
    if dice.random_bool(0.04) {
        after += dice.random_range(2 * 3_600..40 * 3_600);
        items.push((after, product(dice, currency, 1)));
    }
    items
}

fn ending(dice: &mut Dice, identified: bool) -> Ending {
    match (identified, dice.random_range(0..100)) {
        (true, 0..=26) => Ending::Bought(wait(dice, 420.0, 1_600)),
        (true, 27..=30) => Ending::CameBack(dice.random_range(3 * 3_600..60 * 3_600)),
        (false, 0..=4) => Ending::AtTheTill(wait(dice, 900.0, 7_200)),
        _ => Ending::Left,
    }
}

fn campaign_of(dice: &mut Dice) -> Option<String> {
    let source = weighted(dice, &[("", 70), ("newsletter", 12), ("search", 12), ("social", 6)]);
    (!source.is_empty()).then(|| format!("{{\"utm_source\":\"{source}\"}}"))
}
