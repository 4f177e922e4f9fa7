//! What every request gets: an id, headers that say so, and one line in the log. The line has no query string, for
//! keys and addresses stand in them, and of a letter's link no token.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Instant;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::ConnectionType;
use actix_web::http::header::{CACHE_CONTROL, HeaderName, HeaderValue, STRICT_TRANSPORT_SECURITY};
use actix_web::middleware::Next;
use actix_web::{HttpMessage, HttpRequest};
use uuid::Uuid;

use super::{AppData, metrics};

/// How long a browser that came by TLS once comes by nothing else: a year (RFC 6797).
const GUARDED_FOR: &str = "max-age=31536000";

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
    let mut spelled = *b"req_00000000000000000000000000000000";
    Uuid::new_v4().simple().encode_lower(&mut spelled[4..]);
    let id: Arc<str> = String::from_utf8_lossy(&spelled).into();
    request.extensions_mut().insert(RequestId(id.clone()));
    let app = request.app_data::<AppData>().cloned();
    let began = Instant::now();
    let mut response = next.call(request).await?;
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(HeaderName::from_static("x-request-id"), value);
    }
    // Keys stand in URLs, so nothing is stored unless its door says that it may be.
    if !response.headers().contains_key(CACHE_CONTROL) {
        response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    // Behind a proxy that is the proxy's to say: it may serve other things under the name.
    if app.as_ref().is_some_and(|app| app.certificates.is_some()) {
        response.headers_mut().insert(STRICT_TRANSPORT_SECURITY, HeaderValue::from_static(GUARDED_FOR));
    }
    // Whoever goes on asking on one connection would else hold up a process that was told to stop.
    if app.is_some_and(|app| app.ending.is_told()) {
        response.response_mut().head_mut().set_connection_type(ConnectionType::Close);
    }
    let route = metrics::route_of(&response);
    let (request, status) = (response.request(), response.status());
    metrics::count(request.method(), route.as_deref(), status, began);
    let (method, status, millis) =
        (request.method().as_str(), status.as_u16(), began.elapsed().as_secs_f64() * 1_000.0);
    let path = loggable(request.path(), route.as_deref());
    log::info!(
        target: "access",
        method, path = &*path, status, millis, request_id = &*id;
        "{method} {path:?} {status} {millis:.1}ms {id}"
    );
    Ok(response)
}

/// A longer path is cut: whoever makes it up shall not fill the log.
const LONGEST: usize = 200;

/// In a path that nobody answers, what is longer than this may be a token that was pasted behind a mistyped address.
const LONGEST_WORD: usize = 32;

/// The path without what stands for somebody: whoever reads the log shall not unsubscribe anybody. Of a route it shows
/// the parameters that are ids, and no others, so a new route is safe from the first day. Of a path that nobody answers it shows no
/// address, and no token of a letter's link that was written wrongly.
fn loggable<'a>(path: &'a str, route: Option<&str>) -> Cow<'a, str> {
    // A route without parameters is a text of ours.
    if route == Some(path) {
        return Cow::Borrowed(path);
    }
    let patterns: Vec<&str> = route.map_or(Vec::new(), |route| route.split('/').collect());
    let mut parts: Vec<String> = path.split('/').map(str::to_owned).collect();
    for (at, part) in parts.iter_mut().enumerate() {
        let hidden = match patterns.get(at).and_then(|pattern| pattern.strip_prefix('{')) {
            Some(parameter) => {
                let name = parameter.split(['}', ':']).next().unwrap_or_default();
                !(name.ends_with("id") || matches!(name, "position" | "step" | "hash" | "noun"))
            }
            // The longest word of a vendor's path has 32 characters, and every token of ours more.
            None => route.is_none() && part.len() > LONGEST_WORD,
        };
        if hidden || part.contains('@') || part.to_ascii_lowercase().contains("%40") {
            *part = "*".into();
        }
    }
    match parts.as_mut_slice() {
        [_, door, token, ..] if matches!(door.as_str(), "u" | "c" | "r" | "o") => *token = "*".into(),
        [_, version, door, secret, ..] if version == "v1" && door == "bounces" => *secret = "*".into(),
        [_, pages, door, token, ..]
            if pages == "dashboard" && matches!(door.as_str(), "set-up" | "enter" | "password") =>
        {
            *token = "*".into()
        }
        _ => {}
    }
    Cow::Owned(parts.join("/").chars().take(LONGEST).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_token_of_a_letter_and_no_secret_is_logged() {
        assert_eq!(loggable("/u/AX_abc/undo", Some("/u/{token}/undo")), "/u/*/undo");
        assert_eq!(loggable("/o/AX_abc.gif", Some("/o/{token}.gif")), "/o/*");
        assert_eq!(loggable("/u/AX_abc/typo", None), "/u/*/typo");
        assert_eq!(loggable("/v1/bounces/secret", Some("/v1/bounces/{secret}")), "/v1/bounces/*");
        assert_eq!(loggable("/v1/bounces/secret/typo", None), "/v1/bounces/*/typo");
        assert_eq!(loggable("/dashboard/set-up/AX_abc", None), "/dashboard/set-up/*");
        assert_eq!(loggable("/v1/carts/cart_1", Some("/v1/carts/{id}")), "/v1/carts/cart_1");
        assert_eq!(loggable("/v1/people/ann", Some("/v1/people/{address}")), "/v1/people/*");
        assert_eq!(loggable("/v1/customers/Ann%40example.com", Some("/v1/customers/{id}")), "/v1/customers/*");
        assert_eq!(loggable("/anything/ann@example.com", None), "/anything/*");
        assert_eq!(loggable(&format!("/dashbord/enter/{}", "a".repeat(43)), None), "/dashbord/enter/*");
        assert_eq!(
            loggable("/secure/cartstack_api_dashboardstats.php", None),
            "/secure/cartstack_api_dashboardstats.php"
        );
        assert_eq!(loggable(&"/aaaaa".repeat(1_000), None).len(), LONGEST);
    }
}
