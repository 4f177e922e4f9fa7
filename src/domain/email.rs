//! E-mail addresses: the spelling that is shown and the form that is matched.

use super::{Error, Result};

/// An address that was checked once, where it came in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EmailAddress {
    shown: String,
}

impl EmailAddress {
    /// Takes what has exactly one `@` with text on both sides, no white space or control character inside, and at
    /// most 254 bytes (RFC 5321 4.5.3.1.3 less the angle brackets). Whether mail can be sent to it is decided where
    /// a letter is written; a confirmation must not fail for an address that the shop accepted.
    pub fn parse(text: &str) -> Result<Self> {
        let shown = text.trim();
        let flaw = || Error::malformed("email", "must be an e-mail address such as ann@example.com");
        let (local, domain) = shown.split_once('@').ok_or_else(flaw)?;
        let odd = |c: char| c.is_whitespace() || c.is_control() || c == char::REPLACEMENT_CHARACTER;
        if local.is_empty() || domain.is_empty() || domain.contains('@') || shown.len() > 254 || shown.contains(odd) {
            return Err(flaw());
        }
        Ok(EmailAddress { shown: shown.to_owned() })
    }

    /// As its owner spelled it.
    pub fn shown(&self) -> &str {
        &self.shown
    }

    /// Trimmed and lower-cased: equal for the same mailbox.
    pub fn matched(&self) -> String {
        self.shown.to_lowercase()
    }
}
