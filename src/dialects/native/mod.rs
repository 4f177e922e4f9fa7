//! Our own door: what no vendor has. For now the health check and a demo's clock.

mod clock;

use actix_web::{HttpResponse, web};

/// This dialect's paths.
pub fn routes(config: &mut web::ServiceConfig) {
    config.route("/healthz", web::get().to(healthy)).route("/demo/clock", web::post().to(clock::set));
}

async fn healthy() -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain; charset=utf-8").body("ok\n")
}
