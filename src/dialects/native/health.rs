//! Whether the process answers, and whether it can do its work: for containers, service managers and load balancers.

use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde_json::json;

use crate::http::{AppData, render};

/// `GET /healthz`: the process answers.
pub async fn healthy() -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain; charset=utf-8").body("ok\n")
}

/// `GET /readyz`: each thing that has to be right, and 503 when one is not.
pub async fn ready(app: AppData) -> HttpResponse {
    let app = Arc::clone(&app);
    let Ok(checks) = web::block(move || app.readiness()).await else {
        return HttpResponse::ServiceUnavailable().finish();
    };
    let ready = checks.iter().all(|check| check.ok);
    let each: serde_json::Map<_, _> = checks
        .into_iter()
        .map(|check| (check.name.to_owned(), json!({ "ok": check.ok, "found": check.found })))
        .collect();
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let body = json!({ "status": if ready { "ready" } else { "not ready" }, "checks": each });
    render::bytes(status, "application/json", body.to_string())
}
