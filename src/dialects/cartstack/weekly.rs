//! `GET /secure/cartstack_api_weeklyreport.php`: four lists, once in 7 days. The vendor names the reports and not their
//! columns; those of ours are in the style of the ones that it does name.

use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderValue, RETRY_AFTER};
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;

use super::call::{Answer, caller, reply_to, too_many};
use super::format::{Recovered, address, date, money};
use super::refuse;
use crate::domain::reports::Turn;
use crate::domain::suppressions::Suppression;
use crate::domain::{Result, Site};
use crate::http::params::Params;
use crate::http::{self, AppData};
use crate::ops::reports::{self, Weekly};
use crate::store::ReadTx;
use crate::store::messages::Listed;

#[derive(Serialize)]
struct Reply {
    #[serde(rename = "Send Queue")]
    queue: Vec<Waiting>,
    #[serde(rename = "Send Archive")]
    archive: Vec<Sent>,
    #[serde(rename = "Recovered Orders")]
    orders: Vec<Recovered>,
    #[serde(rename = "Unsubscribes")]
    unsubscribes: Vec<Unsubscribed>,
}

#[derive(Serialize)]
struct Waiting {
    #[serde(rename = "Email Address")]
    email: String,
    #[serde(rename = "Email Number")]
    number: String,
    #[serde(rename = "Send Date")]
    date: String,
    #[serde(rename = "Cart Total")]
    total: String,
}

#[derive(Serialize)]
struct Sent {
    #[serde(rename = "Email Address")]
    email: String,
    #[serde(rename = "Email Number")]
    number: String,
    #[serde(rename = "Email Subject")]
    subject: String,
    #[serde(rename = "Send Date")]
    date: String,
    #[serde(rename = "Opened")]
    opened: &'static str,
    #[serde(rename = "Clicked")]
    clicked: &'static str,
}

#[derive(Serialize)]
struct Unsubscribed {
    #[serde(rename = "Email Address")]
    email: String,
    #[serde(rename = "Unsubscribe Date")]
    date: String,
}

/// The report is read first and the turn is taken last, so that a call which fails on the way uses nothing up. Of two calls
/// at once one gets the turn.
pub(super) async fn handle(request: HttpRequest, app: AppData) -> HttpResponse {
    let params = Params::of_query(&request);
    if let Some(refused) = too_many(&request, &params) {
        return refused;
    }
    let read = http::read(&app, move |tx| answer(tx, &params)).await;
    let (site, reply) = match read {
        Ok(Ok((site, Ok(reply)))) => (site, reply),
        Ok(Ok((_, Err(turn)))) => return too_early(turn),
        Ok(Err(refused)) => return reply_to(Ok::<Answer<Reply>, _>(Err(refused)), "weekly report"),
        Err(e) => return reply_to(Err::<Answer<Reply>, _>(e), "weekly report"),
    };
    match app.store.write_async(move |tx| reports::take_turn(tx, &site)).await {
        Ok(Turn::Yours) => reply_to(Ok(Ok(reply)), "weekly report"),
        Ok(turn) => too_early(turn),
        Err(e) => reply_to(Err::<Answer<Reply>, _>(e), "weekly report"),
    }
}

type Report = (Site, std::result::Result<Reply, Turn>);

fn answer(tx: &ReadTx, params: &Params) -> Result<Answer<Report>> {
    let site = match caller(tx, params)? {
        Ok(site) => site,
        Err(refused) => return Ok(Err(refused)),
    };
    Ok(Ok(match reports::turn(tx, &site)? {
        Turn::Yours => {
            let reply = reply(&site, &reports::weekly(tx, &site)?);
            (site, Ok(reply))
        }
        turn => (site, Err(turn)),
    }))
}

fn reply(site: &Site, weekly: &Weekly) -> Reply {
    Reply {
        queue: weekly.queue.iter().map(|letter| waiting(site, letter)).collect(),
        archive: weekly.archive.iter().map(|letter| sent(site, letter)).collect(),
        orders: weekly.orders.iter().map(|order| Recovered::of(site, order)).collect(),
        unsubscribes: weekly.unsubscribes.iter().map(|wish| unsubscribed(site, wish)).collect(),
    }
}

fn waiting(site: &Site, letter: &Listed) -> Waiting {
    Waiting {
        email: address(letter.email.as_ref()),
        number: letter.step.to_string(),
        date: date(site.day_of(letter.at)),
        total: letter.cart.map_or(String::new(), |(total, currency)| money(total, currency)),
    }
}

fn sent(site: &Site, letter: &Listed) -> Sent {
    let shown = |flag| if flag { "Yes" } else { "No" };
    Sent {
        email: address(letter.email.as_ref()),
        number: letter.step.to_string(),
        subject: letter.subject.clone(),
        date: date(site.day_of(letter.at)),
        opened: shown(letter.opened),
        clicked: shown(letter.clicked),
    }
}

fn unsubscribed(site: &Site, wish: &Suppression) -> Unsubscribed {
    Unsubscribed { email: address(wish.email.as_ref()), date: date(site.day_of(wish.at)) }
}

fn too_early(turn: Turn) -> HttpResponse {
    let Turn::From { at, secs } = turn else {
        return refuse(StatusCode::INTERNAL_SERVER_ERROR, "Something went wrong.");
    };
    let text = format!("The weekly report is given once in 7 days; the next one can be had from {at} on.");
    let mut answer = refuse(StatusCode::TOO_MANY_REQUESTS, &text);
    answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from(secs));
    answer
}
