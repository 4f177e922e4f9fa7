//! Carts: a list with filters and search, page by page, and the same as a file for a spreadsheet.

use actix_web::web;
use askama::Template;

use super::csv;
use super::door::{Answer, Trouble, Visit, page};
use super::kit::{Badge, Choice, Field, Pager, Tone, badge};
use super::shell::Shell;
use super::show::{self, Moment};
use crate::domain::carts::{Cart, CartStatus};
use crate::domain::time::parse_day;
use crate::domain::{Result, Site, Timestamp};
use crate::http::params::Params;
use crate::http::read;
use crate::ops::carts::{self, found};
use crate::store::ReadTx;
use crate::store::carts::{Filter, Page as Slice, Sort};

/// Carts on a page.
const PER_PAGE: i64 = 50;

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config.route("/carts", web::get().to(list)).route("/carts.csv", web::get().to(export));
}

#[derive(Template)]
#[template(path = "carts.html")]
struct Page {
    shell: Shell,
    search: Field,
    state: Choice,
    email: Choice,
    since: Field,
    least: Field,
    order: Choice,
    rows: Vec<Row>,
    pager: Pager,
    /// Whether anything narrows the list, so that an empty one says so.
    is_narrowed: bool,
    /// How many carts a part of an address was looked for in, where that is not all.
    bound: Option<String>,
    /// What was wrong with a filter; blank: nothing.
    problem: String,
    export: Option<String>,
}

/// A cart in the list.
struct Row {
    id: String,
    who: String,
    state: Badge,
    total: String,
    items: String,
    touched: Moment,
}

/// What the list is narrowed to, as it stands in the address.
#[derive(Clone, Default)]
struct Wish {
    filter: Filter,
    sort: Option<Sort>,
    problem: String,
}

async fn list(visit: Visit) -> Answer {
    let site = &visit.who.site;
    let wish = Wish::of(&visit.query, site);
    let (text, after) = (visit.query.typed("q").trim().to_owned(), visit.query.get("after").map(str::to_owned));
    let is_first = after.is_none();
    let asked = (wish.clone(), text.clone());
    let (found, has_more, has_older) = visit
        .read(move |tx, who| {
            let (wish, text) = asked;
            if text.is_empty() {
                let (carts, has_more) = walk(tx, &who.site, &wish, after.as_deref(), PER_PAGE)?;
                Ok((carts, has_more, false))
            } else {
                let found = found::search(tx, &who.site, &text, PER_PAGE)?;
                Ok((found.carts, false, found.has_older))
            }
        })
        .await?;
    let next = found.last().filter(|_| has_more).map(|last| with(&visit.query, Some(&last.id)));
    let pager = Pager {
        first: (!is_first).then(|| with(&visit.query, None)),
        next,
        said: if found.is_empty() { String::new() } else { show::counted(found.len() as i64, "cart", "carts") },
    };
    let query = |name: &str| visit.query.typed(name).to_owned();
    let is_narrowed = ["q", "state", "email", "since", "least"].iter().any(|name| visit.query.get(name).is_some());
    let export = format!("/dashboard/carts.csv{}", with(&visit.query, None));
    page(&Page {
        shell: visit.shell("Carts", "/dashboard/carts")?,
        search: Field::new("q", "Search").kind("search").value(text),
        state: STATES
            .iter()
            .fold(Choice::new("state", "State", query("state")).submits(), |c, (key, shown)| c.option(*key, *shown)),
        email: Choice::new("email", "Address", query("email"))
            .submits()
            .option("", "Known or not")
            .option("known", "Known")
            .option("unknown", "Not known"),
        since: Field::new("since", "Since").kind("date").value(query("since")),
        least: Field::new("least", format!("Worth at least ({})", site.currency)).value(query("least")),
        order: Choice::new("sort", "Order", query("sort"))
            .submits()
            .option("", "Changed last")
            .option("created", "Made last")
            .option("total", "Largest")
            .option("abandoned", "Abandoned last"),
        rows: found.iter().map(|cart| row(site, cart, visit.now)).collect(),
        pager,
        is_narrowed,
        bound: has_older.then(|| show::count(found::NEWEST)),
        problem: wish.problem,
        export: (visit.may("GET", "/dashboard/carts.csv") && visit.query.get("q").is_none()).then_some(export),
    })
}

/// States of the filter; a recovered cart is a bought one that a letter brought back.
const STATES: &[(&str, &str)] = &[
    ("", "All"),
    ("active", "Active"),
    ("abandoned", "Abandoned"),
    ("recovered", "Recovered"),
    ("converted", "Bought"),
    ("expired", "Expired"),
];

