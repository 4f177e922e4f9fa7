//! Words of the domain as people say them: why a letter left or did not, what became of it, who did something.

use super::kit::{Badge, Tone, badge};
use crate::domain::carts::Class;
use crate::domain::letters::{Outcome, Why};
use crate::domain::messages::{EventKind, MessageStatus};

/// Why, as a sentence.
pub(super) fn why(why: Why) -> &'static str {
    match why {
        Why::Clear => "Nothing stood against it.",
        Why::Bought => "The cart, or something else, was bought meanwhile.",
        Why::NewerCart => "The shopper has a newer open cart, and nobody is written to about two.",
        Why::Expired => "The cart expired.",
        Why::CameBack => "The shopper came back to the cart.",
        Why::CartDeleted => "The cart was deleted.",
        Why::Machine => "A machine made the cart.",
        Why::Imported => "An archive brought the cart; its shopper did nothing here since.",
        Why::Suppressed => "The address unsubscribed, came back, or is on the list of those who get nothing.",
        Why::NoConsent => "There is no consent to write to the address (setting consent).",
        Why::TestMode => "Test mode is on, and this is no test address.",
        Why::Paused => "Letters are switched off in the settings.",
        Why::Stopped => "Somebody of the shop stopped the letters about this cart.",
        Why::TooOld => "It would have been too late to be sensible (setting letters.too_old_after).",
        Why::BelowMinimum => "The cart is worth less than this letter asks for.",
        Why::CapAfterPurchase => "The address bought a short while ago (setting letters.cap_after_purchase).",
        Why::CapGap => "The address was written to a short while ago (setting letters.cap_gap).",
        Why::CapPer30Days => "The address was written to often enough in 30 days (setting letters.cap_per_30_days).",
        Why::QuietHours => "It is in the quiet hours (setting letters.quiet_hours).",
        Why::NoPostalAddress => "The shop has no postal address in its settings.",
        Why::NoPublicUrl => "The process does not know its public address, so links would lead nowhere.",
        Why::NoSender => "The shop has not said which address letters come from.",
        Why::NotLive => "Letters to real people were not let out yet (`cartwright doctor --go-live`).",
        Why::BreakerOpen => "Too many of the last letters came back or were called unwanted.",
        Why::CouponPoolEmpty => "The coupon's pool has no code left.",
        Why::CouponNotValid => "The coupon is not in force for this cart.",
        Why::Undeliverable => "No letter can be sent to this address.",
    }
}

/// A reason as it is kept, where it is one of ours; a transport's own words stay as they are.
pub(super) fn detail(text: &str) -> String {
    text.parse::<Why>().map_or_else(|_| text.to_owned(), |known| why(known).to_owned())
}

/// What was decided.
pub(super) fn outcome(outcome: Outcome) -> Badge {
    match outcome {
        Outcome::Send => badge(Tone::Good, "Sent"),
        Outcome::Skip => badge(Tone::Plain, "Not sent"),
        Outcome::Wait => badge(Tone::Warn, "Waits"),
    }
}

/// Where a letter stands.
pub(super) fn letter(status: MessageStatus) -> Badge {
    let (tone, text) = match status {
        MessageStatus::Queued => (Tone::Info, "Waiting"),
        MessageStatus::Sending => (Tone::Info, "On its way"),
        MessageStatus::Sent => (Tone::Good, "Sent"),
        MessageStatus::Failed => (Tone::Bad, "Failed"),
        MessageStatus::Cancelled => (Tone::Plain, "Not sent"),
        MessageStatus::Unknown => (Tone::Warn, "Unknown"),
    };
    badge(tone, text)
}

/// What happened to a letter, and whether it is good news.
pub(super) fn event(kind: EventKind) -> (Tone, &'static str) {
    match kind {
        EventKind::Open => (Tone::Info, "opened"),
        EventKind::Click => (Tone::Good, "clicked"),
        EventKind::Bounce => (Tone::Bad, "came back"),
        EventKind::SoftBounce => (Tone::Warn, "could not be delivered for now"),
        EventKind::Complaint => (Tone::Bad, "was called unwanted"),
        EventKind::Unsubscribe => (Tone::Warn, "led to an unsubscribe"),
    }
}

/// Who did it.
pub(super) fn class(class: Class) -> &'static str {
    match class {
        Class::Human => "by a person",
        Class::Machine => "by a machine, which does not count",
        Class::Unknown => "by somebody unknown",
    }
}
