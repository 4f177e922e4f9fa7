//! Our own door: what no vendor has. The links of letters, the health check, a demo's clock.

mod clock;
mod letters;

use actix_web::{HttpResponse, web};

/// This dialect's paths.
pub fn routes(config: &mut web::ServiceConfig) {
    letters::routes(config);
    config.route("/healthz", web::get().to(healthy)).route("/demo/clock", web::post().to(clock::set));
}

async fn healthy() -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain; charset=utf-8").body("ok\n")
}
