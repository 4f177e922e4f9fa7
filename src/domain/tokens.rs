//! Tokens of links in letters. Each is for one use, about one thing of one site, and cannot be made by anybody without
//! the site's secret. It names the site and the thing by their public names, so that a link still works when the shop
//! has moved to another machine with its archive, and can never mean another letter there.

use data_encoding::BASE64URL_NOPAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;

use super::suppressions::AddressHash;
use super::{Site, Timestamp};

/// What a link is for. A token of one use opens no other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Use {
    /// Ends letters to a letter's address; never expires.
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

/// A use, an instant, and the length of the site's name come before the names.
const HEAD: usize = 10;
const MAC: usize = 16;
/// No link of ours is longer; whatever is gets no look.
const LONGEST: usize = 1_024;

/// A token that was read and not yet verified: the secret of the site that it names decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    site_id: String,
    about: String,
    body: Vec<u8>,
    mac: [u8; MAC],
}

/// Spells the token of a link about something, by its public name, which ends at an instant or never.
pub fn spell(site: &Site, purpose: Use, about: &str, ends: Option<Timestamp>) -> String {
    let mut bytes = vec![purpose as u8];
    bytes.extend_from_slice(&ends.map_or(i64::MAX, Timestamp::secs).to_be_bytes());
    // A site's name has at most 64 characters, so its length is one byte.
    bytes.push(u8::try_from(site.site_id.len()).unwrap_or(u8::MAX));
    bytes.extend_from_slice(site.site_id.as_bytes());
    bytes.extend_from_slice(about.as_bytes());
    let mac = mac(site, &bytes);
    bytes.extend_from_slice(&mac);
    BASE64URL_NOPAD.encode(&bytes)
}

/// How an undo names the suppression that it takes back, beside the time at which that began.
pub fn name_of(hash: &AddressHash) -> String {
    BASE64URL_NOPAD.encode(hash)
}

/// The other way round.
pub fn hash_named(name: &str) -> Option<AddressHash> {
    BASE64URL_NOPAD.decode(name.as_bytes()).ok()?.try_into().ok()
}

impl Token {
    /// Reads a token's shape. `None` for whatever is none.
    pub fn read(text: &str) -> Option<Self> {
        if text.len() > LONGEST {
            return None;
        }
        let mut body = BASE64URL_NOPAD.decode(text.as_bytes()).ok()?;
        let mac = body.split_off(body.len().checked_sub(MAC)?).try_into().ok()?;
        let names = body.get(HEAD..)?;
        let (site_id, about) = names.split_at_checked(usize::from(body[HEAD - 1]))?;
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).ok();
        Some(Token { site_id: text(site_id)?, about: text(about)?, body, mac })
    }

    /// The site that it names. Only a hint until the token is verified, as all that it says.
    pub fn site_id(&self) -> &str {
        &self.site_id
    }

    /// What it is about, by its public name.
    pub fn about(&self) -> &str {
        &self.about
    }

    /// When it ends.
    pub fn ends(&self) -> Timestamp {
        let secs = self.body.get(1..9).and_then(|bytes| bytes.try_into().ok()).map_or(0, i64::from_be_bytes);
        Timestamp::from_secs(secs)
    }

    /// Whether the site made it, for this use, and it has not ended.
    pub fn holds(&self, site: &Site, purpose: Use, now: Timestamp) -> bool {
        let genuine = bool::from(mac(site, &self.body).ct_eq(&self.mac));
        genuine && self.body.first() == Some(&(purpose as u8)) && now < self.ends()
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
