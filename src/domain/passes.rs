//! Links that open one thing once.

use super::keys::KeyHash;
use super::time::DAY_SECS;
use super::{Timestamp, words};

/// Seconds for which a link of a set-up or of a demo works.
pub const LASTS_SECS: i64 = 30 * 60;

/// Seconds for which a link works by which somebody chooses a password: it has to be passed on first.
pub const PASSWORD_LASTS_SECS: i64 = DAY_SECS;

words! {
    /// What a link opens.
    Purpose, "purpose" {
        SetUp = "set_up",
        SignIn = "sign_in",
        Password = "password",
    }
}

/// A link that was not used yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pass {
    /// Hash of the token in the link.
    pub hash: KeyHash,
    /// What it opens.
    pub purpose: Purpose,
    /// Whom it signs in, or whose password it sets; absent for a set-up.
    pub user: Option<i64>,
    /// From when on it opens nothing.
    pub ends_at: Timestamp,
}

impl Pass {
    /// Whether it opens this now.
    pub fn opens(&self, purpose: Purpose, now: Timestamp) -> bool {
        self.purpose == purpose && now < self.ends_at
    }
}
