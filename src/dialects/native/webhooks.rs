//! `/v1/webhooks`: a shop's endpoints, and what is on its way to them.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::domain::keys::Scope;
use crate::domain::webhooks::{Delivery, Event, Events, Webhook, spell_secret};
use crate::domain::{Error, Result, Timestamp};
use crate::http::AppData;
use crate::http::body::Body;
use crate::http::limits::RateLimits;
use crate::http::params::Params;
use crate::http::rest::closed;
use crate::http::rest::door::Door;
use crate::http::rest::input::Fields;
use crate::http::rest::query;
use crate::ops::webhooks::{self, Standing, Wanted};

/// These paths.
pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .service(closed(
            web::resource("/v1/webhooks").route(web::get().to(list)).route(web::post().to(create)),
            "GET, POST",
        ))
        .service(closed(
            web::resource("/v1/webhooks/{id}")
                .route(web::get().to(read))
                .route(web::patch().to(change))
                .route(web::delete().to(remove)),
            "GET, PATCH, DELETE",
        ))
        .service(closed(web::resource("/v1/webhooks/{id}/deliveries").route(web::get().to(deliveries)), "GET"))
        .service(closed(web::resource("/v1/webhooks/{id}/replay").route(web::post().to(replay_dead)), "POST"))
        .service(closed(
            web::resource("/v1/webhooks/{id}/deliveries/{delivery}/replay").route(web::post().to(replay)),
            "POST",
        ));
}

/// An endpoint.
#[derive(Serialize, ToSchema)]
#[schema(as = Webhook)]
pub(super) struct WebhookView {
    id: String,
    #[schema(value_type = String)]
    object: &'static str,
    url: String,
    #[schema(value_type = String)]
    format: &'static str,
    #[schema(value_type = Vec<String>)]
    events: Vec<&'static str>,
    active: bool,
    created_at: String,
    /// Since when no delivery arrived and some failed.
    failing_since: Option<String>,
    /// Deliveries that wait or are on their way.
    waiting: i64,
    /// Deliveries that were given up.
    dead: i64,
    /// There in the answer that made the endpoint, and never again.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
}

/// An endpoint that is gone.
#[derive(Serialize, ToSchema)]
#[schema(as = DeletedWebhook)]
pub(super) struct DeletedView {
    id: String,
    #[schema(value_type = String)]
    object: &'static str,
    deleted: bool,
}

/// Every endpoint of a shop.
#[derive(Serialize, ToSchema)]
pub(super) struct WebhookList {
    #[schema(value_type = String)]
    object: &'static str,
    data: Vec<WebhookView>,
    has_more: bool,
    total_count: usize,
    #[schema(value_type = String)]
    url: &'static str,
}

/// A delivery.
#[derive(Serialize, ToSchema)]
#[schema(as = WebhookDelivery)]
pub(super) struct DeliveryView {
    id: String,
    #[schema(value_type = String)]
    object: &'static str,
    #[schema(value_type = String)]
    event: &'static str,
    #[schema(value_type = String)]
    format: &'static str,
    #[schema(value_type = String)]
    status: &'static str,
    created_at: String,
    due_at: Option<String>,
    attempts: i64,
    tried_at: Option<String>,
    /// Status code of the last answer.
    answer: Option<i64>,
    /// What went wrong the last time.
    detail: Option<String>,
    body: String,
}

/// A page of deliveries, the newest first.
#[derive(Serialize, ToSchema)]
#[schema(as = WebhookDeliveryList)]
pub(super) struct DeliveryList {
    #[schema(value_type = String)]
    object: &'static str,
    data: Vec<DeliveryView>,
    has_more: bool,
    url: String,
}

/// How many dead letters are sent again.
#[derive(Serialize, ToSchema)]
#[schema(as = WebhookReplay)]
pub(super) struct ReplayView {
    #[schema(value_type = String)]
    object: &'static str,
    replayed: usize,
}

fn webhook_view(webhook: Webhook, waiting: i64, dead: i64, secret: Option<String>) -> WebhookView {
    WebhookView {
        id: webhook.id,
        object: "webhook",
        url: webhook.url,
        format: webhook.format.as_str(),
        events: webhook.events.iter().map(Event::as_str).collect(),
        active: webhook.active,
        created_at: webhook.created_at.rfc3339(),
        failing_since: webhook.failing_since.map(Timestamp::rfc3339),
        waiting,
        dead,
        secret,
    }
}

fn standing_view(standing: Standing) -> WebhookView {
    webhook_view(standing.webhook, standing.waiting, standing.dead, None)
}

