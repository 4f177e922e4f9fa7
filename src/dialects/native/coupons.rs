//! `/v1/coupons`: what letters and carts may take off, and the codes for it.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::domain::coupons::Code;
use crate::domain::keys::Scope;
use crate::domain::{Currency, Error, Result, Timestamp};
use crate::http::AppData;
use crate::http::body::Body;
use crate::http::limits::RateLimits;
use crate::http::params::Params;
use crate::http::rest::door::Door;
use crate::http::rest::input::Fields;
use crate::http::rest::list::{List, wanted};
use crate::http::rest::{closed, query};
use crate::ops::coupons::{self, Change, FullCoupon, NewCoupon};

/// The paths of this noun.
pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .service(closed(
            web::resource("/v1/coupons").route(web::get().to(list)).route(web::post().to(create)),
            "GET, POST",
        ))
        .service(closed(
            web::resource("/v1/coupons/{id}").route(web::get().to(get)).route(web::patch().to(change)),
            "GET, PATCH",
        ))
        .service(closed(
            web::resource("/v1/coupons/{id}/codes").route(web::get().to(codes)).route(web::post().to(import)),
            "GET, POST",
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

/// A page of a list.
#[derive(Serialize, ToSchema)]
pub(super) struct Page<T> {
    #[schema(value_type = String)]
    object: &'static str,
    data: Vec<T>,
    has_more: bool,
    total_count: i64,
    url: String,
}

impl<T> Page<T> {
    fn of(data: Vec<T>, offset: i64, total_count: i64, url: String) -> Self {
        let has_more = offset.saturating_add(data.len() as i64) < total_count;
        Page { object: "list", data, has_more, total_count, url }
    }
}

#[utoipa::path(
    get, path = "/v1/coupons", tag = "coupons", operation_id = "list",
    params(
        ("limit" = Option<i64>, Query, description = "Rows at most", minimum = 1, maximum = 100),
        ("offset" = Option<i64>, Query, description = "Rows to pass over", minimum = 0),
        ("after" = Option<String>, Query, description = "The id of the last row seen. Excludes `offset`"),
    ),
    responses((status = 200, description = "A page", body = List<View>)),
)]
/// List coupons
///
/// The one made last comes first. Scope `coupons:read`.
pub(super) async fn list(request: HttpRequest, app: AppData, limits: web::Data<RateLimits>) -> HttpResponse {
    let params = Params::of_query(&request);
    let door = Door::of(&request, app, limits);
    door.read(Scope::CouponsRead, move |tx, site| {
        let wanted = wanted(&params)?;
        if !wanted.descending {
            return Err(Error::refused("sort_order", "must be desc"));
        }
        // One more than is wanted says whether there are more.
        let (rows, total) = coupons::list(tx, site, wanted.after.as_deref(), wanted.limit + 1, wanted.offset)?;
        Ok(List::of(wanted.listed(rows, total), "/v1/coupons", View::from))
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
pub(super) async fn get(
    request: HttpRequest,
    app: AppData,
    limits: web::Data<RateLimits>,
    id: web::Path<String>,
) -> HttpResponse {
    let door = Door::of(&request, app, limits);
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
pub(super) async fn create(
    request: HttpRequest,
    app: AppData,
    limits: web::Data<RateLimits>,
    body: Body,
) -> HttpResponse {
    let door = Door::of(&request, app, limits);
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
pub(super) async fn change(
    request: HttpRequest,
    app: AppData,
    limits: web::Data<RateLimits>,
    id: web::Path<String>,
    body: Body,
) -> HttpResponse {
    let door = Door::of(&request, app, limits);
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
    for fixed in ["id", "type", "code"] {
        if body.get(fixed).is_some() {
            return Err(Error::refused(fixed, "cannot be changed; make another coupon"));
        }
    }
    let change = Change {
        name: or_null(body, "name", || fields.text("name"))?,
        value: fields.integer("value")?,
        minimum: fields.integer("minimum")?,
        currency: or_null(body, "currency", || fields.parsed("currency", Currency::parse))?,
        starts_at: or_null(body, "starts_at", || fields.instant("starts_at"))?,
        ends_at: or_null(body, "ends_at", || fields.instant("ends_at"))?,
        code_life_secs: or_null(body, "code_life_secs", || fields.integer("code_life_secs"))?,
        use_limit: or_null(body, "use_limit", || fields.integer("use_limit"))?,
        active: fields.boolean("active")?,
    };
    if change == Change::default() { Err(Error::missing("value")) } else { Ok(change) }
}

/// A field that is there, with null as a value of its own.
fn or_null<T>(body: &Value, name: &str, read: impl FnOnce() -> Result<Option<T>>) -> Result<Option<Option<T>>> {
    if body.get(name).is_some() { read().map(Some) } else { Ok(None) }
}

#[utoipa::path(
    get, path = "/v1/coupons/{id}/codes", tag = "coupons", operation_id = "codes",
    params(("id" = String, Path, description = "The coupon"),
        ("limit" = Option<i64>, Query, description = "Rows at most", minimum = 1, maximum = 100),
        ("offset" = Option<i64>, Query, description = "Rows to pass over", minimum = 0),
    ),
    responses((status = 200, description = "A page", body = Page<CodeView>)),
)]
/// List the codes of a coupon
///
/// Scope `coupons:read`.
pub(super) async fn codes(
    request: HttpRequest,
    app: AppData,
    limits: web::Data<RateLimits>,
    id: web::Path<String>,
) -> HttpResponse {
    let params = Params::of_query(&request);
    let door = Door::of(&request, app, limits);
    door.read(Scope::CouponsRead, move |tx, site| {
        let (limit, offset) = (query::limit(&params)?, query::offset(&params)?);
        let (page, total) = coupons::codes(tx, site, &id, limit, offset)?;
        let url = format!("/v1/coupons/{id}/codes");
        Ok(Page::of(page.into_iter().map(CodeView::from).collect(), offset, total, url))
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
pub(super) async fn import(
    request: HttpRequest,
    app: AppData,
    limits: web::Data<RateLimits>,
    id: web::Path<String>,
    body: Body,
) -> HttpResponse {
    let door = Door::of(&request, app, limits);
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
    let fields = Fields::of_body(body)?;
    let Some(Value::Array(codes)) = fields.raw("codes") else {
        return Err(match fields.raw("codes") {
            None => Error::missing("codes"),
            Some(_) => Error::malformed("codes", "must be a list of texts"),
        });
    };
    let text = |(position, code): (usize, &Value)| {
        let text = code.as_str().map(str::to_owned);
        text.ok_or_else(|| Error::malformed(format!("codes[{position}]"), "must be a text"))
    };
    codes.iter().enumerate().map(text).collect()
}
