//! Get started: what to put where, for each kind of shop, and whether the first event has come.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;
use serde_json::json;

use super::door::{Answer, Trouble, Visit, page};
use super::shell::Shell;
use crate::domain::Result;
use crate::http::render;
use crate::ops::carts::found;
use crate::ops::purchases;

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/start", web::get().to(show))
        .route("/start/waiting.json", web::get().to(waiting))
        .route("/start/{platform}", web::get().to(show_platform));
}

/// A kind of shop.
struct Platform {
    id: &'static str,
    name: &'static str,
}

const PLATFORMS: &[Platform] = &[
    Platform { id: "html", name: "Any website" },
    Platform { id: "woocommerce", name: "WooCommerce" },
    Platform { id: "nopcommerce", name: "nopCommerce" },
    Platform { id: "shopify", name: "Shopify" },
    Platform { id: "server", name: "Your own server" },
];

#[derive(Template)]
#[template(path = "start.html")]
struct Page {
    shell: Shell,
    platforms: &'static [Platform],
    platform: &'static str,
    /// Where this process is reached, without a slash at its end.
    base: String,
    host: String,
    site_id: String,
    /// The same as a part of an address.
    site_id_encoded: String,
    /// What each event says of itself.
    has_cart: bool,
    has_purchase: bool,
    has_origins: bool,
    may_make_keys: bool,
}

async fn show(visit: Visit) -> Answer {
    answer(visit, "html").await
}

async fn show_platform(visit: Visit, path: web::Path<String>) -> Answer {
    let id = path.into_inner();
    let Some(platform) = PLATFORMS.iter().find(|platform| platform.id == id) else {
        return Err(Trouble::NotFound("There is no such page.".into()));
    };
    answer(visit, platform.id).await
}

async fn answer(visit: Visit, platform: &'static str) -> Answer {
    let (has_cart, has_purchase) = came(&visit).await?;
    let base = visit.base();
    let site = &visit.who.site;
    let host = base.split("://").nth(1).unwrap_or(&base).to_owned();
    page(&Page {
        shell: visit.shell("Get started", "/dashboard/start")?,
        platforms: PLATFORMS,
        platform,
        host,
        site_id_encoded: url::form_urlencoded::byte_serialize(site.site_id.as_bytes()).collect(),
        site_id: site.site_id.clone(),
        has_cart,
        has_purchase,
        has_origins: !site.settings.origins().is_empty(),
        may_make_keys: visit.may("GET", "/dashboard/keys"),
        base,
    })
}

/// Whether a cart and a purchase were told of.
async fn came(visit: &Visit) -> Result<(bool, bool)> {
    visit.read(|tx, who| Ok((found::any(tx, &who.site)?, purchases::any(tx, &who.site)?))).await
}

/// What the page's script asks until something came.
async fn waiting(visit: Visit) -> Answer {
    let (has_cart, has_purchase) = came(&visit).await?;
    let done = if visit.query.get("for") == Some("purchase") { has_purchase } else { has_cart };
    let answer: HttpResponse = render::json(StatusCode::OK, &json!({ "done": done }));
    Ok(answer)
}
