//! What a process counts of itself, as Prometheus reads it. Labels are of few values: a route's pattern, never its path.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use actix_web::dev::ServiceResponse;
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpResponse, web};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};

use super::AppData;
use crate::app::App;
use crate::app::heartbeats::Thread;
use crate::domain::{Error, Result};

/// Seconds by which times are told apart.
const BUCKETS: &[f64] = &[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// How often what was timed is added up.
const ADD_UP_EVERY: Duration = Duration::from_secs(5);

static RECORDER: OnceLock<PrometheusHandle> = OnceLock::new();

/// Begins to count, for all servers of this process. What is counted before goes nowhere and costs nothing.
pub fn begin() -> Result<()> {
    if RECORDER.get().is_some() {
        return Ok(());
    }
    let recorder = PrometheusBuilder::new()
        .set_buckets(BUCKETS)
        .and_then(PrometheusBuilder::install_recorder)
        .map_err(|e| Error::internal(format!("cannot count: {e}")))?;
    // Whoever was first is the recorder; the second installation failed above.
    drop(RECORDER.set(recorder));
    metrics::gauge!("cartwright_build_info", "version" => env!("CARGO_PKG_VERSION")).set(1.0);
    Ok(())
}

/// Puts the one route into the server of metrics.
pub fn routes(config: &mut web::ServiceConfig) {
    config.route("/metrics", web::get().to(render));
}

/// Adds up what was timed, every few seconds: each time is kept by itself until then, and nobody may ever ask.
pub async fn keep_small() {
    let mut turns = actix_web::rt::time::interval(ADD_UP_EVERY);
    loop {
        turns.tick().await;
        if let Some(recorder) = RECORDER.get() {
            recorder.run_upkeep();
        }
    }
}

async fn render(app: AppData) -> HttpResponse {
    let Some(recorder) = RECORDER.get() else { return HttpResponse::ServiceUnavailable().finish() };
    measure(&app);
    recorder.run_upkeep();
    HttpResponse::Ok().content_type("text/plain; version=0.0.4; charset=utf-8").body(recorder.render())
}

/// What is looked at only when somebody asks.
fn measure(app: &App) {
    let (database, log) = app.store.sizes();
    metrics::gauge!("cartwright_database_bytes").set(database as f64);
    metrics::gauge!("cartwright_log_bytes").set(log as f64);
    metrics::gauge!("cartwright_uptime_seconds").set(app.heartbeats.uptime().as_secs_f64());
    for thread in Thread::ALL {
        if let Some(age) = app.heartbeats.age(*thread) {
            metrics::gauge!("cartwright_heartbeat_age_seconds", "thread" => thread.as_str()).set(age.as_secs_f64());
        }
    }
    if let Some(at) = app.newest_backup() {
        metrics::gauge!("cartwright_backup_age_seconds").set((app.now().secs() - at.secs()) as f64);
    }
}

/// Counts an answered request.
pub(super) fn count(method: &Method, route: Option<&str>, status: StatusCode, began: Instant) {
    // Nobody is there to hear it, and the labels would be made all the same.
    if RECORDER.get().is_none() {
        return;
    }
    let route = route.unwrap_or("none").to_owned();
    // Anybody can make up a method.
    let method = match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    };
    let seconds = metrics::histogram!("cartwright_request_seconds", "route" => route.clone());
    seconds.record(began.elapsed().as_secs_f64());
    let status = status.as_u16().to_string();
    metrics::counter!("cartwright_requests_total", "method" => method, "route" => route, "status" => status)
        .increment(1);
}

/// The pattern of the route that answered.
pub(super) fn route_of<B>(response: &ServiceResponse<B>) -> Option<String> {
    response.request().match_pattern()
}
