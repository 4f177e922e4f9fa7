//! Purchases: the list, one with what was given back of it and what it recovered, and the calls by which they were told.

use actix_web::http::StatusCode;
use actix_web::web;
use askama::Template;

use super::door::{Answer, Form, Visit, go_to, page, page_with};
use super::flaw::Flaw;
use super::kit::{Badge, Choice, Field, Pager, Tone, badge};
use super::links;
use super::shell::Shell;
use super::show::{self, Moment};
use crate::domain::confirmations::{Call, KEPT};
use crate::domain::purchases::Refund;
use crate::domain::{EmailAddress, Error, Site};
use crate::http::params::Params;
use crate::ops::listing::Wanted;
use crate::ops::{confirmations, purchases};
use crate::store::purchases::{Filter, Shown};

const SECTION: &str = "/dashboard/purchases";
const ROWS: i64 = 50;

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/purchases", web::get().to(list))
        .route("/purchases/calls", web::get().to(calls))
        .route("/purchases/{id}", web::get().to(show_it))
        .route("/purchases/{id}/refund", web::post().to(refund));
}

struct Tab {
    name: &'static str,
    href: &'static str,
    is_current: bool,
}

fn tabs(current: &str) -> Vec<Tab> {
    [("Purchases", SECTION), ("Confirmation calls", "/dashboard/purchases/calls")]
        .into_iter()
        .map(|(name, href)| Tab { name, href, is_current: href == current })
        .collect()
}

struct Row {
    id: String,
    order: String,
    email: String,
    total: String,
    refunded: Option<String>,
    states: Vec<Badge>,
    source: String,
    at: Moment,
}

#[derive(Template)]
#[template(path = "purchases/list.html")]
struct ListPage {
    shell: Shell,
    tabs: Vec<Tab>,
    search: Field,
    order: Field,
    kind: Choice,
    rows: Vec<Row>,
    pager: Pager,
    asked: bool,
}

fn states(shown: &Shown) -> Vec<Badge> {
    let mut states = Vec::new();
    if shown.purchase.recovered_cart.is_some() {
        states.push(badge(Tone::Good, "Recovered a cart"));
    }
    if !shown.purchase.verified {
        states.push(badge(Tone::Warn, "Told by a browser only"));
    }
    if shown.refunded >= shown.purchase.total && shown.refunded > 0 {
        states.push(badge(Tone::Bad, "Refunded"));
    } else if shown.refunded > 0 {
        states.push(badge(Tone::Warn, "Refunded in part"));
    }
    states
}

fn row(site: &Site, shown: &Shown) -> Row {
    let purchase = &shown.purchase;
    Row {
        id: purchase.id.clone(),
        order: purchase.order_id.clone().unwrap_or_else(|| "Without a number".to_owned()),
        email: purchase.email.as_ref().map_or_else(|| "Erased".to_owned(), |email| email.shown().to_owned()),
        total: show::money(purchase.currency, purchase.total),
        refunded: (shown.refunded > 0).then(|| show::money(purchase.currency, -shown.refunded)),
        states: states(shown),
        source: purchase.source.clone(),
        at: show::moment(&site.zone, purchase.at),
    }
}

async fn list(visit: Visit) -> Answer {
    let ask = |name: &str| visit.query.get(name).map(|value| value.trim().to_owned());
    let (email, order, kind, after) = (ask("email"), ask("order"), ask("kind"), ask("after"));
    let address = email.as_deref().map(EmailAddress::parse);
    let problem = matches!(address, Some(Err(_)));
    let filter = Filter {
        address: address.and_then(Result::ok).map(|email| email.matched()),
        order_id: order.clone(),
        recovered: (kind.as_deref() == Some("recovered")).then_some(true),
        verified: (kind.as_deref() == Some("browser")).then_some(false),
        ..Filter::default()
    };
    let wanted = Wanted::from(ROWS, after.clone());
    let listed = match problem {
        true => wanted.none(),
        false => visit.read(move |tx, who| purchases::list(tx, &who.site, &filter, &wanted)).await?,
    };
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let kept = |after: &str| {
        let (email, order, kind) = (text(&email), text(&order), text(&kind));
        links::with(SECTION, &[("email", &email), ("order", &order), ("kind", &kind), ("after", after)])
    };
    let error = if problem { "This is no e-mail address." } else { "" };
    page(&ListPage {
        shell: visit.shell("Purchases", SECTION)?,
        tabs: tabs(SECTION),
        search: Field::new("email", "Address").kind("search").value(text(&email)).error(error),
        order: Field::new("order", "Order number").kind("search").value(text(&order)),
        kind: Choice::new("kind", "Which", text(&kind))
            .option("", "All")
            .option("recovered", "That recovered a cart")
            .option("browser", "Told by a browser only")
            .submits(),
        rows: listed.rows.iter().map(|shown| row(&visit.who.site, shown)).collect(),
        pager: Pager {
            first: after.as_ref().map(|_| kept("")),
            next: listed.rows.last().filter(|_| listed.has_more).map(|last| kept(&last.purchase.id)),
            said: show::counted(listed.total_count, "purchase", "purchases"),
        },
        asked: email.is_some() || order.is_some() || kind.is_some(),
    })
}

