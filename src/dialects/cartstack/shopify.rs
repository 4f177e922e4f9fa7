//! `POST /wh/{order,cart,checkout}/?platform=shopify`: Shopify tells of carts, checkouts, orders and refunds, in its own JSON
//! (<https://shopify.dev/docs/api/webhooks>). Its signature over the body, as it came, is the credential.

use actix_web::http::StatusCode;
use actix_web::http::header::HeaderMap;
use actix_web::{HttpRequest, HttpResponse, web};
use data_encoding::BASE64;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

use super::refuse;
use super::shopify_body::{self, Topic};
use crate::domain::{Error, Result, Site};
use crate::http::body::{Body, BodyError};
use crate::http::limits;
use crate::http::params::Params;
use crate::http::{self, AppData, render};
use crate::ops::{access, platforms};

/// What the ledger keeps as the source of these purchases and agreements.
const SOURCE: &str = "shopify";

/// No id of Shopify's is longer.
const LONGEST_ID: usize = 200;

type Refused = (StatusCode, String);

pub(super) async fn hear(request: HttpRequest, app: AppData, noun: web::Path<String>, body: Body) -> HttpResponse {
    if limits::admit_call(&request, None).is_err() {
        return refuse(StatusCode::TOO_MANY_REQUESTS, "Too many calls. Try again later.");
    }
    match take(&request, &app, &noun, body).await {
        Ok(()) => render::json(StatusCode::OK, &json!({ "received": true })),
        Err((status, text)) => refuse(status, &text),
    }
}

async fn take(request: &HttpRequest, app: &AppData, noun: &str, body: Body) -> std::result::Result<(), Refused> {
    let bad = |text: &str| (StatusCode::BAD_REQUEST, text.to_owned());
    let params = Params::of_query(request);
    if params.get("platform") != Some("shopify") {
        return Err(bad("platform must be shopify"));
    }
    let site_id = params.get("siteid").ok_or_else(|| bad("missing required field (site id)"))?.to_owned();
    let headers = request.headers();
    let bytes = body.read().await.map_err(|e| match e {
        BodyError::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "the request body is too large".to_owned()),
        BodyError::TooSlow => (StatusCode::REQUEST_TIMEOUT, "the request body came too slowly".to_owned()),
        BodyError::Broken => bad("the request body could not be read"),
    })?;
    let site = http::read(app, move |tx| access::by_public_id(tx, &site_id)).await.map_err(failed)?;
    let site = site.ok_or_else(|| (StatusCode::NOT_FOUND, "Not a valid site id.".to_owned()))?;
    if !is_signed(&site, headers, &bytes) {
        return Err((StatusCode::UNAUTHORIZED, "The signature does not match".to_owned()));
    }
    let topic = topic(headers, noun).map_err(failed)?;
    let body: Value = serde_json::from_slice(&bytes).map_err(|e| bad(&format!("the body must be JSON ({e})")))?;
    let Some(told) = shopify_body::read(topic, &body, &site, app.now()).map_err(failed)? else { return Ok(()) };
    let ids = ids(headers, topic, &body);
    app.store.write_async(move |tx| platforms::take(tx, &site, &ids, told, SOURCE)).await.map_err(failed)
}

/// Shopify comes again for whatever is not answered with 200, so only what would not be better then is its own fault.
fn failed(error: Error) -> Refused {
    match error {
        Error::Internal(_) => {
            log::error!("a message of Shopify was not kept: {}", error.chain());
            (StatusCode::INTERNAL_SERVER_ERROR, "Something went wrong.".to_owned())
        }
        wrong => (StatusCode::BAD_REQUEST, wrong.to_string()),
    }
}

/// Whether the body was signed with the shop's secret. Without a secret nobody can sign. Compared in constant time.
fn is_signed(site: &Site, headers: &HeaderMap, body: &[u8]) -> bool {
    let secret = site.settings.get("shopify_secret");
    let shown = headers.get("x-shopify-hmac-sha256").and_then(|value| BASE64.decode(value.as_bytes()).ok());
    let Some(shown) = shown.filter(|_| !secret.is_empty()) else { return false };
    Hmac::<Sha256>::new_from_slice(secret.as_bytes()).is_ok_and(|mut mac| {
        mac.update(body);
        mac.verify_slice(&shown).is_ok()
    })
}

/// What the message is about: Shopify's own word, else the path that it was sent to.
fn topic(headers: &HeaderMap, noun: &str) -> Result<Topic> {
    match headers.get("x-shopify-topic").map(|value| value.to_str().unwrap_or_default()) {
        Some(topic) => topic.parse(),
        None => Ok(match noun {
            "cart" => Topic::CartsUpdate,
            "checkout" => Topic::CheckoutsUpdate,
            _ => Topic::OrdersCreate,
        }),
    }
}

/// What tells the message from any other. Deliveries of one message share the first; two subscriptions to one topic share
/// the second, which other topics share too.
fn ids(headers: &HeaderMap, topic: Topic, body: &Value) -> Vec<String> {
    let header = |name: &str| {
        let text = headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
        text.filter(|text| !text.is_empty() && text.len() <= LONGEST_ID)
    };
    let about = shopify_body::id(body).unwrap_or_default();
    let delivery = header("x-shopify-webhook-id").map(|id| format!("webhook {id}"));
    let event = header("x-shopify-event-id").map(|id| format!("event {topic} {about} {id}"));
    delivery.into_iter().chain(event).collect()
}
