//! A key by which a caller says that two writes are one, and how long it is remembered.

use sha2::{Digest, Sha256};

use super::{Error, Result};

/// How long the first answer is kept, in seconds.
pub const KEPT_FOR: i64 = 86_400;

/// The longest key, in characters.
const LONGEST: usize = 255;

/// The name of the header, for errors.
const HEADER: &str = "Idempotency-Key";

/// SHA-256 of method, target and body: the same write has the same.
pub type Fingerprint = [u8; 32];

/// A write that its caller gave a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Marked {
    /// As the caller sent it.
    pub key: String,
    /// Of the call that it came with.
    pub fingerprint: Fingerprint,
}

/// Checks a key: 1 to 255 visible ASCII characters.
pub fn check(key: &str) -> Result<()> {
    if key.len() > LONGEST {
        return Err(Error::refused(HEADER, format!("must be at most {LONGEST} characters")));
    }
    if key.is_empty() || !key.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ') {
        return Err(Error::malformed(HEADER, "must be visible ASCII characters"));
    }
    Ok(())
}

/// The fingerprint of a call. Method and target hold no line feed, so no two calls run into one.
pub fn fingerprint(method: &str, target: &str, body: &[u8]) -> Fingerprint {
    let mut hash = Sha256::new();
    for part in [method.as_bytes(), b"\n", target.as_bytes(), b"\n", body] {
        hash.update(part);
    }
    hash.finalize().into()
}
