//! What the loyalty dashboard and its reports show: transactions and customers, counted and listed.

use std::collections::BTreeMap;

use crate::domain::customers::Customer;
use crate::domain::loyalty::Campaign;
use crate::domain::time::day_plus;
use crate::domain::{Day, Result, Site, Timestamp, Zone};
use crate::store::counts::HOUR_SECS;
use crate::store::loyalty::{Span, Transaction};
use crate::store::{ReadTx, customers, loyalty};

/// Counts of this month so far, all of the last one, and the last one up to the same day and time of day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Months {
    /// From its first instant up to now.
    pub this_month: i64,
    /// The whole of it.
    pub last_month: i64,
    /// From its first instant to where this month is now; in a shorter month, to its last day.
    pub same_period_last_month: i64,
}

/// Customers of the whole account per month.
pub fn customers_by_month(tx: &ReadTx, site: &Site, zone: &Zone) -> Result<Months> {
    by_month(tx.now(), zone, |from, to| customers::count_between(tx, site.no, from, to))
}

/// Customers of the whole account up to now.
pub fn customers_of_all_time(tx: &ReadTx, site: &Site) -> Result<i64> {
    customers::count_until(tx, site.no, tx.now())
}

/// Transactions in these campaigns per month.
pub fn transactions_by_month(tx: &ReadTx, site: &Site, zone: &Zone, campaigns: &[Campaign]) -> Result<Months> {
    by_month(tx.now(), zone, |from, to| loyalty::count_transactions(tx, site.no, campaigns, from, to))
}

fn by_month(now: Timestamp, zone: &Zone, count: impl Fn(Timestamp, Timestamp) -> Result<i64>) -> Result<Months> {
    let here = zone.civil(now);
    let this = zone.start_of(here.date().first_of_month());
    // Subtracting a month clamps the day: a month before 31 March is the last day of February.
    let a_month_ago = here.saturating_sub(jiff::Span::new().months(1));
    let last = zone.start_of(a_month_ago.date().first_of_month());
    Ok(Months {
        this_month: count(this, now)?,
        last_month: count(last, this.plus(-1))?,
        same_period_last_month: count(last, zone.instant_of(a_month_ago).min(this.plus(-1)))?,
    })
}

/// Transactions per day of one campaign.
#[derive(Clone, Debug, PartialEq)]
pub struct Activity {
    /// The campaign.
    pub campaign: Campaign,
    /// Every day asked for, ascending, those without any included.
    pub days: Vec<(Day, i64)>,
}

/// Transactions per day of the last `days` days in a zone, today included, of each campaign that is active or had
/// one in them.
pub fn activity(tx: &ReadTx, site: &Site, zone: &Zone, campaigns: &[Campaign], days: i64) -> Result<Vec<Activity>> {
    let today = zone.day_of(tx.now());
    let first = day_plus(today, 1 - days);
    let mut counts: BTreeMap<(i64, Day), i64> = BTreeMap::new();
    let add = |campaign, at, count| {
        *counts.entry((campaign, zone.day_of(at))).or_default() += count;
        Ok(())
    };
    // Where a day of the zone begins within an hour, the kept hours cannot be told apart by days.
    let on_the_hour = |day| zone.start_of(day).secs().rem_euclid(HOUR_SECS) == 0;
    if (0..days).all(|offset| on_the_hour(day_plus(first, offset))) {
        loyalty::transactions_by_hour(tx, site.no, campaigns, (zone.start_of(first), tx.now()), add)?;
    } else {
        loyalty::transactions_by_quarter(tx, site.no, campaigns, zone.start_of(first), tx.now(), add)?;
    }
    let of = |campaign: &Campaign| -> Vec<(Day, i64)> {
        (0..days)
            .map(|offset| day_plus(first, offset))
            .map(|day| (day, counts.get(&(campaign.no, day)).copied().unwrap_or(0)))
            .collect()
    };
    Ok(campaigns
        .iter()
        .map(|campaign| Activity { campaign: campaign.clone(), days: of(campaign) })
        .filter(|activity| activity.campaign.active || activity.days.iter().any(|(_, count)| *count > 0))
        .collect())
}

/// The members with the most transactions in these campaigns.
pub fn most_active(tx: &ReadTx, site: &Site, campaigns: &[Campaign], limit: i64) -> Result<Vec<(Customer, i64)>> {
    let all = loyalty::campaigns(tx, site.no)?.len() == campaigns.len();
    loyalty::most_active(tx, site.no, campaigns, all, limit)
}

/// The newest transactions in these campaigns.
pub fn newest_transactions(tx: &ReadTx, site: &Site, campaigns: &[Campaign], limit: i64) -> Result<Vec<Transaction>> {
    loyalty::newest_transactions(tx, site.no, campaigns, limit)
}

/// The newest customers of the whole account.
pub fn newest_customers(tx: &ReadTx, site: &Site, limit: i64) -> Result<Vec<Customer>> {
    customers::newest(tx, site.no, limit)
}

/// Transactions in these campaigns within a span, newest first.
pub fn transactions(tx: &ReadTx, site: &Site, campaigns: &[Campaign], span: &Span) -> Result<Vec<Transaction>> {
    loyalty::transactions_between(tx, site.no, campaigns, span)
}

/// Customers of the whole account who came within a span, newest first.
pub fn customers_between(
    tx: &ReadTx,
    site: &Site,
    (from, to): (Timestamp, Timestamp),
    (offset, limit): (i64, i64),
) -> Result<Vec<Customer>> {
    customers::between(tx, site.no, from, to, offset, limit)
}
