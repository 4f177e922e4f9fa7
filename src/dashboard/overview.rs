//! The first page: what was lost, what came back, and what to do next.

use actix_web::web;
use askama::Template;

use super::chart::{Chart, Series};
use super::door::{Answer, Visit, page};
use super::kit::Field;
use super::period::{Period, Segment};
use super::shell::Shell;
use super::show::{self, Moment};
use super::{attention, tiles};
use crate::domain::stats::Figures;
use crate::domain::{Currency, Result, Site};
use crate::ops::dashboard::{self, Overview};
use crate::ops::sessions::SignedIn;
use crate::store::ReadTx;

/// Recoveries on the page.
const RECOVERIES: i64 = 8;

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config.route("", web::get().to(show_it));
}

#[derive(Template)]
#[template(path = "overview.html")]
struct Page {
    shell: Shell,
    period: Period,
    segments: Vec<Segment>,
    from: Field,
    to: Field,
    lead: Vec<tiles::Tile>,
    letters: Vec<tiles::Tile>,
    charts: Vec<Chart>,
    attention: Vec<attention::Item>,
    recoveries: Vec<Recovery>,
    /// Whether anything was ever counted; else the page says how to begin.
    is_new: bool,
}

/// A row of the newest recoveries.
struct Recovery {
    who: String,
    amount: String,
    at: Moment,
    cart: Option<String>,
}

async fn show_it(visit: Visit) -> Answer {
    let period = Period::of(&visit.query, visit.who.site.day_of(visit.now));
    let days = period.clone();
    let app = visit.app.clone();
    let read = visit.read(move |tx, who| gather(tx, who, &days, attention::Process::of(&app)));
    let (now, before, currencies, attention) = read.await?;
    let site = &visit.who.site;
    let page_of = Page {
        shell: visit.shell("Overview", "/dashboard")?,
        segments: period.segments("/dashboard"),
        from: Field::new("from", "From").kind("date").value(period.from.to_string()).error(period.problem.clone()),
        to: Field::new("to", "To").kind("date").value(period.to.to_string()),
        lead: tiles::lead(site, &now.total, &before.total, &currencies),
        letters: tiles::letters(&now.total, &before.total),
        charts: charts(site, &now),
        attention,
        recoveries: recoveries(site, &now),
        is_new: now.total == dashboard::Tally::default() && before.total == dashboard::Tally::default(),
        period,
    };
    page(&page_of)
}

type Gathered = (Overview, Overview, Vec<(Currency, Figures)>, Vec<attention::Item>);

fn gather(tx: &ReadTx, who: &SignedIn, period: &Period, process: attention::Process) -> Result<Gathered> {
    let site = &who.site;
    let now = dashboard::overview(tx, site, period.from, period.to, RECOVERIES)?;
    let (from, to) = period.before();
    let before = dashboard::overview(tx, site, from, to, 0)?;
    let currencies = dashboard::by_currency(tx, site, period.from, period.to)?;
    Ok((now, before, currencies, attention::of(tx, who, process)?))
}

fn charts(site: &Site, overview: &Overview) -> Vec<Chart> {
    let Some((from, _)) = overview.days.first() else { return Vec::new() };
    let series = |name, value: fn(&dashboard::Tally) -> i64| Series {
        name,
        values: overview.days.iter().map(|(_, tally)| value(tally)).collect(),
    };
    let currency = site.currency;
    let whole = move |minor| show::money(currency, minor);
    let revenue = series("Recovered revenue", |tally| tally.own.recovered_revenue);
    let lost = series("Abandoned", |tally| tally.all.abandoned_identified);
    let back = series("Recovered", |tally| tally.all.recovered);
    vec![
        Chart::new("Recovered revenue", *from, revenue, None, whole),
        Chart::new("Abandoned and recovered carts", *from, back, Some(lost), show::count),
    ]
}

fn recoveries(site: &Site, overview: &Overview) -> Vec<Recovery> {
    overview
        .recoveries
        .iter()
        .map(|recovery| Recovery {
            who: recovery.email.as_ref().map_or_else(|| "Erased".to_owned(), |email| email.shown().to_owned()),
            amount: show::money(recovery.currency, recovery.total),
            at: show::moment(&site.zone, recovery.at),
            cart: recovery.cart.clone(),
        })
        .collect()
}
