//! `GET /v1/discount-codes`: the codes that letters got on one day.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;
use serde_json::json;

use super::{TOO_MANY, failed, success};
use crate::domain::coupons::{Coupon, CouponType};
use crate::domain::keys::Scope;
use crate::domain::time::{day_plus, parse_day};
use crate::domain::{Result, Site, Timestamp};
use crate::http::limits;
use crate::http::params::Params;
use crate::http::{self, AppData, render};
use crate::ops::{access, coupons};
use crate::store::ReadTx;
use crate::store::coupons::Given;

/// The most codes of one answer. The vendor's client waits one second.
const MOST: i64 = 10_000;

#[derive(Serialize)]
struct Row {
    email: Option<String>,
    code: String,
    /// `true`, or null.
    used: Option<bool>,
    r#type: &'static str,
    date: String,
    expire_date: String,
    discount_type: DiscountType,
}

#[derive(Serialize)]
struct DiscountType {
    token: String,
    r#type: String,
    value: String,
    name: String,
}

enum Fault {
    Key,
    Date,
}

pub(super) async fn handle(request: HttpRequest, app: AppData) -> HttpResponse {
    let params = Params::of_query(&request);
    if limits::admit_call(&request, params.get("k")).is_err() {
        return said(TOO_MANY);
    }
    match http::read(&app, move |tx| rows(tx, &params)).await {
        Ok(Ok(rows)) => success(&rows),
        Ok(Err(Fault::Key)) => said("Incorrect key"),
        Ok(Err(Fault::Date)) => said("Incorrect date"),
        Err(e) => failed(&e),
    }
}

/// This call's errors have no message, only a status.
fn said(status: &str) -> HttpResponse {
    render::json(StatusCode::OK, &json!({ "status": status }))
}

fn rows(tx: &ReadTx, params: &Params) -> Result<std::result::Result<Vec<Row>, Fault>> {
    let Some(key) = params.get("k") else { return Ok(Err(Fault::Key)) };
    // Of a key without the scope, or of a closed shop, this call knows no other words.
    let Ok(caller) = access::by_key(tx, key, Scope::SubscribersWrite)? else { return Ok(Err(Fault::Key)) };
    let day = params.get("date").filter(|text| text.len() == 10).and_then(|text| parse_day(text).ok());
    let Some(day) = day else { return Ok(Err(Fault::Date)) };
    let site = caller.site;
    let (from, to) = (site.zone.start_of(day), site.zone.start_of(day_plus(day, 1)));
    let given = coupons::given_between(tx, &site, from, to, MOST)?;
    Ok(Ok(given.into_iter().map(|(given, coupon)| row(&site, given, coupon)).collect()))
}

fn row(site: &Site, given: Given, coupon: Coupon) -> Row {
    let time = |at: Timestamp| site.zone.civil(at).strftime("%Y-%m-%d %H:%M:%S").to_string();
    let ends = if coupon.pooled { given.code.expires_at } else { coupon.ends_at };
    let currency = coupon.currency.unwrap_or(site.currency);
    let use_of = if coupon.pooled { "unique" } else { "multiuse" };
    let (kind, value) = match coupon.kind {
        CouponType::Percent => (format!("{use_of}_percentage"), coupon.value.to_string()),
        CouponType::Fixed => (format!("{use_of}_fixed"), currency.major(coupon.value)),
    };
    Row {
        email: given.email.map(|email| email.shown().to_owned()),
        // A code for all is used by others too: of this reader nothing is known.
        used: (coupon.pooled && given.code.uses > 0).then_some(true),
        code: given.code.code,
        r#type: use_of,
        date: time(given.at),
        expire_date: ends.map_or(String::new(), time),
        discount_type: DiscountType {
            token: format!("{kind}_{value}"),
            r#type: kind,
            value,
            name: coupon.name.unwrap_or(coupon.id),
        },
    }
}
