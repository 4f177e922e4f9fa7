//! Keys of the shop's servers and scripts: made once and shown once, what they may do, when they were used last.

use actix_web::http::StatusCode;
use actix_web::web;
use askama::Template;

use super::door::{Answer, Form, Visit, go_to, page_with};
use super::kit::{Badge, Confirm, Field, Tone, badge};
use super::shell::Shell;
use super::show::{self, Moment};
use crate::domain::keys::{ApiKey, Scope, Scopes};
use crate::domain::time::{day_plus, parse_day};
use crate::domain::{Error, Result, Site, Timestamp};
use crate::http::params::Params;
use crate::ops::keys;

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/keys", web::get().to(list))
        .route("/keys", web::post().to(create))
        .route("/keys/{id}/revoke", web::post().to(revoke));
}

#[derive(Template)]
#[template(path = "keys.html")]
struct Page {
    shell: Shell,
    /// A key that was just made; it is nowhere kept.
    made: Option<String>,
    rows: Vec<Row>,
    scopes: Vec<Offered>,
    scopes_error: String,
    expires: Field,
}

/// A key in the list.
struct Row {
    id: String,
    scopes: String,
    created: Moment,
    used: Option<Moment>,
    state: Badge,
    revoke: Option<Confirm>,
}

/// A scope that a new key may have.
struct Offered {
    word: &'static str,
    meaning: &'static str,
    is_ticked: bool,
}

async fn list(visit: Visit) -> Answer {
    answer(&visit, StatusCode::OK, None, &Params::default(), None).await
}

async fn answer(
    visit: &Visit,
    status: StatusCode,
    made: Option<String>,
    typed: &Params,
    error: Option<Error>,
) -> Answer {
    let keys = visit.read(|tx, who| keys::list(tx, &who.site)).await?;
    let csrf = visit.csrf()?;
    let (site, now) = (&visit.who.site, visit.now);
    let (mut scopes_error, mut expires_error) = (String::new(), String::new());
    match error {
        Some(Error::Invalid { field, reason, .. }) if field == "scopes" => scopes_error = format!("It {reason}."),
        Some(Error::Invalid { reason, .. }) => expires_error = format!("It {reason}."),
        Some(other) => return Err(other.into()),
        None => {}
    }
    let ticked: Vec<&str> = typed.every("scopes").collect();
    let offered = |scope: &Scope| Offered {
        word: scope.as_str(),
        meaning: meaning(*scope),
        is_ticked: ticked.contains(&scope.as_str()),
    };
    let page = Page {
        made,
        rows: keys.iter().rev().map(|key| row(site, key, now, &csrf)).collect(),
        scopes: Scope::ALL.iter().map(offered).collect(),
        scopes_error,
        expires: Field::new("expires", "Expires after")
            .kind("date")
            .value(typed.typed("expires"))
            .hint("Blank: never.")
            .error(expires_error),
        shell: visit.shell("Keys", "/dashboard/keys")?,
    };
    page_with(status, &page)
}

fn row(site: &Site, key: &ApiKey, now: Timestamp, csrf: &str) -> Row {
    let state = if key.is_revoked() {
        badge(Tone::Bad, "Revoked")
    } else if key.is_expired(now) {
        badge(Tone::Warn, "Expired")
    } else {
        badge(Tone::Good, "In force")
    };
    let revoke = (!key.is_revoked()).then(|| {
        let question =
            "Whatever calls with this key is refused from then on. This cannot be undone; a new key can be made.";
        let action = format!("/dashboard/keys/{}/revoke", key.id);
        Confirm::new(csrf, action, "Revoke", question, "Revoke this key").destroys()
    });
    Row {
        id: key.id.clone(),
        scopes: key.scopes.iter().map(Scope::as_str).collect::<Vec<_>>().join(", "),
        created: show::moment(&site.zone, key.created_at),
        used: key.last_used_at.map(|at| show::moment(&site.zone, at)),
        state,
        revoke,
    }
}

/// What a scope is for.
fn meaning(scope: Scope) -> &'static str {
    match scope {
        Scope::CartsRead => "read carts",
        Scope::CartsWrite => "make and change carts",
        Scope::PurchasesWrite => "tell of purchases and refunds",
        Scope::StatsRead => "read the figures",
        Scope::LoyaltyRead => "read the loyalty ledger",
        Scope::LoyaltyWrite => "record and redeem points",
        Scope::CustomersRead => "read customers",
        Scope::CustomersWrite => "make and change customers",
        Scope::PurchasesRead => "read purchases",
        Scope::MessagesRead => "read letters",
        Scope::SuppressionsRead => "read who gets no letters",
        Scope::SuppressionsWrite => "change who gets no letters",
        Scope::SequencesRead => "read the letters' steps",
        Scope::SequencesWrite => "change the letters' steps",
        Scope::WebhooksRead => "read webhooks and deliveries",
        Scope::WebhooksWrite => "make and change webhooks",
        Scope::CouponsRead => "read coupons",
        Scope::CouponsWrite => "make and change coupons",
        Scope::SubscribersRead => "read subscribers",
        Scope::SubscribersWrite => "add and remove subscribers",
        Scope::Capture => "tell of carts as a page does",
        Scope::BouncesWrite => "report letters that came back",
        Scope::Admin => "change settings by the interface",
        Scope::All => "everything, also what is added later",
    }
}

async fn create(form: Form) -> Answer {
    match asked(&form.fields, &form.who.site) {
        Ok((scopes, until)) => {
            let made = form.write(move |tx, who| keys::create(tx, &who.site, scopes, until)).await;
            match made {
                Ok((_, text)) => answer(&form, StatusCode::OK, Some(text), &Params::default(), None).await,
                Err(e) => answer(&form, StatusCode::UNPROCESSABLE_ENTITY, None, &form.fields, Some(e)).await,
            }
        }
        Err(e) => answer(&form, StatusCode::UNPROCESSABLE_ENTITY, None, &form.fields, Some(e)).await,
    }
}

/// Scopes and end of the key that a form asks for; the last day is included.
fn asked(fields: &Params, site: &Site) -> Result<(Scopes, Option<Timestamp>)> {
    let scopes = Scopes::parse(&fields.every("scopes").collect::<Vec<_>>().join(" "))?;
    let last = fields.get("expires").map(parse_day).transpose().map_err(|e| e.in_field("expires"))?;
    Ok((scopes, last.map(|day| site.zone.start_of(day_plus(day, 1)))))
}

async fn revoke(form: Form, path: web::Path<String>) -> Answer {
    let id = path.into_inner();
    form.write(move |tx, who| keys::revoke(tx, &who.site, &id)).await?;
    Ok(go_to("/dashboard/keys?done=revoked"))
}
