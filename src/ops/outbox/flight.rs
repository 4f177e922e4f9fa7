//! Letters that were claimed, and of which nobody will hear what became of them.

use super::{Verdict, become_unknown, letters, site_of};
use crate::domain::messages::{Message, MessageStatus};
use crate::domain::{OrNotFound, Result, Site};
use crate::store::{WriteTx, messages};

/// Letters that an earlier process claimed and did not settle: nobody is written to twice, so they are shown as of
/// unknown fate. Returns how many.
pub fn give_up_in_flight(tx: &WriteTx) -> Result<usize> {
    let mut given_up = 0;
    while let Some((site_no, mut message)) = messages::first_in_flight(tx)? {
        let site = site_of(tx, site_no)?;
        become_unknown(tx, &site, &mut message, "the process ended while the letter was on its way")?;
        given_up += 1;
    }
    Ok(given_up)
}

/// Puts a claimed letter that was not handed over back where it was: no try is counted.
pub fn release(tx: &WriteTx, site: &Site, letter: &Message) -> Result<()> {
    let mut message = messages::by_no(tx, site.no, letter.no)?.or_not_found("message", &letter.id)?;
    if message.status != MessageStatus::Sending {
        return Ok(());
    }
    message.status = MessageStatus::Queued;
    message.due_at = Some(tx.now());
    message.attempts = (message.attempts - 1).max(0);
    messages::update(tx, &message)
}

/// The same for all that are claimed, where it is known that nothing of them was handed over. Returns how many.
pub fn release_in_flight(tx: &WriteTx) -> Result<usize> {
    let mut released = 0;
    while let Some((site_no, message)) = messages::first_in_flight(tx)? {
        release(tx, &site_of(tx, site_no)?, &message)?;
        released += 1;
    }
    Ok(released)
}

/// Settles a claimed letter whose reader was erased while it was on its way: it counts, and nothing of what it said is kept, nor of
/// what the transport said, which often repeats the address.
pub(super) fn settle_erased(tx: &WriteTx, site: &Site, mut message: Message, verdict: &Verdict) -> Result<Message> {
    match verdict {
        Verdict::Taken => letters::taken(tx, site, &mut message)?,
        Verdict::Unknown(_) => become_unknown(tx, site, &mut message, "its reader was erased")?,
        Verdict::NotNow(_) | Verdict::Refused(_) | Verdict::NoSuchAddress(_) => {
            message.status = MessageStatus::Failed;
            message.detail = Some("its reader was erased".to_owned());
            messages::update(tx, &message)?;
        }
    }
    Ok(message)
}
