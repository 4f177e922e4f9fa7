//! A shop: its names, its currency and zone, whether it is served, its settings.

use super::settings::Settings;
use super::{Currency, Day, Error, Result, Timestamp, Zone, words};

/// Our own number of a shop. Every store function asks for it, so that no statement can forget whose rows it reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SiteNo(pub i64);

words! {
    /// State of the shop's account, in the words that one vendor's interface has for it.
    SiteStatus, "status" {
        Paid = "paid",
        PaymentError = "payment_error",
        Suspended = "suspended",
        Inactive = "inactive",
        Closed = "closed",
    }
}

impl SiteStatus {
    /// Inactive and closed accounts are answered by no interface; how each says so is its own affair.
    pub fn is_closed(self) -> bool {
        matches!(self, SiteStatus::Inactive | SiteStatus::Closed)
    }
}

/// A shop.
#[derive(Clone, Debug)]
pub struct Site {
    /// Our own number.
    pub no: SiteNo,
    /// Public name in the cart interfaces: opaque, may end in `=`.
    pub site_id: String,
    /// Public name in the loyalty interface: letters, digits and underscore, 5 to 20.
    pub account_id: String,
    /// For people.
    pub name: String,
    /// Currency of figures that have room for one.
    pub currency: Currency,
    /// Zone in which days and months are cut.
    pub zone: Zone,
    /// State of the account.
    pub status: SiteStatus,
    /// When it was added.
    pub created_at: Timestamp,
    /// What differs from the defaults.
    pub settings: Settings,
    /// Secret of the keyed hash of suppressed addresses.
    pub suppression_key: [u8; 32],
}

impl Site {
    /// The day of this shop's calendar on which an instant falls.
    pub fn day_of(&self, at: Timestamp) -> Day {
        self.zone.day_of(at)
    }
}

/// Checks a public site id: 1 to 64 printable ASCII characters without blanks.
pub fn check_site_id(text: &str) -> Result<()> {
    if (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic()) {
        Ok(())
    } else {
        Err(Error::refused("site_id", "must be 1 to 64 printable characters without blanks"))
    }
}

/// Checks an account id as the loyalty interface has it: letters, digits and underscore, 5 to 20.
pub fn check_account_id(text: &str) -> Result<()> {
    if (5..=20).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
        Ok(())
    } else {
        Err(Error::refused("account_id", "must be 5 to 20 letters, digits or underscores"))
    }
}
