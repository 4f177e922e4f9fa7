//! Letters that fell due are looked at, and those that nothing stands against leave.

use std::time::{Duration, Instant};

use super::links::Links;
use crate::app::App;
use crate::domain::bounces;
use crate::domain::carts::Cart;
use crate::domain::messages::Message;
use crate::domain::sequences::Words;
use crate::domain::{Result, Timestamp};
use crate::mail::coupons::Offer;
use crate::mail::envelope::Envelope;
use crate::mail::letters::{Composed, Facts, Reminder, compose};
use crate::mail::template::{Extra, Template};
use crate::mail::transport::Said;
use crate::ops::outbox::{self, Claim, Looked, Means, Shops, Verdict, Written};
use crate::store::WriteTx;

/// Letters looked at in one transaction at most, where nothing has to be waited for.
const BATCH: usize = 100;

/// Such a transaction looks at no more letters once it is this old: whoever writes meanwhile waits behind it.
const LONGEST: Duration = Duration::from_millis(15);

/// Looks at letters that fell due. Returns whether there may be more.
pub fn tick(app: &App) -> Result<bool> {
    let mailer = &app.mailer;
    let public_url = app.config.public_url.is_some();
    let means = Means { real: mailer.is_real(), public_url, busy_until: mailer.busy_until(app.now()) };
    let base = app.config.base();
    if !means.real {
        return app.store.write_patiently(move |tx| capture(tx, means, &base));
    }
    match app.store.write(move |tx| outbox::claim(tx, means))? {
        Looked::Nothing => {
            mailer.rest();
            Ok(false)
        }
        Looked::Decided => Ok(true),
        Looked::Claimed(claim) => {
            let envelope = envelope(&claim, app.now(), &base);
            hand_over(app, *claim, envelope, means)?;
            Ok(true)
        }
    }
}

/// Sends a claimed letter and settles it. No transaction is open while the transport is at work.
fn hand_over(app: &App, claim: Claim, envelope: Envelope, means: Means) -> Result<()> {
    let return_path = bounces::return_path(&claim.site, claim.message.no, &envelope.from);
    let mut against = Ok(None);
    let said = app.mailer.send(&envelope, &return_path, &mut || {
        // A process that ends begins nothing that it may not see the end of.
        if app.ending.is_told() {
            return false;
        }
        against = app.store.read(|tx| outbox::still_stands(tx, &claim, means));
        matches!(against, Ok(None))
    });
    metrics::counter!("cartwright_letters_total", "outcome" => said.word()).increment(1);
    let verdict = match said {
        Said::Taken(_) => Verdict::Taken,
        Said::Unreachable(said) | Said::NotNow(said) => Verdict::NotNow(said),
        Said::Refused(said) => Verdict::Refused(said),
        Said::NoSuchAddress(said) => Verdict::NoSuchAddress(said),
        Said::Unknown(said) => Verdict::Unknown(said),
        Said::Withdrawn => match against {
            Ok(Some(why)) => return app.store.write(move |tx| outbox::withdraw(tx, &claim, why)),
            Ok(None) => return app.store.write(move |tx| outbox::release(tx, &claim.site, &claim.message)),
            Err(e) => {
                log::error!("a letter was held back, for what forbids it could not be read: {}", e.chain());
                Verdict::NotNow("what forbids it could not be read".into())
            }
        },
    };
    let written = written(&envelope);
    app.store.write(move |tx| outbox::settle(tx, &claim, &written, verdict).map(drop))
}

/// Letters that an earlier process of this store left in flight: called once, before anything is sent.
pub fn give_up_in_flight(app: &App) -> Result<()> {
    let lost = app.store.write(outbox::give_up_in_flight)?;
    if lost > 0 {
        log::warn!(
            "{lost} letters were on their way when the last process ended; they are not sent again by themselves"
        );
    }
    Ok(())
}

