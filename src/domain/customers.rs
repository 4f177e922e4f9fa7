//! A customer that the shop knows by more than an address.

use super::{EmailAddress, Timestamp};

/// A customer, who may be a loyalty member.
#[derive(Clone, Debug, PartialEq)]
pub struct Customer {
    /// Public id, opaque.
    pub id: String,
    /// The address, where one is known.
    pub email: Option<EmailAddress>,
    /// The member's number in the loyalty interface.
    pub code: Option<String>,
    /// Number of a printed card.
    pub card_number: Option<String>,
    /// Given name.
    pub first_name: Option<String>,
    /// Family name.
    pub last_name: Option<String>,
    /// As given.
    pub phone: Option<String>,
    /// When the shop first knew the customer.
    pub created_at: Timestamp,
}