#[derive(Template)]
#[template(path = "purchases/one.html")]
struct OnePage {
    shell: Shell,
    row: Row,
    id: String,
    cart_id: Option<String>,
    recovered_cart_id: Option<String>,
    message_id: Option<String>,
    net: String,
    refunds: Vec<(String, Moment)>,
    amount: Field,
    may_refund: bool,
    problem: String,
}

async fn show_it(visit: Visit, id: web::Path<String>) -> Answer {
    show(&visit, StatusCode::OK, id.into_inner(), &Params::default(), &Flaw::default()).await
}

async fn show(visit: &Visit, status: StatusCode, id: String, typed: &Params, flaw: &Flaw) -> Answer {
    let (shown, refunds): (Shown, Vec<Refund>) = visit.read(move |tx, who| purchases::get(tx, &who.site, &id)).await?;
    let site = &visit.who.site;
    let purchase = &shown.purchase;
    let title = purchase.order_id.as_ref().map_or_else(|| "A purchase".to_owned(), |order| format!("Order {order}"));
    let left = purchase.total - shown.refunded;
    let page = OnePage {
        shell: visit.shell(title, SECTION)?,
        row: row(site, &shown),
        id: purchase.id.clone(),
        cart_id: shown.cart_id.clone(),
        recovered_cart_id: shown.recovered_cart_id.clone(),
        message_id: shown.message_id.clone(),
        net: show::money(purchase.currency, left),
        refunds: refunds
            .iter()
            .map(|refund| (show::money(purchase.currency, refund.amount), show::moment(&site.zone, refund.at)))
            .collect(),
        amount: Field::new("amount", format!("Amount given back ({})", purchase.currency))
            .value(typed.typed("amount"))
            .hint("Blank: all that is left. This notes it here; the money itself is given back in your shop.")
            .error(flaw.at("amount")),
        may_refund: left > 0 && visit.may("POST", SECTION),
        problem: flaw.beside(&["amount"]),
    };
    page_with(status, &page)
}

async fn refund(form: Form, id: web::Path<String>) -> Answer {
    let id = id.into_inner();
    let (of, typed) = (id.clone(), form.fields.get("amount").map(str::to_owned));
    let written = form
        .write(move |tx, who| {
            let currency = purchases::get(tx, &who.site, &of)?.0.purchase.currency;
            let amount = match typed {
                None => None,
                Some(text) => Some(
                    currency
                        .parse_major(&text)
                        .filter(|amount| *amount > 0)
                        .ok_or_else(|| Error::malformed("amount", "must be an amount above 0"))?,
                ),
            };
            purchases::refund_left(tx, &who.site, &of, amount)
        })
        .await;
    match written {
        Ok(_) => Ok(go_to(&format!("{SECTION}/{id}?done=refund"))),
        Err(e) => {
            let flaw = Flaw::of(e)?;
            show(&form, StatusCode::UNPROCESSABLE_ENTITY, id, &form.fields, &flaw).await
        }
    }
}

struct CallRow {
    state: Badge,
    meaning: &'static str,
    purchase_id: Option<String>,
    order: String,
    at: Moment,
}

#[derive(Template)]
#[template(path = "purchases/calls.html")]
struct CallsPage {
    shell: Shell,
    tabs: Vec<Tab>,
    rows: Vec<CallRow>,
}

/// What the vendor's codes of a confirmation mean.
fn meaning(code: i64, kept: bool) -> &'static str {
    match (code, kept) {
        (100, _) => "The purchase was recorded",
        (102, true) => "The purchase was kept; the address had no open cart",
        (101, _) => "Refused: a field was missing, or the address was none",
        (103, _) => "Refused: the key is not this shop's",
        _ => "Refused",
    }
}

async fn calls(visit: Visit) -> Answer {
    let found = visit.read(|tx, who| confirmations::newest(tx, &who.site, 2 * KEPT)).await?;
    let zone = visit.who.site.zone.clone();
    let row = |call: &Call| CallRow {
        state: match (call.purchase_id.is_some(), call.code) {
            (_, 100) => badge(Tone::Good, call.code.to_string()),
            (true, _) => badge(Tone::Info, call.code.to_string()),
            (false, _) => badge(Tone::Bad, call.code.to_string()),
        },
        meaning: meaning(call.code, call.purchase_id.is_some()),
        purchase_id: call.purchase_id.clone(),
        order: call.order_id.clone().unwrap_or_else(|| "Purchase".to_owned()),
        at: show::moment(&zone, call.at),
    };
    page(&CallsPage {
        shell: visit.shell("Confirmation calls", SECTION)?,
        tabs: tabs("/dashboard/purchases/calls"),
        rows: found.iter().map(row).collect(),
    })
}
