//! x
use actix_web::web;
/// This dialect's paths.
pub fn routes(_config: &mut web::ServiceConfig) {}
