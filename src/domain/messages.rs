//! Letters, and the evidence of what became of them.

use super::carts::Class;
use super::settings::Requires;
use super::{EmailAddress, Timestamp, words};

words! {
    /// Where a letter stands.
    MessageStatus, "status" {
        /// Waits for its time.
        Queued = "queued",
        /// Claimed: the transport may have it.
        Sending = "sending",
        /// The transport took it.
        Sent = "sent",
        /// The transport refused it for good.
        Failed = "failed",
        /// Forbidden before it left: bought, suppressed, and so on.
        Cancelled = "cancelled",
        /// It may have been taken; it is not sent again by itself.
        Unknown = "unknown",
    }
}

words! {
    /// What happened to a letter.
    EventKind, "kind" {
        Open = "open",
        Click = "click",
        Bounce = "bounce",
        /// Could not be delivered for now; marks nothing.
        SoftBounce = "soft_bounce",
        Complaint = "complaint",
        Unsubscribe = "unsubscribe",
    }
}

/// A letter without its text.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    /// Our own number; 0 before it is stored.
    pub no: i64,
    /// Public id, opaque.
    pub id: String,
    /// The cart that it is about.
    pub cart: Option<i64>,
    /// The sequence that it belongs to.
    pub sequence_id: Option<String>,
    /// 1 for the first of its sequence.
    pub step: i64,
    /// To whom; absent once erased.
    pub email: Option<EmailAddress>,
    /// As sent.
    pub subject: String,
    /// Where it stands.
    pub status: MessageStatus,
    /// When it was written.
    pub created_at: Timestamp,
    /// When it is looked at next, while it is queued.
    pub due_at: Option<Timestamp>,
    /// How often the transport was asked.
    pub attempts: i64,
    /// When the transport took it.
    pub sent_at: Option<Timestamp>,
    /// What the transport said last, or why it was cancelled.
    pub detail: Option<String>,
    /// What it counts as, each at most once.
    pub marks: Marks,
}

/// What one letter counts as in the figures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Marks {
    /// Opened by somebody who is no machine.
    pub opened: bool,
    /// Clicked by somebody who is no machine.
    pub clicked: bool,
    /// Came back.
    pub bounced: bool,
    /// Reported as unwanted.
    pub complained: bool,
    /// Led to an unsubscribe.
    pub unsubscribed: bool,
}

impl Marks {
    /// The marks with one more event. A machine's open or click marks nothing.
    pub fn with(mut self, kind: EventKind, class: Class) -> Self {
        match kind {
            EventKind::Open => self.opened |= class != Class::Machine,
            EventKind::Click => self.clicked |= class != Class::Machine,
            EventKind::Bounce => self.bounced = true,
            EventKind::SoftBounce => {}
            EventKind::Complaint => self.complained = true,
            EventKind::Unsubscribe => self.unsubscribed = true,
        }
        self
    }
}

/// One piece of evidence about a letter.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// What happened.
    pub kind: EventKind,
    /// When.
    pub at: Timestamp,
    /// Who did it.
    pub class: Class,
    /// The rule that said so.
    pub rule: Option<String>,
    /// JSON object as text.
    pub evidence: Option<String>,
}

impl Event {
    /// Whether this makes the letter engaged under a setting. With `sent` no event is needed: the sending is it.
    pub fn engages(&self, requires: Requires) -> bool {
        self.class != Class::Machine
            && match requires {
                Requires::Open => matches!(self.kind, EventKind::Open | EventKind::Click),
                Requires::Click => self.kind == EventKind::Click,
                Requires::Sent => false,
            }
    }
}
