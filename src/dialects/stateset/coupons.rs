//! `POST /v1/carts/{id}/coupons`: a cart takes a code.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde_json::Value;

use super::bodies::CouponBody;
use super::views::Full;
use crate::domain::coupons::LONGEST_CODE;
use crate::domain::keys::Scope;
use crate::domain::{Error, Result};
use crate::http::body::Body;
use crate::http::rest::door::Door;
use crate::http::rest::input::Fields;
use crate::ops::carts::FullCart;
use crate::ops::coupons;

#[utoipa::path(
    post, path = "/v1/carts/{id}/coupons", tag = "carts", operation_id = "apply_coupon",
    params(("id" = String, Path, description = "The cart")),
    request_body = CouponBody,
    responses((status = 200, description = "The cart", body = Full)),
)]
/// Apply a coupon
///
/// Scope `carts:write`.
pub(super) async fn apply(door: Door, id: web::Path<String>, body: Body) -> HttpResponse {
    let understand = |body: &Value| -> Result<(String, bool)> {
        let fields = Fields::of_body(body)?;
        let code = fields.required_text("code")?;
        if code.trim().chars().count() > LONGEST_CODE {
            return Err(Error::refused("code", format!("must be at most {LONGEST_CODE} characters")));
        }
        Ok((code, fields.boolean("validate_only")?.unwrap_or(false)))
    };
    door.write(
        Scope::CartsWrite,
        Some(body),
        understand,
        move |tx, site, (code, only_look)| {
            let cart = coupons::apply(tx, site, &id, &code, only_look)?;
            Ok((cart, code, only_look))
        },
        |(cart, code, only_look)| {
            let said = sentence(&cart, &code, only_look);
            (StatusCode::OK, Full::of(cart, None).and_said("success", &said))
        },
    )
    .await
}

/// What the vendor says, with the amount in front of its currency's code.
fn sentence(cart: &FullCart, code: &str, only_look: bool) -> String {
    let code = crate::domain::coupons::matched(code);
    let mine = cart.coupons.iter().find(|one| crate::domain::coupons::matched(&one.taken.code.code) == code);
    let saved = mine.map_or(0, |one| one.taken.discount);
    let amount = format!("{} {}", cart.cart.currency.major(saved), cart.cart.currency);
    match only_look {
        true => format!("Coupon is valid. You would save {amount}!"),
        false => format!("Coupon applied successfully. You saved {amount}!"),
    }
}