fn delivery_view(delivery: Delivery) -> DeliveryView {
    DeliveryView {
        id: delivery.id,
        object: "webhook_delivery",
        event: delivery.event.as_str(),
        format: delivery.format.as_str(),
        status: delivery.status.as_str(),
        created_at: delivery.created_at.rfc3339(),
        due_at: delivery.due_at.map(Timestamp::rfc3339),
        attempts: delivery.attempts,
        tried_at: delivery.tried_at.map(Timestamp::rfc3339),
        answer: delivery.answer,
        detail: delivery.detail,
        body: delivery.body,
    }
}

#[utoipa::path(
    get, path = "/v1/webhooks", tag = "webhooks", operation_id = "list",
    responses((status = 200, description = "Every endpoint", body = WebhookList)),
)]
/// List endpoints
///
/// All of them. Scope `webhooks:read`.
pub(super) async fn list(request: HttpRequest, app: AppData, limits: web::Data<RateLimits>) -> HttpResponse {
    let door = Door::of(&request, app, limits);
    door.read(Scope::WebhooksRead, |tx, site| {
        let data: Vec<WebhookView> = webhooks::list(tx, site)?.into_iter().map(standing_view).collect();
        Ok(WebhookList { object: "list", total_count: data.len(), data, has_more: false, url: "/v1/webhooks" })
    })
    .await
}

#[utoipa::path(
    get, path = "/v1/webhooks/{id}", tag = "webhooks", operation_id = "get",
    params(("id" = String, Path)),
    responses((status = 200, description = "The endpoint", body = WebhookView)),
)]
/// Read an endpoint
///
/// Scope `webhooks:read`.
pub(super) async fn read(
    request: HttpRequest,
    app: AppData,
    limits: web::Data<RateLimits>,
    id: web::Path<String>,
) -> HttpResponse {
    let door = Door::of(&request, app, limits);
    door.read(Scope::WebhooksRead, move |tx, site| Ok(standing_view(webhooks::get(tx, site, &id)?))).await
}

#[utoipa::path(
    post, path = "/v1/webhooks", tag = "webhooks", operation_id = "create",
    request_body = WebhookBody,
    responses((status = 201, description = "The endpoint", body = WebhookView)),
)]
/// Add an endpoint
///
/// The secret is in this answer and in no other, also not when an `Idempotency-Key` has it given again. Scope `webhooks:write`.
pub(super) async fn create(
    request: HttpRequest,
    app: AppData,
    limits: web::Data<RateLimits>,
    body: Body,
) -> HttpResponse {
    let allow_private = app.config.webhooks_allow_private;
    let door = Door::of(&request, app, limits).saying_once("secret");
    door.write(
        Scope::WebhooksWrite,
        Some(body),
        wanted,
        move |tx, site, wanted| webhooks::add(tx, site, wanted, allow_private),
        |webhook| {
            let secret = spell_secret(&webhook.secret);
            (StatusCode::CREATED, webhook_view(webhook, 0, 0, Some(secret)))
        },
    )
    .await
}

#[utoipa::path(
    patch, path = "/v1/webhooks/{id}", tag = "webhooks", operation_id = "change",
    params(("id" = String, Path)),
    request_body = WebhookBody,
    responses((status = 200, description = "The endpoint", body = WebhookView)),
)]
/// Change an endpoint
///
/// What is absent stays. Scope `webhooks:write`.
pub(super) async fn change(
    request: HttpRequest,
    app: AppData,
    limits: web::Data<RateLimits>,
    id: web::Path<String>,
    body: Body,
) -> HttpResponse {
    let allow_private = app.config.webhooks_allow_private;
    let door = Door::of(&request, app, limits);
    door.write(
        Scope::WebhooksWrite,
        Some(body),
        wanted,
        move |tx, site, wanted| webhooks::change(tx, site, &id, wanted, allow_private),
        |standing| (StatusCode::OK, standing_view(standing)),
    )
    .await
}

#[utoipa::path(
    delete, path = "/v1/webhooks/{id}", tag = "webhooks", operation_id = "delete",
    params(("id" = String, Path)),
    responses((status = 200, description = "It is gone", body = DeletedView)),
)]
/// Delete an endpoint
///
/// Scope `webhooks:write`.
pub(super) async fn remove(
    request: HttpRequest,
    app: AppData,
    limits: web::Data<RateLimits>,
    id: web::Path<String>,
) -> HttpResponse {
    let door = Door::of(&request, app, limits);
    door.write(
        Scope::WebhooksWrite,
        None,
        |_| Ok(()),
        move |tx, site, ()| webhooks::remove(tx, site, &id),
        |webhook| (StatusCode::OK, DeletedView { id: webhook.id, object: "webhook", deleted: true }),
    )
    .await
}

