//! Who is written to, and why not: one function of facts, so that every answer can be explained.

use super::carts::CartStatus;
use super::messages::Message;
use super::quiet_hours::QuietHours;
use super::settings::Consent;
use super::time::DAY_SECS;
use super::{Timestamp, Zone, words};

words! {
    /// What becomes of a due letter.
    Outcome, "outcome" {
        /// It leaves now.
        Send = "send",
        /// It does not leave; the next step is looked at in its time.
        Skip = "skip",
        /// It is looked at again later.
        Wait = "wait",
    }
}

words! {
    /// Why.
    Why, "reason" {
        /// Nothing stood against it.
        Clear = "clear",
        /// The cart was bought.
        Bought = "bought",
        /// The address has a newer open cart, and nobody is written to about two.
        NewerCart = "newer_cart",
        /// The cart expired.
        Expired = "expired",
        /// The shop deleted the cart.
        CartDeleted = "cart_deleted",
        /// The shopper came back to the cart.
        CameBack = "came_back",
        /// A machine made the cart.
        Machine = "machine_cart",
        /// An archive brought the cart.
        Imported = "imported",
        /// The address is suppressed.
        Suppressed = "suppressed",
        /// There is no basis for writing to the address.
        NoConsent = "no_consent",
        /// Test mode, and the address is no test address.
        TestMode = "test_mode",
        /// Letters are switched off.
        Paused = "paused",
        /// Somebody of the shop stopped the letters about this cart.
        Stopped = "stopped",
        /// It is late by more than is sensible.
        TooOld = "too_old",
        /// The cart is worth less than the step asks for.
        BelowMinimum = "below_minimum",
        /// The address bought a short while ago.
        CapAfterPurchase = "cap_after_purchase",
        /// The address was written to a short while ago.
        CapGap = "cap_gap",
        /// The address was written to often enough in 30 days.
        CapPer30Days = "cap_per_30_days",
        /// It is night where the shop is.
        QuietHours = "quiet_hours",
        /// The shop has not said where it can be found by post.
        NoPostalAddress = "no_postal_address",
        /// The process does not know its public address, so links would lead nowhere.
        NoPublicUrl = "no_public_url",
        /// The shop has not said which address its letters come from, or none that a letter can come from.
        NoSender = "no_sender",
        /// Too many of the last letters came back or were called unwanted.
        BreakerOpen = "breaker_open",
        /// Nobody has let the shop's letters out to real people yet.
        NotLive = "not_live",
        /// The address is none that a letter can be sent to.
        Undeliverable = "undeliverable_address",
        /// The coupon's pool has no code left: the letter leaves without, or not at all where its words need one.
        CouponPoolEmpty = "coupon_pool_empty",
        /// The coupon is not in force for this cart; the same.
        CouponNotValid = "coupon_not_valid",
    }
}

/// Everything that can stand against a letter.
#[derive(Clone, Debug)]
pub struct Facts {
    /// Now.
    pub now: Timestamp,
    /// When the letter was due first.
    pub due_at: Timestamp,
    /// Where its cart stands.
    pub status: CartStatus,
    /// Whether a machine made the cart.
    pub by_machine: bool,
    /// Whether an archive brought the cart.
    pub imported: bool,
    /// Whether the address has an open cart that was touched later.
    pub has_newer_cart: bool,
    /// Whether the address bought since the cart was touched last, be it through another cart.
    pub bought_since: bool,
    /// What the cart is worth, minor units.
    pub total: i64,
    /// The least that the step asks for, minor units.
    pub minimum: i64,
    /// Whether the address is suppressed.
    pub suppressed: bool,
    /// What its owner said last about being written to.
    pub consent_given: Option<bool>,
    /// When the address bought last.
    pub bought_at: Option<Timestamp>,
    /// When a letter left to it last.
    pub written_at: Option<Timestamp>,
    /// How many left to it in the last 30 days.
    pub written_in_30_days: i64,
    /// Whether test mode admits the address.
    pub admitted: bool,
    /// What the transport needs and has not.
    pub missing: Option<Why>,
    /// Whether the transport is a real one and nobody has let the shop's letters out to real people yet.
    pub not_live: bool,
    /// Whether the breaker holds the shop's letters back.
    pub breaker_open: bool,
}

/// The shop's rules.
#[derive(Clone, Debug)]
pub struct Rules {
    /// Whether letters are written at all.
    pub letters: bool,
    /// On what basis.
    pub consent: Consent,
    /// Seconds.
    pub too_old_after: i64,
    /// Seconds.
    pub cap_after_purchase: i64,
    /// Seconds.
    pub cap_gap: i64,
    /// Letters.
    pub cap_per_30_days: i64,
    /// Hours in which nothing leaves.
    pub quiet_hours: Option<QuietHours>,
    /// Zone of those hours.
    pub zone: Zone,
}

