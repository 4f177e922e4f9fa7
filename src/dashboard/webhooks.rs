//! Webhooks: who is told of what happens here, what was delivered, and dead letters that are sent again.

use actix_web::http::StatusCode;
use actix_web::web;
use askama::Template;

use super::door::{Answer, Form, Visit, go_to, page, page_with};
use super::flaw::Flaw;
use super::kit::{Badge, Choice, Confirm, Field, Pager, Tone, badge};
use super::links;
use super::shell::Shell;
use super::show::{self, Moment};
use crate::domain::webhooks::{Delivery, DeliveryStatus, Event, Events, Format, spell_secret};
use crate::domain::{Error, Result};
use crate::http::params::Params;
use crate::ops::listing;
use crate::ops::webhooks::{self, Standing, Wanted};

const SECTION: &str = "/dashboard/webhooks";
const ROWS: i64 = 50;

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/webhooks", web::get().to(list))
        .route("/webhooks", web::post().to(add))
        .route("/webhooks/{id}", web::get().to(show_it))
        .route("/webhooks/{id}/active", web::post().to(activate))
        .route("/webhooks/{id}/remove", web::post().to(remove))
        .route("/webhooks/{id}/replay", web::post().to(replay));
}

struct Row {
    id: String,
    url: String,
    events: Vec<&'static str>,
    state: Badge,
    waiting: i64,
    dead: i64,
}

#[derive(Template)]
#[template(path = "webhooks/list.html")]
struct ListPage {
    shell: Shell,
    rows: Vec<Row>,
    url: Field,
    format: Choice,
    /// Name, meaning, and whether it is ticked.
    events: Vec<(&'static str, &'static str, bool)>,
    problem: String,
    open: bool,
}

fn event_words(event: Event) -> &'static str {
    match event {
        Event::EmailCaptured => "The address of a cart's owner became known",
        Event::CartAbandoned => "A cart with an address was left",
        Event::OrderRecovered => "A purchase recovered a cart",
        Event::EmailUnsubscribed => "An address wants no more letters",
        Event::PurchaseRecorded => "A purchase was told of",
        Event::MessageSent => "A letter left",
    }
}

fn state(standing: &Standing) -> Badge {
    match (&standing.webhook.failing_since, standing.webhook.active) {
        (_, false) => badge(Tone::Plain, "Off"),
        (Some(_), true) => badge(Tone::Bad, "Failing"),
        (None, true) => badge(Tone::Good, "On"),
    }
}

async fn list(visit: Visit) -> Answer {
    show_list(&visit, StatusCode::OK, &Params::default(), &Flaw::default()).await
}

async fn show_list(visit: &Visit, status: StatusCode, typed: &Params, flaw: &Flaw) -> Answer {
    let found = visit.read(|tx, who| webhooks::list(tx, &who.site)).await?;
    let rows = found
        .iter()
        .map(|standing| Row {
            id: standing.webhook.id.clone(),
            url: standing.webhook.url.clone(),
            events: standing.webhook.events.iter().map(Event::as_str).collect(),
            state: state(standing),
            waiting: standing.waiting,
            dead: standing.dead,
        })
        .collect();
    let usual = Events::usual();
    let ticked = |event: Event| match typed.has("url") {
        true => typed.every("events").any(|name| name == event.as_str()),
        false => usual.include(event),
    };
    let problem = flaw.beside(&["url", "format"]);
    let page = ListPage {
        shell: visit.shell("Webhooks", SECTION)?,
        rows,
        open: !problem.is_empty() || !flaw.at("url").is_empty(),
        url: Field::new("url", "Address").kind("url").value(typed.typed("url")).error(flaw.at("url")),
        format: Choice::new("format", "Body", typed.typed("format"))
            .option("json", "JSON, signed")
            .option("form", "CartStack's form"),
        events: Event::ALL.iter().map(|event| (event.as_str(), event_words(*event), ticked(*event))).collect(),
        problem,
    };
    page_with(status, &page)
}

fn read(fields: &Params) -> Result<Wanted> {
    let events = fields.every("events").map(str::parse).collect::<Result<Vec<Event>>>()?;
    let format = fields.get("format").map(str::parse::<Format>).transpose()?;
    let url = fields.get("url").map(str::to_owned).ok_or_else(|| Error::missing("url"))?;
    Ok(Wanted { url: Some(url), format, events: Some(Events::of(events)?), active: None })
}

async fn add(form: Form) -> Answer {
    let private = form.app.config.webhooks_allow_private;
    let written = match read(&form.fields) {
        Ok(wanted) => form.write(move |tx, who| webhooks::add(tx, &who.site, wanted, private)).await,
        Err(e) => Err(e),
    };
    match written {
        Ok(webhook) => Ok(go_to(&format!("{SECTION}/{}?done=webhook", webhook.id))),
        Err(e) => show_list(&form, StatusCode::UNPROCESSABLE_ENTITY, &form.fields, &Flaw::of(e)?).await,
    }
}

struct DeliveryRow {
    event: &'static str,
    state: Badge,
    detail: String,
    attempts: i64,
    body: String,
    at: Moment,
    again: Option<Confirm>,
}

