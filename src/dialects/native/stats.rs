//! `/v1/stats`: every figure of a range of days with its definition, currencies kept apart.

use std::collections::BTreeMap;

use actix_web::HttpResponse;
use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::keys::Scope;
use crate::domain::stats::Figures;
use crate::domain::time::{day_plus, days_between, parse_day};
use crate::domain::{Day, Error, Result, Site};
use crate::http::params::Params;
use crate::http::rest::door::Door;
use crate::ops::stats;
use crate::store::ReadTx;
use crate::store::stats::DayFigures;

/// The most days of a range.
const MOST_DAYS: i64 = 366;
/// The days of a range whose beginning is not named.
const DEFAULT_DAYS: i64 = 30;

/// The figures of a range of days.
#[derive(Serialize, ToSchema)]
#[schema(as = Stats)]
pub(super) struct View {
    /// Always `stats`.
    #[schema(value_type = String, pattern = "^stats$")]
    object: &'static str,
    /// First day.
    #[schema(format = Date)]
    from: String,
    /// Last day, included.
    #[schema(format = Date)]
    to: String,
    /// IANA zone in which the days are cut.
    timezone: String,
    /// ISO 4217, the shop's own.
    #[schema(value_type = String)]
    currency: &'static str,
    figures: Vec<FigureView>,
    /// Each day that has any figure, by day; null unless `interval=day` was asked for.
    days: Option<Vec<DayView>>,
}

/// One figure.
#[derive(Serialize, ToSchema)]
#[schema(as = Figure)]
pub(super) struct FigureView {
    #[schema(value_type = String)]
    name: &'static str,
    /// What it counts.
    #[schema(value_type = String)]
    definition: &'static str,
    /// `count`, or `minor_units` of each currency.
    #[schema(value_type = String, pattern = "^(count|minor_units)$")]
    unit: &'static str,
    /// Of all currencies; null for money, which is never added over currencies.
    total: Option<i64>,
    /// Per ISO 4217 code of the rows that it is counted from. Without any, the shop's currency is there with 0.
    by_currency: BTreeMap<String, i64>,
}

/// The figures of one day.
#[derive(Serialize, ToSchema)]
#[schema(as = StatsDay)]
pub(super) struct DayView {
    #[schema(format = Date)]
    day: String,
    /// Per currency, each figure by name.
    by_currency: BTreeMap<String, BTreeMap<String, i64>>,
}

#[utoipa::path(
    get, path = "/v1/stats", tag = "stats",
    params(
        ("from" = Option<String>, Query, description = "First day, YYYY-MM-DD; absent: 29 days before `to`", pattern = r"^\d{4}-\d{2}-\d{2}$"),
        ("to" = Option<String>, Query, description = "Last day, YYYY-MM-DD; absent: today in the shop's zone", pattern = r"^\d{4}-\d{2}-\d{2}$"),
        ("interval" = Option<String>, Query, description = "`day` also gives each day", pattern = "^(total|day)$"),
    ),
    responses((status = 200, description = "The figures", body = View)),
)]
/// Read the figures
///
/// At most 366 days. Scope `stats:read`.
pub(super) async fn get(door: Door) -> HttpResponse {
    let params = door.query();
    door.read(Scope::StatsRead, move |tx, site| answer(tx, site, &params)).await
}

fn answer(tx: &ReadTx, site: &Site, params: &Params) -> Result<View> {
    let day = |name: &'static str| params.get(name).map(parse_day).transpose().map_err(|e| e.in_field(name));
    let (from, to) = (day("from")?, day("to")?);
    let to = to.unwrap_or_else(|| site.day_of(tx.now()));
    let from = from.unwrap_or_else(|| day_plus(to, 1 - DEFAULT_DAYS));
    if from > to {
        return Err(Error::refused("from", "must not be later than to"));
    }
    if days_between(from, to) >= MOST_DAYS {
        return Err(Error::refused("from", format!("must lie within {MOST_DAYS} days of to")));
    }
    let by_day = match params.get("interval") {
        None | Some("total") => false,
        Some("day") => true,
        Some(_) => return Err(Error::refused("interval", "must be total or day")),
    };
    let kept = stats::between(tx, site, from, to)?;
    Ok(View {
        object: "stats",
        from: from.to_string(),
        to: to.to_string(),
        timezone: site.zone.name().to_owned(),
        currency: site.currency.code(),
        figures: figures(site, &kept),
        days: by_day.then(|| days(&kept)),
    })
}

fn figures(site: &Site, kept: &[DayFigures]) -> Vec<FigureView> {
    let mut sums: BTreeMap<&'static str, Figures> = BTreeMap::new();
    sums.insert(site.currency.code(), Figures::default());
    for day in kept {
        *sums.entry(day.currency.code()).or_default() += day.figures;
    }
    let names = Figures::default().named().map(|(name, _)| name);
    let one = |at: usize, name: &'static str| {
        let by_currency: BTreeMap<String, i64> =
            sums.iter().map(|(code, sum)| ((*code).to_owned(), sum.named()[at].1)).collect();
        let money = Figures::is_money(name);
        FigureView {
            name,
            definition: Figures::definition(name),
            unit: if money { "minor_units" } else { "count" },
            total: (!money).then(|| by_currency.values().fold(0_i64, |sum, value| sum.saturating_add(*value))),
            by_currency,
        }
    };
    names.into_iter().enumerate().map(|(at, name)| one(at, name)).collect()
}

fn days(kept: &[DayFigures]) -> Vec<DayView> {
    let mut days: BTreeMap<Day, BTreeMap<String, BTreeMap<String, i64>>> = BTreeMap::new();
    for day in kept {
        let figures = day.figures.named().into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        days.entry(day.day).or_default().insert(day.currency.code().to_owned(), figures);
    }
    days.into_iter().map(|(day, by_currency)| DayView { day: day.to_string(), by_currency }).collect()
}