/// How long after the breaker, or the gate before real people, held a letter back it is looked at again.
const PAUSE: i64 = 3_600;

/// The window of the cap by number.
pub const CAP_WINDOW: i64 = 30 * DAY_SECS;

/// What becomes of a letter, why, and for `Wait` until when.
pub fn judge(facts: &Facts, rules: &Rules) -> (Outcome, Why, Option<Timestamp>) {
    let within = |moment: Option<Timestamp>, secs: i64| moment.is_some_and(|at| facts.now < at.plus(secs));
    // In order: what can never be mended first, then what belongs to the address, then what time mends.
    let against = [
        (facts.status == CartStatus::Converted || facts.bought_since, Why::Bought),
        (facts.status == CartStatus::Expired, Why::Expired),
        (facts.status == CartStatus::Active, Why::CameBack),
        (facts.by_machine, Why::Machine),
        (facts.imported, Why::Imported),
        (facts.has_newer_cart, Why::NewerCart),
        (facts.suppressed, Why::Suppressed),
        (!may_write(rules.consent, facts.consent_given), Why::NoConsent),
        (!facts.admitted, Why::TestMode),
        (!rules.letters, Why::Paused),
        (facts.now > facts.due_at.plus(rules.too_old_after), Why::TooOld),
        (facts.total < facts.minimum, Why::BelowMinimum),
        (within(facts.bought_at, rules.cap_after_purchase), Why::CapAfterPurchase),
        (within(facts.written_at, rules.cap_gap), Why::CapGap),
        (facts.written_in_30_days >= rules.cap_per_30_days, Why::CapPer30Days),
    ];
    if let Some((_, why)) = against.into_iter().find(|(holds, _)| *holds) {
        return (Outcome::Skip, why, None);
    }
    if let Some(why) = facts.missing {
        return (Outcome::Skip, why, None);
    }
    if facts.not_live {
        return (Outcome::Wait, Why::NotLive, Some(facts.now.plus(PAUSE)));
    }
    if facts.breaker_open {
        return (Outcome::Wait, Why::BreakerOpen, Some(facts.now.plus(PAUSE)));
    }
    match rules.quiet_hours.and_then(|hours| hours.end(facts.now, &rules.zone)) {
        Some(end) => (Outcome::Wait, Why::QuietHours, Some(end)),
        None => (Outcome::Send, Why::Clear, None),
    }
}

/// Whether there is a basis for writing: a word of the owner always decides; without one the shop's setting does.
fn may_write(setting: Consent, given: Option<bool>) -> bool {
    given.unwrap_or(match setting {
        Consent::Required => false,
        Consent::SoftOptIn | Consent::NotRequired => true,
    })
}

/// What became of the last letters that were handed over, as far as that is settled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fates {
    /// How many there were.
    pub letters: i64,
    /// Came back, or were refused.
    pub bounced: i64,
    /// Were called unwanted.
    pub complained: i64,
}

impl Fates {
    /// As many of the last letters are looked at.
    pub const WINDOW: i64 = 500;
    /// Fewer letters say nothing yet.
    const LEAST: i64 = 100;

    /// Whether letters are held back: more than so many percent came back, or per mille were called unwanted.
    pub fn open_breaker(self, bounces_percent: i64, complaints_per_mille: i64) -> bool {
        self.letters >= Self::LEAST
            && (self.bounced * 100 > self.letters * bounces_percent
                || self.complained * 1_000 > self.letters * complaints_per_mille)
    }
}

/// A decision about a letter, as it is kept.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    /// The sequence.
    pub sequence_id: String,
    /// 1 for its first letter.
    pub step: i64,
    /// When the letter was looked at.
    pub at: Timestamp,
    /// What became of it.
    pub outcome: Outcome,
    /// Why.
    pub reason: Why,
    /// Until when, for `Wait`.
    pub until: Option<Timestamp>,
    /// The letter, by our own number.
    pub message: Option<i64>,
}

impl Decision {
    /// One about a letter, at an instant, that is not until another.
    pub fn about(letter: &Message, at: Timestamp, outcome: Outcome, reason: Why) -> Self {
        Decision {
            sequence_id: letter.sequence_id.clone().unwrap_or_default(),
            step: letter.step,
            at,
            outcome,
            reason,
            until: None,
            message: Some(letter.no),
        }
    }
}
