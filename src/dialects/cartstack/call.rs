//! What the calls of the data interface have in common: who calls, which days are asked for, how a failure is said.

use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderValue, RETRY_AFTER};
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;

use super::refuse;
use crate::domain::keys::Scope;
use crate::domain::time::{day_plus, days_between, parse_day};
use crate::domain::{Day, Result, Site};
use crate::http::limits;
use crate::http::params::Params;
use crate::http::render;
use crate::ops::access::{self, SiteRefusal};
use crate::store::ReadTx;

/// The most days that one call may ask for.
const MOST_DAYS: i64 = 365;

/// Why a call is refused, with its status.
pub(super) type Refused = (StatusCode, String);

/// What a call is answered, or why it is not.
pub(super) type Answer<T> = std::result::Result<T, Refused>;

/// The answer to a call that is one too many, if it is.
pub(super) fn too_many(request: &HttpRequest, params: &Params) -> Option<HttpResponse> {
    let exceeded = limits::admit_call(request, params.get("apikey")).err()?;
    let mut answer = refuse(StatusCode::TOO_MANY_REQUESTS, "Too many calls. Try again later.");
    answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from(exceeded.retry_after_secs));
    Some(answer)
}

/// The site of `siteid`, whose key `apikey` must be one that may read figures.
pub(super) fn caller(tx: &ReadTx, params: &Params) -> Result<Answer<Site>> {
    let (Some(site_id), Some(key)) = (params.get("siteid"), params.get("apikey")) else {
        return Ok(Err((StatusCode::BAD_REQUEST, "missing required field (site id or api key)".into())));
    };
    Ok(match access::by_site_and_key(tx, site_id, key, Scope::StatsRead)? {
        Ok(caller) => Ok(caller.site),
        Err(SiteRefusal::UnknownSite) => Err((StatusCode::NOT_FOUND, "Not a valid site id.".into())),
        Err(SiteRefusal::WrongKey) => Err((StatusCode::UNAUTHORIZED, "API Key does not match".into())),
    })
}

/// The answer as it goes out. `what` is for the log.
pub(super) fn reply_to(answered: Result<Answer<impl Serialize>>, what: &str) -> HttpResponse {
    match answered {
        Ok(Ok(reply)) => render::json(StatusCode::OK, &reply),
        Ok(Err((status, text))) => refuse(status, &text),
        Err(e) => {
            log::error!("{what} failed: {}", e.chain());
            refuse(StatusCode::INTERNAL_SERVER_ERROR, "Something went wrong.")
        }
    }
}

/// The days asked for, both included. Dates override `days`, which is then not read.
pub(super) fn range(params: &Params, today: Day) -> Answer<(Day, Day)> {
    days(params, today).map_err(|text| (StatusCode::BAD_REQUEST, text))
}

fn days(params: &Params, today: Day) -> std::result::Result<(Day, Day), String> {
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
