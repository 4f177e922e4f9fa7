//! `/v1/purchases`: sales, told by the shop's server, and what was given back of them.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::domain::keys::Scope;
use crate::domain::money::MAX_MINOR;
use crate::domain::purchases::Refund;
use crate::domain::{Currency, EmailAddress};
use crate::http::body::Body;
use crate::http::rest::door::Door;
use crate::http::rest::input::Fields;
use crate::http::rest::list::{List, OrderParams, PageParams, wanted};
use crate::http::rest::query;
use crate::ops::purchases::{self, Told};
use crate::store::purchases::{Filter, Shown};

/// The `source` of a purchase that was told here.
const SOURCE: &str = "rest";

/// A purchase.
#[derive(Serialize, ToSchema)]
#[schema(as = Purchase)]
pub(super) struct View {
    /// Opaque.
    id: String,
    /// Always `purchase`.
    #[schema(value_type = String, pattern = "^purchase$")]
    object: &'static str,
    /// The shop's order number.
    order_id: Option<String>,
    email: Option<String>,
    /// The cart that became this order.
    cart_id: Option<String>,
    /// ISO 4217, of the amounts.
    #[schema(value_type = String)]
    currency: &'static str,
    /// As ordered, minor units.
    total: i64,
    /// What was given back of it, minor units.
    refunded: i64,
    /// Which door told of it.
    source: String,
    /// Whether somebody with a key said so; a browser's word alone is unverified.
    verified: bool,
    /// The one cart that it recovered.
    recovered_cart_id: Option<String>,
    /// The letter that did it.
    message_id: Option<String>,
    /// When it was bought.
    #[schema(format = DateTime)]
    created_at: String,
}

/// A purchase with its refunds.
#[derive(Serialize, ToSchema)]
#[schema(as = PurchaseWithRefunds)]
pub(super) struct Full {
    #[serde(flatten)]
    purchase: View,
    /// What was given back, oldest first.
    refunds: Vec<RefundView>,
}

/// Money given back.
#[derive(Serialize, ToSchema)]
#[schema(as = Refund)]
pub(super) struct RefundView {
    /// Opaque.
    id: String,
    /// Always `refund`.
    #[schema(value_type = String, pattern = "^refund$")]
    object: &'static str,
    purchase_id: String,
    /// Minor units of the purchase's currency.
    amount: i64,
    #[schema(value_type = String)]
    currency: &'static str,
    #[schema(format = DateTime)]
    created_at: String,
}

impl From<Shown> for View {
    fn from(shown: Shown) -> Self {
        let purchase = shown.purchase;
        View {
            id: purchase.id,
            object: "purchase",
            order_id: purchase.order_id,
            email: purchase.email.map(|email| email.shown().to_owned()),
            cart_id: shown.cart_id,
            currency: purchase.currency.code(),
            total: purchase.total,
            refunded: shown.refunded,
            source: purchase.source,
            verified: purchase.verified,
            recovered_cart_id: shown.recovered_cart_id,
            message_id: shown.message_id,
            created_at: purchase.at.rfc3339(),
        }
    }
}

impl Full {
    fn of(shown: Shown, refunds: Vec<Refund>) -> Self {
        let refunds = refunds.into_iter().map(|refund| RefundView::of(&shown, refund)).collect();
        Full { purchase: shown.into(), refunds }
    }
}

impl RefundView {
    fn of(shown: &Shown, refund: Refund) -> Self {
        RefundView {
            id: refund.id,
            object: "refund",
            purchase_id: shown.purchase.id.clone(),
            amount: refund.amount,
            currency: shown.purchase.currency.code(),
            created_at: refund.at.rfc3339(),
        }
    }
}

#[utoipa::path(
    get, path = "/v1/purchases", tag = "purchases",
    params(
        PageParams,
        OrderParams,
        ("email" = Option<String>, Query, description = "Exactly this address"),
        ("order_id" = Option<String>, Query, description = "Exactly this order number"),
        ("cart_id" = Option<String>, Query, description = "The cart that was bought"),
        ("currency" = Option<String>, Query, description = "ISO 4217"),
        ("verified" = Option<bool>, Query, description = "Whether somebody with a key said so"),
        ("recovered" = Option<bool>, Query, description = "Whether it recovered a cart"),
        ("created_after" = Option<String>, Query, description = "ISO 8601; strict"),
        ("created_before" = Option<String>, Query, description = "ISO 8601; strict"),
    ),
    responses((status = 200, description = "A page, by `created_at`", body = List<View>)),
)]
/// List purchases
///
/// Scope `purchases:read`.
pub(super) async fn list(door: Door) -> HttpResponse {
    let params = door.query();
    door.read(Scope::PurchasesRead, move |tx, site| {
        let (created_after, created_before) = query::created(&params)?;
        let filter = Filter {
            address: query::address(&params)?.map(|email| email.matched()),
            order_id: params.get("order_id").map(str::to_owned),
            cart_id: params.get("cart_id").map(str::to_owned),
            currency: params.get("currency").map(Currency::parse).transpose()?,
            verified: query::flag(&params, "verified")?,
            recovered: query::flag(&params, "recovered")?,
            created_after,
            created_before,
        };
        Ok(List::of(purchases::list(tx, site, &filter, &wanted(&params)?)?, "/v1/purchases", View::from))
    })
    .await
}

