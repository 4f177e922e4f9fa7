//! `/v1/subscribers`: people whom the shop registered for its letters and text messages.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::domain::keys::Scope;
use crate::domain::subscribers::{Channel, Phone, check_name};
use crate::domain::{EmailAddress, Error};
use crate::http::body::Body;
use crate::http::rest::door::Door;
use crate::http::rest::input::Fields;
use crate::http::rest::list::{List, OrderParams, PageParams, wanted};
use crate::http::rest::query;
use crate::ops::subscribers::{self, NewSubscriber, Standing};
use crate::store::subscribers::Filter;

/// What the evidence of a consent names as its source.
const SOURCE: &str = "rest";

/// A subscriber.
#[derive(Serialize, ToSchema)]
#[schema(as = Subscriber)]
pub(super) struct View {
    /// Opaque.
    id: String,
    /// Always `subscriber`.
    #[schema(value_type = String, pattern = "^subscriber$")]
    object: &'static str,
    email: String,
    name: Option<String>,
    phone: Option<String>,
    /// `unsubscribed` while the address is suppressed for any reason.
    #[schema(value_type = String, pattern = "^(subscribed|unsubscribed)$")]
    email_status: &'static str,
    /// `unsubscribed` without a phone number, too.
    #[schema(value_type = String, pattern = "^(subscribed|unsubscribed)$")]
    sms_status: &'static str,
    /// When the shop registered them.
    #[schema(format = DateTime)]
    created_at: String,
}

impl From<Standing> for View {
    fn from((subscriber, standing): Standing) -> Self {
        let word = |subscribed| if subscribed { "subscribed" } else { "unsubscribed" };
        View {
            id: subscriber.id,
            object: "subscriber",
            email: subscriber.email.shown().to_owned(),
            name: subscriber.name,
            phone: subscriber.phone.map(|phone| phone.shown().to_owned()),
            email_status: word(standing.email),
            sms_status: word(standing.sms),
            created_at: subscriber.created_at.rfc3339(),
        }
    }
}

#[utoipa::path(
    get, path = "/v1/subscribers", tag = "subscribers",
    params(
        PageParams,
        OrderParams,
        ("email" = Option<String>, Query, description = "Exactly this address"),
        ("created_after" = Option<String>, Query, description = "ISO 8601; strict"),
        ("created_before" = Option<String>, Query, description = "ISO 8601; strict"),
    ),
    responses((status = 200, description = "A page, by `created_at`", body = List<View>)),
)]
/// List subscribers
///
/// Scope `subscribers:read`.
pub(super) async fn list(door: Door) -> HttpResponse {
    let params = door.query();
    door.read(Scope::SubscribersRead, move |tx, site| {
        let (created_after, created_before) = query::created(&params)?;
        let address = query::address(&params)?.map(|email| email.matched());
        let filter = Filter { address, created_after, created_before };
        Ok(List::of(subscribers::list(tx, site, &filter, &wanted(&params)?)?, "/v1/subscribers", View::from))
    })
    .await
}

/// Somebody to be registered.
#[derive(ToSchema)]
#[allow(dead_code, reason = "describes what `create` reads")]
pub(super) struct SubscriberBody {
    /// One subscriber's.
    #[schema(format = Email, max_length = 254)]
    email: String,
    #[schema(max_length = 255)]
    name: Option<String>,
    /// Digits with blanks or `+ - . / ( )` between them; one subscriber's.
    #[schema(min_length = 9, max_length = 255)]
    phone: Option<String>,
    /// What was shown when they agreed, kept as evidence.
    #[schema(max_length = 2048)]
    wording: Option<String>,
}

#[utoipa::path(
    post, path = "/v1/subscribers", tag = "subscribers",
    request_body = SubscriberBody,
    responses((status = 201, description = "The subscriber", body = View)),
)]
/// Register a subscriber
///
/// Keeps as evidence that they agreed, now. It ends no suppression: an address whose owner unsubscribed stays so. Scope
/// `subscribers:write`.
pub(super) async fn create(door: Door, body: Body) -> HttpResponse {
    let understand = |body: &Value| {
        let fields = Fields::of_body(body)?;
        Ok(NewSubscriber {
            email: fields.parsed("email", EmailAddress::parse)?.ok_or_else(|| Error::missing(fields.path("email")))?,
            name: fields.parsed("name", check_name)?,
            phone: fields.parsed("phone", Phone::parse)?,
            wording: fields.text("wording")?,
            source: SOURCE,
        })
    };
    door.write(Scope::SubscribersWrite, Some(body), understand, subscribers::create, |created| {
        (StatusCode::CREATED, View::from(created))
    })
    .await
}

#[utoipa::path(
    get, path = "/v1/subscribers/{id}", tag = "subscribers", params(("id" = String, Path)),
    responses((status = 200, description = "The subscriber", body = View)),
)]
/// Read a subscriber
///
/// Scope `subscribers:read`.
pub(super) async fn get(door: Door, id: web::Path<String>) -> HttpResponse {
    door.read(Scope::SubscribersRead, move |tx, site| Ok(View::from(subscribers::get(tx, site, &id)?))).await
}

/// What somebody no longer wants.
#[derive(ToSchema)]
#[allow(dead_code, reason = "describes what `unsubscribe` reads")]
pub(super) struct UnsubscribeBody {
    /// `email` or `sms`; absent, both.
    #[schema(pattern = "^(email|sms)$")]
    channel: Option<String>,
}

#[utoipa::path(
    post, path = "/v1/subscribers/{id}/unsubscribe", tag = "subscribers", params(("id" = String, Path)),
    request_body = UnsubscribeBody,
    responses((status = 200, description = "The subscriber", body = View)),
)]
/// Unsubscribe somebody
///
/// Of letters by a suppression of the address, at once: waiting ones leave the queue. Of text messages for good. Scope
/// `subscribers:write`.
pub(super) async fn unsubscribe(door: Door, id: web::Path<String>, body: Body) -> HttpResponse {
    let understand = |body: &Value| Fields::of_body(body)?.parsed("channel", |text| text.parse::<Channel>());
    door.write(
        Scope::SubscribersWrite,
        Some(body),
        understand,
        move |tx, site, channel| subscribers::leave(tx, site, &id, channel),
        |left| (StatusCode::OK, View::from(left)),
    )
    .await
}
