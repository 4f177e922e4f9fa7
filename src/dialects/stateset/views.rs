//! What a cart looks like on this wire.

use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::domain::Timestamp;
use crate::domain::carts::{Item, Listed};
use crate::ops::carts::FullCart;
use crate::ops::coupons::Applied;

/// A row of the list: 14 keys, always present.
#[derive(Serialize, ToSchema)]
#[schema(as = CartRow)]
pub(super) struct Row {
    id: String,
    #[schema(value_type = String)]
    object: &'static str,
    customer_id: Option<String>,
    email: Option<String>,
    #[schema(value_type = String)]
    status: &'static str,
    #[schema(value_type = String)]
    channel: &'static str,
    #[schema(value_type = String)]
    currency: &'static str,
    item_count: i64,
    subtotal: i64,
    total: i64,
    abandoned_at: Option<String>,
    last_activity: String,
    created_at: String,
    #[schema(value_type = Option<String>)]
    recovery_status: Option<&'static str>,
}

impl From<Listed> for Row {
    fn from(cart: Listed) -> Self {
        let recovery_status = match (cart.first_abandoned_at, cart.recovered, cart.emailed) {
            (None, _, _) => None,
            (Some(_), true, _) => Some("recovered"),
            (Some(_), false, true) => Some("email_sent"),
            (Some(_), false, false) => Some("not_attempted"),
        };
        Row {
            id: cart.id,
            object: "cart",
            customer_id: cart.customer_id,
            email: cart.email.map(|email| email.shown().to_owned()),
            status: cart.status.as_str(),
            channel: cart.channel.as_str(),
            currency: cart.currency.code(),
            item_count: cart.item_count,
            subtotal: cart.subtotal,
            total: cart.total,
            abandoned_at: cart.abandoned_at.map(Timestamp::rfc3339),
            last_activity: cart.last_activity.rfc3339(),
            created_at: cart.created_at.rfc3339(),
            recovery_status,
        }
    }
}

/// A cart with everything.
#[derive(Serialize, ToSchema)]
#[schema(as = Cart)]
pub(super) struct Full {
    #[serde(flatten)]
    row: Row,
    session_id: Option<String>,
    locale: Option<String>,
    items: Vec<Line>,
    unique_item_count: i64,
    discount_amount: i64,
    tax_amount: i64,
    #[schema(value_type = Vec<Object>)]
    tax_breakdown: Vec<Value>,
    shipping_amount: i64,
    #[schema(value_type = Option<Object>)]
    shipping_address: Option<Box<RawValue>>,
    applied_coupons: Vec<AppliedCoupon>,
    expires_at: String,
    updated_at: String,
    #[schema(value_type = Object)]
    metadata: Box<RawValue>,
    #[schema(value_type = Vec<Object>)]
    messages: Vec<Value>,
}

/// The vendor's names: a promotion is what we call a coupon.
#[derive(Serialize, ToSchema)]
#[schema(as = AppliedCoupon)]
struct AppliedCoupon {
    code: String,
    promotion_id: String,
    promotion_name: String,
    discount_amount: i64,
    applied_at: String,
}

impl From<Applied> for AppliedCoupon {
    fn from(applied: Applied) -> Self {
        let Applied { taken, coupon } = applied;
        AppliedCoupon {
            code: taken.code.code,
            promotion_name: coupon.name.unwrap_or_else(|| coupon.id.clone()),
            promotion_id: coupon.id,
            discount_amount: taken.discount,
            applied_at: taken.applied_at.rfc3339(),
        }
    }
}

#[derive(Serialize, ToSchema)]
#[schema(as = CartItem)]
struct Line {
    id: String,
    product_id: String,
    variant_id: Option<String>,
    product_name: Option<String>,
    sku: Option<String>,
    quantity: i64,
    unit_price: i64,
    subtotal: i64,
    image_url: Option<String>,
    notes: Option<String>,
    #[schema(value_type = Object)]
    metadata: Box<RawValue>,
}

impl Full {
    /// A cart, with a word about what was just done to it.
    pub(super) fn of(full: FullCart, said: Option<&str>) -> Self {
        let FullCart { cart, items, coupons } = full;
        Full {
            session_id: cart.session_id.clone(),
            locale: cart.locale.clone(),
            items: items.into_iter().map(Line::from).collect(),
            unique_item_count: cart.unique_item_count,
            discount_amount: cart.discount,
            tax_amount: cart.tax,
            tax_breakdown: Vec::new(),
            shipping_amount: cart.shipping,
            shipping_address: cart.shipping_address.clone().and_then(|json| RawValue::from_string(json).ok()),
            applied_coupons: coupons.into_iter().map(AppliedCoupon::from).collect(),
            expires_at: cart.expires_at.rfc3339(),
            updated_at: cart.updated_at.rfc3339(),
            metadata: opaque(cart.metadata.clone()),
            messages: said.map(|text| json!({ "type": "info", "message": text })).into_iter().collect(),
            row: Listed::from(cart).into(),
        }
    }

    /// The same with one more message of a type of the vendor's.
    pub(super) fn and_said(mut self, kind: &str, text: &str) -> Self {
        self.messages.push(json!({ "type": kind, "message": text }));
        self
    }
}

impl From<Item> for Line {
    fn from(item: Item) -> Self {
        Line {
            subtotal: item.quantity.saturating_mul(item.unit_price),
            id: item.id,
            product_id: item.product_id,
            variant_id: item.variant_id,
            product_name: item.name,
            sku: item.sku,
            quantity: item.quantity,
            unit_price: item.unit_price,
            image_url: item.image_url,
            notes: item.notes,
            metadata: opaque(item.metadata),
        }
    }
}

/// An object as it came in, or an empty one.
fn opaque(json: Option<String>) -> Box<RawValue> {
    let kept = json.and_then(|json| RawValue::from_string(json).ok());
    kept.or_else(|| RawValue::from_string("{}".into()).ok()).unwrap_or_default()
}
