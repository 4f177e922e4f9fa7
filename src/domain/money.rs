//! Money: integers of minor units, and the currency that says how many of them make a major one.

use std::fmt;

use super::{Error, Result};

/// The largest amount that we take from outside, in minor units: ten billion dollars less a cent. A sum over nine
/// million carts of it still fits an integer, and every JSON reader holds it exactly.
pub const MAX_MINOR: i64 = 999_999_999_999;

/// An ISO 4217 currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency(iso_currency::Currency);

impl Currency {
    /// Reads a three-letter code in any letter case.
    pub fn parse(code: &str) -> Result<Self> {
        iso_currency::Currency::from_code(&code.to_ascii_uppercase())
            .map(Currency)
            .ok_or_else(|| Error::refused("currency", "must be an ISO 4217 code such as USD"))
    }

    /// The three capital letters.
    pub fn code(self) -> &'static str {
        self.0.code()
    }

    /// How many decimals an amount in major units has: 2 for EUR, 0 for JPY, 3 for KWD.
    pub fn decimals(self) -> u32 {
        self.0.exponent().map_or(0, u32::from)
    }

    /// An amount in major units with the currency's decimals and no separators: `-1234.50`.
    pub fn major(self, minor: i64) -> String {
        decimal(minor, self.decimals())
    }

    /// Reads an amount in major units, rounding half up to the currency's decimals. `None` when it is unreadable,
    /// negative, or larger than [`MAX_MINOR`].
    pub fn parse_major(self, text: &str) -> Option<i64> {
        let text = text.trim();
        let text = text.strip_prefix('+').unwrap_or(text);
        let (whole, part) = text.split_once('.').unwrap_or((text, ""));
        if whole.len() + part.len() == 0 || ![whole, part].iter().all(|t| t.bytes().all(|b| b.is_ascii_digit())) {
            return None;
        }
        // Digit by digit: a number type with a limited mantissa would round once itself, and then we again.
        let decimals = self.decimals() as usize;
        let kept = part.bytes().chain(std::iter::repeat(b'0')).take(decimals);
        let up = part.as_bytes().get(decimals).is_some_and(|next| *next >= b'5');
        let minor = whole
            .bytes()
            .chain(kept)
            .try_fold(0_i64, |minor, digit| minor.checked_mul(10)?.checked_add(i64::from(digit - b'0')))?;
        let minor = minor.checked_add(up.into())?;
        (0..=MAX_MINOR).contains(&minor).then_some(minor)
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// An amount as shops print it, with a point or a comma before the decimals and the other one between thousands, as
/// plain digits and a point: `1.234,50` is `1234.50`. One sign alone is before the decimals, unless it stands several
/// times. `None` when it is no number.
pub fn plain_decimal(text: &str) -> Option<String> {
    let text = text.trim();
    let sign = match (text.rfind('.'), text.rfind(',')) {
        (Some(point), Some(comma)) => Some(if point > comma { '.' } else { ',' }),
        (Some(_), None) => Some('.'),
        (None, Some(_)) => Some(','),
        (None, None) => None,
    };
    let sign = sign.filter(|sign| text.matches(*sign).count() == 1);
    let (whole, part) = sign.and_then(|sign| text.split_once(sign)).unwrap_or((text, ""));
    let whole: String = whole.chars().filter(|c| !matches!(c, '.' | ',' | ' ' | '\u{a0}')).collect();
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    (!whole.is_empty() || !part.is_empty()).then_some(())?;
    (digits(&whole) && digits(part)).then(|| format!("{whole}.{part}"))
}

/// An integer of `10^-decimals` units as a decimal text: `decimal(-1250, 2)` is `-12.50`.
pub fn decimal(units: i64, decimals: u32) -> String {
    let sign = if units < 0 { "-" } else { "" };
    if decimals == 0 {
        return units.to_string();
    }
    let scale = 10_u64.pow(decimals);
    let (whole, part) = (units.unsigned_abs() / scale, units.unsigned_abs() % scale);
    format!("{sign}{whole}.{part:0width$}", width = decimals as usize)
}

/// `numerator * scale / denominator`, rounded half away from zero; 0 when the denominator is 0.
pub fn ratio_half_up(numerator: i64, denominator: i64, scale: i64) -> i64 {
    if denominator == 0 {
        return 0;
    }
    let (n, d) = (i128::from(numerator) * i128::from(scale), i128::from(denominator));
    // Half up on magnitudes without fractions: floor((2n + d) / 2d).
    let magnitude = (2 * n.abs() + d.abs()) / (2 * d.abs());
    let signed = if (n < 0) != (d < 0) { -magnitude } else { magnitude };
    // What does not fit becomes the outermost that does, on its own side of 0.
    i64::try_from(signed).unwrap_or(if signed < 0 { i64::MIN } else { i64::MAX })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_as_shops_print_them() {
        let cases = [
            ("12,50", "12.50"),
            ("1.234,50", "1234.50"),
            ("1,234.50", "1234.50"),
            ("1 234,5", "1234.5"),
            ("1.234.567", "1234567."),
            ("1,234,567.8", "1234567.8"),
            ("17.990000000000002", "17.990000000000002"),
            (" 7 ", "7."),
            (",5", ".5"),
        ];
        for (text, plain) in cases {
            assert_eq!(plain_decimal(text).as_deref(), Some(plain), "{text}");
        }
        for text in ["", ",", "-1", "12 EUR", "1e3", "0x1", "much"] {
            assert_eq!(plain_decimal(text), None, "{text}");
        }
    }
}
