//! One letter: where it stands, what it said with its headers, what its reader did, and another try for one that failed.

use actix_web::http::StatusCode;
use actix_web::web;
use askama::Template;

use super::frame::{self, Pictures, framed};
use super::{SECTION, messages as list};
use crate::dashboard::door::{Answer, Form, Trouble, Visit, go_to, page_with_frame};
use crate::dashboard::kit::{Badge, Confirm};
use crate::dashboard::shell::Shell;
use crate::dashboard::show::{self, Moment};
use crate::dashboard::words;
use crate::domain::Site;
use crate::domain::carts::Class;
use crate::domain::messages::{Event, EventKind, Message, MessageStatus};
use crate::ops::{messages, outbox};

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/letters/messages/{id}", web::get().to(show_it))
        .route("/letters/messages/{id}/html", web::get().to(html))
        .route("/letters/messages/{id}/text", web::get().to(text))
        .route("/letters/messages/{id}/retry", web::post().to(retry));
}

/// Something that happened.
struct Happened {
    class: &'static str,
    at: Moment,
    what: &'static str,
    more: String,
}

#[derive(Template)]
#[template(path = "letters/one.html")]
struct Page {
    shell: Shell,
    id: String,
    to: Option<String>,
    step: i64,
    state: Badge,
    marks: Vec<Badge>,
    detail: String,
    cart_id: Option<String>,
    coupon_code: Option<String>,
    attempts: i64,
    headers: Option<String>,
    has_html: bool,
    has_text: bool,
    as_text: bool,
    real: bool,
    happened: Vec<Happened>,
    retry: Option<Confirm>,
}

async fn show_it(visit: Visit, id: web::Path<String>) -> Answer {
    let id = id.into_inner();
    let full = visit.read(move |tx, who| messages::full(tx, &who.site, &id)).await?;
    let (message, cart_id) = &full.letter;
    let title = match message.subject.as_str() {
        "" => "A letter that is not written yet".to_owned(),
        subject => subject.to_owned(),
    };
    let shell = visit.shell(title, SECTION)?;
    let path = format!("{SECTION}/messages/{}/retry", message.id);
    let question = match message.status {
        MessageStatus::Unknown => "It may have arrived. If it did, its reader gets it twice. Try again all the same?",
        _ => "Put it back into the queue? Everything that could forbid it is looked at again.",
    };
    let may_retry = matches!(message.status, MessageStatus::Unknown | MessageStatus::Failed);
    let retry = (may_retry && visit.may("POST", SECTION))
        .then(|| Confirm::new(&shell.csrf, path, "Try again", question, "Try again"));
    page_with_frame(
        StatusCode::OK,
        &Page {
            id: message.id.clone(),
            to: message.email.as_ref().map(|email| email.shown().to_owned()),
            step: message.step,
            state: words::letter(message.status),
            marks: list::marks(message),
            detail: message.detail.as_deref().map(words::detail).unwrap_or_default(),
            cart_id: cart_id.clone(),
            coupon_code: full.coupon_code.clone(),
            attempts: message.attempts,
            headers: full.said.headers.clone(),
            has_html: full.said.html.is_some(),
            has_text: full.said.text.is_some(),
            as_text: visit.query.get("part") == Some("text") || full.said.html.is_none(),
            real: visit.app.mailer.is_real(),
            happened: happened(&visit.who.site, message, &full.events),
            retry,
            shell,
        },
    )
}

/// From the plan to the last click.
fn happened(site: &Site, message: &Message, events: &[Event]) -> Vec<Happened> {
    let entry = |class, at, what, more: String| Happened { class, at: show::moment(&site.zone, at), what, more };
    let mut all = vec![entry("", message.created_at, "Planned", String::new())];
    if let Some(at) = message.sent_at {
        let (class, what) = match message.status {
            MessageStatus::Sent => ("good", "Sent"),
            _ => ("warn", "Handed over, with no answer"),
        };
        all.push(entry(class, at, what, String::new()));
    }
    if let Some(at) = message.due_at {
        all.push(entry("info", at, "Due", String::new()));
    }
    for event in events {
        let (class, what) = match event.kind {
            EventKind::Open => ("", "Opened"),
            EventKind::Click => ("info", "Clicked"),
            EventKind::Bounce => ("bad", "Came back"),
            EventKind::SoftBounce => ("warn", "Could not be delivered for now"),
            EventKind::Complaint => ("bad", "Called unwanted"),
            EventKind::Unsubscribe => ("warn", "Unsubscribed"),
        };
        let who = match (event.kind, event.class) {
            (EventKind::Open | EventKind::Click, Class::Human) => "by a person",
            (EventKind::Open | EventKind::Click, Class::Machine) => "by a machine, not counted",
            (EventKind::Open | EventKind::Click, Class::Unknown) => "by a person or a machine",
            _ => "",
        };
        let rule = event.rule.as_deref().unwrap_or_default();
        let more = [who, rule].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(": ");
        all.push(entry(class, event.at, what, more));
    }
    all
}

fn pictures(visit: &Visit) -> Pictures {
    // A picture that is fetched says that the letter was opened. Where nothing leaves, whoever looks here is its reader.
    if visit.app.mailer.is_real() { Pictures::Left } else { Pictures::Shown }
}

async fn html(visit: Visit, id: web::Path<String>) -> Answer {
    let id = id.into_inner();
    let full = visit.read(move |tx, who| messages::full(tx, &who.site, &id)).await?;
    let html = full.said.html.ok_or_else(|| Trouble::NotFound("The letter has no HTML.".into()))?;
    framed(StatusCode::OK, frame::letter(&html, None), pictures(&visit))
}

async fn text(visit: Visit, id: web::Path<String>) -> Answer {
    let id = id.into_inner();
    let full = visit.read(move |tx, who| messages::full(tx, &who.site, &id)).await?;
    let text = full.said.text.ok_or_else(|| Trouble::NotFound("The letter has no text.".into()))?;
    framed(StatusCode::OK, frame::text(&text, None), pictures(&visit))
}

async fn retry(form: Form, id: web::Path<String>) -> Answer {
    let id = id.into_inner();
    let shown = id.clone();
    form.write(move |tx, who| outbox::retry(tx, &who.site, &id)).await?;
    Ok(go_to(&format!("{SECTION}/messages/{shown}?done=letter-again")))
}
