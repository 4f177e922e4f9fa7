//! What a request shows of whoever made it: a reader of a letter, or the machine that came before.

use std::net::IpAddr;

use actix_web::HttpRequest;
use actix_web::http::header::X_FORWARDED_FOR;

use super::AppData;
use crate::domain::engagement::Evidence;

/// Headers by which programs say that they fetch ahead of a reader.
const PURPOSES: &[&str] = &["sec-purpose", "purpose", "x-purpose", "x-moz"];

/// The network address that a request came from. A proxy of ours says whom it speaks for in `X-Forwarded-For`; from
/// anywhere else that header is anybody's word.
pub fn address(request: &HttpRequest) -> Option<IpAddr> {
    let peer = request.peer_addr()?.ip();
    let Some(app) = request.app_data::<AppData>() else { return Some(peer) };
    let lists = request.headers().get_all(&X_FORWARDED_FOR).map(|value| value.to_str().unwrap_or_default());
    Some(app.config.proxies.origin(peer, lists.collect::<Vec<_>>().into_iter()))
}

/// What is kept of a request for a letter's link or picture.
pub fn evidence(request: &HttpRequest) -> Evidence {
    let header = |name: &str| request.headers().get(name).map(|value| String::from_utf8_lossy(value.as_bytes()));
    let purpose = PURPOSES.iter().find_map(|name| header(name));
    let name = header("user-agent");
    Evidence::of(request.method().as_str(), name.as_deref(), purpose.as_deref(), address(request))
}
