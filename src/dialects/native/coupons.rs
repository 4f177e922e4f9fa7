//! `/v1/coupons`: what letters and carts may take off, and the codes for it.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::domain::coupons::Code;
use crate::domain::keys::Scope;
use crate::domain::{Currency, Error, Result, Timestamp};
use crate::http::body::Body;
use crate::http::reads;
use crate::http::rest::closed;
use crate::http::rest::door::Door;
use crate::http::rest::input::Fields;
use crate::http::rest::list::{List, OrderParams, PageParams, Usually, part, wanted};
use crate::ops::coupons::{self, Change, FullCoupon, NewCoupon};

/// The paths of this noun.
pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .service(closed(
            web::resource("/v1/coupons").route(reads().to(list)).route(web::post().to(create)),
            "GET, HEAD, POST",
        ))
        .service(closed(
            web::resource("/v1/coupons/{id}").route(reads().to(get)).route(web::patch().to(change)),
            "GET, HEAD, PATCH",
        ))
        .service(closed(
            web::resource("/v1/coupons/{id}/codes").route(reads().to(codes)).route(web::post().to(import)),
            "GET, HEAD, POST",
        ));
}

/// A coupon as it is shown.
#[derive(Serialize, ToSchema)]
#[schema(as = Coupon)]
pub(super) struct View {
    id: String,
    #[schema(value_type = String)]
    object: &'static str,
    name: Option<String>,
    /// `percent` or `fixed`.
    #[schema(value_type = String)]
    r#type: &'static str,
    /// Per cent, or minor units of `currency`.
    value: i64,
    #[schema(value_type = Option<String>)]
    currency: Option<&'static str>,
    minimum: i64,
    starts_at: Option<String>,
    ends_at: Option<String>,
    code_life_secs: Option<i64>,
    use_limit: Option<i64>,
    uses: i64,
    active: bool,
    /// The one code for all; null for a pool.
    code: Option<String>,
    /// Whether each letter gets a code of its own.
    pooled: bool,
    code_count: i64,
    free_code_count: i64,
    created_at: String,
}

impl From<FullCoupon> for View {
    fn from(full: FullCoupon) -> Self {
        let FullCoupon { coupon, code, codes, free } = full;
        View {
            id: coupon.id,
            object: "coupon",
            name: coupon.name,
            r#type: coupon.kind.as_str(),
            value: coupon.value,
            currency: coupon.currency.map(Currency::code),
            minimum: coupon.minimum,
            starts_at: coupon.starts_at.map(Timestamp::rfc3339),
            ends_at: coupon.ends_at.map(Timestamp::rfc3339),
            code_life_secs: coupon.code_life_secs,
            use_limit: coupon.use_limit,
            uses: coupon.uses,
            active: coupon.active,
            code,
            pooled: coupon.pooled,
            code_count: codes,
            free_code_count: free,
            created_at: coupon.created_at.rfc3339(),
        }
    }
}

/// A code as it is shown. Its reader is not named: the letter is.
#[derive(Serialize, ToSchema)]
#[schema(as = CouponCode)]
pub(super) struct CodeView {
    #[schema(value_type = String)]
    object: &'static str,
    code: String,
    assigned_at: Option<String>,
    expires_at: Option<String>,
    uses: i64,
}

impl From<Code> for CodeView {
    fn from(code: Code) -> Self {
        CodeView {
            object: "coupon_code",
            code: code.code,
            assigned_at: code.assigned_at.map(Timestamp::rfc3339),
            expires_at: code.expires_at.map(Timestamp::rfc3339),
            uses: code.uses,
        }
    }
}

/// What became of codes that were told.
#[derive(Serialize, ToSchema)]
#[schema(as = CouponImport)]
pub(super) struct Imported {
    #[schema(value_type = String)]
    object: &'static str,
    new: usize,
    /// There already.
    skipped: usize,
    coupon: View,
}

