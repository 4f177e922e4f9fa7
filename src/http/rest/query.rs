//! Reading what lists are filtered by: whole numbers within bounds, flags, instants, addresses. Which part of a list is asked
//! for is read in `list.rs`.

use crate::domain::{EmailAddress, Error, Result, Timestamp};
use crate::http::params::Params;

/// On which side of an instant rows are wanted.
pub(crate) enum Bound {
    After,
    Before,
}

/// An instant as a strict bound. Rows stand on whole seconds, so a fraction moves the bound to the next one where
/// rows before it are wanted, and is of no matter where rows after it are.
pub(crate) fn instant(params: &Params, name: &'static str, bound: Bound) -> Result<Option<Timestamp>> {
    let Some(text) = params.get(name) else { return Ok(None) };
    let (instant, cut) = Timestamp::parse_iso8601(text).map_err(|e| e.in_field(name))?;
    Ok(Some(match bound {
        Bound::Before if cut => instant.plus(1),
        Bound::Before | Bound::After => instant,
    }))
}

/// True or false, as words or digits.
pub(crate) fn flag(params: &Params, name: &'static str) -> Result<Option<bool>> {
    match params.get(name) {
        None => Ok(None),
        Some("true" | "1") => Ok(Some(true)),
        Some("false" | "0") => Ok(Some(false)),
        Some(_) => Err(Error::malformed(name, "must be true or false")),
    }
}

/// A whole number within bounds. Digits beyond what an integer holds are out of range, not unreadable.
pub(crate) fn integer(name: &'static str, text: &str, least: i64, most: i64) -> Result<i64> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Error::malformed(name, "must be a whole number"));
    }
    let reason = if most == i64::MAX {
        format!("must be at least {least}")
    } else {
        format!("must be between {least} and {most}")
    };
    text.parse().ok().filter(|number| (least..=most).contains(number)).ok_or_else(|| Error::refused(name, reason))
}

/// `created_after` and `created_before`, both strict.
pub(crate) fn created(params: &Params) -> Result<(Option<Timestamp>, Option<Timestamp>)> {
    let (after, before) =
        (instant(params, "created_after", Bound::After)?, instant(params, "created_before", Bound::Before)?);
    if let (Some(after), Some(before)) = (after, before)
        && after > before
    {
        return Err(Error::refused("created_after", "must not be later than created_before"));
    }
    Ok((after, before))
}

/// An address to look for, as it is matched.
pub(crate) fn address(params: &Params) -> Result<Option<EmailAddress>> {
    let text = params.get_with_plus("email").filter(|text| !text.trim().is_empty());
    text.map(EmailAddress::parse).transpose().map_err(|e| e.in_field("email"))
}
