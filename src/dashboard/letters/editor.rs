//! The editor of a step: its words as templates with a preview beside them, and a test letter to oneself. Nothing of it
//! needs a script: "Preview" sends the form into the frame, and a script presses that button while somebody types.

use actix_web::http::StatusCode;
use actix_web::web;
use askama::Template;

use super::draft::{Draft, Flaws, UNITS, sentence};
use super::frame::{self, Pictures, framed};
use super::{SECTION, number};
use crate::dashboard::door::{Answer, Form, Visit, go_to, page_with_frame};
use crate::dashboard::kit::{Choice, Field};
use crate::dashboard::shell::Shell;
use crate::domain::coupons::Coupon;
use crate::domain::sequences::Step;
use crate::domain::{EmailAddress, Error, OrNotFound, Result, Site, bounces};
use crate::mail::sample;
use crate::mail::transport::Said;
use crate::ops::coupons::{self, FullCoupon};
use crate::ops::listing::Wanted;
use crate::ops::sequences;

/// Coupons to choose from.
const MOST_COUPONS: i64 = 200;
/// What the path says of a step that is not there yet.
const NEW: &str = "new";
/// The number that a step has in a preview before it has one.
const AS_NEW: i64 = 4;

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/letters/preview", web::post().to(preview))
        .route("/letters/steps/{step}", web::get().to(edit))
        .route("/letters/steps/{step}", web::post().to(save))
        .route("/letters/steps/{step}/preview", web::get().to(preview_kept))
        .route("/letters/steps/{step}/test", web::post().to(test));
}

