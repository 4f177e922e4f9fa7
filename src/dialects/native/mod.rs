//! Our own door: what no vendor has. The links of letters, reports about letters, the health check, a demo's clock.

mod bounces;
mod clock;
mod letters;
mod providers;

use actix_web::{HttpResponse, web};

/// This dialect's paths.
pub fn routes(config: &mut web::ServiceConfig) {
    letters::routes(config);
    config
        .route("/healthz", web::get().to(healthy))
        .route("/v1/bounces/{secret}", web::post().to(bounces::take))
        .route("/demo/clock", web::post().to(clock::set));
}

async fn healthy() -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain; charset=utf-8").body("ok\n")
}
