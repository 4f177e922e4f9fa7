//! The calls by which a shop's server says that somebody bought, as its set-up page lists them: code and time, no key.

use super::Timestamp;

/// Calls of a shop that are kept: so many of those that recorded something or found no cart, and as many that were refused.
pub const KEPT: i64 = 100;

/// One call, as it was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// When.
    pub at: Timestamp,
    /// The code of the answer, such as 100.
    pub code: i64,
    /// The sale that it told of, by our public id; none for a call that was refused.
    pub purchase_id: Option<String>,
    /// The shop's number of that order.
    pub order_id: Option<String>,
}
