//! `POST /v1/carts` and `GET /v1/carts/{id}`.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde_json::Value;

use super::bodies::CartBody;
use super::items;
use super::views::Full;
use crate::domain::carts::{Channel, Class};
use crate::domain::keys::Scope;
use crate::domain::{Currency, EmailAddress, Error, Result};
use crate::http::body::Body;
use crate::http::rest::door::Door;
use crate::http::rest::input::Fields;
use crate::ops::carts::{self, NewCart, NewConsent};

#[utoipa::path(
    get, path = "/v1/carts/{id}", tag = "carts", operation_id = "get",
    params(("id" = String, Path, description = "The cart")),
    responses((status = 200, description = "The cart", body = Full)),
)]
/// Read a cart
///
/// Scope `carts:read`.
pub(super) async fn get(door: Door, id: web::Path<String>) -> HttpResponse {
    door.read(Scope::CartsRead, move |tx, site| Ok(Full::of(carts::get(tx, site, &id)?, None))).await
}

#[utoipa::path(
    post, path = "/v1/carts", tag = "carts", operation_id = "create",
    request_body = CartBody,
    responses((status = 201, description = "The cart", body = Full)),
)]
/// Make a cart
///
/// Scope `carts:write`.
pub(super) async fn create(door: Door, body: Body) -> HttpResponse {
    door.write(Scope::CartsWrite, Some(body), new_cart, carts::create, |cart| {
        (StatusCode::CREATED, Full::of(cart, None))
    })
    .await
}

fn new_cart(body: &Value) -> Result<NewCart> {
    let fields = Fields::of_body(body)?;
    Ok(NewCart {
        email: fields.parsed("email", EmailAddress::parse)?,
        customer_id: fields.text("customer_id")?,
        session_id: fields.text("session_id")?,
        channel: fields.parsed("channel", str::parse)?.unwrap_or(Channel::Web),
        currency: fields.parsed("currency", Currency::parse)?,
        locale: fields.text("locale")?,
        items: fields.list("items")?.iter().map(items::new_item).collect::<Result<_>>()?,
        shipping_address: fields.opaque("shipping_address")?,
        expires_at: fields.instant("expires_at")?,
        restore_url: fields.parsed("restore_url", web_address)?,
        order_id: fields.text("order_id")?,
        metadata: fields.opaque("metadata")?,
        consent: consent(&fields)?,
        class: Class::Unknown,
    })
}

/// `true`, `false`, or `{given, wording, at}`.
pub(super) fn consent(fields: &Fields) -> Result<Option<NewConsent>> {
    if let Some(Value::Bool(given)) = fields.raw("consent") {
        return Ok(Some(NewConsent { given: *given, wording: None, at: None }));
    }
    let Some(consent) = fields.object("consent").map_err(|_| {
        Error::malformed(fields.path("consent"), "must be true, false, or an object with given, wording and at")
    })?
    else {
        return Ok(None);
    };
    let given = consent.boolean("given")?.ok_or_else(|| Error::missing(consent.path("given")))?;
    Ok(Some(NewConsent { given, wording: consent.text("wording")?, at: consent.instant("at")? }))
}

/// A link that a letter can carry: `http` or `https`, without white space.
pub(super) fn web_address(text: &str) -> Result<String> {
    let lower = text.to_ascii_lowercase();
    let known = lower.starts_with("https://") || lower.starts_with("http://");
    if known && !text.chars().any(|c| c.is_whitespace() || c.is_control()) {
        Ok(text.to_owned())
    } else {
        Err(Error::malformed("url", "must be an http or https address"))
    }
}
