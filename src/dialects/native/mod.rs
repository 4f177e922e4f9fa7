//! Our own door: what no vendor has. The script of a shop's pages and what it tells, the links of letters, reports about
//! letters, the health check, a demo's clock.

mod bounces;
mod capture;
mod clock;
mod coupons;
mod letters;
mod loyalty;
mod providers;
mod script;
mod told;
mod webhooks;

use actix_web::http::Method;
use actix_web::{HttpResponse, web};

/// This dialect's paths.
pub fn routes(config: &mut web::ServiceConfig) {
    letters::routes(config);
    loyalty::routes(config);
    coupons::routes(config);
    webhooks::routes(config);
    config
        .route("/healthz", web::get().to(healthy))
        .route("/v1/bounces/{secret}", web::post().to(bounces::take))
        .route("/demo/clock", web::post().to(clock::set));
    let capture = web::resource("/capture").route(web::post().to(capture::hear));
    config.service(capture.route(web::method(Method::OPTIONS).to(capture::ask)));
    for path in script::PATHS {
        config.service(web::resource(*path).route(web::get().to(script::serve)).route(web::head().to(script::serve)));
    }
}

async fn healthy() -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain; charset=utf-8").body("ok\n")
}
