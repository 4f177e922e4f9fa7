//! Whether a text names a person, in whichever way programs write it; and what stands in the place of a name that has to be
//! recognised later without being kept.

use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit, Mac};
use percent_encoding::percent_decode_str;
use sha2::Sha256;

use super::Site;

/// What names begin with that took the place of others.
const ERASED: &str = "erased_";

/// What stands in the place of a shop's own name for something, such as an order's number, once its person is erased: by it
/// the name is recognised when it is told again (HMAC-SHA-256 under the site's `suppression_key`). `of` keeps names of
/// different kinds apart.
pub fn erased_name(site: &Site, of: &str, name: &str) -> String {
    // HMAC takes keys of any length, so the error cannot occur.
    let hash = Hmac::<Sha256>::new_from_slice(&site.suppression_key).map(|mut mac| {
        mac.update(of.as_bytes());
        mac.update(&[0]);
        mac.update(name.as_bytes());
        mac.finalize().into_bytes()
    });
    format!("{ERASED}{}", HEXLOWER.encode(&hash.unwrap_or_default()))
}

/// Whether this is such a name.
pub fn is_erased_name(name: &str) -> bool {
    name.strip_prefix(ERASED).is_some_and(|rest| rest.len() == 64 && HEXLOWER.decode(rest.as_bytes()).is_ok())
}

/// Whether a text holds a matched address as a whole: `joann@example.com` does not hold `ann@example.com`. The text may be
/// JSON or percent-encoded, or both.
pub fn names_address(text: &str, address: &str) -> bool {
    let plain = text.to_lowercase();
    let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().to_lowercase();
    let unescaped = unescape(&plain);
    [decoded(&plain), decoded(&unescaped), unescape(&decoded(&plain)), unescaped, plain]
        .iter()
        .any(|form| holds_whole(form, address))
}

fn holds_whole(text: &str, address: &str) -> bool {
    text.match_indices(address).any(|(at, found)| {
        let (before, after) = (&text[..at], &text[at + found.len()..]);
        !goes_on_before(before) && !goes_on_after(after)
    })
}

/// Whether the end of a text belongs to the local part that follows. Signs that part values in an address of the web or in
/// markup do not, though a local part may have them.
fn goes_on_before(text: &str) -> bool {
    let mut back = text.chars().rev();
    match back.next() {
        Some('.' | '_' | '-' | '+') => true,
        // `o'neil@`, and not `'neil@…'`.
        Some('\'') => back.next().is_some_and(char::is_alphanumeric),
        Some(c) => c.is_alphanumeric(),
        None => false,
    }
}

/// Whether the beginning of a text belongs to the domain before it: a further letter, or a further label.
fn goes_on_after(text: &str) -> bool {
    let mut on = text.chars();
    match on.next() {
        Some('-') => true,
        Some('.') => on.next().is_some_and(char::is_alphanumeric),
        Some(c) => c.is_alphanumeric(),
        None => false,
    }
}

/// The text with what JSON writes by a backslash written out. What is no such escape stays as it is.
fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        let escape = &rest[at + 1..];
        let code = escape.strip_prefix('u').and_then(|hex| hex.get(..4));
        let named = code.and_then(|hex| u32::from_str_radix(hex, 16).ok()).and_then(char::from_u32);
        let (c, length) = match (named, escape.chars().next()) {
            (Some(c), _) => (c, 5),
            (None, Some('n' | 'r' | 't' | 'b' | 'f')) => (' ', 1),
            (None, Some(c @ ('"' | '/' | '\\'))) => (c, 1),
            (None, _) => ('\\', 0),
        };
        out.push(c);
        rest = &escape[length..];
    }
    out.push_str(rest);
    out.to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_found_in_every_way_of_writing_and_only_as_a_whole() {
        let ann = "ann@example.com";
        for text in [
            "ann@example.com",
            r#"{"email":"Ann@Example.com"}"#,
            "email=ann%40example.com&x=1",
            "https://shop.example/?for=ann@example.com",
            "https://shop.example/%3Femail%3Dann%40example%2Ecom",
            r#"{"note":"for\nann@example.com."}"#,
            r#"{"note":"ann\u0040example.com"}"#,
            r#"{"url":"https:\/\/shop.example\/ann%40example.com"}"#,
            "550 <ann@example.com>: no such user",
            "'ann@example.com'",
            "mailto:ann@example.com,",
        ] {
            assert!(names_address(text, ann), "{text}");
        }
        for text in [
            "joann@example.com",
            "jo.ann@example.com",
            "jo+ann@example.com",
            "jo%2Bann@example.com",
            "o'ann@example.com",
            "ann@example.com.au",
            "ann@example.community",
            "ann@example.com-shop.example",
            "ann",
        ] {
            assert!(!names_address(text, ann), "{text}");
        }
        assert!(names_address("to=a%2Bb%40example.com", "a+b@example.com"));
        assert!(!names_address(r"\", ann) && !names_address(r"\u12", ann) && !names_address("\\ü", ann));
    }
}
