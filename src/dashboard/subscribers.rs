//! Subscribers: people whom the shop registered for its letters and text messages.

use actix_web::http::StatusCode;
use actix_web::web;
use askama::Template;

use super::door::{Answer, Form, Visit, go_to, page_with};
use super::flaw::Flaw;
use super::kit::{Badge, Confirm, Field, Pager, Tone, badge};
use super::links;
use super::shell::Shell;
use super::show::{self, Moment};
use crate::domain::EmailAddress;
use crate::domain::subscribers::{Phone, check_name};
use crate::http::params::Params;
use crate::ops::listing::Wanted;
use crate::ops::subscribers::{self, NewSubscriber};
use crate::store::subscribers::Filter;

const SECTION: &str = "/dashboard/subscribers";
const ROWS: i64 = 50;

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/subscribers", web::get().to(show_it))
        .route("/subscribers", web::post().to(add))
        .route("/subscribers/unsubscribe", web::post().to(unsubscribe));
}

struct Row {
    email: String,
    name: String,
    phone: String,
    letters: Badge,
    since: Moment,
    end: Option<Confirm>,
}

#[derive(Template)]
#[template(path = "subscribers.html")]
struct Page {
    shell: Shell,
    search: Field,
    rows: Vec<Row>,
    pager: Pager,
    asked: bool,
    may_change: bool,
    fields: Vec<Field>,
    open: bool,
    problem: String,
}

async fn show_it(visit: Visit) -> Answer {
    show(&visit, StatusCode::OK, &Params::default(), &Flaw::default()).await
}

async fn show(visit: &Visit, status: StatusCode, typed: &Params, flaw: &Flaw) -> Answer {
    let (text, after) = (visit.query.get("q").map(str::to_owned), visit.query.get("after").map(str::to_owned));
    let address = text.as_deref().map(EmailAddress::parse);
    let problem = matches!(address, Some(Err(_)));
    let filter = Filter { address: address.and_then(Result::ok).map(|email| email.matched()), ..Filter::default() };
    let wanted = Wanted::from(ROWS, after.clone());
    let listed = match problem {
        true => wanted.none(),
        false => visit.read(move |tx, who| subscribers::list(tx, &who.site, &filter, &wanted)).await?,
    };
    let shell = visit.shell("Subscribers", SECTION)?;
    let may_change = visit.may("POST", SECTION);
    let zone = &visit.who.site.zone;
    let rows = listed
        .rows
        .iter()
        .map(|(subscriber, stands)| {
            let email = subscriber.email.shown().to_owned();
            let question = format!("No letter goes to {email} from now on.");
            Row {
                end: (may_change && stands.email).then(|| {
                    let action = format!("{SECTION}/unsubscribe");
                    Confirm::new(&shell.csrf, action, "Unsubscribe", question, "Unsubscribe").with("email", &email)
                }),
                name: subscriber.name.clone().unwrap_or_default(),
                phone: subscriber.phone.as_ref().map_or(String::new(), |phone| phone.shown().to_owned()),
                letters: if stands.email { badge(Tone::Good, "Subscribed") } else { badge(Tone::Plain, "Left") },
                since: show::moment(zone, subscriber.created_at),
                email,
            }
        })
        .collect();
    let field = |name: &str, label: &str| Field::new(name, label).value(typed.typed(name)).error(flaw.at(name));
    let fields = vec![
        field("email", "E-mail address").kind("email"),
        field("name", "Name"),
        field("phone", "Phone").hint("For text messages; may stay blank."),
    ];
    let error = if problem { "This is no e-mail address." } else { "" };
    let beside = flaw.beside(&["email", "name", "phone"]);
    let open = ["email", "name", "phone"].iter().any(|name| !flaw.at(name).is_empty()) || !beside.is_empty();
    let page = Page {
        search: Field::new("q", "Address").kind("search").value(text.clone().unwrap_or_default()).error(error),
        rows,
        pager: Pager {
            first: after.map(|_| SECTION.to_owned()),
            next: listed
                .rows
                .last()
                .filter(|_| listed.has_more)
                .map(|(last, _)| links::with(SECTION, &[("after", &last.id)])),
            said: show::counted(listed.total_count, "subscriber", "subscribers"),
        },
        asked: text.is_some(),
        may_change,
        fields,
        open,
        problem: beside,
        shell,
    };
    page_with(status, &page)
}

/// Somebody as typed.
fn read(fields: &Params) -> crate::domain::Result<NewSubscriber> {
    Ok(NewSubscriber {
        email: EmailAddress::parse(fields.typed("email")).map_err(|e| e.in_field("email"))?,
        name: fields.get("name").map(check_name).transpose()?,
        phone: fields.get("phone").map(Phone::parse).transpose()?,
        source: "dashboard",
        wording: None,
    })
}

async fn add(form: Form) -> Answer {
    let written = match read(&form.fields) {
        Ok(new) => form.write(move |tx, who| subscribers::create(tx, &who.site, new)).await,
        Err(e) => Err(e),
    };
    match written {
        Ok(_) => Ok(go_to(&format!("{SECTION}?done=subscriber"))),
        Err(e) => show(&form, StatusCode::UNPROCESSABLE_ENTITY, &form.fields, &Flaw::of(e)?).await,
    }
}

async fn unsubscribe(form: Form) -> Answer {
    let email = EmailAddress::parse(form.fields.typed("email")).map_err(|e| e.in_field("email"))?;
    form.write(move |tx, who| subscribers::unsubscribe(tx, &who.site, &email, None)).await?;
    Ok(go_to(&format!("{SECTION}?done=unsubscribed")))
}
