//! CartStack: its data interface, server-side confirmation and unsubscribe, at the vendor's own paths. README.md says what is taken
//! from the vendor's pages and what is ours.

mod call;
mod confirmation;
mod dashboard;
mod format;
mod recoveries;
mod shopify;
mod shopify_body;
mod unsubscribe;
mod weekly;

use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, HeaderValue};
use actix_web::{HttpResponse, Resource, web};
use serde_json::json;

use crate::http::{reads, render};

/// This dialect's paths.
pub fn routes(config: &mut web::ServiceConfig) {
    config.service(closed(
        web::resource("/secure/cartstack_api_dashboardstats.php").route(reads().to(dashboard::handle)),
        "GET, HEAD",
    ));
    config.service(closed(
        web::resource("/secure/cartstack_api_recoveries.php").route(reads().to(recoveries::handle)),
        "GET, HEAD",
    ));
    config.service(closed(
        web::resource("/secure/cartstack_api_weeklyreport.php").route(web::get().to(weekly::handle)),
        "GET",
    ));
    config.service(closed(web::resource("/secure/unsubscribe-api.php").route(web::get().to(unsubscribe::call)), "GET"));
    config.service(closed(
        web::resource("/secure/unsubscribe.php")
            .route(reads().to(unsubscribe::ask))
            .route(web::post().to(unsubscribe::unsubscribe)),
        "GET, HEAD, POST",
    ));
    for path in ["/wh/{noun:order|cart|checkout}", "/wh/{noun:order|cart|checkout}/"] {
        config.service(closed(web::resource(path).route(web::post().to(shopify::hear)), "POST"));
    }
    for path in ["/ss/v1", "/ss/v1/"] {
        let confirmation =
            web::resource(path).route(web::get().to(confirmation::by_get)).route(web::post().to(confirmation::by_post));
        config.service(closed(confirmation, "GET, POST"));
    }
}

/// Answers every other method of a path, naming those that there are.
fn closed(resource: Resource, allowed: &'static str) -> Resource {
    resource.default_service(web::to(move || async move {
        let mut answer = refuse(StatusCode::METHOD_NOT_ALLOWED, &format!("This path takes {allowed}."));
        answer.headers_mut().insert(ALLOW, HeaderValue::from_static(allowed));
        answer
    }))
}

/// The answer to a path that nobody has, in this dialect's form.
pub fn unknown() -> HttpResponse {
    refuse(StatusCode::NOT_FOUND, "There is nothing here.")
}

/// An error of the data interface: `{"error":"…"}`, never with a `dashboard` key.
fn refuse(status: StatusCode, text: &str) -> HttpResponse {
    render::json(status, &json!({ "error": text }))
}
