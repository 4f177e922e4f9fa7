//! What a shop's platform tells of its carts and orders by itself, in its own time and order: names, amounts, and when it
//! was so. Nothing here knows which platform it is.

use super::carts::Item;
use super::{Currency, EmailAddress, Timestamp};

/// How long it is remembered that a message of a platform was taken, in seconds. Shopify tries again for two days.
pub const REMEMBERED: i64 = 7 * 86_400;

/// How long a refund waits for the order that it is about, in seconds.
pub const WAITS: i64 = 30 * 86_400;

/// A cart as its platform has it.
#[derive(Clone, Debug)]
pub struct ToldCart {
    /// What the platform calls it, the surest first.
    pub names: Vec<String>,
    /// When it was so: milliseconds since 1970, by the platform's clock.
    pub told_ms: i64,
    /// The shopper's address.
    pub email: Option<EmailAddress>,
    /// The shop's name of the shopper.
    pub customer_id: Option<String>,
    /// Of every amount here.
    pub currency: Currency,
    /// All lines; their ids are given here.
    pub lines: Vec<Item>,
    /// What the shopper would pay, in minor units; absent: what the lines add up to.
    pub total: Option<i64>,
    /// Where the shop restores it.
    pub restore_url: Option<String>,
    /// Whether the shopper agreed to be written to.
    pub agreed: Option<bool>,
}

/// An order as its platform has it.
#[derive(Clone, Debug)]
pub struct ToldOrder {
    /// What the platform calls the cart that it was.
    pub names: Vec<String>,
    /// The platform's own number of the order.
    pub order_id: String,
    /// The buyer; absent: the cart's.
    pub email: Option<EmailAddress>,
    /// What was paid, in major units as text.
    pub total: String,
    /// Of `total`.
    pub currency: Currency,
    /// Whether the buyer agreed to be written to.
    pub agreed: Option<bool>,
    /// The codes of coupons that it was bought with.
    pub codes: Vec<String>,
}

/// Money that a platform gave back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToldRefund {
    /// Our public id, made of the platform's own.
    pub id: String,
    /// The platform's own number of the order.
    pub order_id: String,
    /// Minor units of `currency`.
    pub amount: i64,
    /// Of `amount`.
    pub currency: Currency,
}

/// The instant of a number of milliseconds since 1970, but not one to come: clocks differ.
pub fn instant(told_ms: i64, now: Timestamp) -> Timestamp {
    Timestamp::from_secs(told_ms.div_euclid(1_000)).min(now)
}
