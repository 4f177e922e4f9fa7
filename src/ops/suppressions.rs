//! Addresses that are not written to any more.

use super::messages as letters;
use crate::domain::letters::Why;
use crate::domain::suppressions::{Reason, Suppression, hash_address};
use crate::domain::{EmailAddress, OrNotFound, Result, Site};
use crate::store::{WriteTx, messages, suppressions};

/// Stops writing to an address, from now on. Its waiting letters leave the queue. An unsubscribe counts on the day of
/// the letter that led to it, else on its own. Saying it again changes nothing.
///
/// Returns whether it is new.
pub fn suppress(
    tx: &WriteTx,
    site: &Site,
    email: &EmailAddress,
    reason: Reason,
    message_id: Option<&str>,
) -> Result<bool> {
    letters::cancel_queued(tx, site, email, Why::Suppressed)?;
    let address_hash = hash_address(site, email);
    if suppressions::in_force(tx, site.no, &address_hash, reason)?.is_some() {
        return Ok(false);
    }
    let mut message = match message_id {
        Some(id) => Some(messages::by_id(tx, site.no, id)?.or_not_found("message", id)?),
        None => None,
    };
    let suppression = Suppression {
        email: Some(email.clone()),
        address_hash,
        reason,
        message: message.as_ref().map(|message| message.no),
        at: tx.now(),
        ended_at: None,
    };
    suppressions::insert(tx, site.no, &suppression)?;
    if reason == Reason::Unsubscribe {
        letters::count_unsubscribe(tx, site, message.as_mut(), tx.now())?;
    }
    Ok(true)
}
