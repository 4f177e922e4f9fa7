//! Addresses that are not written to, and the keyed hash that outlives an address.

use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::{EmailAddress, Site, Timestamp, words};

words! {
    /// Why an address is not written to.
    Reason, "reason" {
        Unsubscribe = "unsubscribe",
        Bounce = "bounce",
        Complaint = "complaint",
        Manual = "manual",
        Import = "import",
    }
}

words! {
    /// Through which of our own doors a suppression came.
    Source, "source" {
        /// The link in a letter, or a mail program's one click.
        Link = "link",
        /// The vendor's page.
        Page = "page",
        /// The vendor's call, which needs no key.
        Api = "api",
    }
}

/// HMAC-SHA-256 of a matched address under the site's key.
pub type AddressHash = [u8; 32];

/// The hash by which a site recognises a suppressed address, also after the address itself was erased.
pub fn hash_address(site: &Site, email: &EmailAddress) -> AddressHash {
    // HMAC takes keys of any length, so the error cannot occur; an all-zero hash would match nobody.
    Hmac::<Sha256>::new_from_slice(&site.suppression_key)
        .map(|mut mac| {
            mac.update(email.matched().as_bytes());
            mac.finalize().into_bytes().into()
        })
        .unwrap_or_default()
}

/// A suppression.
#[derive(Clone, Debug, PartialEq)]
pub struct Suppression {
    /// The address; absent once erased.
    pub email: Option<EmailAddress>,
    /// Its keyed hash.
    pub address_hash: AddressHash,
    /// Why.
    pub reason: Reason,
    /// Through which door it came, where that is known.
    pub source: Option<Source>,
    /// The letter that led to it.
    pub message: Option<i64>,
    /// Since when.
    pub at: Timestamp,
    /// Until when, where it was undone.
    pub ended_at: Option<Timestamp>,
}

impl Suppression {
    /// The public name: which address by its keyed hash, why, and since when. It says nothing about a person.
    pub fn id(&self) -> String {
        format!("sup_{}_{}_{}", HEXLOWER.encode(&self.address_hash), self.reason, self.at.secs())
    }
}

/// Reads a public name.
pub fn parse_id(id: &str) -> Option<(AddressHash, Reason, Timestamp)> {
    let mut parts = id.strip_prefix("sup_")?.splitn(3, '_');
    let hash = HEXLOWER.decode(parts.next()?.as_bytes()).ok()?.try_into().ok()?;
    Some((hash, parts.next()?.parse().ok()?, Timestamp::from_secs(parts.next()?.parse().ok()?)))
}

/// What the owner of an address agreed to or declined, as evidence.
#[derive(Clone, Debug, PartialEq)]
pub struct Consent {
    /// Whose word it is.
    pub email: EmailAddress,
    /// Agreed, or declined.
    pub given: bool,
    /// What was shown.
    pub wording: Option<String>,
    /// When it was given.
    pub at: Timestamp,
    /// Through which door.
    pub source: String,
}
