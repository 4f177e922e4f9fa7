//! `/v1/webhooks`: a shop's endpoints, and what is on its way to them.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::domain::keys::Scope;
use crate::domain::webhooks::{Delivery, Event, Events, Webhook, spell_secret};
use crate::domain::{Result, Timestamp};
use crate::http::body::Body;
use crate::http::reads;
use crate::http::rest::closed;
use crate::http::rest::door::Door;
use crate::http::rest::input::Fields;
use crate::http::rest::list::{List, OrderParams, PageParams, wanted};
use crate::http::rest::reference::Deleted;
use crate::ops::webhooks::{self, Standing, Wanted};

/// These paths.
pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .service(closed(
            web::resource("/v1/webhooks").route(reads().to(list)).route(web::post().to(create)),
            "GET, HEAD, POST",
        ))
        .service(closed(
            web::resource("/v1/webhooks/{id}")
                .route(reads().to(read))
                .route(web::patch().to(change))
                .route(web::delete().to(remove)),
            "GET, HEAD, PATCH, DELETE",
        ))
        .service(closed(web::resource("/v1/webhooks/{id}/deliveries").route(reads().to(deliveries)), "GET, HEAD"))
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
    params(PageParams, OrderParams),
    responses((status = 200, description = "A page, by `created_at`", body = List<WebhookView>)),
)]
/// List endpoints
///
/// Scope `webhooks:read`.
pub(super) async fn list(door: Door) -> HttpResponse {
    let params = door.query();
    door.read(Scope::WebhooksRead, move |tx, site| {
        Ok(List::of(webhooks::list_page(tx, site, &wanted(&params)?)?, "/v1/webhooks", standing_view))
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
pub(super) async fn read(door: Door, id: web::Path<String>) -> HttpResponse {
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
pub(super) async fn create(door: Door, body: Body) -> HttpResponse {
    let allow_private = door.app().config.webhooks_allow_private;
    let door = door.saying_once("secret");
    door.write(
        Scope::WebhooksWrite,
        Some(body),
        endpoint,
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
pub(super) async fn change(door: Door, id: web::Path<String>, body: Body) -> HttpResponse {
    let allow_private = door.app().config.webhooks_allow_private;
    door.write(
        Scope::WebhooksWrite,
        Some(body),
        endpoint,
        move |tx, site, wanted| webhooks::change(tx, site, &id, wanted, allow_private),
        |standing| (StatusCode::OK, standing_view(standing)),
    )
    .await
}

#[utoipa::path(
    delete, path = "/v1/webhooks/{id}", tag = "webhooks", operation_id = "delete",
    params(("id" = String, Path)),
    responses((status = 200, description = "It is gone", body = Deleted)),
)]
/// Delete an endpoint
///
/// Scope `webhooks:write`.
pub(super) async fn remove(door: Door, id: web::Path<String>) -> HttpResponse {
    door.write(
        Scope::WebhooksWrite,
        None,
        |_| Ok(()),
        move |tx, site, ()| webhooks::remove(tx, site, &id),
        |webhook| (StatusCode::OK, Deleted::of(webhook.id, "webhook")),
    )
    .await
}

#[utoipa::path(
    get, path = "/v1/webhooks/{id}/deliveries", tag = "webhooks", operation_id = "deliveries",
    params(
        ("id" = String, Path),
        PageParams,
        OrderParams,
        ("status" = Option<String>, Query, description = "queued, sending, delivered or dead"),
    ),
    responses((status = 200, description = "A page, by `created_at`", body = List<DeliveryView>)),
)]
/// List the deliveries of an endpoint
///
/// Scope `webhooks:read`.
pub(super) async fn deliveries(door: Door, id: web::Path<String>) -> HttpResponse {
    let params = door.query();
    door.read(Scope::WebhooksRead, move |tx, site| {
        let status = params.get("status").map(str::parse).transpose()?;
        let page = webhooks::deliveries(tx, site, &id, status, &wanted(&params)?)?;
        Ok(List::of(page, format!("/v1/webhooks/{id}/deliveries"), delivery_view))
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
pub(super) async fn replay(door: Door, path: web::Path<(String, String)>) -> HttpResponse {
    let (id, delivery) = path.into_inner();
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
pub(super) async fn replay_dead(door: Door, id: web::Path<String>) -> HttpResponse {
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
fn endpoint(body: &Value) -> Result<Wanted> {
    let fields = Fields::of_body(body)?;
    let events = match fields.texts("events")? {
        Some(names) => Some(Events::of(names.iter().map(|name| name.parse()).collect::<Result<Vec<Event>>>()?)?),
        None => None,
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
#[allow(dead_code, reason = "describes what `endpoint` reads")]
pub(super) struct WebhookBody {
    /// Where deliveries go; a new endpoint needs it. Loopback and private networks are refused unless the configuration allows them.
    url: Option<String>,
    /// Signed JSON, or the vendor's form.
    format: Option<String>,
    /// Absent: every event.
    events: Option<Vec<String>>,
    active: Option<bool>,
}
