//! What every request gets: an id, headers that say so, and one line in the log. The line has no query string, for
//! keys and addresses stand in them.

use std::sync::Arc;
use std::time::Instant;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{HeaderName, HeaderValue};
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
    let (method, path) = (request.method().clone(), request.path().to_owned());
    let began = Instant::now();
    let mut response = next.call(request).await?;
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(HeaderName::from_static("x-request-id"), value);
    }
    let millis = began.elapsed().as_secs_f64() * 1_000.0;
    let path = shown(&path);
    log::info!(target: "access", "{method} {path:?} {} {millis:.1}ms {id}", response.status().as_u16());
    Ok(response)
}

/// Where a path ends in a secret, without it.
fn shown(path: &str) -> &str {
    const WITH_SECRET: &str = "/v1/bounces/";
    if path.starts_with(WITH_SECRET) { WITH_SECRET } else { path }
}
