//! `GET /secure/unsubscribe-api.php` and the page `/secure/unsubscribe.php`: an address wants no more letters. Neither
//! asks for a key, and a site id is public, so both are limited by network address and say where they came from.

use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderValue, RETRY_AFTER};
use actix_web::{HttpRequest, HttpResponse, web};

use crate::domain::suppressions::{Reason, Source};
use crate::domain::{EmailAddress, Error, Result, Site};
use crate::http::body::Body;
use crate::http::limits::RateLimits;
use crate::http::params::Params;
use crate::http::{self, AppData, pages, render, visitor};
use crate::ops::{links, sites, suppressions};
use crate::store::ReadTx;

/// What one network address may ask for in a minute.
const PER_MINUTE: u32 = 60;

/// Why a call is refused, in the vendor's words.
type Refusal = &'static str;

const INVALID_SITE: Refusal = "Invalid Site ID";

/// Whom a call is about, as it was put in.
struct Wish {
    site_id: String,
    email: EmailAddress,
    message_id: Option<String>,
}

/// Reads a call, in the vendor's order of checks.
fn wish(params: &Params) -> std::result::Result<Wish, Refusal> {
    let site_id = params.get("sid").ok_or("Missing Site ID")?.to_owned();
    // Clients that do not encode an address send its `+` as it is.
    let email = params.get_with_plus("ea").ok_or("Missing Email Address")?;
    let email = EmailAddress::parse(email).map_err(|_| "Invalid Email Address")?;
    Ok(Wish { site_id, email, message_id: params.get("ei").map(str::to_owned) })
}

fn find(tx: &ReadTx, site_id: &str) -> Result<std::result::Result<Site, Refusal>> {
    match sites::find(tx, site_id) {
        Ok(site) => Ok(Ok(site)),
        Err(Error::NotFound { .. }) => Ok(Err(INVALID_SITE)),
        Err(e) => Err(e),
    }
}

/// The call: bare text, always HTTP 200 unless it is switched off or too frequent.
pub(super) async fn call(request: HttpRequest, app: AppData, limits: web::Data<RateLimits>) -> HttpResponse {
    if let Some(refused) = too_many(&request, &limits) {
        return refused;
    }
    let wish = match wish(&Params::of_query(&request)) {
        Ok(wish) => wish,
        Err(refusal) => return bare(StatusCode::OK, refusal),
    };
    let done = app.store.write_async(move |tx| {
        let site = match find(tx, &wish.site_id)? {
            Ok(site) if site.settings.unsubscribe_api() => site,
            Ok(_) => return Ok((StatusCode::FORBIDDEN, "Disabled")),
            Err(refusal) => return Ok((StatusCode::OK, refusal)),
        };
        suppressions::suppress_through(tx, &site, &wish.email, Reason::Unsubscribe, None, Source::Api)?;
        Ok((StatusCode::OK, "SUCCESS"))
    });
    match done.await {
        Ok((status, text)) => bare(status, text),
        Err(e) => {
            log::error!("an unsubscribe was not kept: {}", e.chain());
            bare(StatusCode::INTERNAL_SERVER_ERROR, "Something went wrong.")
        }
    }
}

/// The page with a button. Mail scanners follow links, so it changes nothing.
pub(super) async fn ask(request: HttpRequest, app: AppData, limits: web::Data<RateLimits>) -> HttpResponse {
    if let Some(refused) = too_many(&request, &limits) {
        return refused;
    }
    match wish(&Params::of_query(&request)) {
        Ok(wish) => {
            let found = http::read(&app, move |tx| find(tx, &wish.site_id)).await;
            page(found, |site| pages::ask_to_unsubscribe(&site.name))
        }
        Err(refusal) => refused(refusal),
    }
}

/// The button, or a mail program's one click. A body that cannot be read takes nothing away from the address.
pub(super) async fn unsubscribe(
    request: HttpRequest,
    app: AppData,
    limits: web::Data<RateLimits>,
    body: Body,
) -> HttpResponse {
    if let Some(refused) = too_many(&request, &limits) {
        return refused;
    }
    let params = Params::of_call(&request, body).await.unwrap_or_else(|_| Params::of_query(&request));
    let wish = match wish(&params) {
        Ok(wish) => wish,
        Err(refusal) => return refused(refusal),
    };
    let done = app.store.write_async(move |tx| match find(tx, &wish.site_id)? {
        Ok(site) => links::unsubscribe_by_page(tx, site, &wish.email, wish.message_id.as_deref()).map(Ok),
        Err(refusal) => Ok(Err(refusal)),
    });
    page(done.await, |done| {
        let undo = done.undo.map(|undo| format!("../u/{undo}/undo"));
        pages::unsubscribed(&done.site.name, undo.as_deref())
    })
}

fn page<T>(outcome: Result<std::result::Result<T, Refusal>>, show: impl FnOnce(T) -> HttpResponse) -> HttpResponse {
    match outcome {
        Ok(Ok(found)) => show(found),
        Ok(Err(refusal)) => refused(refusal),
        Err(e) => {
            log::error!("the unsubscribe page failed: {}", e.chain());
            pages::dead_link(StatusCode::INTERNAL_SERVER_ERROR, "Something went wrong. Please try again later.")
        }
    }
}

fn refused(refusal: Refusal) -> HttpResponse {
    let status = if refusal == INVALID_SITE { StatusCode::NOT_FOUND } else { StatusCode::BAD_REQUEST };
    pages::dead_link(status, refusal)
}

fn too_many(request: &HttpRequest, limits: &RateLimits) -> Option<HttpResponse> {
    let exceeded = limits.admit_stranger(visitor::address(request)?, PER_MINUTE).err()?;
    let mut answer = bare(StatusCode::TOO_MANY_REQUESTS, "Too Many Requests");
    answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from(exceeded.retry_after_secs));
    Some(answer)
}

fn bare(status: StatusCode, text: &str) -> HttpResponse {
    render::bytes(status, "text/plain; charset=utf-8", text.to_owned())
}