#[utoipa::path(
    get, path = "/v1/purchases/{id}", tag = "purchases", params(("id" = String, Path)),
    responses((status = 200, description = "The purchase with its refunds", body = Full)),
)]
/// Read a purchase
///
/// Scope `purchases:read`.
pub(super) async fn get(door: Door, id: web::Path<String>) -> HttpResponse {
    door.read(Scope::PurchasesRead, move |tx, site| {
        let (shown, refunds) = purchases::get(tx, site, &id)?;
        Ok(Full::of(shown, refunds))
    })
    .await
}

/// A sale that the shop's server tells of.
#[derive(ToSchema)]
#[allow(dead_code, reason = "describes what `create` reads")]
pub(super) struct PurchaseBody {
    /// The buyer. Required unless `cart_id` is given.
    #[schema(format = Email, max_length = 254)]
    email: Option<String>,
    /// The shop's order number. Telling the same again changes nothing.
    #[schema(max_length = 2048)]
    order_id: Option<String>,
    /// The cart that was bought; absent: with this order number, else the one of the address that was touched last.
    #[schema(max_length = 2048)]
    cart_id: Option<String>,
    /// Minor units of the cart's currency, without a cart of the shop's; absent: the cart's own total.
    #[schema(minimum = 0, maximum = 999_999_999_999_i64)]
    total: Option<i64>,
    /// Refused where it is not that of the purchase.
    #[schema(min_length = 3, max_length = 3)]
    currency: Option<String>,
}

#[utoipa::path(
    post, path = "/v1/purchases", tag = "purchases",
    request_body = PurchaseBody,
    responses(
        (status = 201, description = "The purchase, which is new", body = Full),
        (status = 200, description = "The purchase, which was told before", body = Full),
    ),
)]
/// Tell of a purchase
///
/// Converts a cart, stops letters, attributes. Scope `purchases:write`.
pub(super) async fn create(door: Door, body: Body) -> HttpResponse {
    let understand = |body: &Value| {
        let fields = Fields::of_body(body)?;
        Ok(Told {
            email: fields.parsed("email", EmailAddress::parse)?,
            order_id: fields.text("order_id")?,
            cart_id: fields.text("cart_id")?,
            total: fields.integer_within("total", 0, MAX_MINOR)?,
            currency: fields.parsed("currency", Currency::parse)?,
        })
    };
    door.write(
        Scope::PurchasesWrite,
        Some(body),
        understand,
        |tx, site, told| purchases::record(tx, site, told, SOURCE),
        |(shown, refunds, is_new)| {
            (if is_new { StatusCode::CREATED } else { StatusCode::OK }, Full::of(shown, refunds))
        },
    )
    .await
}

/// How much is given back.
#[derive(ToSchema)]
#[allow(dead_code, reason = "describes what `refund` reads")]
pub(super) struct RefundBody {
    /// Minor units of the purchase's currency; absent: all that is left.
    #[schema(minimum = 1, maximum = 999_999_999_999_i64)]
    amount: Option<i64>,
}

#[utoipa::path(
    post, path = "/v1/purchases/{id}/refunds", tag = "purchases", params(("id" = String, Path)),
    request_body = Option<RefundBody>,
    responses((status = 201, description = "The refund", body = RefundView)),
)]
/// Give money of a purchase back
///
/// Lowers the revenue of the purchase's day. Send an `Idempotency-Key`, so that a repeat is not a second refund. Scope
/// `purchases:write`.
pub(super) async fn refund(door: Door, id: web::Path<String>, body: Body) -> HttpResponse {
    let door = door.with_optional_body();
    door.write(
        Scope::PurchasesWrite,
        Some(body),
        |body| Fields::of_body(body)?.integer_within("amount", 1, MAX_MINOR),
        move |tx, site, amount| purchases::refund_left(tx, site, &id, amount),
        |(shown, refund)| (StatusCode::CREATED, RefundView::of(&shown, refund)),
    )
    .await
}
