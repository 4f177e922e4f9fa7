//! Subscribers: people whom a shop registered for its letters and text messages.

use super::{EmailAddress, Error, Result, Timestamp, words};

/// The longest name and the longest phone number that are kept, in characters.
pub const LONGEST: usize = 255;

words! {
    /// A way of sending something.
    Channel, "channel" {
        Email = "email",
        Sms = "sms",
    }
}

/// A phone number that was checked once, where it came in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Phone {
    shown: String,
}

impl Phone {
    /// Takes digits with the usual signs between them. At least 9 characters is the vendor's rule.
    pub fn parse(text: &str) -> Result<Self> {
        let shown = text.trim();
        if shown.chars().count() < 9 {
            return Err(Error::refused("phone", "must be at least 9 characters"));
        }
        let usual = |c: char| c.is_ascii_digit() || " +-./()".contains(c);
        if shown.len() > LONGEST || !shown.chars().all(usual) || !shown.contains(|c: char| c.is_ascii_digit()) {
            return Err(Error::malformed("phone", "must be digits with blanks or + - . / ( ) between them"));
        }
        Ok(Phone { shown: shown.to_owned() })
    }

    /// As it was given.
    pub fn shown(&self) -> &str {
        &self.shown
    }

    /// Its digits, without the `00` that stands for a plus: equal for two spellings of one international number. A
    /// national spelling stays another, for nobody says of which country it is.
    pub fn matched(&self) -> String {
        let digits: String = self.shown.chars().filter(char::is_ascii_digit).collect();
        digits.strip_prefix("00").map(str::to_owned).unwrap_or(digits)
    }
}

/// A subscriber.
#[derive(Clone, Debug, PartialEq)]
pub struct Subscriber {
    /// Public id, opaque.
    pub id: String,
    /// One subscriber per address.
    pub email: EmailAddress,
    /// As given.
    pub name: Option<String>,
    /// One subscriber per number.
    pub phone: Option<Phone>,
    /// When the shop registered them.
    pub created_at: Timestamp,
    /// When they left text messages. Letters are another matter: whether an address is written to is what its
    /// suppressions say.
    pub sms_ended_at: Option<Timestamp>,
}

/// Whether somebody wants what a shop sends, for each way of sending it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Letters: registered, and the address not suppressed for any reason.
    pub email: bool,
    /// Text messages: there is a phone number, and its owner did not leave.
    pub sms: bool,
}

impl Subscriber {
    /// Where somebody stands whose address is suppressed or not.
    pub fn standing(&self, suppressed: bool) -> Standing {
        Standing { email: !suppressed, sms: self.phone.is_some() && self.sms_ended_at.is_none() }
    }
}

/// Checks a name: 1 to [`LONGEST`] characters after trimming, none of them a control character.
pub fn check_name(text: &str) -> Result<String> {
    let name = text.trim();
    if name.is_empty() || name.chars().count() > LONGEST || name.chars().any(char::is_control) {
        return Err(Error::refused("name", format!("must be 1 to {LONGEST} characters without control characters")));
    }
    Ok(name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn phone(text: &str) -> Option<String> {
        Phone::parse(text).ok().map(|phone| phone.matched())
    }

    #[test]
    fn two_spellings_of_one_international_number_are_equal() {
        assert_eq!(phone("+40 712 345-678"), phone("0040712345678"));
        assert_eq!(phone(" (0712) 345.678 ").as_deref(), Some("0712345678"));
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for text in ["12345678", "abcdefghi", "++++ ---- ()", "0712345678\n9", "0712345678x"] {
            assert_eq!(phone(text), None, "{text:?}");
        }
        assert_eq!(phone(&"1".repeat(256)), None);
    }
}
