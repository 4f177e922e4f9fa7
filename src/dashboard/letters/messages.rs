//! Letters in lists: what waits, what was written, and the mailbox, where they are read as their readers do.

use actix_web::web;
use askama::Template;

use super::{SECTION, Tab, tabs};
use crate::dashboard::door::{Answer, Visit, page};
use crate::dashboard::kit::{Badge, Choice, Field, Pager, Tone, badge};
use crate::dashboard::shell::Shell;
use crate::dashboard::show::{self, Moment};
use crate::dashboard::{links, words};
use crate::domain::messages::{Message, MessageStatus};
use crate::domain::{EmailAddress, Site, Timestamp};
use crate::ops::listing::Wanted;
use crate::ops::messages;
use crate::ops::messages::WithCart;
use crate::store::messages::Filter;

/// Letters on a page.
const ROWS: i64 = 50;

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/letters/queue", web::get().to(queue))
        .route("/letters/archive", web::get().to(archive))
        .route("/letters/mailbox", web::get().to(mailbox));
}

/// A letter in a list.
struct Row {
    id: String,
    to: String,
    subject: String,
    step: i64,
    state: Badge,
    marks: Vec<Badge>,
    detail: String,
    at: Moment,
    distance: String,
    cart_id: Option<String>,
}

#[derive(Template)]
#[template(path = "letters/list.html")]
struct Page {
    shell: Shell,
    tabs: Vec<Tab>,
    about: &'static str,
    /// What the column of times says.
    when: &'static str,
    filters: Vec<Choice>,
    email: Option<Field>,
    path: &'static str,
    rows: Vec<Row>,
    pager: Pager,
    empty: (&'static str, &'static str),
    /// Something was asked for, so an empty list says so.
    asked: bool,
}

/// What its reader did.
pub(super) fn marks(message: &Message) -> Vec<Badge> {
    let marks = message.marks;
    [
        (marks.opened, Tone::Plain, "Opened"),
        (marks.clicked, Tone::Info, "Clicked"),
        (marks.bounced, Tone::Bad, "Came back"),
        (marks.complained, Tone::Bad, "Called unwanted"),
        (marks.unsubscribed, Tone::Warn, "Unsubscribed"),
    ]
    .into_iter()
    .filter(|(is, _, _)| *is)
    .map(|(_, tone, text)| badge(tone, text))
    .collect()
}

fn row(site: &Site, now: Timestamp, (message, cart_id): &WithCart) -> Row {
    let at = match message.status {
        MessageStatus::Queued => message.due_at,
        _ => message.sent_at,
    };
    let at = at.unwrap_or(message.created_at);
    Row {
        id: message.id.clone(),
        to: message.email.as_ref().map_or_else(|| "Erased".to_owned(), |email| email.shown().to_owned()),
        subject: match message.subject.as_str() {
            "" => format!("Step {}, written when it leaves", message.step),
            subject => subject.to_owned(),
        },
        step: message.step,
        state: words::letter(message.status),
        marks: marks(message),
        detail: message.detail.as_deref().map(words::detail).unwrap_or_default(),
        at: show::moment(&site.zone, at),
        distance: show::distance(now, at),
        cart_id: cart_id.clone(),
    }
}

/// The rows of a page and where the next begins.
fn paged(mut letters: Vec<WithCart>, link: impl Fn(&str) -> String) -> (Vec<WithCart>, Option<String>) {
    let limit = usize::try_from(ROWS).unwrap_or(0);
    let more = letters.len() > limit;
    letters.truncate(limit);
    let next = letters.last().filter(|_| more).map(|(last, _)| link(&last.id));
    (letters, next)
}

async fn queue(visit: Visit) -> Answer {
    const PATH: &str = "/dashboard/letters/queue";
    let after = visit.query.get("after").map(str::to_owned);
    let from = after.clone();
    let (letters, count) = visit
        .read(move |tx, who| {
            let letters = messages::waiting(tx, &who.site, from.as_deref(), ROWS + 1)?;
            Ok((letters, messages::count_waiting(tx, &who.site)?))
        })
        .await?;
    let (letters, next) = paged(letters, |id| links::with(PATH, &[("after", id)]));
    let site = &visit.who.site;
    page(&Page {
        shell: visit.shell("Letters that wait", SECTION)?,
        tabs: tabs(PATH),
        about: "Planned letters, the next to leave first. Whether one leaves is decided when its time has come.",
        when: "Due",
        filters: Vec::new(),
        email: None,
        path: PATH,
        rows: letters.iter().map(|letter| row(site, visit.now, letter)).collect(),
        pager: Pager {
            first: after.map(|_| PATH.to_owned()),
            next,
            said: show::counted(count, "letter waits", "letters wait"),
        },
        empty: ("Nothing waits", "A letter is planned as soon as a cart with an address is abandoned."),
        asked: false,
    })
}

