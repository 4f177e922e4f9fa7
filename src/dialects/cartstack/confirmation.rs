//! `GET` and `POST /ss/v1/`: the shop's server says that an address bought. Always HTTP 200 with a code in the body.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;

use crate::domain::keys::Scope;
use crate::domain::purchases::FirstReply;
use crate::domain::{EmailAddress, Error, Site};
use crate::http::body::{Body, BodyError};
use crate::http::limits;
use crate::http::params::Params;
use crate::http::{self, AppData, render};
use crate::ops::access::{self, SiteRefusal};
use crate::ops::confirmations;
use crate::ops::purchases::{self, Confirmation, Stated};

/// What the ledger keeps as the source of these purchases.
const SOURCE: &str = "ss/v1";

#[derive(Serialize)]
struct Reply {
    resp: u16,
    err_txt: String,
}

impl Reply {
    fn refused(resp: u16, text: &str) -> Self {
        Reply { resp, err_txt: text.to_owned() }
    }
}

/// A GET is read from its query alone: real clients send a JSON body and a foreign `Authorization` header with it.
pub(super) async fn by_get(request: HttpRequest, app: AppData) -> HttpResponse {
    answer(&request, &Params::of_query(&request), &app).await
}

pub(super) async fn by_post(request: HttpRequest, app: AppData, body: Body) -> HttpResponse {
    match Params::of_call(&request, body).await {
        Ok(params) => answer(&request, &params, &app).await,
        Err(BodyError::TooLarge) => too_bad(StatusCode::PAYLOAD_TOO_LARGE, "the request body is too large"),
        Err(BodyError::TooSlow) => too_bad(StatusCode::REQUEST_TIMEOUT, "the request body came too slowly"),
        Err(BodyError::Broken) => too_bad(StatusCode::BAD_REQUEST, "the request body could not be read"),
    }
}

fn too_bad(status: StatusCode, text: &str) -> HttpResponse {
    render::json(status, &Reply::refused(101, text))
}

async fn answer(request: &HttpRequest, params: &Params, app: &AppData) -> HttpResponse {
    if let Err(exceeded) = limits::admit_call(request, params.get("key")) {
        let text = format!("Too many calls. Try again in {} seconds.", exceeded.retry_after_secs);
        return render::json(StatusCode::OK, &Reply::refused(102, &text));
    }
    let reply = confirm(params, app).await.unwrap_or_else(|e| {
        log::error!("a confirmation was not recorded: {}", e.chain());
        Reply::refused(102, "Purchase Insert Failed")
    });
    render::json(StatusCode::OK, &reply)
}

async fn confirm(params: &Params, app: &AppData) -> Result<Reply, Error> {
    let required = (params.get("key"), params.get("siteid"), params.get_with_plus("email"));
    let (Some(key), Some(site_id), Some(email)) = required else {
        let reply = Reply::refused(101, "missing required field (api key, site id, or email)");
        return Ok(listed(app, required.1, reply));
    };
    let Ok(email) = EmailAddress::parse(email) else {
        return Ok(listed(app, Some(site_id), Reply::refused(101, "Invalid Email Address")));
    };
    let (key, id) = (key.to_owned(), site_id.to_owned());
    let caller =
        http::read_briefly(app, move |tx| access::by_site_and_key(tx, &id, &key, Scope::PurchasesWrite)).await?;
    let site = match caller {
        Ok(caller) => caller.site,
        Err(SiteRefusal::UnknownSite) => return Ok(Reply::refused(102, "Not a valid site id.")),
        Err(SiteRefusal::WrongKey) => {
            return Ok(listed(app, Some(site_id), Reply::refused(103, "API Key does not match")));
        }
    };
    record(app, site, email, params).await
}

/// Puts a refusal about a site into the list of its set-up page. The answer does not wait for that.
fn listed(app: &AppData, site_id: Option<&str>, reply: Reply) -> Reply {
    if let Some(site_id) = site_id.map(str::to_owned) {
        let code = reply.resp;
        app.store.write_later(move |tx| confirmations::keep_refused(tx, &site_id, code));
    }
    reply
}

async fn record(app: &AppData, site: Site, email: EmailAddress, params: &Params) -> Result<Reply, Error> {
    let told = Confirmation {
        email: email.clone(),
        order_id: params.get("orderid").map(|id| id.trim().to_owned()),
        total: params.get("total").map_or(Stated::Nothing, |total| Stated::Major(total.to_owned())),
        codes: Vec::new(),
        source: SOURCE,
    };
    let confirmed = app.store.write_repeatable(move |tx| {
        let confirmed = purchases::confirm(tx, &site, told.clone())?;
        confirmations::keep(tx, &site, code(confirmed.purchase.reply), &confirmed.purchase);
        Ok(confirmed)
    });
    let reply = confirmed.await?.purchase.reply;
    Ok(match reply {
        FirstReply::Recorded => Reply { resp: code(reply), err_txt: String::new() },
        FirstReply::NoCart => Reply::refused(
            code(reply),
            "No cart exists for this email address. Please create a cart first before marking a purchase.",
        ),
        FirstReply::NoneOpen => {
            Reply::refused(code(reply), &format!("Cart not found for email address {}", email.shown()))
        }
    })
}

fn code(reply: FirstReply) -> u16 {
    match reply {
        FirstReply::Recorded => 100,
        FirstReply::NoCart | FirstReply::NoneOpen => 102,
    }
}

#[cfg(test)]
mod tests {
    use crate::http::at_hand;

    #[test]
    fn a_call_waits_in_a_piece_of_memory_that_malloc_has_at_hand() {
        assert!(at_hand::fits(&super::by_get));
    }
}
