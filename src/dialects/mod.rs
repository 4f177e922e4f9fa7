//! The vendors' doors. Each dialect owns its full paths, where credentials sit, its parameters, envelope and error
//! codes, and knows no other dialect. A fifth vendor is a folder and one word in each list here.

pub mod cartstack;
pub mod native;
pub mod retargeting;
pub mod stateset;
pub mod stickystreet;

use actix_web::{HttpRequest, HttpResponse, web};

use crate::http::rest;

/// Puts every dialect's routes into an application. Two dialects share `/v1`, and scopes do not fall through, so all
/// register full paths. A path is held against them in this order, and those with a parameter run a pattern each, so what is
/// asked most stands before what has most of them.
pub fn routes(config: &mut web::ServiceConfig) {
    native::page_routes(config);
    cartstack::routes(config);
    stateset::routes(config);
    native::routes(config);
    retargeting::routes(config);
    stickystreet::routes(config);
    rest::viewer::routes(config);
}

/// The reference of the REST interface, over all dialects that have a part in it, as OpenAPI 3.1. What the program serves is a copy
/// (`http/rest/assets/openapi.json`), so that nothing which describes is in it.
pub fn reference() -> serde_json::Result<serde_json::Value> {
    let mut described = stateset::reference();
    described.merge(native::reference());
    rest::reference::complete(&described)
}

/// The answer to a path that nobody registered, in the words of the dialect that it looks like.
pub async fn unknown(request: HttpRequest) -> HttpResponse {
    let path = request.path();
    if path == "/v1" || path.starts_with("/v1/") { rest::unknown(&request) } else { cartstack::unknown() }
}
