//! Kept counts: the schema's triggers move them with the rows that they count, but for a cart that is added. Here that is counted, and
//! all are read, counted anew, and compared.

pub mod bulk;

use rusqlite::{ToSql, named_params};

use super::cells::Cells;
use super::{ReadTx, WriteTx};
use crate::domain::carts::{Cart, Class};
use crate::domain::{Result, SiteNo, Timestamp, words};

words! {
    /// What is counted by the hour.
    Hourly, "what" {
        Abandoned = "abandoned",
        Recovered = "recovered",
        Customers = "customers",
        Transactions = "transactions",
    }
}

/// Seconds of the pieces in which things are counted.
pub const HOUR_SECS: i64 = 3_600;

/// The hour in which an instant lies, as the triggers number them: from the year 1.
fn hour_of(at: Timestamp) -> i64 {
    (at.secs() - Timestamp::MIN.secs()) / HOUR_SECS
}

fn start_of(hour: i64) -> Timestamp {
    Timestamp::MIN.plus(hour * HOUR_SECS)
}

/// A window of instants in pieces: the whole hours in it, and what is left at either end.
struct Pieces {
    hours: Option<(i64, i64)>,
    ends: Vec<(Timestamp, Timestamp)>,
}

impl Pieces {
    /// Of the window from one instant up to and including another.
    fn of(from: Timestamp, to: Timestamp) -> Self {
        let first = hour_of(from.plus(HOUR_SECS - 1));
        let last = hour_of(to.plus(1)) - 1;
        if from > to || first > last {
            return Pieces { hours: None, ends: vec![(from, to)] };
        }
        let (begin, end) = (start_of(first), start_of(last + 1));
        let ends = [(from, begin.plus(-1)), (end, to)];
        Pieces { hours: Some((first, last)), ends: ends.into_iter().filter(|(from, to)| from <= to).collect() }
    }
}

/// How many there were from one instant up to and including another. `rows` counts what is left at the ends, for which
/// it has an index; `campaigns` has the numbers of those that count, `[0]` for what has none.
pub(super) fn between(
    tx: &ReadTx,
    site: SiteNo,
    (what, campaigns): (Hourly, &str),
    (from, to): (Timestamp, Timestamp),
    rows: impl Fn(Timestamp, Timestamp) -> Result<i64>,
) -> Result<i64> {
    let pieces = Pieces::of(from, to);
    let mut count = 0;
    if let Some((first, last)) = pieces.hours {
        count += tx.one(
            "select coalesce(sum(count), 0) as count from hourly_counts
             where site = :site and what = :what and campaign in (select value from json_each(:campaigns))
               and hour between :first and :last",
            named_params! { ":site": site, ":what": what, ":campaigns": campaigns, ":first": first, ":last": last },
            |row| row.get::<_, i64>(0),
        )?;
    }
    pieces.ends.into_iter().try_fold(count, |count, (from, to)| Ok(count + rows(from, to)?))
}

/// The same hour by hour: hands campaign, start of the hour and count to `each`, and then the windows that are left.
pub(super) fn by_hour(
    tx: &ReadTx,
    site: SiteNo,
    (what, campaigns): (Hourly, &str),
    (from, to): (Timestamp, Timestamp),
    each: &mut dyn FnMut(i64, Timestamp, i64) -> Result<()>,
) -> Result<Vec<(Timestamp, Timestamp)>> {
    let pieces = Pieces::of(from, to);
    if let Some((first, last)) = pieces.hours {
        tx.walk(
            "select campaign, hour, count from hourly_counts
             where site = :site and what = :what and campaign in (select value from json_each(:campaigns))
               and hour between :first and :last and count <> 0",
            named_params! { ":site": site, ":what": what, ":campaigns": campaigns, ":first": first, ":last": last },
            |row| {
                let mut cells = Cells::of(row);
                each(cells.get("campaign")?, start_of(cells.get("hour")?), cells.get("count")?)
            },
        )?;
    }
    Ok(pieces.ends)
}

/// Counts a cart that was added. It is no trigger's work: with one, SQLite would copy every page that an insertion changes, so that it
/// could undo that alone, and of all rows a cart changes the most (docs/adr/0038).
pub(super) fn count_cart(tx: &WriteTx, site: SiteNo, cart: &Cart) -> Result<()> {
    if cart.class == Class::Machine {
        return Ok(());
    }
    if cart.deleted_at.is_none() {
        tx.run(
            "insert into cart_counts (site, status, channel, has_email, currency, carts, ever_abandoned, recovered, total)
             values (:site, :status, :channel, :has_email, :currency, 1, :ever_abandoned, :recovered, :total)
             on conflict do update set carts = carts + 1, ever_abandoned = ever_abandoned + excluded.ever_abandoned,
                 recovered = recovered + excluded.recovered, total = total + excluded.total",
            named_params! {
                ":site": site,
                ":status": cart.status,
                ":channel": cart.channel,
                ":has_email": cart.email.is_some(),
                ":currency": cart.currency,
                ":ever_abandoned": cart.first_abandoned_at.is_some(),
                ":recovered": cart.recovered,
                ":total": cart.total,
            },
        )?;
    }
    if let Some(at) = cart.first_abandoned_at {
        tx.run(
            "insert into hourly_counts (site, what, campaign, hour, count) values (:site, 'abandoned', 0, :hour, 1)
             on conflict do update set count = count + 1",
            named_params! { ":site": site, ":hour": hour_of(at) },
        )?;
    }
    Ok(())
}

