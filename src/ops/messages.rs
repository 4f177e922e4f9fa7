//! Letters: written in the transaction of their cause, sent, and what became of them. Every change moves the figures
//! of the day on which the letter was sent.

mod board;

use super::listing::{Listed, Wanted};
use super::{ids, stats, webhooks};
use crate::domain::carts::{Cart, Class};
use crate::domain::letters::{Decision, Outcome, Why};
use crate::domain::messages::{Event, EventKind, Marks, Message, MessageStatus};
use crate::domain::stats::Figures;
use crate::domain::{Currency, EmailAddress, Error, OrNotFound, Result, Site, Timestamp};
use crate::store::messages::{Filter, Said};
use crate::store::{ReadTx, WriteTx, carts, decisions, messages};

pub use board::{Full, StepResults, WithCart, Won, by_step, count_waiting, full, mailbox, waiting};

/// A letter to be written.
#[derive(Clone, Debug)]
pub struct NewMessage {
    /// The cart that it is about, by public id.
    pub cart_id: String,
    /// The sequence that it belongs to.
    pub sequence_id: String,
    /// 1 for the first of its sequence.
    pub step: i64,
    /// To whom.
    pub email: EmailAddress,
    /// As it will be sent.
    pub subject: String,
    /// As it will be sent; absent where only the record is wanted.
    pub html: Option<String>,
    /// As it will be sent; absent where only the record is wanted.
    pub text: Option<String>,
}

/// One page of a site's letters, by when they were written, each with its cart's public id.
pub fn list(tx: &ReadTx, site: &Site, filter: &Filter, wanted: &Wanted) -> Result<Listed<(Message, Option<String>)>> {
    let page = wanted.page(|id| Ok(messages::by_id(tx, site.no, id)?.map(|message| message.created_at)))?;
    let rows = messages::page(tx, site.no, filter, &page)?;
    Ok(wanted.listed(rows, messages::count(tx, site.no, filter)?))
}

/// A letter with its cart's public id and what it said.
pub fn get(tx: &ReadTx, site: &Site, id: &str) -> Result<(Message, Option<String>, Said)> {
    let (message, cart_id) = messages::shown(tx, site.no, id)?.or_not_found("message", id)?;
    let said = messages::said(tx, message.no)?;
    Ok((message, cart_id, said))
}

/// Writes a letter about a cart that somebody else sends: it has no time of its own, so the sender passes it over.
pub fn enqueue(tx: &WriteTx, site: &Site, new: NewMessage) -> Result<Message> {
    let cart = carts::by_id(tx, site.no, &new.cart_id)?.or_not_found("cart", &new.cart_id)?;
    if new.step < 1 {
        return Err(Error::refused("step", "must be at least 1"));
    }
    let mut message = Message {
        no: 0,
        id: ids::fresh("msg", tx.now()),
        cart: Some(cart.no),
        sequence_id: Some(new.sequence_id),
        step: new.step,
        email: Some(new.email),
        subject: new.subject,
        status: MessageStatus::Queued,
        created_at: tx.now(),
        due_at: None,
        attempts: 0,
        sent_at: None,
        detail: None,
        marks: Marks::default(),
    };
    message.no = messages::insert(tx, site.no, &message)?;
    if new.html.is_some() || new.text.is_some() {
        messages::insert_body(tx, message.no, None, new.html.as_deref(), new.text.as_deref())?;
    }
    Ok(message)
}

/// The transport took a letter, now. A letter that left the queue otherwise is a conflict.
pub fn mark_sent(tx: &WriteTx, site: &Site, id: &str) -> Result<Message> {
    let mut message = messages::by_id(tx, site.no, id)?.or_not_found("message", id)?;
    if message.status != MessageStatus::Queued {
        return Err(Error::Conflict(format!("the letter is {} and cannot be sent", message.status)));
    }
    taken(tx, site, &mut message)?;
    Ok(message)
}

/// Writes and counts that the transport took a letter, now.
pub(super) fn taken(tx: &WriteTx, site: &Site, message: &mut Message) -> Result<()> {
    let cart = message.cart.map(|no| carts::by_no(tx, site.no, no)).transpose()?.flatten();
    taken_about(tx, site, message, cart.as_ref())
}

