//! x
use actix_web::{HttpRequest, HttpResponse, web};
/// This dialect's paths.
pub fn routes(_config: &mut web::ServiceConfig) {}
/// A path that nobody knows.
pub fn unknown(_request: &HttpRequest) -> HttpResponse {
    HttpResponse::NotFound().finish()
}
