//! The one cookie: a random token. Before signing in it only ties forms to a browser; signing in replaces it by one that
//! nobody had before, whose hash is a session in the store.

use actix_web::HttpRequest;
use actix_web::cookie::{Cookie, SameSite};
use data_encoding::BASE64URL_NOPAD;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::config::Config;
use crate::domain::Result;
use crate::ops::{ids, sessions};

/// Tokens of ours have this many characters; whatever else stands in the cookie is none.
const LENGTH: usize = 43;

/// The prefix makes browsers refuse it from any other host and without TLS.
fn name(config: &Config) -> &'static str {
    if config.is_secure() { "__Host-cartwright" } else { "cartwright" }
}

/// The token that a browser sent.
pub(super) fn token(config: &Config, request: &HttpRequest) -> Option<String> {
    let cookie = request.cookie(name(config))?;
    (cookie.value().len() == LENGTH).then(|| cookie.value().to_owned())
}

/// A token for a browser that has none.
pub(super) fn fresh() -> Result<String> {
    sessions::token()
}

/// The cookie that keeps a token until the browser is closed, or the session is over.
pub(super) fn keep(config: &Config, token: &str) -> Cookie<'static> {
    Cookie::build(name(config), token.to_owned())
        .path("/")
        .http_only(true)
        .secure(config.is_secure())
        .same_site(SameSite::Lax)
        .finish()
}

/// The cookie that takes the token away.
pub(super) fn forget(config: &Config) -> Cookie<'static> {
    let mut cookie = keep(config, "");
    cookie.make_removal();
    cookie
}

/// What a form of this browser's has to carry. It follows from the token and looks different on each page, so that the
/// length of compressed pages tells nothing about it.
pub(super) fn form_token(token: &str) -> Result<String> {
    let pad = ids::secret()?;
    let mut bytes = pad.to_vec();
    bytes.extend(secret_of(token).iter().zip(pad).map(|(byte, pad)| byte ^ pad));
    Ok(BASE64URL_NOPAD.encode(&bytes))
}

/// Whether a form carries what it has to.
pub(super) fn is_form_token(token: &str, shown: &str) -> bool {
    let Ok(bytes) = BASE64URL_NOPAD.decode(shown.as_bytes()) else { return false };
    let Some((pad, masked)) = bytes.split_at_checked(32) else { return false };
    let plain: Vec<u8> = masked.iter().zip(pad).map(|(byte, pad)| byte ^ pad).collect();
    bool::from(plain.ct_eq(secret_of(token).as_slice()))
}

fn secret_of(token: &str) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(b"cartwright form\0");
    hash.update(token.as_bytes());
    hash.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_token_fits_its_browser_alone_and_never_looks_the_same() {
        let (one, other) = (fresh().expect("a token"), fresh().expect("a token"));
        let (first, second) = (form_token(&one).expect("randomness"), form_token(&one).expect("randomness"));
        assert_ne!(first, second);
        assert!(is_form_token(&one, &first) && is_form_token(&one, &second));
        for wrong in ["", "AAAA", first.as_str()] {
            assert!(!is_form_token(&other, wrong), "{wrong}");
        }
    }
}
