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
/// register full paths.
pub fn routes(config: &mut web::ServiceConfig) {
    cartstack::routes(config);
    native::routes(config);
    retargeting::routes(config);
    stateset::routes(config);
    stickystreet::routes(config);
}

/// The answer to a path that nobody registered, in the words of the dialect that it looks like.
pub async fn unknown(request: HttpRequest) -> HttpResponse {
    if request.path().starts_with("/v1/") { rest::unknown(&request) } else { cartstack::unknown() }
}
