//! `POST /capture`: what a shop's page tells, by a beacon or by fetch. It has no key; the page's origin and the
//! shop's public id are all that is asked for, so an answer says nothing but whether it was heard.

use std::borrow::Cow;
use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_MAX_AGE,
    CACHE_CONTROL, DNT, HeaderMap, HeaderName, ORIGIN, RETRY_AFTER, USER_AGENT, VARY,
};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, web};

use super::told::{self, Spoken};
use crate::app::App;
use crate::domain::Error;
use crate::domain::capture::{Agent, Signs};
use crate::domain::origins::Origin;
use crate::http::body::{Body, BodyError};
use crate::http::limits::RateLimits;
use crate::http::{self, AppData};
use crate::ops::access::{self, Heard};
use crate::ops::capture;

/// Global Privacy Control, by which a browser asks not to be followed as with `DNT`.
static SEC_GPC: HeaderName = HeaderName::from_static("sec-gpc");

/// The largest body that is read: browsers send no larger beacon.
const MOST_BYTES: usize = 64 * 1024;
/// How long a browser may remember that it may ask.
const REMEMBER_SECS: u32 = 7_200;

/// Why nothing was heard.
enum Refusal {
    /// With this status.
    Plain(StatusCode),
    /// Too many calls: seconds to wait.
    TooMany(u64),
}

pub(super) async fn hear(
    request: HttpRequest,
    app: AppData,
    limits: web::Data<RateLimits>,
    body: Body,
) -> HttpResponse {
    let named = request.headers().get(ORIGIN).and_then(|value| value.to_str().ok());
    let refused = match heard(&request, &app, &limits, named, body).await {
        Ok(page) => return answer(StatusCode::NO_CONTENT, Some(&page)).finish(),
        Err(refused) => refused,
    };
    let origin = named.and_then(|text| Origin::parse(text).ok());
    let page = origin.as_ref().map(Origin::as_text);
    match refused {
        Refusal::TooMany(secs) => {
            answer(StatusCode::TOO_MANY_REQUESTS, page).insert_header((RETRY_AFTER, secs)).finish()
        }
        // Whoever may not speak here is not told which of the reasons it was.
        Refusal::Plain(StatusCode::FORBIDDEN) => answer(StatusCode::FORBIDDEN, None).finish(),
        Refusal::Plain(status) => answer(status, page).finish(),
    }
}

/// The preflight of a browser that is about to send JSON. It does not say whose page asks, so any shop's will do.
pub(super) async fn ask(request: HttpRequest, app: AppData) -> HttpResponse {
    let Some(origin) = origin(request.headers()) else { return answer(StatusCode::FORBIDDEN, None).finish() };
    let (asked, on_loopback) = (origin.clone(), app.config.listen.ip().is_loopback());
    let known = http::read(&app, move |tx| access::is_origin_of_any(tx, &asked)).await.unwrap_or(false);
    let of_this_machine = on_loopback && origin.is_loopback();
    if !known && !of_this_machine {
        return answer(StatusCode::FORBIDDEN, None).finish();
    }
    answer(StatusCode::NO_CONTENT, Some(origin.as_text()))
        .insert_header((ACCESS_CONTROL_ALLOW_METHODS, "POST"))
        .insert_header((ACCESS_CONTROL_ALLOW_HEADERS, "content-type"))
        .insert_header((ACCESS_CONTROL_MAX_AGE, REMEMBER_SECS))
        .finish()
}

