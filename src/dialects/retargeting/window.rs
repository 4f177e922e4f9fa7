//! The window of instants that every partner call takes: `rest_key`, `date_from`, `date_to`, their validation, and
//! whose site it is.

use super::Fault;
use crate::domain::keys::Scope;
use crate::domain::time::{DAY_SECS, MAX_SECONDS};
use crate::domain::{Result, Site, Timestamp};
use crate::http::params::Params;
use crate::ops::access::{self, Refusal};
use crate::store::ReadTx;

/// The longest window; exactly this much is allowed.
const LONGEST: i64 = 30 * DAY_SECS;
/// Forgiven without `date_to`: a client that sends now less 30 days arrives a moment later.
const GRACE: i64 = 300;

/// A window whose ends are both included, of one site.
pub(super) struct Window {
    pub(super) site: Site,
    pub(super) from: Timestamp,
    pub(super) to: Timestamp,
}

/// Reads the parameters in the vendor's order of checks. The outer error is ours, the inner one the caller's.
pub(super) fn read(tx: &ReadTx, params: &Params) -> Result<std::result::Result<Window, Fault>> {
    let mut faults = Vec::new();
    let key = params.get("rest_key");
    if key.is_none() {
        faults.push(("rest_key", "The rest key field is required."));
    }
    let mut instant = |name: &'static str, text: &'static str| match params.get(name).map(seconds) {
        Some(None) => {
            faults.push((name, text));
            None
        }
        Some(found) => found,
        None => None,
    };
    let from = instant("date_from", "The date from must be a number.");
    let to = instant("date_to", "The date to must be a number.");
    if params.get("date_from").is_none() && params.get("date_to").is_some() {
        let text = "The date from field is required when date to is present.";
        faults.insert(usize::from(key.is_none()), ("date_from", text));
    }
    let now = tx.now().secs();
    let (first, last) = (from.unwrap_or(now - LONGEST), to.unwrap_or(now));
    if faults.is_empty() && last < first {
        faults.push(("date_to", "The date to must be a date after or equal to date from."));
    }
    let Some(key) = key.filter(|_| faults.is_empty()) else { return Ok(Err(Fault::Validation(faults))) };
    let site = match access::by_key(tx, key, Scope::StatsRead)? {
        Ok(caller) => caller.site,
        Err(Refusal::ClosedAccount { allowed: true }) => return Ok(Err(Fault::InactiveAccount)),
        Err(
            Refusal::UnknownKey
            | Refusal::ExpiredKey
            | Refusal::ClosedAccount { allowed: false }
            | Refusal::MissingScope(_),
        ) => {
            return Ok(Err(Fault::IncorrectKey));
        }
    };
    let longest = if to.is_some() { LONGEST } else { LONGEST + GRACE };
    if last - first > longest {
        return Ok(Err(Fault::TooLong));
    }
    Ok(Ok(Window { site, from: Timestamp::from_secs(first), to: Timestamp::from_secs(last) }))
}

/// Unix seconds: digits only, not after the year 9999.
fn seconds(text: &str) -> Option<i64> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|secs| digits && *secs <= MAX_SECONDS)
}