/// A coupon to be added.
#[derive(ToSchema)]
#[schema(as = NewCoupon)]
#[allow(dead_code, reason = "describes what `new_coupon` reads")]
pub(super) struct CouponBody {
    /// The shop's own name of it; absent, one is made.
    id: Option<String>,
    /// One code for all; absent: a pool, into which codes are put.
    code: Option<String>,
    name: Option<String>,
    /// `percent` or `fixed`.
    #[schema(pattern = "^(percent|fixed)$")]
    r#type: String,
    /// Per cent, or minor units of `currency`.
    value: i64,
    /// ISO 4217; a fixed one needs it.
    currency: Option<String>,
    /// The least that a cart must be worth, minor units.
    minimum: Option<i64>,
    starts_at: Option<String>,
    ends_at: Option<String>,
    /// How long a code of a pool works once a letter showed it.
    code_life_secs: Option<i64>,
    use_limit: Option<i64>,
    active: Option<bool>,
}

/// A change of a coupon; at least one field.
#[derive(ToSchema)]
#[schema(as = CouponChange)]
#[allow(dead_code, reason = "describes what `understood_change` reads")]
pub(super) struct CouponChangeBody {
    name: Option<String>,
    value: Option<i64>,
    minimum: Option<i64>,
    currency: Option<String>,
    starts_at: Option<String>,
    ends_at: Option<String>,
    code_life_secs: Option<i64>,
    use_limit: Option<i64>,
    active: Option<bool>,
}

/// Codes for a pool.
#[derive(ToSchema)]
#[schema(as = CouponCodes)]
#[allow(dead_code, reason = "describes what `code_list` reads")]
pub(super) struct CodesBody {
    codes: Vec<String>,
}

#[utoipa::path(
    get, path = "/v1/coupons", tag = "coupons", operation_id = "list",
    params(PageParams, OrderParams),
    responses((status = 200, description = "A page, by `created_at`", body = List<View>)),
)]
/// List coupons
///
/// Scope `coupons:read`.
pub(super) async fn list(door: Door) -> HttpResponse {
    let params = door.query();
    door.read(Scope::CouponsRead, move |tx, site| {
        Ok(List::of(coupons::list(tx, site, &wanted(&params)?)?, "/v1/coupons", View::from))
    })
    .await
}

#[utoipa::path(
    get, path = "/v1/coupons/{id}", tag = "coupons", operation_id = "get",
    params(("id" = String, Path, description = "The coupon")),
    responses((status = 200, description = "The coupon", body = View)),
)]
/// Read a coupon
///
/// Scope `coupons:read`.
pub(super) async fn get(door: Door, id: web::Path<String>) -> HttpResponse {
    door.read(Scope::CouponsRead, move |tx, site| Ok(View::from(coupons::get(tx, site, &id)?))).await
}

#[utoipa::path(
    post, path = "/v1/coupons", tag = "coupons", operation_id = "create",
    request_body = CouponBody,
    responses((status = 201, description = "The coupon", body = View)),
)]
/// Add a coupon
///
/// Scope `coupons:write`.
pub(super) async fn create(door: Door, body: Body) -> HttpResponse {
    door.write(Scope::CouponsWrite, Some(body), new_coupon, coupons::add, |coupon| {
        (StatusCode::CREATED, View::from(coupon))
    })
    .await
}

fn new_coupon(body: &Value) -> Result<NewCoupon> {
    let fields = Fields::of_body(body)?;
    Ok(NewCoupon {
        id: fields.text("id")?,
        code: fields.text("code")?,
        name: fields.text("name")?,
        kind: fields.parsed("type", str::parse)?.ok_or_else(|| Error::missing("type"))?,
        value: fields.integer("value")?.ok_or_else(|| Error::missing("value"))?,
        currency: fields.parsed("currency", Currency::parse)?,
        minimum: fields.integer("minimum")?.unwrap_or(0),
        starts_at: fields.instant("starts_at")?,
        ends_at: fields.instant("ends_at")?,
        code_life_secs: fields.integer("code_life_secs")?,
        use_limit: fields.integer("use_limit")?,
        active: fields.boolean("active")?.unwrap_or(true),
    })
}

