//! Letters: the steps of the sequence with what each brings, the editor of a step, what waits and what left, and the
//! addresses that are not written to.

mod draft;
mod editor;
mod frame;
mod messages;
mod one;
mod suppressions;

use std::collections::BTreeMap;

use actix_web::web;
use askama::Template;

use super::door::{Answer, Form, Visit, go_to, page};
use super::kit::{Badge, Confirm, Tone, badge};
use super::period::{Period, Segment};
use super::shell::Shell;
use super::show;
use crate::domain::sequences::{Sequence, Step, Words};
use crate::domain::time::format_duration;
use crate::domain::{OrNotFound, Result, Site};
use crate::mail::sample;
use crate::ops::messages::StepResults;
use crate::ops::{coupons, sequences};
use crate::store::ReadTx;

/// Path of the section.
const SECTION: &str = "/dashboard/letters";

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/letters", web::get().to(show_it))
        .route("/letters/order", web::post().to(order))
        .route("/letters/steps/{step}/switch", web::post().to(switch))
        .route("/letters/steps/{step}/remove", web::post().to(remove));
    editor::routes(config);
    messages::routes(config);
    one::routes(config);
    suppressions::routes(config);
}

/// A link of the row of tabs.
pub(super) struct Tab {
    name: &'static str,
    href: &'static str,
    is_current: bool,
}

/// The section's pages, of which one is open.
fn tabs(current: &str) -> Vec<Tab> {
    [
        ("Sequence", SECTION),
        ("Queue", "/dashboard/letters/queue"),
        ("Archive", "/dashboard/letters/archive"),
        ("Mailbox", "/dashboard/letters/mailbox"),
        ("Suppressions", "/dashboard/letters/suppressions"),
    ]
    .into_iter()
    .map(|(name, href)| Tab { name, href, is_current: href == current })
    .collect()
}

#[derive(Template)]
#[template(path = "letters/sequence.html")]
struct Page {
    shell: Shell,
    tabs: Vec<Tab>,
    period: Period,
    segments: Vec<Segment>,
    steps: Vec<Row>,
    may_change: bool,
    letters_off: bool,
    out_of_order: bool,
}

/// A step in the table.
struct Row {
    number: i64,
    subject: String,
    when: String,
    notes: Vec<String>,
    state: Badge,
    active: bool,
    sent: String,
    opened: String,
    clicked: String,
    recovered: String,
    revenue: Vec<String>,
    remove: Confirm,
}

async fn show_it(visit: Visit) -> Answer {
    let site = &visit.who.site;
    let period = Period::of(&visit.query, site.day_of(visit.now));
    let (from, to) = (period.from, period.to);
    let (sequence, subjects, results) = visit
        .read(move |tx, who| {
            let sequence = sequences::of_site(tx, &who.site)?;
            let subjects = subjects(tx, &who.site, &sequence)?;
            Ok((sequence, subjects, crate::ops::messages::by_step(tx, &who.site, from, to)?))
        })
        .await?;
    let shell = visit.shell("Letters", SECTION)?;
    let steps = &sequence.steps;
    let row = |(step, subject): (&Step, &String)| row(site, step, subject, &results, &shell.csrf);
    page(&Page {
        tabs: tabs(SECTION),
        segments: period.segments(SECTION),
        period,
        steps: steps.iter().zip(&subjects).map(row).collect(),
        may_change: visit.may("POST", SECTION),
        letters_off: !site.settings.letters(),
        out_of_order: steps.windows(2).any(|two| two[0].delay_secs > two[1].delay_secs),
        shell,
    })
}

/// The subject of each step as a reader would see it; a template that cannot be written is shown as it is.
fn subjects(tx: &ReadTx, site: &Site, sequence: &Sequence) -> Result<Vec<String>> {
    sequence
        .steps
        .iter()
        .map(|step| {
            let coupon = step.coupon_id.as_deref().map(|id| coupons::get(tx, site, id)).transpose()?;
            let words = Words { html: None, text: None, ..step.words.clone() };
            let step = Step { words, ..step.clone() };
            let letter = sample::letter(site, &step, coupon.map(|full| full.coupon).as_ref(), tx.now());
            Ok(letter.map(|letter| letter.subject).unwrap_or(step.words.subject.unwrap_or_default()))
        })
        .collect()
}

fn row(site: &Site, step: &Step, subject: &str, results: &BTreeMap<i64, StepResults>, csrf: &str) -> Row {
    let result = results.get(&step.number).cloned().unwrap_or_default();
    let letters = result.letters;
    let of_sent = |part: i64| format!("{} ({})", show::count(part), show::percent(part, letters.sent));
    let recovered: i64 = result.won.iter().map(|won| won.recovered).sum();
    let mut notes = vec![(if step.words == Words::default() { "As shipped" } else { "In your words" }).to_owned()];
    if let Some(coupon) = &step.coupon_id {
        notes.push(format!("coupon {coupon}"));
    }
    if step.minimum > 0 {
        notes.push(format!("from {}", show::money(site.currency, step.minimum)));
    }
    let path = format!("{SECTION}/steps/{}", step.number);
    let question = "Letters of this step that wait are looked at as before and leave as shipped. What was sent stays.";
    Row {
        number: step.number,
        subject: subject.to_owned(),
        when: after(step.delay_secs),
        notes,
        state: if step.active { badge(Tone::Good, "On") } else { badge(Tone::Plain, "Off") },
        active: step.active,
        sent: show::count(letters.sent),
        opened: of_sent(letters.opened),
        clicked: of_sent(letters.clicked),
        recovered: of_sent(recovered),
        revenue: match result.won.is_empty() {
            true => vec![show::money(site.currency, 0)],
            false => {
                let mut won: Vec<_> = result.won.iter().collect();
                won.sort_by_key(|won| won.currency != site.currency);
                won.iter().map(|won| show::money(won.currency, won.revenue)).collect()
            }
        },
        remove: Confirm::new(csrf, format!("{path}/remove"), "Remove", question, "Remove the step").destroys(),
    }
}

/// How long after the abandonment, in words.
fn after(secs: i64) -> String {
    let (number, one, many) = match secs {
        0 => return "At once".to_owned(),
        secs if secs % 86_400 == 0 => (secs / 86_400, "day", "days"),
        secs if secs % 3_600 == 0 => (secs / 3_600, "hour", "hours"),
        secs if secs % 60 == 0 => (secs / 60, "minute", "minutes"),
        secs => return format!("{} later", format_duration(secs)),
    };
    format!("{} later", show::counted(number, one, many))
}

/// A step's number as it stands in a path.
fn number(text: &str) -> Result<i64> {
    text.parse().ok().or_not_found("step", text)
}

async fn switch(form: Form, step: web::Path<String>) -> Answer {
    let (number, active) = (number(&step)?, form.fields.get("active") == Some("on"));
    form.write(move |tx, who| {
        let sequence = sequences::of_site(tx, &who.site)?;
        let step = sequence.step(number).or_not_found("step", &number.to_string())?;
        sequences::put(tx, &who.site, Step { active, ..step.clone() })
    })
    .await?;
    Ok(go_to(&format!("{SECTION}?done={}", if active { "step-on" } else { "step-off" })))
}

async fn remove(form: Form, step: web::Path<String>) -> Answer {
    let number = number(&step)?;
    form.write(move |tx, who| sequences::remove(tx, &who.site, number)).await?;
    Ok(go_to(&format!("{SECTION}?done=step-removed")))
}

async fn order(form: Form) -> Answer {
    form.write(|tx, who| sequences::order(tx, &who.site)).await?;
    Ok(go_to(&format!("{SECTION}?done=steps-ordered")))
}
