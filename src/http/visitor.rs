//! What a request shows of whoever made it: a reader of a letter, or the machine that came before.

use std::net::IpAddr;

use actix_web::HttpRequest;

use crate::domain::engagement::Evidence;

/// Headers by which programs say that they fetch ahead of a reader.
const PURPOSES: &[&str] = &["sec-purpose", "purpose", "x-purpose", "x-moz"];

/// The network address that a request came from. A proxy on this machine says whom it speaks for, in the last part of
/// `X-Forwarded-For`; from anywhere else that header is anybody's word.
pub fn address(request: &HttpRequest) -> Option<IpAddr> {
    let peer = request.peer_addr()?.ip();
    let forwarded = request.headers().get_all("x-forwarded-for").last().and_then(|value| value.to_str().ok());
    let spoken_for = forwarded.and_then(|list| list.rsplit(',').next()?.trim().parse().ok());
    Some(spoken_for.filter(|_| peer.is_loopback()).unwrap_or(peer))
}

/// What is kept of a request for a letter's link or picture.
pub fn evidence(request: &HttpRequest) -> Evidence {
    let header = |name: &str| request.headers().get(name).map(|value| String::from_utf8_lossy(value.as_bytes()));
    let purpose = PURPOSES.iter().find_map(|name| header(name));
    let name = header("user-agent");
    Evidence::of(request.method().as_str(), name.as_deref(), purpose.as_deref(), address(request))
}
