//! An order as PHP's `http_build_query` spells it: `0[order_no]=7&0[total]=12%2C50&1[0][id]=…`, brackets encoded or
//! raw. Names are taken apart no further than an order has levels, so that a thousand brackets cost what one does.

use crate::domain::EmailAddress;
use crate::domain::money::plain_decimal;
use crate::http::params::Params;
use crate::ops::purchases::{Confirmation, Stated};

/// What the ledger keeps as the source of these purchases.
const SOURCE: &str = "order/save";

/// The field with the codes of coupons, and how many of them are looked at.
const CODE: &str = "discount_code";
const MOST_CODES: usize = 10;

/// The longest order number, in characters.
const LONGEST_NUMBER: usize = 255;

/// The order of a call, or what is wrong with it.
pub(super) fn read(params: &Params) -> Result<Confirmation, &'static str> {
    let number = field(params, "order_no").ok_or("Order number is required")?;
    if number.chars().count() > LONGEST_NUMBER || number.chars().any(char::is_control) {
        return Err("Order number must be at most 255 characters without control characters");
    }
    let email = field(params, "email").ok_or("Email is required")?;
    let email = EmailAddress::parse(email).map_err(|_| "Email must be a valid email address")?;
    // A total that cannot be read is none: whoever bought shall not be reminded for want of a number.
    let total = field(params, "total").and_then(plain_decimal).map_or(Stated::Nothing, Stated::Major);
    Ok(Confirmation { email, order_id: Some(number.to_owned()), total, codes: codes(params), source: SOURCE })
}

/// The codes of `0[discount_code]`: a text, several with commas between them, or an array.
fn codes(params: &Params) -> Vec<String> {
    let texts = params.pairs().filter(|(spelled, _)| is_field(spelled, CODE) || is_entry(spelled, CODE));
    let codes = texts.flat_map(|(_, text)| text.split(',')).map(str::trim);
    codes.filter(|code| !code.is_empty()).take(MOST_CODES).map(str::to_owned).collect()
}

/// The last value given of a field of the order itself, unless it is blank.
fn field<'a>(params: &'a Params, name: &str) -> Option<&'a str> {
    let value = params.pairs().rev().find(|(spelled, _)| is_field(spelled, name))?.1.trim();
    (!value.is_empty()).then_some(value)
}

/// Whether a name is spelled `0[name]`. PHP's numbers of arrays begin at 0, and 0 is the order.
fn is_field(spelled: &str, name: &str) -> bool {
    spelled.trim().strip_prefix("0[").and_then(|rest| rest.strip_suffix(']')).is_some_and(|inner| inner == name)
}

/// Whether a name is spelled `0[name][…]`: an entry of an array, whatever its number.
fn is_entry(spelled: &str, name: &str) -> bool {
    let inner = spelled.trim().strip_prefix("0[").and_then(|rest| rest.strip_prefix(name));
    inner
        .and_then(|rest| rest.strip_prefix("]["))
        .and_then(|rest| rest.strip_suffix(']'))
        .is_some_and(|entry| !entry.contains(['[', ']']))
}