/// A kept count that is not what the rows say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Of which table and row.
    pub what: String,
    /// As kept; several numbers between blanks.
    pub kept: String,
    /// As the rows have it.
    pub counted: String,
}

/// What each table of counts holds when it is counted anew: its name, the columns that name a row, those that count, and
/// the statement. One that counts nothing is as good as none.
const TABLES: &[(&str, &str, &str, &str)] = &[
    (
        "cart_counts",
        "status || ' ' || channel || ' ' || has_email || ' ' || currency",
        "carts || ' ' || ever_abandoned || ' ' || recovered || ' ' || total",
        "select site, status, channel, has_email, currency, count(*) as carts, count(first_abandoned_at) as ever_abandoned,
                sum(recovered) as recovered, sum(total) as total
         from carts where site = :site and class <> 'machine' and deleted_at is null
         group by status, channel, has_email, currency",
    ),
    (
        "hourly_counts",
        "what || ' ' || campaign || ' ' || hour",
        "count",
        "select site, 'abandoned' as what, 0 as campaign, (first_abandoned_at + 62135596800) / 3600 as hour, count(*) as count
         from carts where site = :site and first_abandoned_at is not null and class <> 'machine' group by hour
         union all
         select site, 'recovered', 0, (at + 62135596800) / 3600 as hour, count(*)
         from purchases where site = :site and recovered_cart is not null group by hour
         union all
         select site, 'customers', 0, (created_at + 62135596800) / 3600 as hour, count(*)
         from customers where site = :site group by hour
         union all
         select site, 'transactions', campaign, (at + 62135596800) / 3600 as hour, count(*)
         from loyalty_entries e
         where site = :site and cause in ('earn', 'redeem') and not exists (select 1 from loyalty_entries r where r.reverses = e.no)
         group by campaign, hour",
    ),
    (
        "member_counts",
        "customer",
        "transactions",
        "select customer, site, count(*) as transactions from loyalty_entries e
         where site = :site and cause in ('earn', 'redeem') and not exists (select 1 from loyalty_entries r where r.reverses = e.no)
         group by customer",
    ),
];

/// Counts the rows anew and names every kept count that differs.
pub fn differing(tx: &ReadTx, site: SiteNo) -> Result<Vec<Difference>> {
    let mut differences = Vec::new();
    for (table, key, numbers, counted) in TABLES {
        let some = format!("trim(replace({numbers}, '0', ' ')) <> ''");
        let sql = format!(
            "with kept as (select '' || {key} as key, '' || {numbers} as numbers from {table} where site = :site and {some}),
                  counted as (select '' || {key} as key, '' || {numbers} as numbers from ({counted}))
             select coalesce(k.key, c.key) as key, coalesce(k.numbers, 'none') as kept, coalesce(c.numbers, 'none') as counted
             from kept k full join counted c on c.key = k.key
             where k.numbers is not c.numbers order by 1"
        );
        let found = tx.all_made(&sql, named_params! { ":site": site }, |row| {
            let key: String = row.get("key")?;
            Ok(Difference { what: format!("{table} {key}"), kept: row.get("kept")?, counted: row.get("counted")? })
        })?;
        differences.extend(found);
    }
    Ok(differences)
}

/// Makes a site's counts anew from its rows.
pub fn rebuild(tx: &WriteTx, site: SiteNo) -> Result<()> {
    let named: &[(&'static str, &dyn ToSql)] = named_params! { ":site": site };
    for (table, _, _, counted) in TABLES {
        tx.run_made(&format!("delete from {table} where site = :site"), named)?;
        tx.run_made(&format!("insert into {table} {counted}"), named)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    type Seconds = (i64, i64);

    fn pieces(from: i64, to: i64) -> (Option<Seconds>, Vec<Seconds>) {
        let pieces = Pieces::of(Timestamp::from_secs(from), Timestamp::from_secs(to));
        let hours = pieces.hours.map(|(first, last)| (start_of(first).secs(), start_of(last).secs()));
        (hours, pieces.ends.into_iter().map(|(from, to)| (from.secs(), to.secs())).collect())
    }

    #[test]
    fn a_window_is_its_whole_hours_and_what_is_left_at_either_end() {
        assert_eq!(pieces(0, 7_199), (Some((0, 3_600)), vec![]));
        assert_eq!(pieces(1, 7_200), (Some((3_600, 3_600)), vec![(1, 3_599), (7_200, 7_200)]));
        assert_eq!(pieces(100, 200), (None, vec![(100, 200)]));
        assert_eq!(pieces(1, 3_600), (None, vec![(1, 3_600)]));
        assert_eq!(pieces(-3_601, 3_599), (Some((-3_600, 0)), vec![(-3_601, -3_601)]));
        let all = (Timestamp::MIN.secs(), Timestamp::MAX.secs());
        assert_eq!(pieces(all.0, all.1).0.map(|(first, _)| first), Some(all.0));
    }
}