/// The same for a letter about a cart that was just read.
pub(super) fn taken_about(tx: &WriteTx, site: &Site, message: &mut Message, cart: Option<&Cart>) -> Result<()> {
    message.status = MessageStatus::Sent;
    message.sent_at = Some(tx.now());
    message.due_at = None;
    messages::update(tx, message)?;
    if let Some(cart) = cart.filter(|cart| !cart.emailed) {
        let updated_at = cart.updated_at.max(tx.now());
        super::carts::save(tx, site, &Cart { emailed: true, updated_at, ..cart.clone() })?;
    }
    webhooks::message_sent(tx, site, message)?;
    // Marks that it got while it was on its way count with it: a report may come before the transport's answer.
    count_sent(tx, site, message)
}

/// Keeps a piece of evidence about a letter that was sent; the first of its kind is counted on the letter's day.
pub fn record_event(tx: &WriteTx, site: &Site, id: &str, event: Event) -> Result<Message> {
    let mut message = messages::by_id(tx, site.no, id)?.or_not_found("message", id)?;
    messages::insert_event(tx, message.no, &event)?;
    mark(tx, site, &mut message, event.kind, event.class)?;
    Ok(message)
}

/// Marks a letter and counts what is new about it.
pub(super) fn mark(tx: &WriteTx, site: &Site, message: &mut Message, kind: EventKind, class: Class) -> Result<()> {
    let marks = message.marks.with(kind, class);
    set_marks(tx, site, message, marks)
}

/// Gives a letter these marks, and moves the figures by what is new and what is gone.
pub(super) fn set_marks(tx: &WriteTx, site: &Site, message: &mut Message, marks: Marks) -> Result<()> {
    let before = std::mem::replace(&mut message.marks, marks);
    if message.marks == before {
        return Ok(());
    }
    messages::update(tx, message)?;
    count_marks(tx, site, message, before, Figures::default())
}

/// Counts a letter as sent, with the marks that it has.
pub(super) fn count_sent(tx: &WriteTx, site: &Site, message: &Message) -> Result<()> {
    count_marks(tx, site, message, Marks::default(), Figures { sent: 1, ..Figures::default() })
}

/// Counts what changed of a letter's marks since `before` on the day on which it was sent, and `more` with it.
fn count_marks(tx: &WriteTx, site: &Site, message: &Message, before: Marks, more: Figures) -> Result<()> {
    let Some(sent_at) = message.sent_at.filter(|_| message.status == MessageStatus::Sent) else { return Ok(()) };
    if let Some(currency) = counted_in(tx, site, message)? {
        let new = |is: bool, was: bool| i64::from(is) - i64::from(was);
        let marks = message.marks;
        let change = Figures {
            opened: new(marks.opened, before.opened),
            clicked: new(marks.clicked, before.clicked),
            bounced: new(marks.bounced, before.bounced),
            complained: new(marks.complained, before.complained),
            unsubscribed: new(marks.unsubscribed, before.unsubscribed),
            ..more
        };
        stats::count(tx, site, sent_at, currency, change)?;
    }
    Ok(())
}

/// Counts an unsubscribe: on the day of the letter that led to it, else on its own.
pub(super) fn count_unsubscribe(tx: &WriteTx, site: &Site, message: Option<&mut Message>, at: Timestamp) -> Result<()> {
    match message {
        Some(message) => mark(tx, site, message, EventKind::Unsubscribe, Class::Unknown),
        None => stats::count(tx, site, at, site.currency, Figures { unsubscribed: 1, ..Figures::default() }),
    }
}

/// The currency under which a letter counts: its cart's, else the site's. `None` for a machine's cart, whose letters
/// are in no figure.
fn counted_in(tx: &ReadTx, site: &Site, message: &Message) -> Result<Option<Currency>> {
    Ok(match messages::cart_of(tx, message)? {
        Some((_, Class::Machine)) => None,
        Some((currency, _)) => Some(currency),
        None => Some(site.currency),
    })
}

/// Keeps why a letter leaves or does not, now. One about no cart has nowhere to keep it.
pub fn decide(tx: &WriteTx, site: &Site, letter: &Message, outcome: Outcome, reason: Why) -> Result<()> {
    let Some(cart) = letter.cart else { return Ok(()) };
    decisions::insert(tx, site.no, cart, &Decision::about(letter, tx.now(), outcome, reason))
}

/// Takes every waiting letter to an address out of the queue, and keeps the decision on each.
pub fn cancel_queued(tx: &WriteTx, site: &Site, email: &EmailAddress, why: Why) -> Result<usize> {
    for letter in messages::queued_to(tx, site.no, &email.matched())? {
        decide(tx, site, &letter, Outcome::Skip, why)?;
    }
    messages::cancel_queued(tx, site.no, &email.matched(), why.as_str())
}