async fn archive(visit: Visit) -> Answer {
    const PATH: &str = "/dashboard/letters/archive";
    let ask = |name: &str| visit.query.get(name).map(|value| value.trim().to_owned());
    let (status, step, email, before) = (ask("status"), ask("step"), ask("email"), ask("before"));
    let address = email.as_deref().map(EmailAddress::parse);
    let filter = Filter {
        status: status.as_deref().and_then(|text| text.parse().ok()),
        step: step.as_deref().and_then(|text| text.parse().ok()),
        address: address.as_ref().and_then(|parsed| parsed.as_ref().ok()).map(EmailAddress::matched),
        ..Filter::default()
    };
    let problem = matches!(address, Some(Err(_)));
    let asked = filter != Filter::default() || problem;
    let wanted = Wanted::from(ROWS, before.clone());
    let listed = match problem {
        true => wanted.none(),
        false => visit.read(move |tx, who| messages::list(tx, &who.site, &filter, &wanted)).await?,
    };
    let kept = |id: &str| {
        let value = |text: &Option<String>| text.clone().unwrap_or_default();
        let (status, step, email) = (value(&status), value(&step), value(&email));
        links::with(PATH, &[("status", &status), ("step", &step), ("email", &email), ("before", id)])
    };
    let next = listed.rows.last().filter(|_| listed.has_more).map(|(last, _)| kept(&last.id));
    let states = MessageStatus::ALL.iter().fold(
        Choice::new("status", "State", status.clone().unwrap_or_default()).option("", "All").submits(),
        |choice, status| choice.option(status.as_str(), words::letter(*status).words()),
    );
    let steps = (1..=9).fold(
        Choice::new("step", "Step", step.clone().unwrap_or_default()).option("", "All").submits(),
        |choice, step: i64| choice.option(step.to_string(), step.to_string()),
    );
    let site = &visit.who.site;
    page(&Page {
        shell: visit.shell("Letters", SECTION)?,
        tabs: tabs(PATH),
        about: "Every letter that was planned, the newest first, and what became of it.",
        when: "When",
        filters: vec![states, steps],
        email: Some(search_field(email.clone(), problem)),
        path: PATH,
        rows: listed.rows.iter().map(|letter| row(site, visit.now, letter)).collect(),
        pager: Pager {
            first: before.as_ref().map(|_| kept("")),
            next,
            said: show::counted(listed.total_count, "letter", "letters"),
        },
        empty: ("No letters yet", "Letters are planned as soon as a cart with an address is abandoned."),
        asked,
    })
}

async fn mailbox(visit: Visit) -> Answer {
    const PATH: &str = "/dashboard/letters/mailbox";
    let ask = |name: &str| visit.query.get(name).map(|value| value.trim().to_owned());
    let (email, before) = (ask("email"), ask("before"));
    let address = email.as_deref().map(EmailAddress::parse);
    let problem = matches!(address, Some(Err(_)));
    let wanted = address.and_then(Result::ok).map(|email| email.matched());
    let from = before.clone();
    let letters = match problem {
        true => Vec::new(),
        false => {
            let read = move |tx: &crate::store::ReadTx, who: &crate::ops::sessions::SignedIn| {
                messages::mailbox(tx, &who.site, wanted.as_deref(), from.as_deref(), ROWS + 1)
            };
            visit.read(read).await?
        }
    };
    let kept = |id: &str| links::with(PATH, &[("email", email.as_deref().unwrap_or_default()), ("before", id)]);
    let (letters, next) = paged(letters, kept);
    let site = &visit.who.site;
    page(&Page {
        shell: visit.shell("Mailbox", SECTION)?,
        tabs: tabs(PATH),
        about: if visit.app.mailer.is_real() {
            "Letters that left, as their readers see them, but for pictures: looking at one here is no opening."
        } else {
            "Letters are captured here and none leaves: this is where their readers would be. Opening one counts as opened."
        },
        when: "Sent",
        filters: Vec::new(),
        email: Some(search_field(email.clone(), problem)),
        path: PATH,
        rows: letters.iter().map(|letter| row(site, visit.now, letter)).collect(),
        pager: Pager { first: before.map(|_| kept("")), next, said: String::new() },
        empty: ("The mailbox is empty", "Letters come here when they leave."),
        asked: email.is_some(),
    })
}

fn search_field(email: Option<String>, problem: bool) -> Field {
    let error = if problem { "This is no e-mail address." } else { "" };
    Field::new("email", "Address").kind("search").value(email.unwrap_or_default()).error(error)
}
