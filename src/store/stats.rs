//! The kept figures of days.

use rusqlite::{Row, named_params};

use super::cells::Cells;
use super::{ReadTx, WriteTx};
use crate::domain::stats::Figures;
use crate::domain::{Currency, Day, Error, Result, SiteNo, time};

const COLUMNS: &str = "day, currency, abandoned, abandoned_identified, recovered, recovered_revenue, purchases, \
    revenue, sent, opened, clicked, bounced, complained, unsubscribed, sealed";

/// The figures of one day and currency.
#[derive(Clone, Debug, PartialEq)]
pub struct DayFigures {
    /// In the site's zone.
    pub day: Day,
    /// Of the amounts; counts are of the rows that carry it.
    pub currency: Currency,
    /// What is counted.
    pub figures: Figures,
    /// Whether the rows behind it are gone.
    pub sealed: bool,
}

fn from_row(row: &Row) -> Result<DayFigures> {
    let mut cells = Cells::of(row);
    Ok(DayFigures {
        day: time::parse_day(&cells.get::<String>("day")?).map_err(Error::internal)?,
        currency: cells.get("currency")?,
        figures: figures_from(&mut cells)?,
        sealed: cells.get("sealed")?,
    })
}

fn figures_from(cells: &mut Cells) -> rusqlite::Result<Figures> {
    let mut figures = Figures::default();
    for (name, field) in figures.named_mut() {
        *field = cells.get(name)?;
    }
    Ok(figures)
}

/// Moves the figures of a day by a change. A sealed day stays as it is: its rows are gone, its figures are all there is.
pub fn add(tx: &WriteTx, site: SiteNo, day: Day, currency: Currency, change: &Figures) -> Result<()> {
    tx.run(
        "insert into daily_stats
             (site, day, currency, abandoned, abandoned_identified, recovered, recovered_revenue, purchases, revenue,
              sent, opened, clicked, bounced, complained, unsubscribed)
         values
             (:site, :day, :currency, :abandoned, :abandoned_identified, :recovered, :recovered_revenue, :purchases,
              :revenue, :sent, :opened, :clicked, :bounced, :complained, :unsubscribed)
         on conflict (site, day, currency) do update set
             abandoned = abandoned + excluded.abandoned,
             abandoned_identified = abandoned_identified + excluded.abandoned_identified,
             recovered = recovered + excluded.recovered,
             recovered_revenue = recovered_revenue + excluded.recovered_revenue,
             purchases = purchases + excluded.purchases,
             revenue = revenue + excluded.revenue,
             sent = sent + excluded.sent,
             opened = opened + excluded.opened,
             clicked = clicked + excluded.clicked,
             bounced = bounced + excluded.bounced,
             complained = complained + excluded.complained,
             unsubscribed = unsubscribed + excluded.unsubscribed
             where sealed = 0",
        named_params! {
            ":site": site,
            ":day": day.to_string(),
            ":currency": currency,
            ":abandoned": change.abandoned,
            ":abandoned_identified": change.abandoned_identified,
            ":recovered": change.recovered,
            ":recovered_revenue": change.recovered_revenue,
            ":purchases": change.purchases,
            ":revenue": change.revenue,
            ":sent": change.sent,
            ":opened": change.opened,
            ":clicked": change.clicked,
            ":bounced": change.bounced,
            ":complained": change.complained,
            ":unsubscribed": change.unsubscribed,
        },
    )?;
    Ok(())
}

/// The figures of a range of days, both ends included, by day and currency.
pub fn between(tx: &ReadTx, site: SiteNo, from: Day, to: Day) -> Result<Vec<DayFigures>> {
    let mut days = Vec::new();
    tx.walk(
        sql!(
            "select {COLUMNS} from daily_stats
             where site = :site and day between :from and :to order by day, currency"
        ),
        named_params! { ":site": site, ":from": from.to_string(), ":to": to.to_string() },
        |row| {
            days.push(from_row(row)?);
            Ok(())
        },
    )?;
    Ok(days)
}

/// Every kept day of a site, by day and currency.
pub fn all(tx: &ReadTx, site: SiteNo) -> Result<Vec<DayFigures>> {
    between(tx, site, Day::MIN, Day::MAX)
}

/// One kept day.
pub fn one(tx: &ReadTx, site: SiteNo, day: Day, currency: Currency) -> Result<Option<DayFigures>> {
    Ok(between(tx, site, day, day)?.into_iter().find(|kept| kept.currency == currency))
}

/// Forgets every day that is not sealed, before the figures are made anew.
pub fn clear_unsealed(tx: &WriteTx, site: SiteNo) -> Result<()> {
    tx.run("delete from daily_stats where site = :site and sealed = 0", named_params! { ":site": site })?;
    Ok(())
}

/// Marks a day as one whose rows are gone.
pub fn seal(tx: &WriteTx, site: SiteNo, day: Day, currency: Currency) -> Result<()> {
    tx.run(
        "update daily_stats set sealed = 1 where site = :site and day = :day and currency = :currency",
        named_params! { ":site": site, ":day": day.to_string(), ":currency": currency },
    )?;
    Ok(())
}

/// How many carts of a site machines made: they are in no figure, and so counted apart.
pub fn machine_carts(tx: &ReadTx, site: SiteNo) -> Result<i64> {
    tx.one(
        "select count(*) as count from carts where site = :site and class = 'machine'",
        named_params! { ":site": site },
        |row| row.get("count"),
    )
}