#[derive(Template)]
#[template(path = "letters/editor.html")]
struct Page {
    shell: Shell,
    /// Where the form goes.
    path: String,
    /// Of the step; a new one comes behind the shipped three.
    number: i64,
    is_new: bool,
    may_change: bool,
    active: bool,
    amount: Field,
    unit: Choice,
    minimum: Field,
    coupon: Choice,
    subject: Field,
    html: Field,
    text: Field,
    to: Field,
    /// What became of a test letter: the class of the notice, and the sentence.
    said: Option<(&'static str, String)>,
    /// Where the letters of the shop are looked at, where none leaves.
    captured: bool,
}

/// What the editor is made from besides what was typed.
struct Beside {
    step: Option<Step>,
    coupons: Vec<FullCoupon>,
}

/// Whether a path names a new step; else its number.
fn which(path: &str) -> Result<Option<i64>> {
    if path == NEW { Ok(None) } else { number(path).map(Some) }
}

async fn beside(visit: &Visit, number: Option<i64>) -> Result<Beside> {
    visit
        .read(move |tx, who| {
            let sequence = sequences::of_site(tx, &who.site)?;
            let step = match number {
                Some(number) => Some(sequence.step(number).cloned().or_not_found("step", &number.to_string())?),
                None => None,
            };
            Ok(Beside { step, coupons: coupons::list(tx, &who.site, &Wanted::newest(MOST_COUPONS))?.rows })
        })
        .await
}

impl Beside {
    fn coupon(&self, id: &str) -> Option<&Coupon> {
        self.coupons.iter().map(|full| &full.coupon).find(|coupon| coupon.id == id)
    }
}

async fn edit(visit: Visit, step: web::Path<String>) -> Answer {
    let number = which(&step)?;
    let beside = beside(&visit, number).await?;
    let site = &visit.who.site;
    let mut draft = match &beside.step {
        Some(step) => Draft::of_step(site, step),
        None => Draft { amount: "7".into(), unit: "days".into(), active: true, ..Draft::default() },
    };
    if visit.query.has("example") {
        draft.html = include_str!("example.html").to_owned();
        draft.text = include_str!("example.txt").to_owned();
    }
    show(&visit, StatusCode::OK, number, &beside, &draft, &Flaws::new(), None)
}

/// The editor with what was typed, what is wrong with it, and what became of a test letter.
fn show(
    visit: &Visit,
    status: StatusCode,
    number: Option<i64>,
    beside: &Beside,
    draft: &Draft,
    flaws: &Flaws,
    said: Option<(&'static str, String)>,
) -> Answer {
    let flaw = |name: &str| flaws.get(name).cloned().unwrap_or_default();
    let title = number.map_or_else(|| "A new step".to_owned(), |number| format!("Step {number}"));
    let currency = visit.who.site.currency;
    let mut coupon = Choice::new("coupon", "Coupon", &draft.coupon).option("", "No coupon").error(flaw("coupon"));
    for full in &beside.coupons {
        let name = full.coupon.name.clone().unwrap_or_else(|| full.coupon.id.clone());
        coupon = coupon.option(&full.coupon.id, name);
    }
    let unit = UNITS
        .iter()
        .fold(Choice::new("unit", "Unit", &draft.unit), |choice, (name, shown, _)| choice.option(*name, *shown));
    page_with_frame(
        status,
        &Page {
            shell: visit.shell(title, SECTION)?,
            path: format!("{SECTION}/steps/{}", number.map_or_else(|| NEW.to_owned(), |number| number.to_string())),
            number: number.unwrap_or(AS_NEW),
            is_new: number.is_none(),
            may_change: visit.may("POST", SECTION),
            active: draft.active,
            amount: Field::new("amount", "Leaves after").value(&draft.amount).error(flaw("amount")),
            unit,
            minimum: Field::new("minimum", format!("Carts from ({currency})"))
                .value(&draft.minimum)
                .hint("Blank: any cart.")
                .error(flaw("minimum")),
            coupon: coupon.hint("Left out where it is not valid."),
            subject: Field::new("subject", "Subject")
                .value(&draft.subject)
                .hint("Blank: as shipped.")
                .error(flaw("subject")),
            html: Field::new("html", "HTML")
                .kind("textarea")
                .value(&draft.html)
                .hint("Blank: as shipped.")
                .error(flaw("html")),
            text: Field::new("text", "Text")
                .kind("textarea")
                .value(&draft.text)
                .hint("For mail programs without HTML. Blank: as shipped.")
                .error(flaw("text")),
            to: Field::new("to", "Test address").kind("email").autocomplete("email").value(&draft.to).error(flaw("to")),
            said,
            captured: !visit.app.mailer.is_real(),
        },
    )
}

async fn save(form: Form, step: web::Path<String>) -> Answer {
    let number = which(&step)?;
    let beside = beside(&form, number).await?;
    let draft = Draft::of_form(&form.fields);
    let site = &form.who.site;
    let step = match draft.step(site, number.unwrap_or(1), beside.coupon(draft.coupon.trim()), form.now) {
        Ok(step) => step,
        Err(flaws) => return show(&form, StatusCode::UNPROCESSABLE_ENTITY, number, &beside, &draft, &flaws, None),
    };
    let written = form
        .write(move |tx, who| match number {
            Some(_) => sequences::put(tx, &who.site, step),
            None => sequences::add(tx, &who.site, step),
        })
        .await;
    match written {
        Ok(_) => Ok(go_to(&format!("{SECTION}?done=step-saved"))),
        Err(Error::Conflict(text)) => {
            let said = Some(("bad", format!("{text}.")));
            show(&form, StatusCode::UNPROCESSABLE_ENTITY, number, &beside, &draft, &Flaws::new(), said)
        }
        Err(e) => Err(e.into()),
    }
}

/// A step as it is kept, in the frame.
async fn preview_kept(visit: Visit, step: web::Path<String>) -> Answer {
    let number = which(&step)?;
    let beside = beside(&visit, number).await?;
    let site = &visit.who.site;
    let step = beside.step.clone().unwrap_or_else(|| Step::new(AS_NEW, 0));
    let coupon = step.coupon_id.as_deref().and_then(|id| beside.coupon(id));
    written(site, &step, coupon, &visit, visit.query.get("part"))
}

/// What stands in the editor's fields, in the frame.
async fn preview(form: Form) -> Answer {
    let draft = Draft::of_form(&form.fields);
    let beside = beside(&form, None).await?;
    let number = form.fields.get("step").and_then(|step| step.parse().ok()).unwrap_or(AS_NEW);
    let coupon = beside.coupon(draft.coupon.trim());
    match draft.step(&form.who.site, number, coupon, form.now) {
        Ok(step) => written(&form.who.site, &step, coupon, &form, form.fields.get("part")),
        Err(flaws) => {
            let label = |name: &str| match name {
                "amount" => "Leaves after",
                "minimum" => "Carts from",
                "coupon" => "Coupon",
                "subject" => "Subject",
                "html" => "HTML",
                _ => "Text",
            };
            let lines: Vec<String> = flaws.iter().map(|(name, flaw)| format!("{}: {flaw}", label(name))).collect();
            framed(StatusCode::UNPROCESSABLE_ENTITY, frame::sentences(&lines), Pictures::Left)
        }
    }
}

fn written(site: &Site, step: &Step, coupon: Option<&Coupon>, visit: &Visit, part: Option<&str>) -> Answer {
    let letter = sample::letter(site, step, coupon, visit.now)?;
    let page = match part {
        Some("text") => frame::text(&letter.text, Some(&letter.subject)),
        _ => frame::letter(&letter.html, Some(&letter.subject)),
    };
    framed(StatusCode::OK, page, Pictures::Shown)
}

/// Sends what stands in the fields to somebody who works here.
async fn test(form: Form, step: web::Path<String>) -> Answer {
    let number = which(&step)?;
    let beside = beside(&form, number).await?;
    let draft = Draft::of_form(&form.fields);
    let coupon = beside.coupon(draft.coupon.trim()).cloned();
    let again = |status, flaws: &Flaws, said| show(&form, status, number, &beside, &draft, flaws, said);
    let step = match draft.step(&form.who.site, number.unwrap_or(AS_NEW), coupon.as_ref(), form.now) {
        Ok(step) => step,
        Err(flaws) => return again(StatusCode::UNPROCESSABLE_ENTITY, &flaws, None),
    };
    let to = match EmailAddress::parse(form.fields.typed("to")) {
        Ok(to) if to.is_deliverable() => to,
        Ok(_) => {
            let flaws = Flaws::from([("to", "This is no address that a mail server understands.".to_owned())]);
            return again(StatusCode::UNPROCESSABLE_ENTITY, &flaws, None);
        }
        Err(e) => {
            return again(StatusCode::UNPROCESSABLE_ENTITY, &Flaws::from([("to", sentence(&e))]), None);
        }
    };
    match send(&form, &step, coupon.as_ref(), &to).await {
        Ok(said) => again(StatusCode::OK, &Flaws::new(), Some(said)),
        Err(Error::Conflict(text)) => {
            again(StatusCode::UNPROCESSABLE_ENTITY, &Flaws::new(), Some(("bad", format!("{text}."))))
        }
        Err(e) => Err(e.into()),
    }
}

/// Hands a test letter over, off the event loop, and says what the mail server made of it.
async fn send(form: &Form, step: &Step, coupon: Option<&Coupon>, to: &EmailAddress) -> Result<(&'static str, String)> {
    let (app, site, now) = (form.app.clone(), form.who.site.clone(), form.now);
    if !app.mailer.is_real() {
        return Err(Error::Conflict(
            "Letters are captured here and none leaves; the preview shows the same letter".into(),
        ));
    }
    let base = app.config.base();
    let letter = sample::letter(&site, step, coupon, now)?;
    let envelope = sample::envelope(&site, letter, to, now, &base)
        .ok_or_else(|| Error::Conflict("The shop has no address that letters come from; see the settings".into()))?;
    let said = web::block(move || {
        // Letter 0 is nobody's: what comes back about this one changes nothing.
        app.mailer.send(&envelope, &bounces::return_path(&site, 0, &envelope.from), &mut || true)
    })
    .await
    .map_err(Error::internal)?;
    Ok(match said {
        Said::Taken(_) => ("", format!("A test letter is on its way to {}.", to.shown())),
        Said::Unreachable(answer) => ("bad", format!("The mail server could not be reached: {answer}")),
        Said::NotNow(answer) => ("bad", format!("The mail server said not now: {answer}")),
        Said::Refused(answer) | Said::NoSuchAddress(answer) => ("bad", format!("The mail server refused it: {answer}")),
        Said::Unknown(answer) => ("bad", format!("It may have been taken: {answer}")),
        Said::Withdrawn => ("bad", "It was held back.".to_owned()),
    })
}

impl Page {
    /// What a template can name, with its meaning.
    fn values(&self) -> [(&'static str, &'static str); 13] {
        [
            ("shop_name", "the shop's name"),
            ("first_name", "the reader's, where it is known"),
            ("items", "the lines: name, quantity, price, total, sku, url, image_url"),
            ("total", "what the cart is worth"),
            ("discount", "what was taken off, where something was"),
            ("restore_url", "leads back to the cart"),
            ("unsubscribe_url", "ends these letters; put in where it is left out"),
            ("postal_address", "the shop's; likewise"),
            ("coupon_code", "the reader's code"),
            ("coupon_description", "what it takes off"),
            ("coupon_expires", "until when"),
            ("email", "the reader's address"),
            ("step", "1 for the first letter"),
        ]
    }
}
