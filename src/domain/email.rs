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

    /// Whether a letter can be sent to it: an ASCII local part of letters, digits and the usual signs, and a domain
    /// of labels with a dot. Stricter than what is taken in, for here a mail server has to understand it.
    pub fn is_deliverable(&self) -> bool {
        let Some((local, domain)) = self.shown.split_once('@') else { return false };
        let atom = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+/=?^_`{|}~-.".contains(c);
        let label = |part: &str| {
            let inner = |c: char| c.is_ascii_alphanumeric() || c == '-';
            !part.is_empty()
                && part.len() <= 63
                && part.chars().all(inner)
                && !part.starts_with('-')
                && !part.ends_with('-')
        };
        let dots = local.starts_with('.') || local.ends_with('.') || local.contains("..");
        local.len() <= 64 && local.chars().all(atom) && !dots && domain.contains('.') && domain.split('.').all(label)
    }

    /// Trimmed and lower-cased: equal for the same mailbox.
    pub fn matched(&self) -> String {
        self.shown.to_lowercase()
    }
}
