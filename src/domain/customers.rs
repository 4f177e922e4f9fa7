//! A customer that the shop knows by more than an address.

use std::collections::BTreeMap;

use super::{EmailAddress, Error, Result, Timestamp};

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
    /// Further texts that a till keeps with a member, by name.
    pub custom: Custom,
    /// When the shop first knew the customer.
    pub created_at: Timestamp,
}

/// Texts by name, such as `city` or `custom_field_1`.
pub type Custom = BTreeMap<String, String>;

/// How many further texts a customer has at most, and how long a text about one is, in characters.
const MOST_CUSTOM: usize = 100;
const LONGEST_TEXT: usize = 10_240;

/// The longest code of a member, in characters.
const LONGEST_CODE: usize = 64;

impl Customer {
    /// Checks that nothing is longer than what is kept.
    pub fn check(&self) -> Result<()> {
        if let Some(code) = &self.code {
            check_code(code)?;
        }
        let texts = [
            ("card_number", &self.card_number),
            ("first_name", &self.first_name),
            ("last_name", &self.last_name),
            ("phone", &self.phone),
        ];
        for (field, text) in texts {
            check_length(field, text.as_deref().unwrap_or_default())?;
        }
        if self.custom.len() > MOST_CUSTOM {
            return Err(Error::refused("custom", format!("must be at most {MOST_CUSTOM} texts")));
        }
        self.custom.iter().try_for_each(|(name, text)| check_length(name, text))
    }
}

fn check_length(field: &str, text: &str) -> Result<()> {
    match text.chars().count() > LONGEST_TEXT {
        true => Err(Error::refused(field, format!("must be at most {LONGEST_TEXT} characters"))),
        false => Ok(()),
    }
}

/// Checks a member's code: 1 to 64 characters.
pub fn check_code(code: &str) -> Result<()> {
    match (1..=LONGEST_CODE).contains(&code.chars().count()) {
        true => Ok(()),
        false => Err(Error::refused("code", "must be 1 to 64 characters")),
    }
}
