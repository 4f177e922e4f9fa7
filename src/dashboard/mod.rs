//! The merchant's door, under `/dashboard`. For now one page, which says what is served here and what to do first.

use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_SECURITY_POLICY, HeaderValue};
use actix_web::{HttpResponse, web};

use crate::http::render;

/// The pages' paths.
pub fn routes(config: &mut web::ServiceConfig) {
    config.route("/dashboard", web::get().to(welcome));
}

async fn welcome() -> HttpResponse {
    let page = include_str!("welcome.html").to_owned();
    let mut answer = render::bytes(StatusCode::OK, "text/html; charset=utf-8", page);
    let policy = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'; base-uri 'none'");
    answer.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
    answer
}
