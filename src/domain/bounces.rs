//! What other mail systems say about letters of ours that left: that one came back, or was reported as unwanted. And
//! the return path by which a letter that came back says which one it was.

use data_encoding::BASE32_NOPAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;

use super::{EmailAddress, Site, Timestamp, words};

words! {
    /// What is told about a letter.
    ReportKind, "type" {
        /// It came back, or is still on its way.
        Bounce = "bounce",
        /// Its reader called it unwanted.
        Complaint = "complaint",
    }
}

/// One report about one letter, from whichever door.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// What is told.
    pub kind: ReportKind,
    /// Whether the failure is for good; a complaint always is.
    pub permanent: bool,
    /// Enhanced status code (RFC 3463), such as `5.1.1`.
    pub status: Option<String>,
    /// Where the letter may be named, most trustworthy first: return paths of ours, then message ids.
    pub names: Vec<String>,
    /// The address, where the door can be trusted with one.
    pub email: Option<EmailAddress>,
    /// When it happened, where that is told.
    pub at: Option<Timestamp>,
    /// Who told, for the evidence.
    pub source: &'static str,
    /// What the other system said, for people.
    pub detail: Option<String>,
}

impl Report {
    /// Whether the address is not written to any more. A failure for good that blames something else than the
    /// address, such as a policy or the content, would else suppress everybody while a relay is set up wrongly.
    pub fn suppresses(&self) -> bool {
        match (self.kind, &self.status) {
            (ReportKind::Complaint, _) => true,
            (ReportKind::Bounce, Some(status)) => self.permanent && blames_address(status),
            // Who gives no code says with `permanent` that it is the address.
            (ReportKind::Bounce, None) => self.permanent,
        }
    }
}

/// Whether an enhanced status says that the recipient's address is no good: 5.1.x, except for the two of them that
/// are about the sender's (RFC 3463, section 3.2).
pub fn blames_address(status: &str) -> bool {
    status.trim().strip_prefix("5.1.").is_some_and(|rest| !matches!(rest, "7" | "8"))
}

/// The first enhanced status code in what a server said, such as `5.1.1` in `550 5.1.1 no such user`.
pub fn status_in(text: &str) -> Option<&str> {
    text.split([' ', '\t', '\r', '\n', '(', ')', '-', ';', ',']).find(|word| {
        let parts: Vec<&str> = word.split('.').collect();
        let number = |part: &&str| (1..=3).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
        parts.len() == 3 && matches!(parts[0], "2" | "4" | "5") && parts.iter().all(number)
    })
}

/// Between the mailbox and the token of a return path.
const MARK: char = '+';
const NUMBER: usize = 6;
const MAC: usize = 10;

/// The address that reports about one letter go to (VERP): `bounce+token@domain`. The token is letters and digits of
/// one case, for mail systems change case, and only the site can make it.
pub fn return_path(site: &Site, message: i64, from: &str) -> String {
    let set = site.settings.get("letters.return_path");
    let (mailbox, domain) = match set.rsplit_once('@') {
        Some((mailbox, domain)) => (mailbox, domain),
        None => ("bounce", from.rsplit_once('@').map_or("localhost", |(_, domain)| domain)),
    };
    let number = message.to_be_bytes();
    let mut token = number[8 - NUMBER..].to_vec();
    token.extend_from_slice(&mac(site, &number));
    format!("{mailbox}{MARK}{}@{domain}", BASE32_NOPAD.encode(&token).to_ascii_lowercase())
}

/// The letter that a return path of this site is about, by our own number.
pub fn letter_of_return_path(site: &Site, address: &str) -> Option<i64> {
    let (local, _) = address.trim().trim_matches(['<', '>']).rsplit_once('@')?;
    let (_, token) = local.rsplit_once(MARK)?;
    let bytes = BASE32_NOPAD.decode(token.to_ascii_uppercase().as_bytes()).ok()?;
    let (number, shown) = bytes.split_at_checked(NUMBER)?;
    let mut full = [0_u8; 8];
    full[8 - NUMBER..].copy_from_slice(number);
    bool::from(mac(site, &full).ct_eq(shown)).then(|| i64::from_be_bytes(full))
}

fn mac(site: &Site, number: &[u8; 8]) -> [u8; MAC] {
    // The site's secret serves several ends, told apart by what comes before. HMAC takes keys of any length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&site.suppression_key) else { return [0; MAC] };
    mac.update(b"cartwright return path\0");
    mac.update(number);
    let full: [u8; 32] = mac.finalize().into_bytes().into();
    let mut short = [0; MAC];
    short.copy_from_slice(&full[..MAC]);
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_status_about_the_recipients_address_blames_it() {
        for status in ["5.1.1", "5.1.2", "5.1.10"] {
            assert!(blames_address(status), "{status}");
        }
        for status in ["5.1.7", "5.1.8", "5.7.1", "4.1.1", "5.2.2", "5.11.1", ""] {
            assert!(!blames_address(status), "{status}");
        }
    }

    #[test]
    fn a_status_is_found_in_what_a_server_says() {
        assert_eq!(status_in("permanent error (550): 5.1.1 no such user"), Some("5.1.1"));
        assert_eq!(status_in("smtp;550-5.7.1 go away 1.2.3.4"), Some("5.7.1"));
        assert_eq!(status_in("550 from 192.168.5.1 at 5.1"), None);
    }
}