#[utoipa::path(
    get, path = "/v1/webhooks/{id}/deliveries", tag = "webhooks", operation_id = "deliveries",
    params(("id" = String, Path), ("status" = Option<String>, Query, description = "Where they stand"),
        ("limit" = Option<i64>, Query, description = "Rows at most", minimum = 1, maximum = 100), ("offset" = Option<i64>, Query, description = "Rows to pass over", minimum = 0)),
    responses((status = 200, description = "A page", body = DeliveryList)),
)]
/// List the deliveries of an endpoint
///
/// The newest first. Scope `webhooks:read`.
pub(super) async fn deliveries(
    request: HttpRequest,
    app: AppData,
    limits: web::Data<RateLimits>,
    id: web::Path<String>,
) -> HttpResponse {
    let params = Params::of_query(&request);
    let door = Door::of(&request, app, limits);
    door.read(Scope::WebhooksRead, move |tx, site| {
        let status = params.get("status").map(str::parse).transpose()?;
        let page = (query::limit(&params)?, query::offset(&params)?);
        let (data, has_more) = webhooks::deliveries(tx, site, &id, status, page)?;
        let data = data.into_iter().map(delivery_view).collect();
        Ok(DeliveryList { object: "list", data, has_more, url: format!("/v1/webhooks/{id}/deliveries") })
    })
    .await
}

#[utoipa::path(
    post, path = "/v1/webhooks/{id}/deliveries/{delivery}/replay", tag = "webhooks", operation_id = "replay",
    params(("id" = String, Path), ("delivery" = String, Path)),
    responses((status = 200, description = "The delivery", body = DeliveryView)),
)]
/// Send a delivery again
///
/// Scope `webhooks:write`.
pub(super) async fn replay(
    request: HttpRequest,
    app: AppData,
    limits: web::Data<RateLimits>,
    path: web::Path<(String, String)>,
) -> HttpResponse {
    let (id, delivery) = path.into_inner();
    let door = Door::of(&request, app, limits);
    door.write(
        Scope::WebhooksWrite,
        None,
        |_| Ok(()),
        move |tx, site, ()| webhooks::replay(tx, site, Some(&id), &delivery),
        |delivery| (StatusCode::OK, delivery_view(delivery)),
    )
    .await
}

#[utoipa::path(
    post, path = "/v1/webhooks/{id}/replay", tag = "webhooks", operation_id = "replay_dead",
    params(("id" = String, Path)),
    responses((status = 200, description = "How many", body = ReplayView)),
)]
/// Send the dead letters of an endpoint again
///
/// Scope `webhooks:write`.
pub(super) async fn replay_dead(
    request: HttpRequest,
    app: AppData,
    limits: web::Data<RateLimits>,
    id: web::Path<String>,
) -> HttpResponse {
    let door = Door::of(&request, app, limits);
    door.write(
        Scope::WebhooksWrite,
        None,
        |_| Ok(()),
        move |tx, site, ()| webhooks::replay_dead(tx, site, &id),
        |replayed| (StatusCode::OK, ReplayView { object: "replay", replayed }),
    )
    .await
}

/// What is to be of an endpoint.
fn wanted(body: &Value) -> Result<Wanted> {
    let fields = Fields::of_body(body)?;
    let events = match fields.raw("events") {
        None => None,
        Some(Value::Array(names)) => {
            let name = |name: &Value| -> Result<Event> {
                name.as_str().ok_or_else(|| Error::malformed("events", "must be a list of texts"))?.parse()
            };
            Some(Events::of(names.iter().map(name).collect::<Result<_>>()?)?)
        }
        Some(_) => return Err(Error::malformed("events", "must be a list of texts")),
    };
    Ok(Wanted {
        url: fields.text("url")?,
        format: fields.parsed("format", str::parse)?,
        events,
        active: fields.boolean("active")?,
    })
}

/// What is to be of an endpoint.
#[derive(ToSchema)]
#[allow(dead_code, reason = "describes what `wanted` reads")]
pub(super) struct WebhookBody {
    /// Where deliveries go; a new endpoint needs it. Loopback and private networks are refused unless the configuration allows them.
    url: Option<String>,
    /// Signed JSON, or the vendor's form.
    format: Option<String>,
    /// Absent: every event.
    events: Option<Vec<String>>,
    active: Option<bool>,
}
