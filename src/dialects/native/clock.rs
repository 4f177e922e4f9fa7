//! `POST /demo/clock`: moves the clock of a demo, and with it everything that the clock does. Any other process
//! answers that there is no such thing: its clock runs by itself.

use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use serde_json::json;

use crate::domain::{Error, Result, Timestamp, time};
use crate::http::body::{Body, BodyError};
use crate::http::{AppData, render};
use crate::jobs;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Move {
    advance: Option<String>,
    set: Option<String>,
}

pub(super) async fn set(request: HttpRequest, app: AppData, body: Body) -> HttpResponse {
    if app.hand.is_none() {
        return crate::dialects::unknown(request).await;
    }
    let bytes = match body.read().await {
        Ok(bytes) => bytes,
        Err(BodyError::TooLarge) => return refusal(StatusCode::PAYLOAD_TOO_LARGE, "the body is too large"),
        Err(BodyError::TooSlow) => return refusal(StatusCode::REQUEST_TIMEOUT, "the body came too slowly"),
        Err(BodyError::Broken) => return refusal(StatusCode::BAD_REQUEST, "the body could not be read"),
    };
    let wanted = "send {\"advance\":\"24h\"} or {\"set\":\"…\"}";
    // A reader of structs would take a list of their fields as well.
    if !bytes.trim_ascii_start().starts_with(b"{") {
        return refusal(StatusCode::BAD_REQUEST, wanted);
    }
    let moved: Move = match serde_json::from_slice(&bytes) {
        Ok(moved) => moved,
        Err(e) => return refusal(StatusCode::BAD_REQUEST, &format!("{wanted}: {e}")),
    };
    let process = Arc::clone(&app);
    let outcome = web::block(move || jobs::advance(&process, target(&moved, process.now())?)).await;
    match outcome.unwrap_or_else(|e| Err(Error::internal(e))) {
        Ok(now) => render::json(StatusCode::OK, &json!({ "now": now.rfc3339() })),
        Err(Error::Internal(cause)) => {
            log::error!("the demo's clock could not be moved: {cause}");
            refusal(StatusCode::INTERNAL_SERVER_ERROR, "something went wrong; the log says what")
        }
        Err(e) => refusal(StatusCode::BAD_REQUEST, &e.to_string()),
    }
}

fn target(moved: &Move, now: Timestamp) -> Result<Timestamp> {
    match (&moved.advance, &moved.set) {
        (Some(length), None) => {
            let secs = time::parse_duration(length).map_err(|e| e.in_field("advance"))?;
            Ok(now.plus(secs))
        }
        (None, Some(instant)) => Timestamp::parse_rfc3339(instant).map_err(|e| e.in_field("set")),
        _ => Err(Error::refused("body", "must have either advance or set")),
    }
}

fn refusal(status: StatusCode, text: &str) -> HttpResponse {
    render::json(status, &json!({ "error": text }))
}
