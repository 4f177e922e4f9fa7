//! Addresses that are not written to any more.

mod board;
mod records;

pub use board::{MOST_IMPORTED, import, in_force};
pub use records::{Named, add, get, lift, list};

use super::{messages as letters, outbox, webhooks};
use crate::domain::letters::Why;
use crate::domain::suppressions::{Reason, Source, Suppression, hash_address};
use crate::domain::{EmailAddress, OrNotFound, Result, Site, Timestamp};
use crate::store::{ReadTx, WriteTx, messages, suppressions};

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
    keep(tx, site, email, (reason, None), message_id)
}

/// The same with the door that it came through.
pub fn suppress_through(
    tx: &WriteTx,
    site: &Site,
    email: &EmailAddress,
    reason: Reason,
    message_id: Option<&str>,
    source: Source,
) -> Result<bool> {
    keep(tx, site, email, (reason, Some(source)), message_id)
}

fn keep(
    tx: &WriteTx,
    site: &Site,
    email: &EmailAddress,
    (reason, source): (Reason, Option<Source>),
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
        source,
        message: message.as_ref().map(|message| message.no),
        at: tx.now(),
        ended_at: None,
    };
    suppressions::insert(tx, site.no, &suppression)?;
    if reason == Reason::Unsubscribe {
        letters::count_unsubscribe(tx, site, message.as_mut(), tx.now())?;
        webhooks::unsubscribed(tx, site, email, message.as_ref())?;
    }
    Ok(true)
}

/// Stops writing to an address whose owner is erased, or of whom only the address is told: its hash is kept and nothing else.
/// Returns whether it is new.
pub(super) fn suppress_erased(
    tx: &WriteTx,
    site: &Site,
    email: &EmailAddress,
    reason: Reason,
    message: Option<i64>,
) -> Result<bool> {
    let address_hash = hash_address(site, email);
    if suppressions::in_force(tx, site.no, &address_hash, reason)?.is_some() {
        return Ok(false);
    }
    let at = tx.now();
    let hashed = Suppression { email: None, address_hash, reason, source: None, message, at, ended_at: None };
    suppressions::insert(tx, site.no, &hashed)?;
    Ok(true)
}

/// Ends a suppression, and plans the letters again that it took out of the queue. What it counted stays counted.
pub fn end(tx: &WriteTx, site: &Site, suppression: &Suppression) -> Result<()> {
    suppressions::end(tx, site.no, &suppression.address_hash, suppression.reason, suppression.at)?;
    match &suppression.email {
        Some(email) if !suppressions::is_suppressed(tx, site.no, &suppression.address_hash)? => {
            outbox::plan_again(tx, site, email)
        }
        _ => Ok(()),
    }
}

/// The addresses whose owners unsubscribed between two instants, both included, and are still unsubscribed; oldest
/// first. Erased addresses are not among them.
pub fn unsubscribed_between(tx: &ReadTx, site: &Site, from: Timestamp, to: Timestamp) -> Result<Vec<EmailAddress>> {
    suppressions::unsubscribed_between(tx, site.no, from, to)
}

/// How many suppressions in force came through a door between two instants, both included.
pub fn burst(tx: &ReadTx, site: &Site, source: Source, since: Timestamp, until: Timestamp) -> Result<usize> {
    Ok(suppressions::in_force_from(tx, site.no, source, since, until)?.len())
}

/// Ends these, as one: somebody misused the door. Returns how many there were.
pub fn undo_burst(tx: &WriteTx, site: &Site, source: Source, since: Timestamp, until: Timestamp) -> Result<usize> {
    let burst = suppressions::in_force_from(tx, site.no, source, since, until)?;
    for suppression in &burst {
        end(tx, site, suppression)?;
    }
    Ok(burst.len())
}