impl Wish {
    fn of(query: &Params, site: &Site) -> Self {
        let mut wish = Wish::default();
        match query.get("state") {
            Some("recovered") => wish.filter.recovered = Some(true),
            Some(word) => wish.filter.status = word.parse::<CartStatus>().ok(),
            None => {}
        }
        wish.filter.has_email = query.get("email").and_then(|word| match word {
            "known" => Some(true),
            "unknown" => Some(false),
            _ => None,
        });
        if let Some(text) = query.get("since") {
            match parse_day(text) {
                // The filter is "later than", the field is a day that is meant to be included.
                Ok(day) => wish.filter.created_after = Some(site.zone.start_of(day).plus(-1)),
                Err(_) => wish.problem = "A day is written like 2026-01-31.".into(),
            }
        }
        if let Some(text) = query.get("least") {
            wish.filter.min_total = site.currency.parse_major(text);
            if wish.filter.min_total.is_none() {
                wish.problem = "An amount is written like 49.90.".into();
            }
        }
        wish.sort = match query.get("sort") {
            Some("created") => Some(Sort::CreatedAt),
            Some("total") => Some(Sort::Total),
            Some("abandoned") => Some(Sort::AbandonedAt),
            _ => None,
        };
        wish
    }
}

fn walk(tx: &ReadTx, site: &Site, wish: &Wish, after: Option<&str>, limit: i64) -> Result<(Vec<Cart>, bool)> {
    let after = after.map(|id| carts::cursor(tx, site, id)).transpose()?;
    let sort = wish.sort.unwrap_or(Sort::UpdatedAt);
    found::walk(tx, site, &wish.filter, &Slice { sort, descending: true, limit, offset: 0, after })
}

/// The list's own address with the same filters, at the beginning or after a cart.
fn with(query: &Params, after: Option<&str>) -> String {
    let mut pairs = url::form_urlencoded::Serializer::new(String::new());
    for name in ["q", "state", "email", "since", "least", "sort"] {
        if let Some(value) = query.get(name) {
            pairs.append_pair(name, value);
        }
    }
    if let Some(id) = after {
        pairs.append_pair("after", id);
    }
    format!("?{}", pairs.finish())
}

fn row(site: &Site, cart: &Cart, now: Timestamp) -> Row {
    let mut cart = cart.clone();
    // What the clock did may not be written yet; every page says the same.
    cart.settle(now, site.settings.abandon_after());
    Row {
        id: cart.id.clone(),
        who: who(&cart),
        state: state(&cart),
        total: show::money(cart.currency, cart.total),
        items: show::counted(cart.item_count, "item", "items"),
        touched: show::moment(&site.zone, cart.updated_at),
    }
}

/// Whose cart it is, in words.
pub(super) fn who(cart: &Cart) -> String {
    match (&cart.email, &cart.customer_id) {
        (Some(email), _) => email.shown().to_owned(),
        (None, Some(customer)) => format!("Customer {customer}"),
        (None, None) if cart.identified => "Erased".to_owned(),
        (None, None) => "Not known yet".to_owned(),
    }
}

/// Where a cart stands, as a badge.
pub(super) fn state(cart: &Cart) -> Badge {
    match cart.status {
        CartStatus::Active => badge(Tone::Info, "Active"),
        CartStatus::Abandoned => badge(Tone::Warn, "Abandoned"),
        CartStatus::Converted if cart.recovered => badge(Tone::Good, "Recovered"),
        CartStatus::Converted => badge(Tone::Good, "Bought"),
        // A purchase by another cart may recover one, which then closes.
        CartStatus::Expired if cart.recovered => badge(Tone::Good, "Recovered"),
        CartStatus::Expired => badge(Tone::Plain, "Expired"),
    }
}

/// The file: as many carts as match.
async fn export(visit: Visit) -> Answer {
    let (app, site) = (visit.app.clone(), visit.who.site.clone());
    let wish = Wish::of(&visit.query, &site);
    if !wish.problem.is_empty() {
        return Err(Trouble::Refused(wish.problem));
    }
    let name = format!("carts-{}.csv", site.day_of(visit.now));
    Ok(csv::answer(&name, &COLUMNS, move |after| {
        let (app, site, wish) = (app.clone(), site.clone(), wish.clone());
        Box::pin(async move {
            read(&app, move |tx| {
                let (carts, has_more) = walk(tx, &site, &wish, after.as_deref(), csv::PER_PIECE)?;
                let next = carts.last().filter(|_| has_more).map(|last| last.id.clone());
                Ok((carts.iter().map(|cart| record(&site, cart).to_vec()).collect(), next))
            })
            .await
        })
    }))
}

const COLUMNS: [&str; 13] = [
    "id",
    "email",
    "customer_id",
    "status",
    "recovered",
    "currency",
    "total",
    "items",
    "created_at",
    "last_activity",
    "abandoned_at",
    "channel",
    "order_id",
];

fn record(site: &Site, cart: &Cart) -> [String; 13] {
    let time = |at: Timestamp| {
        let civil = site.zone.civil(at);
        civil.strftime("%Y-%m-%d %H:%M:%S").to_string()
    };
    [
        cart.id.clone(),
        cart.email.as_ref().map_or(String::new(), |email| email.shown().to_owned()),
        cart.customer_id.clone().unwrap_or_default(),
        cart.status.to_string(),
        if cart.recovered { "yes" } else { "no" }.to_owned(),
        cart.currency.to_string(),
        cart.currency.major(cart.total),
        cart.item_count.to_string(),
        time(cart.created_at),
        time(cart.last_activity),
        cart.abandoned_at.map_or(String::new(), time),
        cart.channel.to_string(),
        cart.order_id.clone().unwrap_or_default(),
    ]
}
