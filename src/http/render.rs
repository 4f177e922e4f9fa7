//! Writing answers. One function per kind of bytes; none knows what it says.

use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use actix_web::{HttpResponse, HttpResponseBuilder};
use serde::Serialize;

/// The content type of JSON.
pub const JSON: &str = "application/json; charset=utf-8";

/// `application/json; charset=utf-8`, not to be stored: keys stand in URLs, figures change.
pub fn json(status: StatusCode, view: &impl Serialize) -> HttpResponse {
    match serde_json::to_string(view) {
        Ok(text) => bytes(status, JSON, text),
        Err(e) => {
            // A view of ours with a key that is no string; no input leads here.
            log::error!("an answer could not be written as JSON: {e}");
            HttpResponse::InternalServerError().finish()
        }
    }
}

/// A body of any other kind, not to be stored.
pub fn bytes(status: StatusCode, content_type: &'static str, body: String) -> HttpResponse {
    let mut builder = HttpResponseBuilder::new(status);
    builder.insert_header((CONTENT_TYPE, HeaderValue::from_static(content_type)));
    builder.insert_header((CACHE_CONTROL, HeaderValue::from_static("no-store")));
    builder.body(body)
}
