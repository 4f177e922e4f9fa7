//! What a shop looks at first: how many carts were left and came back, and what it brought. The vendors' dashboard
//! calls and our own pages read it here, so that they cannot differ.

use std::collections::BTreeMap;

use super::stats;
use crate::domain::stats::Figures;
use crate::domain::time::{MAX_SECONDS, day_plus, days_between};
use crate::domain::{Currency, Day, Error, Result, Site, Timestamp};
use crate::store::purchases::Recovery;
use crate::store::{ReadTx, carts, messages, purchases};

/// Figures with plain counts over all currencies and, apart, those of the site's own, whose amounts can be added.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Counts of all currencies. Its amounts mean nothing and are left at 0.
    pub all: Figures,
    /// Counts and amounts of the site's currency.
    pub own: Figures,
}

impl Tally {
    /// Counts all, and of the shop's own currency the amounts too.
    fn add(&mut self, site: &Site, currency: Currency, figures: Figures) {
        self.all += Figures { revenue: 0, recovered_revenue: 0, ..figures };
        if currency == site.currency {
            self.own += figures;
        }
    }
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
    let key = (site.no, from, to, recoveries);
    let overview = tx.remember("overview", key, |tx| look_over(tx, site, from, to, recoveries).map(Some))?;
    overview.ok_or_else(|| Error::internal("an overview is always there"))
}

fn look_over(tx: &ReadTx, site: &Site, from: Day, to: Day, recoveries: i64) -> Result<Overview> {
    let mut kept: BTreeMap<Day, Tally> = BTreeMap::new();
    let mut total = Tally::default();
    for day in stats::between(tx, site, from, to)? {
        for tally in [&mut total, kept.entry(day.day).or_default()] {
            tally.add(site, day.currency, day.figures);
        }
    }
    let days = (0..=days_between(from, to))
        .map(|offset| day_plus(from, offset))
        .map(|day| (day, kept.get(&day).copied().unwrap_or_default()))
        .collect();
    let (first, last) = instants(site, from, to);
    Ok(Overview { total, days, recoveries: purchases::newest_recoveries(tx, site.no, first, last, recoveries)? })
}

/// Every recovery from one day up to and including another, the newest first.
pub fn recoveries(tx: &ReadTx, site: &Site, from: Day, to: Day) -> Result<Vec<Recovery>> {
    let (first, last) = instants(site, from, to);
    purchases::newest_recoveries(tx, site.no, first, last, i64::MAX)
}

/// The figures of a range of days by currency, those of the site's first; currencies without any are left out.
pub fn by_currency(tx: &ReadTx, site: &Site, from: Day, to: Day) -> Result<Vec<(Currency, Figures)>> {
    let mut sums = vec![(site.currency, Figures::default())];
    for day in stats::between(tx, site, from, to)? {
        match sums.iter_mut().find(|(currency, _)| *currency == day.currency) {
            Some((_, sum)) => *sum += day.figures,
            None => sums.push((day.currency, day.figures)),
        }
    }
    Ok(sums)
}

/// The first and the last instant of a range of a site's days.
fn instants(site: &Site, from: Day, to: Day) -> (Timestamp, Timestamp) {
    let next = day_plus(to, 1);
    let last = if next > to { site.zone.start_of(next).plus(-1) } else { Timestamp::from_secs(MAX_SECONDS) };
    (site.zone.start_of(from), last)
}

/// How many carts were first abandoned, and how many recovered ones were bought, in a window of instants whose ends
/// are both included. Such a window need not fall on days: whole hours are kept, what is left at its ends is counted.
pub fn carts_in_window(tx: &ReadTx, site: &Site, from: Timestamp, to: Timestamp) -> Result<(i64, i64)> {
    let counts = tx.remember("carts in window", (site.no, from, to), |tx| {
        let abandoned = carts::count_first_abandoned(tx, site.no, from, to)?;
        let recovered = purchases::count_recovered(tx, site.no, from, to)?;
        Ok(Some((abandoned, recovered)))
    })?;
    Ok(counts.unwrap_or_default())
}

/// Purchases and letters of a window of instants whose ends are both included. Whole days come from the kept figures,
/// what is left at either end is counted from rows: a long window costs days, not rows. The figures of carts are 0.
pub fn in_window(tx: &ReadTx, site: &Site, from: Timestamp, to: Timestamp) -> Result<Tally> {
    let mut tally = Tally::default();
    let (first, last) = (site.day_of(from), site.day_of(to));
    let whole_from = if instants(site, first, first).0 == from { first } else { day_plus(first, 1) };
    let whole_to = if instants(site, last, last).1 == to { last } else { day_plus(last, -1) };
    if whole_from > whole_to {
        count_rows(tx, site, (from, to), &mut tally)?;
        return Ok(tally);
    }
    for day in stats::between(tx, site, whole_from, whole_to)? {
        let figures = Figures { abandoned: 0, abandoned_identified: 0, ..day.figures };
        tally.add(site, day.currency, figures);
    }
    let (begin, end) = instants(site, whole_from, whole_to);
    if from < begin {
        count_rows(tx, site, (from, begin.plus(-1)), &mut tally)?;
    }
    if end < to {
        count_rows(tx, site, (end.plus(1), to), &mut tally)?;
    }
    Ok(tally)
}

fn count_rows(tx: &ReadTx, site: &Site, between: (Timestamp, Timestamp), tally: &mut Tally) -> Result<()> {
    purchases::walk_figures_between(tx, site.no, between, |currency, net, recovered| {
        tally.add(site, currency, stats::purchase(net, recovered));
        Ok(())
    })?;
    messages::walk_sent_between(tx, site.no, between, |currency, marks| {
        tally.add(site, currency.unwrap_or(site.currency), stats::letter(marks));
        Ok(())
    })
}
