//! What a shop looks at first: how many carts were left and came back, and what it brought. The vendors' dashboard
//! calls and our own pages read it here, so that they cannot differ.

use std::collections::BTreeMap;

use super::stats;
use crate::domain::stats::Figures;
use crate::domain::time::{MAX_SECONDS, day_plus, days_between};
use crate::domain::{Day, Result, Site, Timestamp};
use crate::store::purchases::Recovery;
use crate::store::{ReadTx, carts, purchases};

/// Figures with plain counts over all currencies and, apart, those of the site's own, whose amounts can be added.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Counts of all currencies. Its amounts mean nothing and are left at 0.
    pub all: Figures,
    /// Counts and amounts of the site's currency.
    pub own: Figures,
}

/// A range of days.
#[derive(Clone, Debug, PartialEq)]
pub struct Overview {
    /// The whole range.
    pub total: Tally,
    /// Each of its days, ascending, those without any figure included.
    pub days: Vec<(Day, Tally)>,
    /// The newest recoveries of the range, newest first.
    pub recoveries: Vec<Recovery>,
}

/// The figures from one day up to and including another, with the newest recoveries.
pub fn overview(tx: &ReadTx, site: &Site, from: Day, to: Day, recoveries: i64) -> Result<Overview> {
    let mut kept: BTreeMap<Day, Tally> = BTreeMap::new();
    let mut total = Tally::default();
    for day in stats::between(tx, site, from, to)? {
        let counts = Figures { revenue: 0, recovered_revenue: 0, ..day.figures };
        let own = if day.currency == site.currency { day.figures } else { Figures::default() };
        for tally in [&mut total, kept.entry(day.day).or_default()] {
            tally.all += counts;
            tally.own += own;
        }
    }
    let days = (0..=days_between(from, to))
        .map(|offset| day_plus(from, offset))
        .map(|day| (day, kept.get(&day).copied().unwrap_or_default()))
        .collect();
    let (first, last) = instants(site, from, to);
    Ok(Overview { total, days, recoveries: purchases::newest_recoveries(tx, site.no, first, last, recoveries)? })
}

/// The first and the last instant of a range of a site's days.
fn instants(site: &Site, from: Day, to: Day) -> (Timestamp, Timestamp) {
    let next = day_plus(to, 1);
    let last = if next > to { site.zone.start_of(next).plus(-1) } else { Timestamp::from_secs(MAX_SECONDS) };
    (site.zone.start_of(from), last)
}

/// How many carts were first abandoned, and how many recovered ones were bought, in a window of instants whose ends
/// are both included. Counted from rows, since such a window need not fall on days.
pub fn carts_in_window(tx: &ReadTx, site: &Site, from: Timestamp, to: Timestamp) -> Result<(i64, i64)> {
    let abandoned = carts::count_first_abandoned(tx, site.no, from, to)?;
    let recovered = purchases::count_recovered(tx, site.no, from, to)?;
    Ok((abandoned, recovered))
}
