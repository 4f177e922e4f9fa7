//! From bytes to lines: every failure says on which line it is, and in which field.

use std::fmt;
use std::io::{BufRead, Read};

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::lines::{Kind, Line};
use crate::domain::{Error, Result};

/// The longest line that is read. A cart is filled by many calls, each of which may bring almost a mebibyte.
pub const MAX_LINE: usize = 16 * 1024 * 1024;

/// What is wrong with a line.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    /// Counted from 1.
    pub line: u64,
    /// Type and path, such as `cart.items[0].quantity`; empty where the whole line is meant.
    pub field: String,
    /// What would be right.
    pub reason: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.field.as_str() {
            "" => write!(f, "line {}: {}", self.line, self.reason),
            field => write!(f, "line {}: {field}: {}", self.line, self.reason),
        }
    }
}

/// Which field is wrong, and what would be right.
pub type Flawed<T> = std::result::Result<T, (String, String)>;

/// Hands every line that is not blank to `each`, with its number; `None` stands for one that is too long to be held.
/// Returns how many it handed out.
pub fn walk(input: &mut dyn BufRead, mut each: impl FnMut(u64, Option<&[u8]>) -> Result<()>) -> Result<u64> {
    let mut buffer = Vec::new();
    let mut handed = 0;
    let unreadable = |e: std::io::Error| Error::malformed("file", format!("cannot be read: {e}"));
    for number in 1.. {
        buffer.clear();
        // One byte more than allowed tells a line that is too long from one that just fits.
        let limit = MAX_LINE as u64 + 2;
        if input.take(limit).read_until(b'\n', &mut buffer).map_err(unreadable)? == 0 {
            break;
        }
        // Some editors put a mark of their own before the first line.
        let content = if number == 1 { buffer.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&buffer) } else { &buffer };
        let content = content.trim_ascii();
        if content.len() > MAX_LINE || (buffer.len() as u64 == limit && buffer.last() != Some(&b'\n')) {
            if buffer.last() != Some(&b'\n') {
                input.skip_until(b'\n').map_err(unreadable)?;
            }
            each(number, None)?;
            handed += 1;
        } else if !content.is_empty() {
            each(number, Some(content))?;
            handed += 1;
        }
    }
    Ok(handed)
}

#[derive(Deserialize)]
struct Head {
    #[serde(rename = "type")]
    kind: Option<String>,
}

/// The type of a line, without reading the rest of it.
pub fn kind_of(content: &[u8]) -> Flawed<Kind> {
    let whole = |reason: String| (String::new(), reason);
    let text = std::str::from_utf8(content).map_err(|_| whole("is not UTF-8 text".into()))?;
    if !text.starts_with('{') {
        return Err(whole("must be a JSON object".into()));
    }
    let head: Head = serde_json::from_str(text).map_err(|e| {
        if e.is_data() { flaw_of(text, &e, "") } else { whole(format!("is not JSON: {}", without_line(&e))) }
    })?;
    let name = head.kind.ok_or_else(|| ("type".to_owned(), "is required".to_owned()))?;
    Kind::ALL
        .iter()
        .copied()
        .find(|kind| kind.as_str() == name)
        .ok_or_else(|| ("type".to_owned(), format!("knows no `{name}`; this version reads {}", Kind::choices())))
}

/// The type of a line that was found good before. An export begins with it, so that most need not be read to their end
/// in each of the many walks over a file.
pub fn kind_again(content: &[u8]) -> Option<Kind> {
    first_said(content).or_else(|| kind_of(content).ok())
}

