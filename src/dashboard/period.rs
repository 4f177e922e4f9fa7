//! The days that a page is about: the last 7, 30 or 90, or two dates.

use crate::domain::Day;
use crate::domain::time::{day_plus, days_between, parse_day};
use crate::http::params::Params;

/// Days at most, as in the interfaces.
const MOST_DAYS: i64 = 365;
/// What is shown when nothing is asked for.
const USUAL: i64 = 30;

/// Days from one to another, both included.
#[derive(Clone, Debug)]
pub(super) struct Period {
    pub(super) from: Day,
    pub(super) to: Day,
    /// How many of the last days it is, where it is that.
    last: Option<i64>,
    /// What was wrong with the dates that were asked for; blank: nothing.
    pub(super) problem: String,
}

/// A choice of the period picker.
pub(super) struct Segment {
    pub(super) name: String,
    pub(super) href: String,
    pub(super) is_current: bool,
}

impl Period {
    /// What the query asks for: `days`, or `from` and `to`. Something impossible shows the usual days and says why.
    pub(super) fn of(query: &Params, today: Day) -> Self {
        let last = |days: i64, problem: String| Period {
            from: day_plus(today, 1 - days),
            to: today,
            last: Some(days),
            problem,
        };
        if let (Some(from), Some(to)) = (query.get("from"), query.get("to")) {
            return match (parse_day(from), parse_day(to)) {
                (Ok(from), Ok(to)) if from > to => last(USUAL, "The first day lies after the last.".into()),
                (Ok(from), Ok(to)) if days_between(from, to) >= MOST_DAYS => {
                    last(USUAL, format!("More than {MOST_DAYS} days are not shown at once."))
                }
                (Ok(from), Ok(to)) => Period { from, to, last: None, problem: String::new() },
                _ => last(USUAL, "A day is written like 2026-01-31.".into()),
            };
        }
        let days = query.get("days").and_then(|text| text.parse().ok()).filter(|days| (1..=MOST_DAYS).contains(days));
        last(days.unwrap_or(USUAL), String::new())
    }

    /// As many days right before.
    pub(super) fn before(&self) -> (Day, Day) {
        let days = days_between(self.from, self.to) + 1;
        (day_plus(self.from, -days), day_plus(self.from, -1))
    }

    /// The days in words.
    pub(super) fn said(&self) -> String {
        format!("{} – {}", super::show::day(self.from), super::show::day(self.to))
    }

    /// Whether two dates were asked for.
    pub(super) fn is_custom(&self) -> bool {
        self.last.is_none() || !self.problem.is_empty()
    }

    /// The choices of the picker.
    pub(super) fn segments(&self, path: &str) -> Vec<Segment> {
        [7, 30, 90]
            .into_iter()
            .map(|days| Segment {
                name: format!("{days} days"),
                href: format!("{path}?days={days}"),
                is_current: self.last == Some(days) && self.problem.is_empty(),
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_days_before_are_as_many_and_end_where_the_period_begins() {
        let today = parse_day("2026-03-15").expect("a day");
        let period = Period::of(&Params::parse(b"days=7"), today);
        assert_eq!((period.from.to_string(), period.to.to_string()), ("2026-03-09".into(), "2026-03-15".into()));
        let (from, to) = period.before();
        assert_eq!((from.to_string(), to.to_string()), ("2026-03-02".into(), "2026-03-08".into()));
    }

    #[test]
    fn impossible_days_are_answered_with_the_usual_ones_and_a_reason() {
        let today = parse_day("2026-03-15").expect("a day");
        for bad in ["from=2026-03-02&to=2026-03-01", "from=x&to=y", "from=2020-01-01&to=2026-01-01"] {
            let period = Period::of(&Params::parse(bad.as_bytes()), today);
            assert!(!period.problem.is_empty() && period.last == Some(USUAL), "{bad}");
        }
        for ignored in ["days=0", "days=9999", "days=x", ""] {
            assert_eq!(Period::of(&Params::parse(ignored.as_bytes()), today).last, Some(USUAL), "{ignored}");
        }
    }
}
