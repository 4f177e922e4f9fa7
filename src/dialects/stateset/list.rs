//! `GET /v1/carts`: filters, order, pages, and a summary of everything that matches.

use actix_web::HttpResponse;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::views::Row;
use crate::domain::keys::Scope;
use crate::domain::{Error, Result, Site};
use crate::http::params::Params;
use crate::http::rest::door::Door;
use crate::http::rest::list::{self, List, OrderParams, PageParams, Usually};
use crate::http::rest::query::{self, Bound, instant, integer};
use crate::ops::carts::{self, Asked, Listing, Summary};
use crate::ops::listing::{Listed, Wanted};
use crate::store::ReadTx;
use crate::store::carts::{Filter, Sort};

/// A page of carts.
#[derive(Serialize, ToSchema)]
#[schema(as = CartList)]
pub(super) struct Carts {
    #[serde(flatten)]
    list: List<Row>,
    summary: SummaryView,
}

#[derive(Serialize, ToSchema)]
#[schema(as = CartSummary)]
pub(super) struct SummaryView {
    total_abandoned_value: i64,
    average_cart_value: i64,
    recovery_rate: f64,
    #[schema(value_type = std::collections::BTreeMap<String, i64>)]
    status_breakdown: Map<String, Value>,
}

#[utoipa::path(
    get, path = "/v1/carts", tag = "carts", operation_id = "list",
    params(
        PageParams,
        OrderParams,
        ("customer_id" = Option<String>, Query, description = "Exactly this one"),
        ("session_id" = Option<String>, Query, description = "Exactly this one"),
        ("status" = Option<String>, Query, description = "Where the cart stands", pattern = "^(active|abandoned|converted|expired)$"),
        ("channel" = Option<String>, Query, description = "Where it came from", pattern = "^(web|mobile|pos|api)$"),
        ("created_after" = Option<String>, Query, description = "ISO 8601; strict"),
        ("created_before" = Option<String>, Query, description = "ISO 8601; strict"),
        ("updated_after" = Option<String>, Query, description = "ISO 8601; strict"),
        ("has_email" = Option<bool>, Query, description = "With an address, or without"),
        ("min_value" = Option<i64>, Query, description = "Total of at least this, minor units; also `min_total`", minimum = 0),
        ("sort_by" = Option<String>, Query, description = "`updated_at` when nothing is said", pattern = "^(created_at|updated_at|total|abandoned_at)$"),
    ),
    responses((status = 200, description = "A page with a summary of all that match", body = Carts)),
)]
/// List carts
///
/// Scope `carts:read`.
pub(super) async fn handle(door: Door) -> HttpResponse {
    let params = door.query();
    let wanted = params.clone();
    let is_brief = move |tx: &ReadTx, site: &Site| match asked(&wanted) {
        Ok(asked) => carts::is_brief(tx, site, &asked),
        // What is wrong is said at once.
        Err(_) => Ok(true),
    };
    door.read_where_fit(Scope::CartsRead, is_brief, move |tx, site| answer(tx, site, &params)).await
}

fn answer(tx: &ReadTx, site: &Site, params: &Params) -> Result<Carts> {
    let Listing { carts, has_more, total_count, summary } = carts::list(tx, site, &asked(params)?)?;
    let listed = Listed { rows: carts, has_more, total_count };
    Ok(Carts { list: List::of(listed, "/v1/carts", Row::from), summary: view(summary) })
}

fn view(summary: Summary) -> SummaryView {
    SummaryView {
        total_abandoned_value: summary.total_abandoned_value,
        average_cart_value: summary.average_cart_value,
        // A ratio, no money: two decimals of a number that JSON writes as 0.23.
        recovery_rate: summary.recovery_percent as f64 / 100.0,
        status_breakdown: summary
            .status_breakdown
            .into_iter()
            .map(|(status, count)| (status.as_str().to_owned(), count.into()))
            .collect(),
    }
}

fn filter(params: &Params) -> Result<Filter> {
    let text = |name: &str| params.get(name).map(str::to_owned);
    let (created_after, created_before) = query::created(params)?;
    Ok(Filter {
        customer_id: text("customer_id"),
        session_id: text("session_id"),
        status: params.get("status").map(str::parse).transpose()?,
        channel: params.get("channel").map(str::parse).transpose()?,
        created_after,
        created_before,
        updated_after: instant(params, "updated_after", Bound::After)?,
        has_email: query::flag(params, "has_email")?,
        recovered: None,
        min_total: match params.first_of(&["min_value", "min_total"]) {
            Some((name, value)) => Some(integer(name, value, 0, i64::MAX)?),
            None => None,
        },
    })
}

fn asked(params: &Params) -> Result<Asked> {
    let filter = filter(params)?;
    let sort = match params.get("sort_by") {
        None | Some("updated_at") => Sort::UpdatedAt,
        Some("created_at") => Sort::CreatedAt,
        Some("total") => Sort::Total,
        Some("abandoned_at") => Sort::AbandonedAt,
        Some(_) => {
            return Err(Error::refused("sort_by", "must be one of created_at, updated_at, total, abandoned_at"));
        }
    };
    let Wanted { descending, limit, offset, .. } = list::part(params, Usually::Descending)?;
    Ok(Asked { filter, sort, descending, limit, offset, after: params.get("after").map(str::to_owned) })
}
