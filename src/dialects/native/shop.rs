//! `/demo/shop`: a demo's shop with the real script, to walk the whole way: fill a cart, leave, get a letter, come back,
//! buy. Any other process answers that there is no such thing.

use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_SECURITY_POLICY, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use serde_json::json;

use crate::domain::{EmailAddress, Error, Result};
use crate::http::body::Body;
use crate::http::{AppData, render};
use crate::ops::purchases::{self, Confirmation, Stated};
use crate::ops::sites;

/// Nothing from elsewhere. The script is our own, as it is for every shop.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
    form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

const PAGE: &str = include_str!("shop/shop.html");
const SCRIPT: &str = include_str!("shop/shop.js");
const STYLE: &str = include_str!("shop/shop.css");

/// Paths of the shop.
pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/demo/shop", web::get().to(page))
        .route("/demo/shop/shop.js", web::get().to(script))
        .route("/demo/shop/shop.css", web::get().to(style))
        .route("/demo/shop/orders", web::post().to(order));
}

async fn page(request: HttpRequest, app: AppData) -> HttpResponse {
    let Some(site_id) = app.demo.clone() else { return crate::dialects::unknown(request).await };
    let clock = if app.hand.is_some() { "" } else { " hidden" };
    // A site's id is letters, digits and dashes.
    let html = PAGE.replace("{site}", &site_id).replace("{clock}", clock).replace("{now}", &app.now().rfc3339());
    asset("text/html; charset=utf-8", html)
}

async fn script(request: HttpRequest, app: AppData) -> HttpResponse {
    if app.demo.is_none() {
        return crate::dialects::unknown(request).await;
    }
    asset("text/javascript; charset=utf-8", SCRIPT.to_owned())
}

async fn style(request: HttpRequest, app: AppData) -> HttpResponse {
    if app.demo.is_none() {
        return crate::dialects::unknown(request).await;
    }
    asset("text/css; charset=utf-8", STYLE.to_owned())
}

fn asset(kind: &'static str, text: String) -> HttpResponse {
    let mut answer = render::bytes(StatusCode::OK, kind, text);
    answer.headers_mut().insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    answer
}

/// An order as the shop's own server would tell of it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Order {
    email: String,
    order_id: String,
    total_minor: i64,
}

/// The shop's server gets an order, and confirms it.
async fn order(request: HttpRequest, app: AppData, body: Body) -> HttpResponse {
    let Some(site_id) = app.demo.clone() else { return crate::dialects::unknown(request).await };
    let Ok(bytes) = body.at_most(4_096).read().await else {
        return refusal(StatusCode::BAD_REQUEST, "the body could not be read");
    };
    let Ok(order) = serde_json::from_slice::<Order>(&bytes) else {
        return refusal(StatusCode::BAD_REQUEST, "send email, order_id and total_minor");
    };
    match app.store.write_async(move |tx| confirm(tx, &site_id, order)).await {
        Ok(recorded) => render::json(StatusCode::OK, &json!({ "recorded": recorded })),
        Err(Error::Internal(cause)) => {
            log::error!("the demo's order could not be kept: {cause}");
            refusal(StatusCode::INTERNAL_SERVER_ERROR, "something went wrong; the log says what")
        }
        Err(e) => refusal(StatusCode::BAD_REQUEST, &e.to_string()),
    }
}

fn confirm(tx: &crate::store::WriteTx, site_id: &str, order: Order) -> Result<bool> {
    let site = sites::find(tx, site_id)?;
    let told = Confirmation {
        email: EmailAddress::parse(&order.email)?,
        order_id: Some(order.order_id),
        total: Stated::Minor(order.total_minor),
        source: "demo",
        codes: Vec::new(),
    };
    Ok(purchases::confirm(tx, &site, told)?.purchase.recovered_cart.is_some())
}

fn refusal(status: StatusCode, text: &str) -> HttpResponse {
    render::json(status, &json!({ "error": text }))
}
