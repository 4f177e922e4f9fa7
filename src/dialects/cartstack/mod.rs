//! CartStack: dashboard stats, server-side confirmation and unsubscribe, at the vendor's own paths. README.md says what is taken
//! from the vendor's pages and what is ours.

mod confirmation;
mod dashboard;
mod format;
mod unsubscribe;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde_json::json;

use crate::http::render;

/// This dialect's paths.
pub fn routes(config: &mut web::ServiceConfig) {
    config.route("/secure/cartstack_api_dashboardstats.php", web::get().to(dashboard::handle));
    config.route("/secure/unsubscribe-api.php", web::get().to(unsubscribe::call));
    config.service(
        web::resource("/secure/unsubscribe.php")
            .route(web::get().to(unsubscribe::ask))
            .route(web::head().to(unsubscribe::ask))
            .route(web::post().to(unsubscribe::unsubscribe)),
    );
    for path in ["/ss/v1", "/ss/v1/"] {
        config.service(
            web::resource(path).route(web::get().to(confirmation::by_get)).route(web::post().to(confirmation::by_post)),
        );
    }
}

/// The answer to a path that nobody has, in this dialect's form.
pub fn unknown() -> HttpResponse {
    refuse(StatusCode::NOT_FOUND, "There is nothing here.")
}

/// An error of the data interface: `{"error":"…"}`, never with a `dashboard` key.
fn refuse(status: StatusCode, text: &str) -> HttpResponse {
    render::json(status, &json!({ "error": text }))
}