#[derive(Template)]
#[template(path = "webhooks/one.html")]
struct OnePage {
    shell: Shell,
    id: String,
    state: Badge,
    active: bool,
    format: &'static str,
    events: Vec<&'static str>,
    secret: String,
    rows: Vec<DeliveryRow>,
    status: Choice,
    pager: Pager,
    dead: i64,
    revive: Confirm,
    remove: Confirm,
}

fn delivery_state(delivery: &Delivery) -> Badge {
    match delivery.status {
        DeliveryStatus::Queued => badge(Tone::Info, "Waits"),
        DeliveryStatus::Sending => badge(Tone::Info, "On its way"),
        DeliveryStatus::Delivered => badge(Tone::Good, "Delivered"),
        DeliveryStatus::Dead => badge(Tone::Bad, "Dead letter"),
    }
}

async fn show_it(visit: Visit, id: web::Path<String>) -> Answer {
    let id = id.into_inner();
    let status: Option<DeliveryStatus> = visit.query.get("status").and_then(|text| text.parse().ok());
    let after = visit.query.get("after").map(str::to_owned);
    let (wanted, from) = (id.clone(), after.clone());
    let (standing, deliveries) = visit
        .read(move |tx, who| {
            let standing = webhooks::get(tx, &who.site, &wanted)?;
            let part = listing::Wanted::from(ROWS, from);
            Ok((standing, webhooks::deliveries(tx, &who.site, &wanted, status, &part)?))
        })
        .await?;
    let webhook = &standing.webhook;
    let shell = visit.shell(webhook.url.clone(), SECTION)?;
    let path = format!("{SECTION}/{id}");
    let chosen = status.map(|status| status.to_string()).unwrap_or_default();
    let kept = |after: &str| links::with(&path, &[("status", &chosen), ("after", after)]);
    let row = |delivery: &Delivery| DeliveryRow {
        event: delivery.event.as_str(),
        state: delivery_state(delivery),
        detail: match (&delivery.detail, delivery.answer) {
            (Some(detail), _) => detail.clone(),
            (None, Some(answer)) => format!("answered {answer}"),
            (None, None) => String::new(),
        },
        attempts: delivery.attempts,
        body: delivery.body.clone(),
        at: show::moment(&visit.who.site.zone, delivery.created_at),
        again: matches!(delivery.status, DeliveryStatus::Delivered | DeliveryStatus::Dead).then(|| {
            let question = "It goes out as it was, under the same id.";
            Confirm::new(&shell.csrf, format!("{path}/replay"), "Send again", question, "Send it again")
                .with("delivery", &delivery.id)
        }),
    };
    let statuses = DeliveryStatus::ALL
        .iter()
        .fold(Choice::new("status", "State", &chosen).option("", "All").submits(), |choice, status| {
            choice.option(status.as_str(), status.as_str())
        });
    page(&OnePage {
        state: state(&standing),
        active: webhook.active,
        format: webhook.format.as_str(),
        events: webhook.events.iter().map(Event::as_str).collect(),
        secret: spell_secret(&webhook.secret),
        rows: deliveries.rows.iter().map(row).collect(),
        status: statuses,
        pager: Pager {
            first: after.map(|_| kept("")),
            next: deliveries.rows.last().filter(|_| deliveries.has_more).map(|last| kept(&last.id)),
            said: String::new(),
        },
        dead: standing.dead,
        revive: Confirm::new(
            &shell.csrf,
            format!("{path}/replay"),
            "Send dead letters again",
            format!("{} go out once more.", show::counted(standing.dead, "delivery", "deliveries")),
            "Send them again",
        ),
        remove: Confirm::new(
            &shell.csrf,
            format!("{path}/remove"),
            "Remove",
            "What waits for this address is dropped.",
            "Remove it",
        )
        .destroys(),
        id,
        shell,
    })
}

async fn activate(form: Form, id: web::Path<String>) -> Answer {
    let id = id.into_inner();
    let (of, private) = (id.clone(), form.app.config.webhooks_allow_private);
    let wanted = Wanted { active: Some(form.fields.get("active") == Some("on")), ..Wanted::default() };
    form.write(move |tx, who| webhooks::change(tx, &who.site, &of, wanted, private)).await?;
    Ok(go_to(&format!("{SECTION}/{id}?done=webhook-changed")))
}

async fn remove(form: Form, id: web::Path<String>) -> Answer {
    let id = id.into_inner();
    form.write(move |tx, who| webhooks::remove(tx, &who.site, &id)).await?;
    Ok(go_to(&format!("{SECTION}?done=webhook-removed")))
}

/// One delivery, or every dead letter of the endpoint.
async fn replay(form: Form, id: web::Path<String>) -> Answer {
    let id = id.into_inner();
    let (of, delivery) = (id.clone(), form.fields.get("delivery").map(str::to_owned));
    form.write(move |tx, who| match delivery {
        Some(delivery) => webhooks::replay(tx, &who.site, Some(&of), &delivery).map(drop),
        None => webhooks::replay_dead(tx, &who.site, &of).map(drop),
    })
    .await?;
    Ok(go_to(&format!("{SECTION}/{id}?done=replayed")))
}
