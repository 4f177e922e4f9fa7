//! Reading the parameters of a call: numbers, amounts, dates, texts, and whom it is about.

use super::auth::{Caller, Refusal};
use super::call::Fault;
use crate::domain::customers::Customer;
use crate::domain::loyalty::Campaign;
use crate::domain::{Currency, Day, EmailAddress, time};
use crate::http::params::Params;
use crate::ops::customers;
use crate::store::ReadTx;
use crate::store::customers::Known;

/// The longest text that is kept, in characters.
const LONGEST_TEXT: usize = 10_240;

type Read<T> = std::result::Result<T, Refusal>;

/// A count of rows or days: decimal digits. `None` when it is absent; more than there may be is cut, however much it is.
pub(super) fn count(params: &Params, name: &str, most: i64) -> Read<Option<i64>> {
    let Some(digits) = params.get(name).map(str::trim) else { return Ok(None) };
    if !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(Refusal::NumberNotValid);
    }
    // Digits alone fail to parse only when they are too many.
    Ok(Some(digits.parse().map_or(most, |number: i64| number.min(most))))
}

/// A day of the caller's calendar.
pub(super) fn day(params: &Params, names: &[&'static str]) -> Read<Option<Day>> {
    match params.first_of(names) {
        Some((_, text)) => time::parse_day(text.trim()).map(Some).map_err(|_| Refusal::DateNotValid),
        None => Ok(None),
    }
}

/// A text that is kept.
pub(super) fn text(params: &Params, names: &[&'static str]) -> Read<Option<String>> {
    match params.first_of(names) {
        Some((name, text)) if text.chars().count() > LONGEST_TEXT => {
            Err(Refusal::Other(format!("{name} must be at most {LONGEST_TEXT} characters.")))
        }
        Some((_, text)) => Ok(Some(text.to_owned())),
        None => Ok(None),
    }
}

/// What a caller calls the call by; a repeated one has the same.
pub(super) fn reference(params: &Params) -> Read<Option<String>> {
    match params.get("client_reference") {
        Some(text) if text.chars().count() > 255 => {
            Err(Refusal::Other("client_reference must be at most 255 characters.".into()))
        }
        text => Ok(text.map(str::to_owned)),
    }
}

/// A decimal of at least 0 with a point or a comma, before it is known what it counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Amount(String);

impl Amount {
    /// Reads digits with one point or comma among them at most.
    pub(super) fn parse(given: &str) -> Option<Self> {
        let text = given.trim().replace(',', ".");
        let (whole, part) = text.split_once('.').unwrap_or((&text, ""));
        let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
        let fits = (1..=30).contains(&(whole.len() + part.len())) && digits(whole) && digits(part);
        fits.then(|| Amount(text.clone()))
    }

    /// The first of these parameters that is there. What is there must be an amount.
    pub(super) fn of(params: &Params, names: &[&'static str]) -> Read<Option<Self>> {
        match params.first_of(names) {
            Some((_, text)) => Amount::parse(text).map(Some).ok_or(Refusal::NumberNotValid),
            None => Ok(None),
        }
    }

    /// As money, in minor units.
    pub(super) fn money(&self, currency: Currency) -> Option<i64> {
        currency.parse_major(&self.0)
    }

    /// As so many whole things.
    pub(super) fn whole(&self) -> Option<i64> {
        let (whole, part) = self.0.split_once('.').unwrap_or((&self.0, ""));
        let number = if whole.is_empty() { Some(0) } else { whole.parse().ok() };
        number.filter(|_| part.bytes().all(|b| b == b'0'))
    }

    /// As its campaign counts.
    pub(super) fn in_campaign(&self, campaign: &Campaign, currency: Currency) -> Option<i64> {
        if campaign.kind.is_money() { self.money(currency) } else { self.whole() }
    }
}

/// An address, taken as it is when its `+` was not encoded.
pub(super) fn email(params: &Params) -> Option<EmailAddress> {
    let with_plus = params.get_with_plus("email").and_then(|text| EmailAddress::parse(text).ok());
    with_plus.or_else(|| params.get("email").and_then(|text| EmailAddress::parse(text).ok()))
}

/// By what somebody is known. `None` when nothing is said, or nothing that anybody can have.
fn known(params: &Params) -> Option<Known> {
    let text = |name: &str| params.get(name).map(str::to_owned);
    let by = Known {
        code: text("code"),
        card_number: text("card_number"),
        address: email(params).map(|email| email.matched()),
        phone: text("phone"),
    };
    let nobodys = params.get("email").is_some() && by.address.is_none();
    (!nobodys && by != Known::default()).then_some(by)
}

/// The one customer whom all that is said fits.
pub(super) fn customer(tx: &ReadTx, caller: &Caller, params: &Params) -> std::result::Result<(i64, Customer), Fault> {
    let by = known(params).ok_or(Refusal::NoCustomer)?;
    one(customers::known(tx, &caller.site, &by)?)
}

/// The one customer whom the first of code, card, address and phone fits: what else is said is to be written.
pub(super) fn customer_to_edit(
    tx: &ReadTx,
    caller: &Caller,
    params: &Params,
) -> std::result::Result<(i64, Customer), Fault> {
    let all = known(params).ok_or(Refusal::NoCustomer)?;
    let none = Known::default();
    let by = match all {
        Known { code: Some(code), .. } => Known { code: Some(code), ..none },
        Known { card_number: Some(card), .. } => Known { card_number: Some(card), ..none },
        Known { address: Some(address), .. } => Known { address: Some(address), ..none },
        Known { phone, .. } => Known { phone, ..none },
    };
    one(customers::known(tx, &caller.site, &by)?)
}

fn one(mut found: Vec<(i64, Customer)>) -> std::result::Result<(i64, Customer), Fault> {
    match found.len() {
        0 => Err(Refusal::NoCustomer.into()),
        1 => Ok(found.remove(0)),
        _ => Err(Refusal::SeveralCustomers.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_digits_with_one_point_or_comma() {
        let money = |text: &str| Amount::parse(text).and_then(|a| a.money(Currency::parse("USD").expect("a currency")));
        assert_eq!(money("9.95"), Some(995));
        assert_eq!(money("9,95"), Some(995));
        assert_eq!(money(" .5 "), Some(50));
        for bad in ["", ".", "-1", "+1", "1e3", "1.000,00", "1 0", "x", "\u{663}", "0x1", &"9".repeat(31)] {
            assert_eq!(Amount::parse(bad), None, "{bad}");
        }
        let whole = |text: &str| Amount::parse(text).and_then(|amount| amount.whole());
        assert_eq!((whole("3"), whole("3.00"), whole("3.5"), whole(".0")), (Some(3), Some(3), None, Some(0)));
    }
}