/// Settles what is on its way when the process has to end without the mail server's answer: nothing was handed over that
/// was not let go, and what was let go may have been taken.
pub fn settle_in_flight(app: &App) -> Result<()> {
    let was_let_go = app.mailer.let_one_go();
    let settled = app
        .store
        .write(move |tx| if was_let_go { outbox::give_up_in_flight(tx) } else { outbox::release_in_flight(tx) })?;
    if settled > 0 {
        let fate =
            if was_let_go { "it may have been taken, and is not sent again by itself" } else { "it waits again" };
        log::warn!("a letter was on its way when the process was told to stop: {fate}");
    }
    Ok(())
}

/// Claims and settles in one transaction: a letter that goes nowhere but into the store cannot be lost on the way.
fn capture(tx: &WriteTx, means: Means, base: &str) -> Result<bool> {
    let began = Instant::now();
    let mut shops = Shops::default();
    for _ in 0..BATCH {
        if !outbox::capture(tx, means, &mut shops, |claim| written(&envelope(claim, tx.now(), base)))? {
            return Ok(false);
        }
        if began.elapsed() >= LONGEST {
            break;
        }
    }
    Ok(true)
}

fn written(envelope: &Envelope) -> Written {
    Written {
        subject: envelope.letter.subject.clone(),
        headers: envelope.headers(),
        html: envelope.letter.html.clone(),
        text: envelope.letter.text.clone(),
    }
}

/// Writes the letter of a claim.
fn envelope(claim: &Claim, now: Timestamp, base: &str) -> Envelope {
    let Claim { site, message, cart, words, coupon, .. } = claim;
    let links = Links::of(claim, now, base);
    let data = variables(cart);
    let first_name = data.iter().find(|(name, _)| ["firstname", "first_name"].contains(&name.to_lowercase().as_str()));
    let offer = coupon.as_ref().map(|shown| Offer::of(&shown.coupon, &shown.code, shown.expires_at, &site.zone));
    let facts = Facts {
        shop_name: &site.name,
        postal_address: site.settings.postal_address().unwrap_or_default(),
        first_name: first_name.map(|(_, name)| name.as_str()),
        items: &links.items,
        discount_minor: cart.discount,
        total_minor: cart.total,
        currency: cart.currency,
        coupon: offer.as_ref(),
        restore_url: Some(&links.restore),
        unsubscribe_url: &links.unsubscribe,
        honeypot_url: links.honeypot.as_deref(),
        pixel_url: links.pixel.as_deref(),
    };
    let to = recipient(message);
    let extra = Extra { email: &to, site_id: &site.site_id, step: message.step, data: &data };
    let letter = letter(words, message.step, &facts, &extra);
    let from = match site.settings.get("letters.from") {
        "" => "carts@localhost".to_owned(),
        address => address.to_owned(),
    };
    Envelope {
        id: message.id.clone(),
        from_name: site.name.clone(),
        from,
        to,
        at: now,
        list: site.site_id.clone(),
        unsubscribe_url: links.unsubscribe,
        letter,
    }
}

/// What a letter says: the shop's words, else what is shipped. Templates were checked when they were saved, so one that
/// cannot be written is told to the log and the shopper gets what is shipped.
fn letter(words: &Words, step: i64, facts: &Facts, extra: &Extra) -> Composed {
    let reminder = Reminder::of_step(step).unwrap_or(Reminder::Third);
    let Words { subject, html, text } = words.clone();
    Template { subject, html, text }.compose(reminder, facts, extra).unwrap_or_else(|e| {
        log::error!("step {step} of a shop's own sequence could not be written: {}", e.chain());
        compose(reminder, facts)
    })
}

/// What the shop sent for e-mail variables: the plain values of the cart's metadata, where the script keeps them.
fn variables(cart: &Cart) -> Vec<(String, String)> {
    let metadata = cart.metadata.as_deref().and_then(|json| serde_json::from_str(json).ok());
    let Some(serde_json::Value::Object(values)) = metadata else { return Vec::new() };
    let plain = |(name, value): (String, serde_json::Value)| match value {
        serde_json::Value::String(text) => Some((name, text)),
        serde_json::Value::Number(number) => Some((name, number.to_string())),
        serde_json::Value::Bool(flag) => Some((name, flag.to_string())),
        _ => None,
    };
    values.into_iter().filter_map(plain).collect()
}

fn recipient(message: &Message) -> String {
    message.email.as_ref().map_or(String::new(), |email| email.shown().to_owned())
}