#[utoipa::path(
    patch, path = "/v1/coupons/{id}", tag = "coupons", operation_id = "change",
    params(("id" = String, Path, description = "The coupon")),
    request_body = CouponChangeBody,
    responses((status = 200, description = "The coupon", body = View)),
)]
/// Change a coupon
///
/// What is absent stays, null takes a value away. Scope `coupons:write`.
pub(super) async fn change(door: Door, id: web::Path<String>, body: Body) -> HttpResponse {
    door.write(
        Scope::CouponsWrite,
        Some(body),
        understood_change,
        move |tx, site, change| coupons::change(tx, site, &id, change),
        |coupon| (StatusCode::OK, View::from(coupon)),
    )
    .await
}

/// What is absent stays, null takes a value away. What a coupon is, and its codes, cannot be changed: saying so is an
/// error, not a wish that is passed over.
fn understood_change(body: &Value) -> Result<Change> {
    let fields = Fields::of_body(body)?;
    fields.fixed(&["id", "type", "code"], "make another coupon")?;
    let change = Change {
        name: fields.or_null("name", Fields::text)?,
        value: fields.integer("value")?,
        minimum: fields.integer("minimum")?,
        currency: fields.or_null("currency", |fields, name| fields.parsed(name, Currency::parse))?,
        starts_at: fields.or_null("starts_at", Fields::instant)?,
        ends_at: fields.or_null("ends_at", Fields::instant)?,
        code_life_secs: fields.or_null("code_life_secs", Fields::integer)?,
        use_limit: fields.or_null("use_limit", Fields::integer)?,
        active: fields.boolean("active")?,
    };
    if change == Change::default() { Err(Error::missing("value")) } else { Ok(change) }
}

#[utoipa::path(
    get, path = "/v1/coupons/{id}/codes", tag = "coupons", operation_id = "codes",
    params(("id" = String, Path, description = "The coupon"),
        ("limit" = Option<i64>, Query, description = "Rows at most", minimum = 1, maximum = 100),
        ("offset" = Option<i64>, Query, description = "Rows to pass over", minimum = 0),
        ("after" = Option<String>, Query, description = "The last code seen, for walks that must not slow down. Excludes `offset`"),
        ("sort_order" = Option<String>, Query, description = "`asc` when nothing is said: in the order in which letters take them", pattern = "^(asc|desc)$"),
    ),
    responses((status = 200, description = "A page", body = List<CodeView>)),
)]
/// List the codes of a coupon
///
/// Scope `coupons:read`.
pub(super) async fn codes(door: Door, id: web::Path<String>) -> HttpResponse {
    let params = door.query();
    door.read(Scope::CouponsRead, move |tx, site| {
        let codes = coupons::codes(tx, site, &id, &part(&params, Usually::Ascending)?)?;
        Ok(List::of(codes, format!("/v1/coupons/{id}/codes"), CodeView::from))
    })
    .await
}

#[utoipa::path(
    post, path = "/v1/coupons/{id}/codes", tag = "coupons", operation_id = "import_codes",
    params(("id" = String, Path, description = "The coupon")),
    request_body = CodesBody,
    responses((status = 200, description = "How many were new", body = Imported)),
)]
/// Put codes into the pool of a coupon
///
/// Codes that are there already are passed over. Scope `coupons:write`.
pub(super) async fn import(door: Door, id: web::Path<String>, body: Body) -> HttpResponse {
    door.write(
        Scope::CouponsWrite,
        Some(body),
        code_list,
        move |tx, site, codes| {
            let new = coupons::import_codes(tx, site, &id, &codes)?;
            Ok((new, codes.len(), coupons::get(tx, site, &id)?))
        },
        |(new, told, coupon)| {
            let coupon = View::from(coupon);
            (StatusCode::OK, Imported { object: "coupon_import", new, skipped: told - new, coupon })
        },
    )
    .await
}

/// `codes`: a list of texts.
fn code_list(body: &Value) -> Result<Vec<String>> {
    Fields::of_body(body)?.texts("codes")?.ok_or_else(|| Error::missing("codes"))
}