/// Hears a call of the page that `named` spells, and returns that as a browser spells it.
async fn heard<'a>(
    request: &HttpRequest,
    app: &AppData,
    limits: &RateLimits,
    named: Option<&'a str>,
    body: Body,
) -> Result<Cow<'a, str>, Refusal> {
    let bytes = body.at_most(MOST_BYTES).read().await.map_err(|e| match e {
        BodyError::TooLarge => Refusal::Plain(StatusCode::PAYLOAD_TOO_LARGE),
        BodyError::TooSlow => Refusal::Plain(StatusCode::REQUEST_TIMEOUT),
        BodyError::Broken => Refusal::Plain(StatusCode::BAD_REQUEST),
    })?;
    let malformed = |_| Refusal::Plain(StatusCode::BAD_REQUEST);
    let spoken = Spoken::parse(&bytes).map_err(malformed)?;
    let forbidden = || Refusal::Plain(StatusCode::FORBIDDEN);
    let (heard, named) = shop(app, &spoken).await?.zip(named).ok_or_else(forbidden)?;
    let (site, own) = (&heard.site, &heard.origins);
    let page = heard.page(named).filter(|page| is_own_page(app, own, page)).ok_or_else(forbidden)?;
    let spelled = match &page {
        Cow::Borrowed(_) => Cow::Borrowed(named),
        Cow::Owned(page) => Cow::Owned(page.as_text().to_owned()),
    };
    let address = crate::http::visitor::address(request);
    let burst = limits
        .admit_visitor(app, site, spoken.visitor.as_str(), address)
        .map_err(|exceeded| Refusal::TooMany(exceeded.retry_after_secs))?;
    if site.settings.respects_dnt() && asks_not_to_be_tracked(request.headers()) {
        return Ok(spelled);
    }
    let user_agent = request.headers().get(USER_AGENT).and_then(|value| value.to_str().ok());
    let signs = Signs { agent: Agent::of(user_agent), human: spoken.human, burst };
    let told = told::clean(spoken, own, &page, signs).map_err(malformed)?;
    drop(page);
    let outcome = app.store.write_repeatable(move |tx| capture::hear(tx, &heard.site, &told)).await;
    outcome.map(|()| spelled).map_err(|e| match e {
        Error::Internal(_) => {
            log::error!("what a page told was not kept: {}", e.chain());
            Refusal::Plain(StatusCode::INTERNAL_SERVER_ERROR)
        }
        _ => Refusal::Plain(StatusCode::BAD_REQUEST),
    })
}

/// The shop that a page names.
async fn shop(app: &AppData, spoken: &Spoken<'_>) -> Result<Option<Arc<Heard>>, Refusal> {
    if let Some(heard) = access::heard_just_now(&app.store, &spoken.site) {
        return Ok(Some(heard));
    }
    let site_id = spoken.site.clone();
    http::read_briefly(app, move |tx| access::heard(tx, &site_id)).await.map_err(|e| {
        log::error!("a page's site was not found out: {}", e.chain());
        Refusal::Plain(StatusCode::INTERNAL_SERVER_ERROR)
    })
}

/// Whether a page of this origin may speak for a site with these: it is one of them, or there is none yet and both the
/// process and the page are of this machine, as on a developer's.
fn is_own_page(app: &App, own: &[Origin], origin: &Origin) -> bool {
    own.contains(origin) || (own.is_empty() && origin.is_loopback() && app.config.listen.ip().is_loopback())
}

fn origin(headers: &HeaderMap) -> Option<Origin> {
    Origin::parse(headers.get(ORIGIN)?.to_str().ok()?).ok()
}

fn asks_not_to_be_tracked(headers: &HeaderMap) -> bool {
    [&SEC_GPC, &DNT].iter().any(|name| headers.get(*name).is_some_and(|value| value == "1"))
}

/// An answer without a body. What it allows depends on who asks, which caches have to know.
fn answer(status: StatusCode, allowed: Option<&str>) -> HttpResponseBuilder {
    let mut answer = HttpResponse::build(status);
    answer.insert_header((VARY, "Origin")).insert_header((CACHE_CONTROL, "no-store"));
    if let Some(origin) = allowed {
        answer.insert_header((ACCESS_CONTROL_ALLOW_ORIGIN, origin));
    }
    answer
}

#[cfg(test)]
mod tests {
    use crate::http::at_hand;

    #[test]
    fn a_call_waits_in_a_piece_of_memory_that_malloc_has_at_hand() {
        assert!(at_hand::fits(&super::hear));
    }
}