/// The type that a line begins with, where it begins with it.
fn first_said(content: &[u8]) -> Option<Kind> {
    let named = content.strip_prefix(br#"{"type":""#).and_then(|rest| rest.split(|byte| *byte == b'"').next());
    named.and_then(|name| Kind::ALL.iter().copied().find(|kind| kind.as_str().as_bytes() == name))
}

/// Reads a line.
pub fn parse(content: &[u8]) -> Flawed<Line> {
    // Most lines are good and say their type first; what is wrong with another is found out at leisure.
    let good = std::str::from_utf8(content).ok().zip(first_said(content));
    if let Some(Ok(line)) = good.map(|(text, kind)| line(text, kind)) {
        return Ok(line);
    }
    let kind = kind_of(content)?;
    line(std::str::from_utf8(content).unwrap_or_default(), kind)
}

fn line(text: &str, kind: Kind) -> Flawed<Line> {
    Ok(match kind {
        Kind::Site => Line::Site(fields(text, kind)?),
        Kind::Key => Line::Key(fields(text, kind)?),
        Kind::User => Line::User(fields(text, kind)?),
        Kind::Customer => Line::Customer(fields(text, kind)?),
        Kind::Cart => Line::Cart(fields(text, kind)?),
        Kind::Message => Line::Message(fields(text, kind)?),
        Kind::Purchase => Line::Purchase(fields(text, kind)?),
        Kind::Refund => Line::Refund(fields(text, kind)?),
        Kind::Suppression => Line::Suppression(fields(text, kind)?),
        Kind::LoyaltyCampaign => Line::LoyaltyCampaign(fields(text, kind)?),
        Kind::LoyaltyEntry => Line::LoyaltyEntry(fields(text, kind)?),
        Kind::Daily => Line::Daily(fields(text, kind)?),
        Kind::Consent => Line::Consent(fields(text, kind)?),
        Kind::Decision => Line::Decision(fields(text, kind)?),
        Kind::Coupon => Line::Coupon(fields(text, kind)?),
        Kind::CouponCode => Line::CouponCode(fields(text, kind)?),
        Kind::Sequence => Line::Sequence(fields(text, kind)?),
        Kind::Webhook => Line::Webhook(fields(text, kind)?),
        Kind::Subscriber => Line::Subscriber(fields(text, kind)?),
    })
}

fn fields<T: DeserializeOwned>(text: &str, kind: Kind) -> Flawed<T> {
    serde_json::from_str(text).map_err(|e| flaw_of(text, &e, kind.as_str()))
}

/// The reader's error as field and reason: the field from where in the text it stopped, the reason in our words.
fn flaw_of(text: &str, error: &serde_json::Error, kind: &str) -> (String, String) {
    let mut path = path_at(text, error.column());
    if !kind.is_empty() {
        path = if path.is_empty() { kind.to_owned() } else { format!("{kind}.{path}") };
    }
    let said = without_line(error);
    let named = |prefix: &str| said.strip_prefix(prefix).and_then(|rest| rest.split('`').next()).map(str::to_owned);
    if let Some(missing) = named("missing field `") {
        return (format!("{path}.{missing}"), "is required".into());
    }
    if named("unknown field `").is_some() {
        return (path, "is not a field of this type".into());
    }
    let reason = match said.split_once(", expected ") {
        Some((got, _)) if got.ends_with(": null") => "is required".to_owned(),
        Some((got, wanted)) => {
            let wanted = if wanted.contains("map") { "an object" } else { wanted };
            let got = got.split_once(": ").map_or(got, |(_, got)| got);
            format!("must be {}, not {got}", wanted.replace("a string", "text").replace("a sequence", "a list"))
        }
        None => said,
    };
    (path, reason)
}

fn without_line(error: &serde_json::Error) -> String {
    let said = error.to_string();
    said.rsplit_once(" at line ").map_or(said.clone(), |(reason, _)| reason.to_owned())
}

/// The path of what stands at a column of a JSON text, such as `items[0].quantity`.
fn path_at(text: &str, column: usize) -> String {
    enum Inside {
        Object { key: String, reading_key: bool },
        List(usize),
    }
    let mut stack: Vec<Inside> = Vec::new();
    let bytes = text.as_bytes();
    let end = column.min(bytes.len());
    let mut at = 0;
    while at < end {
        match bytes[at] {
            b'{' => stack.push(Inside::Object { key: String::new(), reading_key: true }),
            b'[' => stack.push(Inside::List(0)),
            b'}' | b']' => drop(stack.pop()),
            b':' => {
                if let Some(Inside::Object { reading_key, .. }) = stack.last_mut() {
                    *reading_key = false;
                }
            }
            b',' => match stack.last_mut() {
                Some(Inside::Object { reading_key, .. }) => *reading_key = true,
                Some(Inside::List(position)) => *position += 1,
                None => {}
            },
            b'"' => {
                let start = at + 1;
                at = start;
                while at < end && bytes[at] != b'"' {
                    at += if bytes[at] == b'\\' { 2 } else { 1 };
                }
                if let Some(Inside::Object { key, reading_key: true }) = stack.last_mut() {
                    *key = text.get(start..at.min(end)).unwrap_or_default().to_owned();
                }
            }
            _ => {}
        }
        at += 1;
    }
    let mut path = String::new();
    for inside in stack {
        match inside {
            Inside::Object { key, .. } if key.is_empty() => {}
            Inside::Object { key, .. } => {
                if !path.is_empty() {
                    path.push('.');
                }
                path.push_str(&key);
            }
            Inside::List(position) => path.push_str(&format!("[{position}]")),
        }
    }
    path
}
