//! `POST /v1/bounces/{secret}`: what mail providers report about letters. The secret is a key with the scope
//! `bounces:write`: none of them sends a credential of ours anywhere else.

use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::{Value, json};

use super::providers::{self, Understood};
use crate::domain::keys::Scope;
use crate::domain::{Error, Result, Site};
use crate::http::body::{Body, BodyError};
use crate::http::limits::RateLimits;
use crate::http::{self, AppData, render};
use crate::ops::{access, bounces};

/// Reports of one call at most; providers send far fewer.
const MOST: usize = 1_000;

pub(super) async fn take(
    request: HttpRequest,
    app: AppData,
    limits: web::Data<RateLimits>,
    body: Body,
) -> HttpResponse {
    let secret = request.match_info().get("secret").unwrap_or_default().to_owned();
    let caller = match http::read(&app, move |tx| access::by_key(tx, &secret, Scope::BouncesWrite)).await {
        Ok(Ok(caller)) => caller,
        // One answer for all that is wrong with a secret: nobody who guesses learns anything.
        Ok(Err(_)) => return refusal(StatusCode::NOT_FOUND, "there is no such address"),
        Err(e) => return failure(&e),
    };
    if limits.admit(&app, &caller, crate::http::visitor::address(&request)).is_err() {
        return refusal(StatusCode::TOO_MANY_REQUESTS, "too many calls; try again in a minute");
    }
    let bytes = match body.read().await {
        Ok(bytes) => bytes,
        Err(BodyError::TooLarge) => return refusal(StatusCode::PAYLOAD_TOO_LARGE, "the body is too large"),
        Err(BodyError::TooSlow) => return refusal(StatusCode::REQUEST_TIMEOUT, "the body came too slowly"),
        Err(BodyError::Broken) => return refusal(StatusCode::BAD_REQUEST, "the body could not be read"),
    };
    let Ok(told) = serde_json::from_slice::<Value>(&bytes) else {
        return refusal(StatusCode::BAD_REQUEST, "the body must be JSON");
    };
    if providers::is_of_sns(&told) {
        match is_amazons(&app, &caller.site, &told).await {
            Ok(true) => {}
            Ok(false) => return refusal(StatusCode::FORBIDDEN, "the signature is wrong"),
            Err(e) => {
                log::error!("a report of Amazon SNS could not be judged: {}", e.chain());
                return refusal(StatusCode::SERVICE_UNAVAILABLE, "the signature cannot be checked now; send it again");
            }
        }
    }
    match providers::understand(&caller.site, &told) {
        Ok(Understood::Reports(reports)) if reports.len() > MOST => {
            refusal(StatusCode::BAD_REQUEST, "the body has too many reports")
        }
        Ok(Understood::Reports(reports)) => match record(&app, caller.site, reports).await {
            Ok((recorded, unknown)) => {
                render::json(StatusCode::OK, &json!({ "recorded": recorded, "unknown": unknown }))
            }
            Err(e) => failure(&e),
        },
        Ok(Understood::Nothing) => render::json(StatusCode::OK, &json!({ "recorded": 0, "unknown": 0 })),
        Ok(Understood::WrongSignature) => refusal(StatusCode::FORBIDDEN, "the signature is wrong"),
        Err(e) => refusal(StatusCode::BAD_REQUEST, &e.to_string()),
    }
}

/// Whether an envelope of SNS was signed by Amazon and, where the shop named its topic, is about that one.
async fn is_amazons(app: &AppData, site: &Site, told: &Value) -> Result<bool> {
    let topic = site.settings.get("bounces.sns_topic");
    if !topic.is_empty() && told.get("TopicArn").and_then(Value::as_str) != Some(topic) {
        return Ok(false);
    }
    let (process, told) = (Arc::clone(app), told.clone());
    web::block(move || process.sns.is_genuine(&told)).await.unwrap_or_else(|e| Err(Error::internal(e)))
}

/// Records all or nothing, and says how many were about something that we know.
async fn record(app: &AppData, site: Site, reports: Vec<crate::domain::bounces::Report>) -> Result<(usize, usize)> {
    let process = Arc::clone(app);
    let work = move || {
        process.store.write(move |tx| {
            let mut known = 0;
            for report in &reports {
                let recorded = bounces::record(tx, &site, report)?;
                known += usize::from(recorded.letter.is_some() || recorded.suppresses);
            }
            Ok((known, reports.len() - known))
        })
    };
    web::block(work).await.unwrap_or_else(|e| Err(Error::internal(e)))
}

fn failure(e: &Error) -> HttpResponse {
    log::error!("a report about a letter could not be recorded: {}", e.chain());
    refusal(StatusCode::INTERNAL_SERVER_ERROR, "something went wrong; the log says what")
}

fn refusal(status: StatusCode, text: &str) -> HttpResponse {
    render::json(status, &json!({ "error": text }))
}
