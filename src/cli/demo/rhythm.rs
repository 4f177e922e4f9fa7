//! When visitors come: by the hour and the weekday of the shop's zone, on good days and bad ones. Arrivals are made an
//! hour at a time, so that a million of them is never held at once.

use rand::RngExt;

use super::Scenario;
use super::dice::{Topic, dice};
use crate::domain::time::DAY_SECS;
use crate::domain::{Timestamp, Zone};

const HOUR_SECS: i64 = 3_600;

/// How many visitors are still in the shop when history ends, and for how long they have been, at most.
const PRESENT: u64 = 8;
const PRESENT_SECS: i64 = 25 * 60;

/// Visitors by hour of the day: quiet at night, a rise over lunch, the most in the evening.
const BY_HOUR: [f64; 24] = [
    2.0, 1.2, 0.8, 0.6, 0.6, 0.9, 1.6, 2.8, 3.9, 4.8, 5.4, 5.8, 6.4, 6.0, 5.4, 5.2, 5.3, 5.6, 6.2, 7.3, 8.2, 7.9, 6.0,
    3.7,
];

/// The same by weekday, Monday first.
const BY_WEEKDAY: [f64; 7] = [1.08, 1.0, 0.98, 0.96, 0.88, 0.95, 1.16];

/// A visitor who comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Arrival {
    /// When.
    pub(super) at: Timestamp,
    /// The how manieth of the demo.
    pub(super) number: u64,
    /// Whether the visitor is still there when history ends.
    pub(super) present: bool,
}

/// All arrivals of a history in order.
#[derive(Debug)]
pub(super) struct Arrivals {
    scenario: Scenario,
    zone: Zone,
    next_hour: Timestamp,
    /// How much busier than the others all hours together are, so that counts add up to what was asked for.
    weight_of_all: f64,
    weight_so_far: f64,
    made: u64,
    /// Of the current hour, the last one first.
    hour: Vec<Arrival>,
}

impl Arrivals {
    /// The arrivals of a scenario.
    pub(super) fn new(scenario: &Scenario, zone: &Zone) -> Self {
        let mut arrivals = Arrivals {
            scenario: scenario.clone(),
            zone: zone.clone(),
            next_hour: scenario.begins(),
            weight_of_all: 0.0,
            weight_so_far: 0.0,
            made: 0,
            hour: Vec::new(),
        };
        let mut at = scenario.begins();
        while at < arrivals.doors_close() {
            arrivals.weight_of_all += arrivals.weight(at);
            at = at.plus(HOUR_SECS);
        }
        arrivals
    }

    /// When the next visitor comes.
    pub(super) fn peek(&mut self) -> Option<Timestamp> {
        while self.hour.is_empty() && self.made < self.scenario.carts {
            self.fill();
        }
        self.hour.last().map(|arrival| arrival.at)
    }

    /// The next visitor.
    pub(super) fn next(&mut self) -> Option<Arrival> {
        self.peek()?;
        self.hour.pop()
    }

    /// When those who are still there begin to come; they are the last.
    fn doors_close(&self) -> Timestamp {
        self.scenario.until.plus(-PRESENT_SECS)
    }

    /// How busy the hour from `at` on is.
    fn weight(&self, at: Timestamp) -> f64 {
        let here = self.zone.civil(at);
        let hour = usize::try_from(here.hour()).unwrap_or(0);
        let weekday = usize::try_from(here.weekday().to_monday_zero_offset()).unwrap_or(0);
        let day = at.secs().div_euclid(DAY_SECS).unsigned_abs();
        let luck: f64 = dice(self.scenario.seed, Topic::Day, day).random_range(0.82..1.18);
        let part = (self.doors_close().secs() - at.secs()).min(HOUR_SECS) as f64 / HOUR_SECS as f64;
        BY_HOUR[hour % 24] * BY_WEEKDAY[weekday % 7] * luck * part
    }

    /// Makes the arrivals of the next hour, or, when history is over, of those who are still there.
    fn fill(&mut self) {
        let Scenario { seed, carts, .. } = self.scenario;
        let (present, last) = (PRESENT.min(carts), self.doors_close());
        let at = self.next_hour;
        let (up_to, from, secs, is_present) = if at >= last {
            (carts, last, PRESENT_SECS, true)
        } else {
            self.weight_so_far += self.weight(at);
            let share = self.weight_so_far / self.weight_of_all.max(f64::MIN_POSITIVE);
            let up_to = ((share * (carts - present) as f64).round() as u64).min(carts - present);
            (up_to, at, (last.secs() - at.secs()).min(HOUR_SECS), false)
        };
        let mut dice = dice(seed, Topic::Hour, self.made);
        let mut times: Vec<i64> = (self.made..up_to).map(|_| dice.random_range(0..secs.max(1))).collect();
        times.sort_unstable();
        self.hour = (self.made..)
            .zip(times)
            .map(|(number, after)| Arrival { at: from.plus(after), number, present: is_present })
            .collect();
        self.hour.reverse();
        self.made = up_to;
        self.next_hour = at.plus(HOUR_SECS);
    }
}
