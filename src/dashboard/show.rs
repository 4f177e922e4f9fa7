//! How values stand on a page: amounts, counts, rates, days and instants.

use askama::Template;
use askama::filters::HtmlSafe;

use crate::domain::money::ratio_half_up;
use crate::domain::{Currency, Day, Timestamp, Zone};

/// Signs that stand for one currency only; all others go by their code.
const SIGNS: &[(&str, &str)] = &[("USD", "$"), ("EUR", "€"), ("GBP", "£"), ("JPY", "¥")];

/// An amount of minor units: `$1,234.50`, `CHF 1,234.50`.
pub(super) fn money(currency: Currency, minor: i64) -> String {
    let amount = grouped(&currency.major(minor.saturating_abs()));
    let minus = if minor < 0 { "−" } else { "" };
    match SIGNS.iter().find(|(code, _)| *code == currency.code()) {
        Some((_, sign)) => format!("{minus}{sign}{amount}"),
        None => format!("{minus}{} {amount}", currency.code()),
    }
}

/// A count: `12,345`.
pub(super) fn count(number: i64) -> String {
    let minus = if number < 0 { "−" } else { "" };
    format!("{minus}{}", grouped(&number.saturating_abs().to_string()))
}

/// A part of a whole: `12.3 %`, or a dash where there is no whole.
pub(super) fn percent(part: i64, whole: i64) -> String {
    if whole == 0 {
        return "–".to_owned();
    }
    let tenths = ratio_half_up(part, whole, 1_000);
    format!("{}.{}%", count(tenths / 10), tenths.rem_euclid(10))
}

fn grouped(digits: &str) -> String {
    let (whole, part) = digits.split_once('.').map_or((digits, None), |(whole, part)| (whole, Some(part)));
    let mut text = String::new();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    if let Some(part) = part {
        text.push('.');
        text.push_str(part);
    }
    text
}

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// A day: `15 Mar 2026`.
pub(super) fn day(day: Day) -> String {
    format!("{} {}", short_day(day), day.year())
}

/// A day of a known year: `15 Mar`.
pub(super) fn short_day(day: Day) -> String {
    let month = usize::from(day.month().unsigned_abs()).saturating_sub(1);
    format!("{} {}", day.day(), MONTHS.get(month).unwrap_or(&""))
}

/// An instant as an element: the wall clock of a zone for people, RFC 3339 for programs.
#[derive(Clone, Debug, Template)]
#[template(source = "<time datetime=\"{{ machine }}\" title=\"{{ zone }}\">{{ people }}</time>", ext = "html")]
pub(super) struct Moment {
    machine: String,
    zone: String,
    people: String,
}

impl HtmlSafe for Moment {}

/// An instant in a zone: `15 Mar 2026, 14:05`.
pub(super) fn moment(zone: &Zone, at: Timestamp) -> Moment {
    let civil = zone.civil(at);
    let people = format!("{}, {:02}:{:02}", day(civil.date()), civil.hour(), civil.minute());
    Moment { machine: at.rfc3339(), zone: zone.name().to_owned(), people }
}

/// How far an instant is from now, in the largest unit: `5 min ago`, `in 2 days`.
pub(super) fn distance(now: Timestamp, at: Timestamp) -> String {
    let secs = at.secs() - now.secs();
    let (number, unit) = match secs.unsigned_abs() {
        0..60 => return "now".to_owned(),
        size @ 60..3_600 => (size / 60, "min"),
        size @ 3_600..86_400 => (size / 3_600, "h"),
        size => (size / 86_400, if size / 86_400 == 1 { "day" } else { "days" }),
    };
    if secs < 0 { format!("{number} {unit} ago") } else { format!("in {number} {unit}") }
}

/// `1 cart`, `2 carts`.
pub(super) fn counted(number: i64, one: &str, many: &str) -> String {
    format!("{} {}", count(number), if number == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_have_their_currencys_decimals_and_thousands_apart() {
        let of = |code: &str, minor| money(Currency::parse(code).expect("a currency"), minor);
        assert_eq!(of("USD", 123_450), "$1,234.50");
        assert_eq!(of("USD", -5), "−$0.05");
        assert_eq!(of("JPY", 1_234_567), "¥1,234,567");
        assert_eq!(of("CHF", 99), "CHF 0.99");
        assert_eq!((count(999), count(1_000), percent(1, 3), percent(1, 0)), {
            ("999".to_owned(), "1,000".to_owned(), "33.3%".to_owned(), "–".to_owned())
        });
    }

    #[test]
    fn instants_stand_in_the_shops_zone() {
        let at = Timestamp::parse_rfc3339("2026-03-15T23:30:00Z").expect("an instant");
        let zone = Zone::parse("Asia/Tokyo").expect("a zone");
        assert_eq!(
            moment(&zone, at).to_string(),
            "<time datetime=\"2026-03-15T23:30:00Z\" title=\"Asia/Tokyo\">16 Mar 2026, 08:30</time>"
        );
        assert_eq!(distance(at, at.plus(-3_700)), "1 h ago");
        assert_eq!(distance(at, at.plus(2 * 86_400)), "in 2 days");
    }
}
