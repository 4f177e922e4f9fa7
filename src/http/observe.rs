//! What every request gets: an id, headers that say so, and one line in the log. The line has no query string, for
//! keys and addresses stand in them, and of a letter's link no token.

use std::sync::Arc;
use std::time::Instant;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{CACHE_CONTROL, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{HttpMessage, HttpRequest};
use uuid::Uuid;

/// The id of a request, for answers and the log.
#[derive(Clone, Debug)]
pub struct RequestId(Arc<str>);

impl RequestId {
    /// The id that [`observe`] gave this request.
    pub fn of(request: &HttpRequest) -> String {
        request.extensions().get::<RequestId>().map_or_else(|| "req_unknown".to_owned(), |id| id.0.to_string())
    }
}

/// Gives the request an id, runs it, and logs method, path, status and duration.
pub async fn observe(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let id: Arc<str> = format!("req_{}", Uuid::new_v4().simple()).into();
    request.extensions_mut().insert(RequestId(id.clone()));
    let (method, path) = (request.method().clone(), loggable(request.path()));
    let began = Instant::now();
    let mut response = next.call(request).await?;
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(HeaderName::from_static("x-request-id"), value);
    }
    // Keys stand in URLs, so nothing is stored unless its door says that it may be.
    if !response.headers().contains_key(CACHE_CONTROL) {
        response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    let millis = began.elapsed().as_secs_f64() * 1_000.0;
    log::info!(target: "access", "{method} {path:?} {} {millis:.1}ms {id}", response.status().as_u16());
    Ok(response)
}

/// The path without the token that stands in a letter's link, or the secret that it ends in: whoever reads the log shall
/// not unsubscribe anybody.
fn loggable(path: &str) -> String {
    let mut parts: Vec<&str> = path.split('/').collect();
    match parts.as_mut_slice() {
        ["", "u" | "c" | "r" | "o", token, ..] => *token = "*",
        ["", "v1", "bounces", secret, ..] => *secret = "*",
        ["", "dashboard", "set-up" | "enter", token, ..] => *token = "*",
        _ => {}
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_token_of_a_letter_and_no_secret_is_logged() {
        assert_eq!(loggable("/u/AX_abc/undo"), "/u/*/undo");
        assert_eq!(loggable("/o/AX_abc.gif"), "/o/*");
        assert_eq!(loggable("/v1/bounces/secret"), "/v1/bounces/*");
        assert_eq!(loggable("/dashboard/set-up/AX_abc"), "/dashboard/set-up/*");
        assert_eq!(loggable("/v1/carts/cart_1"), "/v1/carts/cart_1");
    }
}
