//! x
use actix_web::{HttpResponse, web};
/// This dialect's paths.
pub fn routes(_config: &mut web::ServiceConfig) {}
/// A path that nobody knows.
pub fn unknown() -> HttpResponse {
    HttpResponse::NotFound().finish()
}
