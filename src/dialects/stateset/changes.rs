//! What is done to a whole cart: changed, emptied, deleted, bought.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::Value;

use super::carts::{consent, web_address};
use super::views::Full;
use crate::domain::keys::Scope;
use crate::domain::money::MAX_MINOR;
use crate::domain::{EmailAddress, Result};
use crate::http::AppData;
use crate::http::body::Body;
use crate::http::limits::RateLimits;
use crate::http::rest::door::Door;
use crate::http::rest::input::Fields;
use crate::http::rest::reference::Deleted;
use crate::ops::carts::{self, CartChange};
use crate::ops::purchases::{self, Conversion};

/// The `source` of a purchase that was told by converting its cart.
const SOURCE: &str = "stateset";

/// `PATCH /v1/carts/{id}`.
pub(super) async fn change(
    request: HttpRequest,
    app: AppData,
    limits: web::Data<RateLimits>,
    id: web::Path<String>,
    body: Body,
) -> HttpResponse {
    let door = Door::of(&request, app, limits);
    door.write(
        Scope::CartsWrite,
        Some(body),
        cart_change,
        move |tx, site, change| carts::change(tx, site, &id, change),
        |cart| (StatusCode::OK, Full::of(cart, Some("Cart updated"))),
    )
    .await
}

fn cart_change(body: &Value) -> Result<CartChange> {
    let fields = Fields::of_body(body)?;
    Ok(CartChange {
        email: fields.parsed("email", EmailAddress::parse)?,
        customer_id: fields.text("customer_id")?,
        restore_url: fields.parsed("restore_url", web_address)?,
        order_id: fields.text("order_id")?,
        metadata: fields.raw("metadata").map(|_| fields.opaque("metadata")).transpose()?,
        consent: consent(&fields)?,
    })
}

/// `POST /v1/carts/{id}/clear`.
pub(super) async fn clear(
    request: HttpRequest,
    app: AppData,
    limits: web::Data<RateLimits>,
    id: web::Path<String>,
) -> HttpResponse {
    let door = Door::of(&request, app, limits);
    door.write(
        Scope::CartsWrite,
        None,
        |_| Ok(()),
        move |tx, site, ()| carts::clear(tx, site, &id),
        |cart| (StatusCode::OK, Full::of(cart, Some("Cart cleared successfully"))),
    )
    .await
}

/// `POST /v1/carts/{id}/convert`.
pub(super) async fn convert(
    request: HttpRequest,
    app: AppData,
    limits: web::Data<RateLimits>,
    id: web::Path<String>,
    body: Body,
) -> HttpResponse {
    let door = Door::of(&request, app, limits).with_optional_body();
    let understand = |body: &Value| {
        let fields = Fields::of_body(body)?;
        let total = fields.integer_within("total", 0, MAX_MINOR)?;
        Ok(Conversion { order_id: fields.text("order_id")?, total, source: SOURCE })
    };
    door.write(
        Scope::CartsWrite,
        Some(body),
        understand,
        move |tx, site, told| purchases::convert_cart(tx, site, &id, told),
        |cart| (StatusCode::OK, Full::of(cart, Some("Cart converted"))),
    )
    .await
}

/// `DELETE /v1/carts/{id}`.
pub(super) async fn delete(
    request: HttpRequest,
    app: AppData,
    limits: web::Data<RateLimits>,
    id: web::Path<String>,
) -> HttpResponse {
    let door = Door::of(&request, app, limits);
    door.write(
        Scope::CartsWrite,
        None,
        |_| Ok(()),
        move |tx, site, ()| {
            carts::delete(tx, site, &id)?;
            Ok(id.into_inner())
        },
        |id| (StatusCode::OK, Deleted::of(id, "cart")),
    )
    .await
}
