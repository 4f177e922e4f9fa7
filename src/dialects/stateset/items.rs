//! Lines of a cart: added, changed, removed.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde_json::Value;

use super::bodies::{AddItemsBody, ItemChangeBody};
use super::carts::web_address;
use super::views::Full;
use crate::domain::carts::MAX_QUANTITY;
use crate::domain::keys::Scope;
use crate::domain::money::MAX_MINOR;
use crate::domain::{Error, Result};
use crate::http::body::Body;
use crate::http::rest::door::Door;
use crate::http::rest::input::Fields;
use crate::ops::carts::{self, FullCart, ItemChange, NewItem};

#[utoipa::path(
    post, path = "/v1/carts/{id}/items", tag = "carts", operation_id = "add_items",
    params(("id" = String, Path, description = "The cart")),
    request_body = AddItemsBody,
    responses((status = 200, description = "The cart", body = Full)),
)]
/// Put lines into a cart
///
/// One line, or several in `items`. The same product and variant adds up. Scope `carts:write`.
pub(super) async fn add(door: Door, id: web::Path<String>, body: Body) -> HttpResponse {
    let understand = |body: &Value| -> Result<Vec<(NewItem, bool)>> {
        let fields = Fields::of_body(body)?;
        let replace = fields.boolean("replace_quantity")?.unwrap_or(false);
        let listed = fields.list("items")?;
        if listed.is_empty() {
            return Ok(vec![(new_item(&fields)?, replace)]);
        }
        listed.iter().map(|item| Ok((new_item(item)?, item.boolean("replace_quantity")?.unwrap_or(replace)))).collect()
    };
    door.write(
        Scope::CartsWrite,
        Some(body),
        understand,
        move |tx, site, items| carts::add_items(tx, site, &id, items),
        |cart| ok(cart, "Item added successfully"),
    )
    .await
}

#[utoipa::path(
    put, path = "/v1/carts/{id}/items/{item_id}", tag = "carts", operation_id = "change_item",
    params(("id" = String, Path, description = "The cart"), ("item_id" = String, Path, description = "The line")),
    request_body = ItemChangeBody,
    responses((status = 200, description = "The cart", body = Full)),
)]
/// Change a line
///
/// A quantity of 0 takes it out. Scope `carts:write`.
pub(super) async fn change(door: Door, path: web::Path<(String, String)>, body: Body) -> HttpResponse {
    let understand = |body: &Value| {
        let fields = Fields::of_body(body)?;
        let change = ItemChange {
            quantity: fields.integer_within("quantity", 0, MAX_QUANTITY)?,
            unit_price: fields.integer_within("unit_price", 0, MAX_MINOR)?,
            notes: fields.text("notes")?,
            metadata: fields.opaque("metadata")?,
        };
        if change == ItemChange::default() { Err(Error::missing("quantity")) } else { Ok(change) }
    };
    door.write(
        Scope::CartsWrite,
        Some(body),
        understand,
        move |tx, site, change| {
            let (id, item_id) = path.into_inner();
            carts::change_item(tx, site, &id, &item_id, change)
        },
        |cart| ok(cart, "Item quantity updated"),
    )
    .await
}

#[utoipa::path(
    delete, path = "/v1/carts/{id}/items/{item_id}", tag = "carts", operation_id = "remove_item",
    params(("id" = String, Path, description = "The cart"), ("item_id" = String, Path, description = "The line")),
    responses((status = 200, description = "The cart", body = Full)),
)]
/// Take a line out
///
/// Answers the cart. Scope `carts:write`.
pub(super) async fn remove(door: Door, path: web::Path<(String, String)>) -> HttpResponse {
    door.write(
        Scope::CartsWrite,
        None,
        |_| Ok(path.into_inner()),
        |tx, site, (id, item_id)| carts::remove_item(tx, site, &id, &item_id),
        |cart| ok(cart, "Item removed successfully"),
    )
    .await
}

fn ok(cart: FullCart, said: &str) -> (StatusCode, Full) {
    (StatusCode::OK, Full::of(cart, Some(said)))
}

/// A line of a body, with everything about it checked that needs no cart.
pub(super) fn new_item(fields: &Fields) -> Result<NewItem> {
    let quantity =
        fields.integer_within("quantity", 1, MAX_QUANTITY)?.ok_or_else(|| Error::missing(fields.path("quantity")));
    Ok(NewItem {
        product_id: fields.required_text("product_id")?,
        variant_id: fields.text("variant_id")?,
        name: fields.text("product_name")?,
        sku: fields.text("sku")?,
        quantity: quantity?,
        unit_price: fields.integer_within("unit_price", 0, MAX_MINOR)?,
        image_url: fields.parsed("image_url", web_address)?,
        url: fields.parsed("product_url", web_address)?,
        notes: fields.text("notes")?,
        metadata: fields.opaque("metadata")?,
    })
}
