//! Addresses that are not written to: search, add, lift, bring in from elsewhere, take along.

use actix_web::http::StatusCode;
use actix_web::web;
use askama::Template;

use super::draft::sentence;
use super::{SECTION, Tab, tabs};
use crate::dashboard::door::{Answer, Form, Visit, go_to, page_with};
use crate::dashboard::kit::{Badge, Choice, Confirm, Field, Pager, Tone, badge};
use crate::dashboard::shell::Shell;
use crate::dashboard::show::{self, Moment};
use crate::dashboard::{csv, links};
use crate::domain::suppressions::{Reason, Source, Suppression, hash_address};
use crate::domain::{EmailAddress, Site};
use crate::http::params::Params;
use crate::http::read;
use crate::ops::listing::Wanted;
use crate::ops::suppressions::{self, MOST_IMPORTED};
use crate::store::suppressions::Filter;

/// Suppressions on a page.
const ROWS: i64 = 50;
/// Lines of an import that are shown because they hold no address.
const SHOWN: usize = 5;
const PATH: &str = "/dashboard/letters/suppressions";

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/letters/suppressions", web::get().to(show_it))
        .route("/letters/suppressions", web::post().to(add))
        .route("/letters/suppressions/import", web::post().to(import))
        .route("/letters/suppressions/lift", web::post().to(lift))
        .route("/letters/suppressions.csv", web::get().to(export));
}

struct Row {
    email: String,
    reason: Badge,
    source: &'static str,
    since: Moment,
    ended: Option<Moment>,
    lift: Option<Confirm>,
}

#[derive(Template)]
#[template(path = "letters/suppressions.html")]
struct Page {
    shell: Shell,
    tabs: Vec<Tab>,
    search: Field,
    reason: Choice,
    ended: bool,
    rows: Vec<Row>,
    pager: Pager,
    asked: bool,
    may_change: bool,
    address: Field,
    list: Field,
    most: String,
    /// Whether the forms below are open: something in them needs a look.
    open_add: bool,
    open_import: bool,
    /// What an import did.
    said: Option<String>,
    left: Vec<String>,
}

/// What is shown besides the list: forms as they were typed, and what became of them.
#[derive(Default)]
struct Shown {
    address: (String, String),
    list: (String, String),
    said: Option<String>,
    left: Vec<String>,
}

async fn show_it(visit: Visit) -> Answer {
    show_with(&visit, StatusCode::OK, &visit.query, Shown::default()).await
}

fn reason_badge(reason: Reason) -> Badge {
    match reason {
        Reason::Unsubscribe => badge(Tone::Warn, "Unsubscribed"),
        Reason::Bounce => badge(Tone::Bad, "Came back"),
        Reason::Complaint => badge(Tone::Bad, "Complained"),
        Reason::Manual => badge(Tone::Plain, "By hand"),
        Reason::Import => badge(Tone::Plain, "Import"),
    }
}

fn source_words(source: Option<Source>) -> &'static str {
    match source {
        Some(Source::Link) => "a letter's link",
        Some(Source::Page) => "the unsubscribe page",
        Some(Source::Api) => "the call without a key",
        None => "",
    }
}

/// What a query asks for. Something that is a whole address is looked up as one, also where only its hash is kept.
fn filter(site: &Site, query: &Params) -> Filter {
    let text = query.get("q").map(|text| text.trim().to_lowercase());
    let whole = text.as_deref().and_then(|text| EmailAddress::parse(text).ok()).filter(EmailAddress::is_deliverable);
    Filter {
        address_hash: whole.as_ref().map(|email| hash_address(site, email)),
        part: text.filter(|_| whole.is_none()),
        reason: query.get("reason").and_then(|text| text.parse().ok()),
        active: (query.get("ended") != Some("on")).then_some(true),
        ..Filter::default()
    }
}

