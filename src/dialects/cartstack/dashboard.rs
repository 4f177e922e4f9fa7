//! `GET /secure/cartstack_api_dashboardstats.php`.

use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;

use super::call::{Answer, caller, range, reply_to, too_many};
use super::format::{Recovered, Ten, date};
use crate::domain::{Day, Result, Site};
use crate::http::params::Params;
use crate::http::{self, AppData};
use crate::ops::dashboard::{self, Overview};
use crate::store::ReadTx;

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
    recoveries: Vec<Recovered>,
    #[serde(skip_serializing_if = "Option::is_none")]
    days: Option<Vec<DayRow>>,
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
    if let Some(refused) = too_many(&request, &params) {
        return refused;
    }
    reply_to(http::read_briefly(&app, move |tx| answer(tx, &params)).await, "dashboard stats")
}

fn answer(tx: &ReadTx, params: &Params) -> Result<Answer<Reply>> {
    let site = match caller(tx, params)? {
        Ok(site) => site,
        Err(refused) => return Ok(Err(refused)),
    };
    let (from, to) = match range(params, site.day_of(tx.now())) {
        Ok(range) => range,
        Err(refused) => return Ok(Err(refused)),
    };
    let overview = dashboard::overview(tx, &site, from, to, RECOVERIES)?;
    Ok(Ok(reply(&site, &overview, by_day(params))))
}

/// Whether the figures are asked for day by day. The vendor does not publish the parameter's name.
fn by_day(params: &Params) -> bool {
    ["returntype", "return_type", "return", "type"]
        .iter()
        .find_map(|name| params.get_any_case(name))
        .is_some_and(|value| value.trim().eq_ignore_ascii_case("day"))
}

fn reply(site: &Site, overview: &Overview, by_day: bool) -> Reply {
    let recoveries = overview.recoveries.iter().map(|recovery| Recovered::of(site, recovery)).collect();
    let row =
        |(day, tally): &(Day, dashboard::Tally)| DayRow { date: date(*day), figures: Ten::of(tally, site.currency) };
    let days = by_day.then(|| overview.days.iter().map(row).collect());
    Reply { dashboard: Dashboard { figures: Ten::of(&overview.total, site.currency), recoveries, days } }
}
