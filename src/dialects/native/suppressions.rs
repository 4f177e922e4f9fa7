//! `/v1/suppressions`: addresses that are not written to.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::domain::keys::Scope;
use crate::domain::suppressions::{Reason, hash_address};
use crate::domain::{EmailAddress, Error, Timestamp};
use crate::http::body::Body;
use crate::http::rest::door::Door;
use crate::http::rest::input::Fields;
use crate::http::rest::list::{List, OrderParams, PageParams, wanted};
use crate::http::rest::query;
use crate::ops::suppressions::{self, Named};
use crate::store::suppressions::Filter;

/// A suppression.
#[derive(Serialize, ToSchema)]
#[schema(as = Suppression)]
pub(super) struct View {
    /// Opaque.
    id: String,
    /// Always `suppression`.
    #[schema(value_type = String, pattern = "^suppression$")]
    object: &'static str,
    /// Null once erased; the suppression still holds.
    email: Option<String>,
    #[schema(value_type = String, pattern = "^(unsubscribe|bounce|complaint|manual|import)$")]
    reason: &'static str,
    /// Through which open door it came: `link`, `page` or `api`.
    #[schema(value_type = Option<String>)]
    source: Option<&'static str>,
    /// The letter that led to it.
    message_id: Option<String>,
    /// Since when.
    #[schema(format = DateTime)]
    created_at: String,
    /// Until when; null: in force.
    #[schema(format = DateTime)]
    ended_at: Option<String>,
}

impl From<Named> for View {
    fn from((suppression, message_id): Named) -> Self {
        View {
            id: suppression.id(),
            object: "suppression",
            email: suppression.email.as_ref().map(|email| email.shown().to_owned()),
            reason: suppression.reason.as_str(),
            source: suppression.source.map(|source| source.as_str()),
            message_id,
            created_at: suppression.at.rfc3339(),
            ended_at: suppression.ended_at.map(Timestamp::rfc3339),
        }
    }
}

#[utoipa::path(
    get, path = "/v1/suppressions", tag = "suppressions",
    params(
        PageParams,
        OrderParams,
        ("email" = Option<String>, Query, description = "Of this address, also once it was erased"),
        ("reason" = Option<String>, Query, description = "unsubscribe, bounce, complaint, manual or import"),
        ("active" = Option<bool>, Query, description = "In force, or ended"),
        ("created_after" = Option<String>, Query, description = "ISO 8601; strict"),
        ("created_before" = Option<String>, Query, description = "ISO 8601; strict"),
    ),
    responses((status = 200, description = "A page, by `created_at`", body = List<View>)),
)]
/// List suppressions
///
/// Scope `suppressions:read`.
pub(super) async fn list(door: Door) -> HttpResponse {
    let params = door.query();
    door.read(Scope::SuppressionsRead, move |tx, site| {
        let (created_after, created_before) = query::created(&params)?;
        let filter = Filter {
            part: None,
            address_hash: query::address(&params)?.map(|email| hash_address(site, &email)),
            reason: params.get("reason").map(str::parse).transpose()?,
            active: query::flag(&params, "active")?,
            created_after,
            created_before,
        };
        Ok(List::of(suppressions::list(tx, site, &filter, &wanted(&params)?)?, "/v1/suppressions", View::from))
    })
    .await
}

/// An address that is not to be written to.
#[derive(ToSchema)]
#[allow(dead_code, reason = "describes what `add` reads")]
pub(super) struct SuppressionBody {
    #[schema(format = Email, max_length = 254)]
    email: String,
    /// `manual` (the default), `unsubscribe`, `bounce` or `complaint`.
    #[schema(pattern = "^(manual|unsubscribe|bounce|complaint)$", default = "manual")]
    reason: Option<String>,
}

#[utoipa::path(
    post, path = "/v1/suppressions", tag = "suppressions",
    request_body = SuppressionBody,
    responses(
        (status = 201, description = "The suppression, which is new", body = View),
        (status = 200, description = "The suppression that is in force for this reason already", body = View),
    ),
)]
/// Stop writing to an address
///
/// Its waiting letters leave the queue. Scope `suppressions:write`.
pub(super) async fn add(door: Door, body: Body) -> HttpResponse {
    let understand = |body: &Value| {
        let fields = Fields::of_body(body)?;
        let email = fields.parsed("email", EmailAddress::parse)?.ok_or_else(|| Error::missing(fields.path("email")))?;
        match fields.parsed("reason", str::parse)?.unwrap_or(Reason::Manual) {
            Reason::Import => Err(Error::refused("reason", "is kept for what an archive brings")),
            reason => Ok((email, reason)),
        }
    };
    door.write(
        Scope::SuppressionsWrite,
        Some(body),
        understand,
        |tx, site, (email, reason)| suppressions::add(tx, site, &email, reason),
        |(named, is_new)| (if is_new { StatusCode::CREATED } else { StatusCode::OK }, View::from(named)),
    )
    .await
}

#[utoipa::path(
    get, path = "/v1/suppressions/{id}", tag = "suppressions", params(("id" = String, Path)),
    responses((status = 200, description = "The suppression", body = View)),
)]
/// Read a suppression
///
/// Scope `suppressions:read`.
pub(super) async fn get(door: Door, id: web::Path<String>) -> HttpResponse {
    door.read(Scope::SuppressionsRead, move |tx, site| Ok(View::from(suppressions::get(tx, site, &id)?))).await
}

#[utoipa::path(
    delete, path = "/v1/suppressions/{id}", tag = "suppressions", params(("id" = String, Path)),
    responses((status = 200, description = "The suppression, which has ended", body = View)),
)]
/// Lift a suppression
///
/// It ends; its record stays. Letters that it took out of the queue are planned again, unless the address is suppressed for another
/// reason too. Scope `suppressions:write`.
pub(super) async fn lift(door: Door, id: web::Path<String>) -> HttpResponse {
    door.write(
        Scope::SuppressionsWrite,
        None,
        |_| Ok(()),
        move |tx, site, ()| suppressions::lift(tx, site, &id),
        |named| (StatusCode::OK, View::from(named)),
    )
    .await
}
