//! The kept figures: moving them with their cause, reading them, and holding them against the rows they come from.

use std::collections::BTreeMap;

use crate::domain::messages::Marks;
use crate::domain::stats::Figures;
use crate::domain::{Currency, Day, Result, Site, Timestamp};
use crate::store::stats::DayFigures;
use crate::store::{ReadTx, WriteTx, carts, counts, messages, purchases, stats, suppressions};

/// Moves the figures of the day on which `at` falls. Called in the transaction of the cause, always.
pub fn count(tx: &WriteTx, site: &Site, at: Timestamp, currency: Currency, change: Figures) -> Result<()> {
    stats::add(tx, site.no, site.day_of(at), currency, &change)
}

/// The figures of a range of days, both ends included, by day and currency; days without any are left out.
pub fn between(tx: &ReadTx, site: &Site, from: Day, to: Day) -> Result<Vec<DayFigures>> {
    stats::between(tx, site.no, from, to)
}

/// How many carts of a site machines made: they are in no figure, and so counted apart.
pub fn machine_carts(tx: &ReadTx, site: &Site) -> Result<i64> {
    stats::machine_carts(tx, site.no)
}

/// A kept figure that is not what the rows say.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// On which day.
    pub day: Day,
    /// In which currency.
    pub currency: Currency,
    /// Which figure.
    pub figure: &'static str,
    /// As kept.
    pub kept: i64,
    /// As the rows have it.
    pub recomputed: i64,
}

/// Recomputes every figure of a site from its rows and names each that differs. Sealed days are taken as given.
pub fn verify(tx: &ReadTx, site: &Site) -> Result<Vec<Difference>> {
    let mut recomputed = recompute(tx, site)?;
    let mut differences = Vec::new();
    for kept in stats::all(tx, site.no)? {
        let actual = recomputed.remove(&(kept.day, kept.currency)).unwrap_or_default();
        if !kept.sealed {
            compare(&mut differences, kept.day, kept.currency, &kept.figures, &actual);
        }
    }
    for ((day, currency), actual) in recomputed {
        compare(&mut differences, day, currency, &Figures::default(), &actual);
    }
    Ok(differences)
}

fn compare(differences: &mut Vec<Difference>, day: Day, currency: Currency, kept: &Figures, actual: &Figures) {
    for ((figure, kept), (_, recomputed)) in kept.named().into_iter().zip(actual.named()) {
        if kept != recomputed {
            differences.push(Difference { day, currency, figure, kept, recomputed });
        }
    }
}

/// Counts a site's rows anew and names every kept count that differs. It is not `verify`, for these counts have no day.
pub fn verify_counts(tx: &ReadTx, site: &Site) -> Result<Vec<counts::Difference>> {
    counts::differing(tx, site.no)
}

/// Makes the counts of a site, and the figures of every day that is not sealed, anew from the rows. Returns how many days
/// were written.
pub fn rebuild(tx: &WriteTx, site: &Site) -> Result<usize> {
    counts::rebuild(tx, site.no)?;
    let recomputed = recompute(tx, site)?;
    stats::clear_unsealed(tx, site.no)?;
    let sealed: Vec<(Day, Currency)> =
        stats::all(tx, site.no)?.into_iter().map(|kept| (kept.day, kept.currency)).collect();
    let mut written = 0;
    for ((day, currency), figures) in recomputed {
        if !sealed.contains(&(day, currency)) {
            stats::add(tx, site.no, day, currency, &figures)?;
            written += 1;
        }
    }
    Ok(written)
}

/// All figures of a site from its rows. This is the definition in code; docs/definitions.md is it in words.
fn recompute(tx: &ReadTx, site: &Site) -> Result<BTreeMap<(Day, Currency), Figures>> {
    let mut days = Days { site, figures: BTreeMap::new() };
    carts::walk_first_abandoned(tx, site.no, |at, currency, identified| {
        let change = Figures { abandoned: 1, abandoned_identified: identified.into(), ..Figures::default() };
        days.add(at, currency, change);
        Ok(())
    })?;
    purchases::walk_figures(tx, site.no, |at, currency, net, recovered| {
        days.add(at, currency, purchase(net, recovered));
        Ok(())
    })?;
    messages::walk_sent(tx, site.no, |at, currency, marks| {
        days.add(at, currency.unwrap_or(site.currency), letter(marks));
        Ok(())
    })?;
    suppressions::walk_unsubscribes_without_letter(tx, site.no, |at| {
        days.add(at, site.currency, Figures { unsubscribed: 1, ..Figures::default() });
        Ok(())
    })?;
    Ok(days.figures)
}

/// What a purchase counts as. `net` is its total less its refunds.
pub(super) fn purchase(net: i64, recovered: bool) -> Figures {
    let mut figures = Figures { purchases: 1, revenue: net, ..Figures::default() };
    if recovered {
        figures += recovery(net);
    }
    figures
}

/// What a sent letter counts as.
pub(super) fn letter(marks: Marks) -> Figures {
    Figures {
        sent: 1,
        opened: marks.opened.into(),
        clicked: marks.clicked.into(),
        bounced: marks.bounced.into(),
        complained: marks.complained.into(),
        unsubscribed: marks.unsubscribed.into(),
        ..Figures::default()
    }
}

/// What a recovery adds to a purchase's figures.
pub(super) fn recovery(net: i64) -> Figures {
    Figures { recovered: 1, recovered_revenue: net, ..Figures::default() }
}

struct Days<'a> {
    site: &'a Site,
    figures: BTreeMap<(Day, Currency), Figures>,
}

impl Days<'_> {
    fn add(&mut self, at: Timestamp, currency: Currency, change: Figures) {
        *self.figures.entry((self.site.day_of(at), currency)).or_default() += change;
    }
}
