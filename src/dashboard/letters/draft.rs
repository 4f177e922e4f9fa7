//! A step as it stands in the editor's fields: what was typed is kept as it was typed, and every field that cannot be
//! says why.

use std::collections::BTreeMap;

use crate::domain::coupons::Coupon;
use crate::domain::sequences::{LONGEST_DELAY, Step, Words};
use crate::domain::{Error, Site, Timestamp};
use crate::http::params::Params;
use crate::mail::sample;
use crate::mail::template::Template;

/// Units of a delay, the longest first.
pub(super) const UNITS: [(&str, &str, i64); 4] =
    [("days", "days", 86_400), ("hours", "hours", 3_600), ("minutes", "minutes", 60), ("seconds", "seconds", 1)];

/// What is wrong, by the name of the field.
pub(super) type Flaws = BTreeMap<&'static str, String>;

/// The fields.
#[derive(Clone, Debug, Default)]
pub(super) struct Draft {
    pub(super) amount: String,
    pub(super) unit: String,
    pub(super) active: bool,
    pub(super) minimum: String,
    pub(super) coupon: String,
    pub(super) subject: String,
    pub(super) html: String,
    pub(super) text: String,
    /// Where a test letter goes. No part of the step.
    pub(super) to: String,
}

impl Draft {
    /// The fields of a step as it is.
    pub(super) fn of_step(site: &Site, step: &Step) -> Self {
        let (unit, _, secs) = UNITS
            .into_iter()
            .find(|(_, _, secs)| step.delay_secs > 0 && step.delay_secs % secs == 0)
            .unwrap_or(("minutes", "minutes", 60));
        let Words { subject, html, text } = step.words.clone();
        Draft {
            amount: (step.delay_secs / secs).to_string(),
            unit: unit.to_owned(),
            active: step.active,
            minimum: if step.minimum > 0 { site.currency.major(step.minimum) } else { String::new() },
            coupon: step.coupon_id.clone().unwrap_or_default(),
            subject: subject.unwrap_or_default(),
            html: html.unwrap_or_default(),
            text: text.unwrap_or_default(),
            to: String::new(),
        }
    }

    /// The fields as they were sent.
    pub(super) fn of_form(fields: &Params) -> Self {
        let typed = |name: &str| fields.typed(name).to_owned();
        // A browser sends line ends of its own.
        let lines = |name: &str| fields.typed(name).replace("\r\n", "\n");
        Draft {
            amount: typed("amount"),
            unit: typed("unit"),
            active: fields.get("active") == Some("on"),
            minimum: typed("minimum"),
            coupon: typed("coupon"),
            subject: typed("subject"),
            html: lines("html"),
            text: lines("text"),
            to: typed("to"),
        }
    }

    /// What it says. Blank is as shipped.
    pub(super) fn words(&self) -> Words {
        let part = |text: &String| (!text.trim().is_empty()).then(|| text.clone());
        Words { subject: part(&self.subject), html: part(&self.html), text: part(&self.text) }
    }

    /// The step, or everything that is wrong with it.
    pub(super) fn step(
        &self,
        site: &Site,
        number: i64,
        coupon: Option<&Coupon>,
        now: Timestamp,
    ) -> Result<Step, Flaws> {
        let mut flaws = Flaws::new();
        let unit = UNITS.into_iter().find(|(name, _, _)| *name == self.unit).map_or(60, |(_, _, secs)| secs);
        let amount: Option<i64> = self.amount.trim().parse().ok().filter(|amount| *amount >= 0);
        let delay_secs = amount.and_then(|amount| amount.checked_mul(unit)).filter(|secs| *secs <= LONGEST_DELAY);
        if delay_secs.is_none() {
            flaws.insert("amount", "This must be a whole number, and a year at most.".into());
        }
        let minimum = match self.minimum.trim() {
            "" => Some(0),
            text => site.currency.parse_major(text),
        };
        if minimum.is_none() {
            flaws.insert("minimum", format!("This must be an amount such as {}.", site.currency.major(5_000)));
        }
        let step = Step {
            number,
            delay_secs: delay_secs.unwrap_or(0),
            active: self.active,
            minimum: minimum.unwrap_or(0),
            coupon_id: Some(self.coupon.trim().to_owned()).filter(|id| !id.is_empty()),
            words: self.words(),
        };
        if step.coupon_id.is_some() && coupon.is_none() {
            flaws.insert("coupon", "There is no such coupon.".into());
        }
        flaws.append(&mut template_flaws(site, &step, coupon, now));
        if flaws.is_empty() { Ok(step) } else { Err(flaws) }
    }
}

/// What is wrong with the words of a step, each part looked at alone: as a template, and as a letter made from it.
fn template_flaws(site: &Site, step: &Step, coupon: Option<&Coupon>, now: Timestamp) -> Flaws {
    let Words { subject, html, text } = step.words.clone();
    let parts = [
        ("subject", Words { subject, ..Words::default() }),
        ("html", Words { html, ..Words::default() }),
        ("text", Words { text, ..Words::default() }),
    ];
    let mut flaws = Flaws::new();
    for (name, words) in parts {
        let Words { subject, html, text } = words.clone();
        let alone = Step { words, ..step.clone() };
        let checked = Template { subject, html, text }.check();
        if let Err(e) = checked.and_then(|()| sample::letter(site, &alone, coupon, now).map(drop)) {
            flaws.insert(name, sentence(&e));
        }
    }
    flaws
}

/// An error of the input as a sentence beside its field.
pub(super) fn sentence(error: &Error) -> String {
    match error {
        Error::Invalid { reason, .. } => format!("This {reason}."),
        other => format!("{other}."),
    }
}
