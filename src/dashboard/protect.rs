//! What every answer under `/dashboard` carries, and where a form may come from.

use actix_web::HttpRequest;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{
    CONTENT_SECURITY_POLICY, HOST, HeaderName, HeaderValue, ORIGIN, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
    X_FRAME_OPTIONS,
};
use actix_web::middleware::Next;

use crate::config::Config;

/// Nothing from elsewhere, nothing inline, in nobody's frame. `connect-src` is for the script that waits.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; \
    form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/// The same for a page that shows a letter in a frame of ours.
pub(super) const POLICY_WITH_FRAME: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; \
    connect-src 'self'; frame-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/// Adds the headers; a page that needs another policy has set its own.
pub(super) async fn headers(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let mut response = next.call(request).await?;
    let headers = response.headers_mut();
    if !headers.contains_key(CONTENT_SECURITY_POLICY) {
        headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
        headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    }
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    // Not `no-referrer`: with it browsers say `Origin: null` in forms, which is no proof of anything.
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert(HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin"));
    headers.insert(HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin"));
    Ok(response)
}

/// Whether a form was sent by a page of ours, as far as the browser says: by `Sec-Fetch-Site`, else by `Origin`. What is
/// no browser says neither, and has no cookie that it did not ask for.
pub(super) fn is_from_here(config: &Config, request: &HttpRequest) -> bool {
    let header = |name: HeaderName| request.headers().get(name).map(|value| value.as_bytes().to_vec());
    if let Some(site) = header(HeaderName::from_static("sec-fetch-site")) {
        return matches!(site.as_slice(), b"same-origin" | b"none");
    }
    let Some(origin) = header(ORIGIN) else { return true };
    let host = header(HOST).unwrap_or_default();
    let bare = |scheme: &[u8]| origin.strip_prefix(scheme).is_some_and(|rest| rest == host);
    let public = config.public_url.as_deref().is_some_and(|url| origin_of(url).as_bytes() == origin);
    bare(b"http://") || bare(b"https://") || public
}

/// Scheme and host of an address without what follows.
fn origin_of(url: &str) -> &str {
    let from = url.find("://").map_or(0, |at| at + 3);
    url[from..].find('/').map_or(url, |slash| &url[..from + slash])
}
