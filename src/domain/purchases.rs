//! Sales, refunds, and the rules by which two reports of one sale are recognised.

use super::carts::Cart;
use super::{Currency, EmailAddress, Timestamp, words};

words! {
    /// What the first confirmation of a sale was told; a repeat is told the same.
    FirstReply, "reply" {
        /// A cart was converted.
        Recorded = "recorded",
        /// The address never had a cart.
        NoCart = "no_cart",
        /// The address had carts, none of them open.
        NoneOpen = "none_open",
    }
}

/// A sale.
#[derive(Clone, Debug, PartialEq)]
pub struct Purchase {
    /// Our own number; 0 before it is stored.
    pub no: i64,
    /// Public id, opaque.
    pub id: String,
    /// The shop's order number.
    pub order_id: Option<String>,
    /// The buyer; absent once erased.
    pub email: Option<EmailAddress>,
    /// The cart that became this order.
    pub cart: Option<i64>,
    /// Of `total`.
    pub currency: Currency,
    /// Minor units, never negative.
    pub total: i64,
    /// When it was bought.
    pub at: Timestamp,
    /// Which door told us.
    pub source: String,
    /// Whether somebody with a key said so.
    pub verified: bool,
    /// Whether a server and a browser both told of it.
    pub paired: bool,
    /// What the first confirmation was told.
    pub reply: FirstReply,
    /// The newest cart's own number when it was recorded.
    pub last_cart: i64,
    /// The one cart that it recovered.
    pub recovered_cart: Option<i64>,
    /// The letter that did it.
    pub message: Option<i64>,
}

/// Money given back.
#[derive(Clone, Debug, PartialEq)]
pub struct Refund {
    /// Public id, opaque.
    pub id: String,
    /// Minor units of the purchase's currency, above 0.
    pub amount: i64,
    /// When.
    pub at: Timestamp,
}

/// The `source` of a purchase that a browser reported.
pub const SOURCE_SCRIPT: &str = "script";

impl Purchase {
    /// Whether a further confirmation without an order number is the same sale told again: within `window` seconds,
    /// with the same total. A confirmation that names no total cannot tell itself apart, so it is the same.
    pub fn is_repeated_by(&self, total: Option<i64>, now: Timestamp, window: i64) -> bool {
        now <= self.at.plus(window) && total.is_none_or(|total| total == self.total)
    }

    /// Whether a browser's confirmation says again what a server said: one sale, told by two.
    pub fn awaits_browser(&self, now: Timestamp, window: i64) -> bool {
        self.verified && !self.paired && now.secs().abs_diff(self.at.secs()) <= window.unsigned_abs()
    }

    /// Whether a server's confirmation, with this order number or none, completes this one, which a browser sent: one
    /// sale, told by two. Two orders with numbers of their own are two sales.
    pub fn awaits_server(&self, order_id: Option<&str>, now: Timestamp, window: i64) -> bool {
        !self.verified
            && self.source == SOURCE_SCRIPT
            && (self.order_id.is_none() || order_id.is_none())
            && now.secs().abs_diff(self.at.secs()) <= window.unsigned_abs()
    }

    /// Whether a cart was filled after this was recorded.
    pub fn precedes_filling_of(&self, cart: &Cart) -> bool {
        cart.item_count > 0 && (cart.items_changed_at > self.at || cart.no > self.last_cart)
    }
}
