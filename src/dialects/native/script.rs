//! The script of a shop's pages, at our own path and at those that pages with the vendor's tag already name.

use actix_web::HttpResponse;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName, X_CONTENT_TYPE_OPTIONS};

/// Where the script is.
pub(super) const PATHS: &[&str] = &[
    "/js/cartwright.js",
    "/js/cartstack.js",
    "/js/cs.js",
    "/js/cartstack_utility.js",
    "/js/customer-tracking/{name}.js",
];

/// As it is delivered: plain, so that a shop can read what it puts on its pages.
const SCRIPT: &str = include_str!("cartwright.js");

pub(super) async fn serve() -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "text/javascript; charset=utf-8"))
        .insert_header((CACHE_CONTROL, "public, max-age=3600"))
        .insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"))
        // Pages that isolate themselves load a script of another origin only where it says that they may.
        .insert_header((HeaderName::from_static("cross-origin-resource-policy"), "cross-origin"))
        .body(SCRIPT)
}