async fn show_with(visit: &Visit, status: StatusCode, query: &Params, shown: Shown) -> Answer {
    let site = &visit.who.site;
    let filter = filter(site, query);
    let before = query.get("before").map(str::to_owned);
    let asked = filter != Filter { active: Some(true), ..Filter::default() };
    let wanted = Wanted::from(ROWS, before.clone());
    let found = visit.read(move |tx, who| suppressions::list(tx, &who.site, &filter, &wanted)).await?;
    let kept = |before: &str| {
        let of = |name: &str| query.get(name).unwrap_or_default();
        links::with(PATH, &[("q", of("q")), ("reason", of("reason")), ("ended", of("ended")), ("before", before)])
    };
    let next = found.rows.last().filter(|_| found.has_more).map(|(last, _)| kept(&last.id()));
    let shell = visit.shell("Suppressions", SECTION)?;
    let may_change = visit.may("POST", SECTION);
    let typed = |name: &str| query.get(name).unwrap_or_default().to_owned();
    let reasons = Reason::ALL
        .iter()
        .fold(Choice::new("reason", "Reason", typed("reason")).option("", "All").submits(), |choice, reason| {
            choice.option(reason.as_str(), reason_badge(*reason).words())
        });
    let page = Page {
        tabs: tabs(PATH),
        search: Field::new("q", "Address, or a part of it").kind("search").value(typed("q")),
        reason: reasons,
        ended: query.get("ended") == Some("on"),
        rows: found.rows.iter().map(|(one, _)| row(site, one, may_change.then_some(shell.csrf.as_str()))).collect(),
        pager: Pager {
            first: before.map(|_| kept("")),
            next,
            said: show::counted(found.total_count, "suppression", "suppressions"),
        },
        asked,
        may_change,
        open_add: !shown.address.1.is_empty(),
        open_import: !shown.list.1.is_empty() || !shown.left.is_empty(),
        address: Field::new("address", "Address").kind("email").value(shown.address.0).error(shown.address.1),
        list: Field::new("list", "Paste a list")
            .kind("textarea")
            .value(shown.list.0)
            .hint("One address a line, or a CSV file with a column of addresses.")
            .error(shown.list.1),
        most: show::count(i64::try_from(MOST_IMPORTED).unwrap_or(i64::MAX)),
        said: shown.said,
        left: shown.left,
        shell,
    };
    page_with(status, &page)
}

fn row(site: &Site, one: &Suppression, csrf: Option<&str>) -> Row {
    let email = one.email.as_ref().map_or_else(|| "Erased".to_owned(), |email| email.shown().to_owned());
    let question = match one.reason {
        Reason::Unsubscribe => format!("{email} asked not to be written to. Write again only if they asked for that."),
        Reason::Complaint => format!("{email} called a letter unwanted. Another one harms your other letters."),
        Reason::Bounce => format!("Letters to {email} came back. Lift this if the mailbox works again."),
        Reason::Manual | Reason::Import => format!("Write to {email} again?"),
    };
    Row {
        reason: reason_badge(one.reason),
        source: source_words(one.source),
        since: show::moment(&site.zone, one.at),
        ended: one.ended_at.map(|at| show::moment(&site.zone, at)),
        lift: csrf.filter(|_| one.ended_at.is_none()).map(|csrf| {
            Confirm::new(csrf, format!("{PATH}/lift"), "Lift", question, "Lift the suppression").with("id", one.id())
        }),
        email,
    }
}

async fn add(form: Form) -> Answer {
    let typed = form.fields.typed("address").to_owned();
    let email = match EmailAddress::parse(&typed) {
        Ok(email) => email,
        Err(e) => {
            let shown = Shown { address: (typed, sentence(&e)), ..Shown::default() };
            return show_with(&form, StatusCode::UNPROCESSABLE_ENTITY, &Params::default(), shown).await;
        }
    };
    let new = form.write(move |tx, who| suppressions::suppress(tx, &who.site, &email, Reason::Manual, None)).await?;
    Ok(go_to(&format!("{PATH}?done={}", if new { "suppressed" } else { "suppressed-already" })))
}

