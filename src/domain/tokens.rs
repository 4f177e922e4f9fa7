//! Tokens of links in letters. Each is for one use, about one letter, and cannot be made by anybody without the
//! site's secret: a kind, the letter's number, when it ends, and 16 bytes of HMAC-SHA-256 over these.

use data_encoding::BASE64URL_NOPAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;

use super::{Site, Timestamp};

/// What a link is for. A token of one use opens no other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Use {
    /// Ends letters to its address; never expires.
    Unsubscribe = 1,
    /// Brings the shopper back to the cart.
    Restore = 2,
    /// Says that a link was followed, and goes on to where the letter's link leads.
    Click = 3,
    /// Says that the letter was shown.
    Open = 4,
    /// Takes an unsubscribe back, shortly after it.
    Undo = 5,
}

const BODY: usize = 17;
const MAC: usize = 16;

/// A token that was read and not yet verified: whose site's secret decides is known by the letter's number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    bytes: [u8; BODY + MAC],
}

/// Spells the token of a letter's link, which ends at an instant or never.
pub fn spell(site: &Site, purpose: Use, message: i64, ends: Option<Timestamp>) -> String {
    let mut bytes = [0_u8; BODY + MAC];
    bytes[0] = purpose as u8;
    bytes[1..9].copy_from_slice(&message.to_be_bytes());
    bytes[9..BODY].copy_from_slice(&ends.map_or(i64::MAX, Timestamp::secs).to_be_bytes());
    let mac = mac(site, &bytes[..BODY]);
    bytes[BODY..].copy_from_slice(&mac);
    BASE64URL_NOPAD.encode(&bytes)
}

impl Token {
    /// Reads a token's shape. `None` for whatever is none.
    pub fn read(text: &str) -> Option<Self> {
        let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).ok()?;
        Some(Token { bytes: bytes.try_into().ok()? })
    }

    /// The letter that it says it is about, by our own number. Only a hint until the token is verified.
    pub fn message(&self) -> i64 {
        i64::from_be_bytes(self.bytes[1..9].try_into().unwrap_or_default())
    }

    /// Whether the site made it, for this use, and it has not ended.
    pub fn holds(&self, site: &Site, purpose: Use, now: Timestamp) -> bool {
        let ends = i64::from_be_bytes(self.bytes[9..BODY].try_into().unwrap_or_default());
        let genuine = bool::from(mac(site, &self.bytes[..BODY]).ct_eq(&self.bytes[BODY..]));
        genuine && self.bytes[0] == purpose as u8 && now.secs() < ends
    }
}

fn mac(site: &Site, body: &[u8]) -> [u8; MAC] {
    // The site's secret serves two ends, told apart by what comes before. HMAC takes keys of any length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&site.suppression_key) else { return [0; MAC] };
    mac.update(b"cartwright link\0");
    mac.update(body);
    let full: [u8; 32] = mac.finalize().into_bytes().into();
    let mut short = [0; MAC];
    short.copy_from_slice(&full[..MAC]);
    short
}
