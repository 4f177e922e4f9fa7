//! What becomes of a letter: who opens it, who clicks, who buys, where it comes back. Rates are those of a shop whose
//! letters are welcome.

use rand::RngExt;

use super::dice::{Dice, Topic, dice, one_of, wait};
use crate::domain::carts::Class;
use crate::domain::messages::{Event, EventKind};
use crate::domain::{Result, Timestamp};
use crate::mail::letters::{Composed, Facts, Reminder, compose};

use super::words::{POSTAL_ADDRESS, Person};
use crate::domain::Site;
use crate::ops::carts::FullCart;
use crate::ops::messages::NewMessage;

/// The one sequence of the shop.
const SEQUENCE: &str = "seq_abandoned_cart";

const DAY: i64 = 86_400;

/// What will be known about a letter, and when.
#[derive(Debug)]
pub(super) struct Fate {
    /// Evidence, in no order.
    pub(super) events: Vec<Event>,
    /// When its reader buys.
    pub(super) buys: Option<Timestamp>,
}

const PROGRAMS: &[&str] = &["Apple Mail 16.0", "Thunderbird 128.0", "Outlook 16.0", "K-9 Mail 6.8", "Gmail app 2024.9"];

/// Throws what becomes of a letter that was sent at an instant.
pub(super) fn fate(seed: u64, visit: u64, step: i64, sent: Timestamp) -> Fate {
    let mut dice = dice(seed, Topic::Letter, visit * 4 + step.unsigned_abs());
    let mut fate = Fate { events: Vec::new(), buys: None };
    if dice.random_bool(0.015) {
        let at = sent.plus(dice.random_range(5..600));
        fate.put(EventKind::Bounce, at, Class::Unknown, "smtp: the receiving server answered 550 5.1.1", "{}");
        return fate;
    }
    if visit % 61 == 7 {
        // A full mailbox, for a while: what became of the letter afterwards is the same as without it.
        let rule = "report: delivery report";
        fate.put(EventKind::SoftBounce, sent.plus(90), Class::Unknown, rule, "{\"status\":\"4.2.2\"}");
    }
    machines(&mut dice, &mut fate, sent);
    if dice.random_bool(0.45) {
        reader(&mut dice, &mut fate, sent);
    } else if dice.random_bool(0.012) {
        // With pictures switched off a click is the first thing that is seen of a reader.
        let at = sent.plus(wait(&mut dice, 9_000.0, 2 * DAY));
        click(&mut dice, &mut fate, at);
    } else if dice.random_bool(0.008) {
        fate.buys = Some(sent.plus(wait(&mut dice, 20_000.0, 2 * DAY)));
    }
    fate
}

/// What programs fetch before anybody has seen the letter.
fn machines(dice: &mut Dice, fate: &mut Fate, sent: Timestamp) {
    if dice.random_bool(0.16) {
        let (at, rule) =
            (sent.plus(dice.random_range(2..50)), "proxy: the mail provider fetched every picture on arrival");
        fate.put(EventKind::Open, at, Class::Machine, rule, "{\"user_agent\":\"Mozilla/5.0\"}");
    }
    if dice.random_bool(0.03) {
        let (at, rule) = (sent.plus(dice.random_range(1..20)), "scanner: all links were fetched within two seconds");
        fate.put(EventKind::Click, at, Class::Machine, rule, "{\"user_agent\":\"LinkScan/2.1\"}");
    }
}

/// Somebody reads it.
fn reader(dice: &mut Dice, fate: &mut Fate, sent: Timestamp) {
    let opened = sent.plus(60 + wait(dice, 9_000.0, 3 * DAY));
    let (class, rule) = if dice.random_bool(0.85) {
        (Class::Human, "reader: a mail program fetched the picture well after delivery")
    } else {
        (Class::Unknown, "proxy: fetched on behalf of a reader who may be a machine")
    };
    let evidence = format!("{{\"user_agent\":\"{}\"}}", one_of(dice, PROGRAMS));
    fate.put(EventKind::Open, opened, class, rule, &evidence);
    if dice.random_bool(0.18) {
        let again = opened.plus(wait(dice, 30_000.0, 4 * DAY));
        fate.put(EventKind::Open, again, class, rule, &evidence);
    }
    if dice.random_bool(0.26) {
        let at = opened.plus(dice.random_range(5..180));
        click(dice, fate, at);
    } else if dice.random_bool(0.025) {
        fate.buys = Some(opened.plus(wait(dice, 30_000.0, 3 * DAY)));
    }
    if fate.buys.is_none() && dice.random_bool(0.017) {
        let rule = "reader: pressed the button of the unsubscribe page";
        fate.put(EventKind::Unsubscribe, opened.plus(dice.random_range(20..200)), Class::Human, rule, "{}");
    } else if dice.random_bool(0.005) {
        let rule = "feedback loop: the provider passed a complaint on";
        let at = opened.plus(wait(dice, 7_200.0, DAY));
        fate.put(EventKind::Complaint, at, Class::Human, rule, "{}");
    }
}

/// Somebody follows the link to the cart; some of them buy.
fn click(dice: &mut Dice, fate: &mut Fate, at: Timestamp) {
    let class = if dice.random_bool(0.94) { Class::Human } else { Class::Unknown };
    fate.put(EventKind::Click, at, class, "reader: one link, followed once", "{\"link\":\"cart\"}");
    if dice.random_bool(0.17) {
        fate.buys = Some(at.plus(90 + wait(dice, 3_600.0, 2 * DAY)));
    }
}

impl Fate {
    fn put(&mut self, kind: EventKind, at: Timestamp, class: Class, rule: &str, evidence: &str) {
        let evidence = (evidence != "{}").then(|| evidence.to_owned());
        self.events.push(Event { kind, at, class, rule: Some(rule.to_owned()), evidence });
    }
}

/// The letter of a step, with its text where that is kept.
pub(super) fn write(
    site: &Site,
    base_url: &str,
    reminder: Reminder,
    to: &Person,
    about: &FullCart,
    with_text: bool,
) -> Result<NewMessage> {
    let step = Reminder::ALL.iter().position(|other| *other == reminder).map_or(1, |at| at as i64 + 1);
    let composed = with_text.then(|| {
        let unsubscribe_url = format!(
            "{base_url}/secure/unsubscribe.php?ea={}&sid={}&ei={step}",
            percent_encoding::utf8_percent_encode(to.email.shown(), percent_encoding::NON_ALPHANUMERIC),
            site.site_id
        );
        let facts = Facts {
            shop_name: &site.name,
            postal_address: POSTAL_ADDRESS,
            first_name: Some(to.first_name),
            items: &about.items,
            discount_minor: about.cart.discount,
            total_minor: about.cart.total,
            currency: about.cart.currency,
            coupon: None,
            restore_url: about.cart.restore_url.as_deref(),
            unsubscribe_url: &unsubscribe_url,
            honeypot_url: None,
            pixel_url: None,
        };
        compose(reminder, &facts)
    });
    let (subject, html, text) = match composed {
        Some(Composed { subject, html, text }) => (subject, Some(html), Some(text)),
        None => (reminder.subject(&site.name), None, None),
    };
    let cart_id = about.cart.id.clone();
    Ok(NewMessage { cart_id, sequence_id: SEQUENCE.into(), step, email: to.email.clone(), subject, html, text })
}
