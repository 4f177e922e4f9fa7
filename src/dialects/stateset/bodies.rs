//! What the bodies of calls look like, for the reference. Nothing is read through these: `carts.rs`, `items.rs`, `changes.rs` and
//! `coupons.rs` read field by field, so that every error names its field. Null and blank are absent everywhere.
#![allow(dead_code, reason = "describes what other files read")]

use serde_json::Value;
use utoipa::ToSchema;

/// A cart to be made.
#[derive(ToSchema)]
pub(super) struct CartBody {
    /// The shop's own name of the shopper.
    #[schema(max_length = 2048)]
    customer_id: Option<String>,
    /// The visit; absent, one is made up.
    #[schema(max_length = 2048)]
    session_id: Option<String>,
    #[schema(pattern = "^(web|mobile|pos|api)$", default = "web")]
    channel: Option<String>,
    /// ISO 4217; the shop's by default.
    #[schema(min_length = 3, max_length = 3)]
    currency: Option<String>,
    #[schema(max_length = 2048)]
    locale: Option<String>,
    #[schema(max_items = 500)]
    items: Option<Vec<ItemBody>>,
    #[schema(value_type = Option<Object>)]
    shipping_address: Option<Value>,
    #[schema(format = Email, max_length = 254)]
    email: Option<String>,
    /// ISO 8601, in the future; by default in 30 days.
    expires_at: Option<String>,
    /// Where the shop restores the cart: http or https.
    #[schema(pattern = "^https?://", max_length = 2048)]
    restore_url: Option<String>,
    /// The shop's order number, where it is known before the purchase.
    #[schema(max_length = 2048)]
    order_id: Option<String>,
    #[schema(value_type = Option<Object>)]
    metadata: Option<Value>,
    consent: Option<ConsentBody>,
}

/// What was said about being written to.
#[derive(ToSchema)]
#[serde(untagged)]
pub(super) enum ConsentBody {
    /// Agreed, or declined.
    Plain(bool),
    /// With what was shown, and when; absent, now.
    Told { given: bool, wording: Option<String>, at: Option<String> },
}

/// A line.
#[derive(ToSchema)]
pub(super) struct ItemBody {
    #[schema(min_length = 1, max_length = 2048)]
    product_id: String,
    #[schema(max_length = 2048)]
    variant_id: Option<String>,
    #[schema(minimum = 1, maximum = 1_000_000)]
    quantity: i64,
    /// Minor units; absent: that of the equal line, else 0.
    #[schema(minimum = 0, maximum = 999_999_999_999_i64)]
    unit_price: Option<i64>,
    #[schema(max_length = 2048)]
    product_name: Option<String>,
    #[schema(max_length = 2048)]
    sku: Option<String>,
    #[schema(pattern = "^https?://", max_length = 2048)]
    image_url: Option<String>,
    #[schema(pattern = "^https?://", max_length = 2048)]
    product_url: Option<String>,
    #[schema(max_length = 2048)]
    notes: Option<String>,
    #[schema(value_type = Option<Object>)]
    metadata: Option<Value>,
}

/// One line, or several in `items`.
#[derive(ToSchema)]
pub(super) struct AddItemsBody {
    items: Option<Vec<ItemBody>>,
    /// Whether an equal line takes the new quantity instead of adding up.
    replace_quantity: Option<bool>,
    /// Required unless `items` is given.
    #[schema(max_length = 2048)]
    product_id: Option<String>,
    #[schema(max_length = 2048)]
    variant_id: Option<String>,
    /// Required unless `items` is given.
    #[schema(minimum = 1, maximum = 1_000_000)]
    quantity: Option<i64>,
    #[schema(minimum = 0, maximum = 999_999_999_999_i64)]
    unit_price: Option<i64>,
    #[schema(max_length = 2048)]
    product_name: Option<String>,
    #[schema(max_length = 2048)]
    sku: Option<String>,
    #[schema(pattern = "^https?://", max_length = 2048)]
    image_url: Option<String>,
    #[schema(pattern = "^https?://", max_length = 2048)]
    product_url: Option<String>,
    #[schema(max_length = 2048)]
    notes: Option<String>,
    #[schema(value_type = Option<Object>)]
    metadata: Option<Value>,
}

/// A change of a line; at least one field.
#[derive(ToSchema)]
pub(super) struct ItemChangeBody {
    /// 0 takes the line out.
    #[schema(minimum = 0, maximum = 1_000_000)]
    quantity: Option<i64>,
    #[schema(minimum = 0, maximum = 999_999_999_999_i64)]
    unit_price: Option<i64>,
    #[schema(max_length = 2048)]
    notes: Option<String>,
    #[schema(value_type = Option<Object>)]
    metadata: Option<Value>,
}

/// A change of what goes with a cart.
#[derive(ToSchema)]
pub(super) struct CartChangeBody {
    #[schema(format = Email, max_length = 254)]
    email: Option<String>,
    #[schema(max_length = 2048)]
    customer_id: Option<String>,
    /// In the place of all that is there.
    #[schema(value_type = Option<Object>)]
    metadata: Option<Value>,
    #[schema(pattern = "^https?://", max_length = 2048)]
    restore_url: Option<String>,
    #[schema(max_length = 2048)]
    order_id: Option<String>,
    consent: Option<ConsentBody>,
}

/// What is told of the sale.
#[derive(ToSchema)]
pub(super) struct ConvertBody {
    /// The shop's order number.
    #[schema(max_length = 2048)]
    order_id: Option<String>,
    /// What was paid, minor units; absent: the cart's own total.
    #[schema(minimum = 0, maximum = 999_999_999_999_i64)]
    total: Option<i64>,
}

/// A code.
#[derive(ToSchema)]
pub(super) struct CouponBody {
    #[schema(min_length = 1)]
    code: String,
    /// Only say what it would save.
    validate_only: Option<bool>,
}
