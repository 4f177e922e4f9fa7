//! Keys: what they may do, how they are made, and the hash that is all we keep of them.

use std::fmt;

use sha2::{Digest, Sha256};

use super::{Error, Result, SiteNo, Timestamp, words};

words! {
    /// One thing that a key may do.
    Scope, "scopes" {
        CartsRead = "carts:read",
        CartsWrite = "carts:write",
        CustomersRead = "customers:read",
        CustomersWrite = "customers:write",
        PurchasesRead = "purchases:read",
        PurchasesWrite = "purchases:write",
        CouponsRead = "coupons:read",
        CouponsWrite = "coupons:write",
        MessagesRead = "messages:read",
        SuppressionsRead = "suppressions:read",
        SuppressionsWrite = "suppressions:write",
        SequencesRead = "sequences:read",
        SequencesWrite = "sequences:write",
        StatsRead = "stats:read",
        LoyaltyRead = "loyalty:read",
        LoyaltyWrite = "loyalty:write",
        SubscribersRead = "subscribers:read",
        SubscribersWrite = "subscribers:write",
        Capture = "capture",
        BouncesWrite = "bounces:write",
        WebhooksRead = "webhooks:read",
        WebhooksWrite = "webhooks:write",
        Admin = "admin",
        All = "all",
    }
}

/// What one key may do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scopes(Vec<Scope>);

impl Scopes {
    /// Reads names between commas or blanks. None at all is an error: such a key could do nothing.
    pub fn parse(text: &str) -> Result<Self> {
        let mut scopes =
            text.split([',', ' ']).filter(|word| !word.is_empty()).map(str::parse).collect::<Result<Vec<Scope>>>()?;
        scopes.sort_unstable();
        scopes.dedup();
        if scopes.is_empty() {
            return Err(Error::refused("scopes", format!("must name at least one of {}", Scope::choices())));
        }
        Ok(Scopes(scopes))
    }

    /// Whether the key may do this: it has the scope, or `all`.
    pub fn allow(&self, scope: Scope) -> bool {
        self.0.iter().any(|s| *s == scope || *s == Scope::All)
    }

    /// The scopes, in a fixed order.
    pub fn iter(&self) -> impl Iterator<Item = Scope> + '_ {
        self.0.iter().copied()
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.iter().map(|s| s.as_str()).collect::<Vec<_>>().join(" "))
    }
}

/// SHA-256 of a key. A key of ours has 256 random bits, so a fast hash is enough; an imported one is the shop's own.
pub type KeyHash = [u8; 32];

/// The hash by which a key is looked up.
pub fn hash_key(key: &str) -> KeyHash {
    Sha256::digest(key.as_bytes()).into()
}

/// Spells 32 random bytes as a key: letters and digits only, so that it stands in a URL as it is.
pub fn spell_key(random: &[u8; 32]) -> String {
    format!("cw_{}", data_encoding::BASE32_NOPAD.encode(random).to_ascii_lowercase())
}

/// Checks a key that a shop brings along: 1 to 256 printable characters.
pub fn check_imported(key: &str) -> Result<()> {
    if (1..=256).contains(&key.len()) && !key.chars().any(|c| c.is_control() || c.is_whitespace()) {
        Ok(())
    } else {
        Err(Error::refused("key", "must be 1 to 256 characters without blanks or control characters"))
    }
}

/// A key as we keep it.
#[derive(Clone, Debug)]
pub struct ApiKey {
    /// Our own number.
    pub no: i64,
    /// Whose key it is.
    pub site: SiteNo,
    /// By which it is listed and revoked.
    pub id: String,
    /// All that is kept of the key itself.
    pub hash: KeyHash,
    /// What it may do.
    pub scopes: Scopes,
    /// When it was made.
    pub created_at: Timestamp,
    /// From when on it is expired.
    pub expires_at: Option<Timestamp>,
    /// When it was taken back; from then on it is unknown.
    pub revoked_at: Option<Timestamp>,
    /// The last call with it, to about [`USED_EVERY_SECS`].
    pub last_used_at: Option<Timestamp>,
}

/// Seconds by which the kept time of a key's last call may lag behind, so that not every call writes.
pub const USED_EVERY_SECS: i64 = 300;

impl ApiKey {
    /// Whether it was taken back. Whatever a clock says of when: what was revoked stays so.
    pub fn is_revoked(&self) -> bool {
        self.revoked_at.is_some()
    }

    /// Whether a call now is worth a note.
    pub fn is_use_news(&self, now: Timestamp) -> bool {
        self.last_used_at.is_none_or(|at| now >= at.plus(USED_EVERY_SECS))
    }

    /// Whether its time was over by then.
    pub fn is_expired(&self, now: Timestamp) -> bool {
        self.expires_at.is_some_and(|at| at <= now)
    }
}