async fn lift(form: Form) -> Answer {
    let id = form.fields.get("id").unwrap_or_default().to_owned();
    form.write(move |tx, who| suppressions::lift(tx, &who.site, &id)).await?;
    Ok(go_to(&format!("{PATH}?done=lifted")))
}

/// The addresses of a pasted list or a file, and the lines that hold none. A line may be of a CSV file: the first field
/// that is an address counts. A head line holds none and is passed over.
fn addresses(text: &str) -> (Vec<EmailAddress>, Vec<String>) {
    let (mut found, mut left) = (Vec::new(), Vec::new());
    for (at, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        let line = line.trim();
        if line.is_empty() {
            continue;
        }
        let fields = line.split([',', ';', '\t']);
        let address = fields.map(|field| field.trim().trim_matches('"')).find_map(|field| {
            // What our own export put before a formula.
            let field = field.strip_prefix('\'').unwrap_or(field);
            EmailAddress::parse(field).ok()
        });
        match address {
            Some(email) => found.push(email),
            None if at == 0 && !line.contains('@') => {}
            None => left.push(line.to_owned()),
        }
    }
    (found, left)
}

async fn import(form: Form) -> Answer {
    let pasted = form.fields.typed("list").to_owned();
    let text = form.fields.every("file").chain([pasted.as_str()]).collect::<Vec<_>>().join("\n");
    let (found, left) = addresses(&text);
    let refused = |why: String| Shown { list: (pasted.clone(), why), ..Shown::default() };
    if found.is_empty() {
        let shown = refused("There is no address in it.".into());
        return show_with(&form, StatusCode::UNPROCESSABLE_ENTITY, &Params::default(), shown).await;
    }
    if found.len() > MOST_IMPORTED {
        let shown = refused(format!("These are {} addresses; send them in parts.", found.len()));
        return show_with(&form, StatusCode::UNPROCESSABLE_ENTITY, &Params::default(), shown).await;
    }
    let all = found.len();
    let new = form.write(move |tx, who| suppressions::import(tx, &who.site, &found)).await?;
    let mut said = format!("{new} of {all} addresses are new; nothing is written to any of them.");
    if !left.is_empty() {
        said.push_str(&format!(" {} lines hold no address.", left.len()));
    }
    let shown = Shown { said: Some(said), left: left.into_iter().take(SHOWN).collect(), ..Shown::default() };
    show_with(&form, StatusCode::OK, &Params::default(), shown).await
}

async fn export(visit: Visit) -> Answer {
    let (app, site) = (visit.app.clone(), visit.who.site.clone());
    Ok(csv::answer("suppressions.csv", &["address", "reason", "source", "since"], move |after: Option<String>| {
        let (app, site) = (app.clone(), site.clone());
        Box::pin(async move {
            read(&app, move |tx| {
                let (found, has_more) = suppressions::in_force(tx, &site, after.as_deref(), csv::PER_PIECE)?;
                let next = found.last().filter(|_| has_more).map(Suppression::id);
                Ok((found.iter().map(record).collect(), next))
            })
            .await
        })
    }))
}

fn record(one: &Suppression) -> Vec<String> {
    let address = one.email.as_ref().map_or("", |email| email.shown());
    let source = one.source.map_or("", |source| source.as_str());
    vec![address.to_owned(), one.reason.as_str().to_owned(), source.to_owned(), one.at.rfc3339()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_and_files_of_other_programs_are_read() {
        let text = "\u{feff}email;reason\r\n\"Ann@example.com\";bounce\n\n'=b@example.com\nx,c@example.com,y\nno one\n";
        let (found, left) = addresses(text);
        let found: Vec<&str> = found.iter().map(EmailAddress::shown).collect();
        assert_eq!(found, ["Ann@example.com", "=b@example.com", "c@example.com"]);
        assert_eq!(left, ["no one"]);
    }
}
