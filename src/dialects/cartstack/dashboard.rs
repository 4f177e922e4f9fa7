//! `GET /secure/cartstack_api_dashboardstats.php`.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;

use super::format::{Ten, date, money};
use super::refuse;
use crate::domain::keys::Scope;
use crate::domain::time::{day_plus, days_between, parse_day};
use crate::domain::{Day, Result, Site};
use crate::http::params::Params;
use crate::http::{self, AppData, render};
use crate::ops::access::{self, SiteRefusal};
use crate::ops::dashboard::{self, Overview};
use crate::store::ReadTx;

/// The most days that one call may ask for.
const MOST_DAYS: i64 = 365;
/// Recoveries in the vendor's sample.
const RECOVERIES: i64 = 10;

#[derive(Serialize)]
struct Reply {
    dashboard: Dashboard,
}

#[derive(Serialize)]
struct Dashboard {
    #[serde(flatten)]
    figures: Ten,
    #[serde(rename = "recent recoveries")]
    recoveries: Vec<Recovery>,
    #[serde(skip_serializing_if = "Option::is_none")]
    days: Option<Vec<DayRow>>,
}

#[derive(Serialize)]
struct Recovery {
    #[serde(rename = "Email Address")]
    email: String,
    #[serde(rename = "Recovery Date")]
    date: String,
    #[serde(rename = "Order Amount")]
    amount: String,
}

#[derive(Serialize)]
struct DayRow {
    #[serde(rename = "Date")]
    date: String,
    #[serde(flatten)]
    figures: Ten,
}

pub(super) async fn handle(request: HttpRequest, app: AppData) -> HttpResponse {
    let params = Params::of_query(&request);
    match http::read(&app, move |tx| answer(tx, &params)).await {
        Ok(Ok(reply)) => render::json(StatusCode::OK, &reply),
        Ok(Err((status, text))) => refuse(status, &text),
        Err(e) => {
            log::error!("dashboard stats failed: {}", e.chain());
            refuse(StatusCode::INTERNAL_SERVER_ERROR, "Something went wrong.")
        }
    }
}

type Refused = (StatusCode, String);

fn answer(tx: &ReadTx, params: &Params) -> Result<std::result::Result<Reply, Refused>> {
    let (Some(site_id), Some(key)) = (params.get("siteid"), params.get("apikey")) else {
        return Ok(Err((StatusCode::BAD_REQUEST, "missing required field (site id or api key)".into())));
    };
    let site = match access::by_site_and_key(tx, site_id, key, Scope::StatsRead)? {
        Ok(caller) => caller.site,
        Err(SiteRefusal::UnknownSite) => return Ok(Err((StatusCode::NOT_FOUND, "Not a valid site id.".into()))),
        Err(SiteRefusal::WrongKey) => return Ok(Err((StatusCode::UNAUTHORIZED, "API Key does not match".into()))),
    };
    let (from, to) = match range(params, site.day_of(tx.now())) {
        Ok(range) => range,
        Err(text) => return Ok(Err((StatusCode::BAD_REQUEST, text))),
    };
    let overview = dashboard::overview(tx, &site, from, to, RECOVERIES)?;
    Ok(Ok(reply(&site, overview, by_day(params))))
}

/// Whether the figures are asked for day by day. The vendor does not publish the parameter's name.
fn by_day(params: &Params) -> bool {
    ["returntype", "return_type", "return", "type"]
        .iter()
        .find_map(|name| params.get_any_case(name))
        .is_some_and(|value| value.trim().eq_ignore_ascii_case("day"))
}

/// The days asked for, both included. Dates override `days`, which is then not read.
fn range(params: &Params, today: Day) -> std::result::Result<(Day, Day), String> {
    let date = |name: &str| {
        params
            .get(name)
            .map(|text| parse_day(text.trim()).map_err(|_| format!("{name} must be a date as yyyy-mm-dd")))
            .transpose()
    };
    let (from, to) = match (date("startdate")?, date("enddate")?) {
        (Some(from), Some(to)) if from > to => return Err("startdate must not be after enddate".into()),
        (Some(from), None) if from > today => return Err("startdate must not be after today".into()),
        (Some(from), to) => (from, to.unwrap_or(today)),
        (None, Some(to)) => (day_plus(to, -29), to),
        (None, None) => {
            let days = match params.get("days").map(|text| text.trim().parse::<i64>()) {
                None => 30,
                Some(Ok(days)) if (1..=MOST_DAYS).contains(&days) => days,
                Some(_) => return Err(format!("days must be a whole number from 1 to {MOST_DAYS}")),
            };
            (day_plus(today, 1 - days), today)
        }
    };
    if days_between(from, to) >= MOST_DAYS {
        return Err(format!("startdate and enddate must not be more than {MOST_DAYS} days apart"));
    }
    Ok((from, to))
}

fn reply(site: &Site, overview: Overview, by_day: bool) -> Reply {
    let recoveries = overview
        .recoveries
        .iter()
        .map(|recovery| Recovery {
            email: recovery.email.as_ref().map_or(String::new(), |email| email.shown().to_owned()),
            date: date(site.day_of(recovery.at)),
            amount: money(recovery.total, recovery.currency),
        })
        .collect();
    let row =
        |(day, tally): &(Day, dashboard::Tally)| DayRow { date: date(*day), figures: Ten::of(tally, site.currency) };
    let days = by_day.then(|| overview.days.iter().map(row).collect());
    Reply { dashboard: Dashboard { figures: Ten::of(&overview.total, site.currency), recoveries, days } }
}
