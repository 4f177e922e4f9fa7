//! What is done to a whole cart: changed, emptied, deleted, bought.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde_json::Value;

use super::bodies::{CartChangeBody, ConvertBody};
use super::carts::{consent, web_address};
use super::views::Full;
use crate::domain::keys::Scope;
use crate::domain::money::MAX_MINOR;
use crate::domain::{EmailAddress, Result};
use crate::http::body::Body;
use crate::http::rest::door::Door;
use crate::http::rest::input::Fields;
use crate::http::rest::reference::Deleted;
use crate::ops::carts::{self, CartChange};
use crate::ops::purchases::{self, Conversion};

/// The `source` of a purchase that was told by converting its cart.
const SOURCE: &str = "stateset";

#[utoipa::path(
    patch, path = "/v1/carts/{id}", tag = "carts", operation_id = "change",
    params(("id" = String, Path, description = "The cart")),
    request_body = CartChangeBody,
    responses((status = 200, description = "The cart", body = Full)),
)]
/// Change what goes with a cart
///
/// What is absent or null stays. It is no act of the shopper. Scope `carts:write`.
pub(super) async fn change(door: Door, id: web::Path<String>, body: Body) -> HttpResponse {
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

#[utoipa::path(
    post, path = "/v1/carts/{id}/clear", tag = "carts", operation_id = "clear",
    params(("id" = String, Path, description = "The cart")),
    responses((status = 200, description = "The cart", body = Full)),
)]
/// Take every line out
///
/// Scope `carts:write`.
pub(super) async fn clear(door: Door, id: web::Path<String>) -> HttpResponse {
    door.write(
        Scope::CartsWrite,
        None,
        |_| Ok(()),
        move |tx, site, ()| carts::clear(tx, site, &id),
        |cart| (StatusCode::OK, Full::of(cart, Some("Cart cleared successfully"))),
    )
    .await
}

#[utoipa::path(
    post, path = "/v1/carts/{id}/convert", tag = "carts", operation_id = "convert",
    params(("id" = String, Path, description = "The cart")),
    request_body = Option<ConvertBody>,
    responses((status = 200, description = "The cart", body = Full)),
)]
/// Convert a cart
///
/// Records the purchase of this cart; said again, nothing changes. Scope `carts:write`.
pub(super) async fn convert(door: Door, id: web::Path<String>, body: Body) -> HttpResponse {
    let door = door.with_optional_body();
    let understand = |body: &Value| {
        let fields = Fields::of_body(body)?;
        let total = fields.integer_within("total", 0, MAX_MINOR)?;
        Ok(Conversion { order_id: fields.text("order_id")?, total, codes: Vec::new(), source: SOURCE })
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

#[utoipa::path(
    delete, path = "/v1/carts/{id}", tag = "carts", operation_id = "delete",
    params(("id" = String, Path, description = "The cart")),
    responses((status = 200, description = "It is gone", body = Deleted)),
)]
/// Delete a cart
///
/// A skeleton that names nobody stays, so that the figures stand. Scope `carts:write`.
pub(super) async fn delete(door: Door, id: web::Path<String>) -> HttpResponse {
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
