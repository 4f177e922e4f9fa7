//! Text that a browser handed over: markup becomes plain text without links, and a price as HTML becomes an amount.

use std::borrow::Cow;

use super::Currency;

/// Domain endings that mail programs make a link of by themselves.
const LINKED: &[&str] = &[
    "app", "biz", "cc", "click", "cn", "co", "com", "dev", "de", "eu", "fr", "info", "io", "link", "live", "ly", "me",
    "net", "online", "org", "ru", "shop", "site", "store", "tk", "top", "uk", "us", "xyz",
];

/// Plain text of at most so many characters: no tags, no control characters, no links. `None` when nothing is left.
pub fn plain(raw: &str, most: usize) -> Option<String> {
    if is_harmless(raw) {
        let text = raw.trim();
        let text = text.get(..most).unwrap_or(text).trim_end();
        return Some(text.to_owned()).filter(|text| !text.is_empty());
    }
    let bare = decode_entities(&strip_tags(raw));
    let bare = bare.replace(['<', '>'], " ");
    let visible: String = bare.chars().map(|c| if c.is_control() || is_steering(c) { ' ' } else { c }).collect();
    let words: Vec<&str> = visible.split_whitespace().filter(|word| !is_link(word)).collect();
    let text: String = words.join(" ").chars().take(most).collect();
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}

/// Whether a text is words with single blanks between them, of characters that make neither markup nor links: what most names are.
fn is_harmless(raw: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b" -_,()'+!%#".contains(&byte);
    raw.bytes().all(plain) && !raw.contains("  ")
}

/// Characters that are not seen and turn or hide what stands around them.
fn is_steering(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// Whether a word is a link, or a mail program would make one of it.
fn is_link(word: &str) -> bool {
    if word.contains("://") {
        return true;
    }
    let word = word.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
    if word.starts_with("www.") || word.starts_with("mailto:") {
        return true;
    }
    let host = word.split(['/', '?', '#', ':']).next().unwrap_or_default();
    let host = host.rsplit('@').next().unwrap_or_default();
    host.rsplit_once('.').is_some_and(|(name, ending)| {
        !name.is_empty()
            && (LINKED.contains(&ending) || (word.contains('/') && ending.chars().all(char::is_alphabetic)))
    })
}

/// The text without what stands between `<` and `>`. A `<` that nothing closes ends the text.
fn strip_tags(raw: &str) -> String {
    let mut text = String::new();
    let mut rest = raw;
    while let Some((before, tag)) = rest.split_once('<') {
        text.push_str(before);
        // `3 < 4` opens no tag.
        if !tag.starts_with(|c: char| c.is_ascii_alphabetic() || "/!?".contains(c)) {
            text.push('<');
            rest = tag;
            continue;
        }
        rest = tag.split_once('>').map_or("", |(_, after)| after);
    }
    text.push_str(rest);
    text
}

/// Character references decoded: numbers, and the names that prices and product names hold.
fn decode_entities(text: &str) -> String {
    let mut decoded = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        decoded.push_str(before);
        let found = after.split_once(';').and_then(|(name, tail)| Some((entity(name)?, tail)));
        (rest, _) = match found {
            Some((c, tail)) => (tail, decoded.push(c)),
            None => (after, decoded.push('&')),
        };
    }
    decoded.push_str(rest);
    decoded
}

fn entity(name: &str) -> Option<char> {
    if let Some(number) = name.strip_prefix('#') {
        let hex = number.strip_prefix(['x', 'X']);
        let code = hex.map_or_else(|| number.parse().ok(), |hex| u32::from_str_radix(hex, 16).ok())?;
        return char::from_u32(code);
    }
    Some(match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => '\u{a0}',
        "euro" => '€',
        "pound" => '£',
        "yen" => '¥',
        "cent" => '¢',
        _ => return None,
    })
}

/// Reads an amount as a shop shows it, in minor units: `18`, `17.990000000000002`, `$1,234.50`, `1.234,50 €`, or any
/// of these as HTML. `None` when it is unreadable, negative, or larger than an amount can be.
pub fn amount(raw: &str, currency: Currency) -> Option<i64> {
    let bare =
        if raw.contains(['<', '&']) { Cow::Owned(decode_entities(&strip_tags(raw))) } else { Cow::Borrowed(raw) };
    let text = bare.trim();
    // A plain number is a plain number, whatever its digits look like.
    if text.bytes().all(|b| b.is_ascii_digit() || b == b'.') {
        return currency.parse_major(text);
    }
    let begin = text.find(|c: char| c.is_ascii_digit())?;
    let (before, from) = text.split_at(begin);
    if before.trim_end_matches(|c: char| !"-\u{2212}".contains(c)).ends_with(['-', '\u{2212}']) {
        return None;
    }
    let end = from.find(|c: char| !(c.is_ascii_digit() || ".,'\u{2019} \u{a0}\u{202f}".contains(c)));
    let (run, after) = from.split_at(end.unwrap_or(from.len()));
    // `1e21` is a number that a program wrote and no amount.
    if after.starts_with(['e', 'E'])
        && after[1..].trim_start_matches(['+', '-']).starts_with(|c: char| c.is_ascii_digit())
    {
        return None;
    }
    currency.parse_major(&point(run, currency))
}

/// A run of digits and separators with a point before its decimals and nothing else.
fn point(run: &str, currency: Currency) -> String {
    let run = run.trim_end_matches(|c: char| !c.is_ascii_digit());
    let last = run.rfind(['.', ',']);
    let decimal = last.filter(|at| {
        let mark = &run[*at..=*at];
        let other = if mark == "." { ',' } else { '.' };
        let (alone, follow) = (run.matches(mark).count() == 1, run.len() - at - 1);
        // Of two kinds the last is the decimal one. Of one kind, it is when it stands once and is not before three
        // digits, which are thousands unless the currency has three decimals.
        alone && (run[..*at].contains(other) || follow != 3 || currency.decimals() == 3)
    });
    let digits = |part: &str| part.chars().filter(char::is_ascii_digit).collect::<String>();
    match decimal {
        Some(at) => format!("{}.{}", digits(&run[..at]), digits(&run[at + 1..])),
        None => digits(run),
    }
}
