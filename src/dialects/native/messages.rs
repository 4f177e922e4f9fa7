//! `/v1/messages`: letters, and what they said.

use actix_web::{HttpResponse, web};
use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::Timestamp;
use crate::domain::keys::Scope;
use crate::domain::messages::Message;
use crate::http::rest::door::Door;
use crate::http::rest::list::{List, OrderParams, PageParams, wanted};
use crate::http::rest::query;
use crate::ops::messages;
use crate::store::messages::Filter;

/// A letter.
#[derive(Serialize, ToSchema)]
#[schema(as = Message)]
pub(super) struct View {
    /// Opaque.
    id: String,
    /// Always `message`.
    #[schema(value_type = String, pattern = "^message$")]
    object: &'static str,
    /// The cart that it is about.
    cart_id: Option<String>,
    /// 1 for the first of its sequence.
    step: i64,
    /// To whom; null once erased.
    email: Option<String>,
    /// Blank until it is written, which is when it leaves.
    subject: String,
    /// `queued`, `sending`, `sent`, `failed`, `cancelled` or `unknown` (it may have been taken).
    #[schema(value_type = String, pattern = "^(queued|sending|sent|failed|cancelled|unknown)$")]
    status: &'static str,
    #[schema(format = DateTime)]
    created_at: String,
    /// When the transport took it.
    #[schema(format = DateTime)]
    sent_at: Option<String>,
}

/// A letter with what it said.
#[derive(Serialize, ToSchema)]
#[schema(as = MessageWithBody)]
pub(super) struct Full {
    #[serde(flatten)]
    message: View,
    /// The header lines, one a line.
    headers: Option<String>,
    html: Option<String>,
    text: Option<String>,
}

impl From<(Message, Option<String>)> for View {
    fn from((message, cart_id): (Message, Option<String>)) -> Self {
        View {
            id: message.id,
            object: "message",
            cart_id,
            step: message.step,
            email: message.email.map(|email| email.shown().to_owned()),
            subject: message.subject,
            status: message.status.as_str(),
            created_at: message.created_at.rfc3339(),
            sent_at: message.sent_at.map(Timestamp::rfc3339),
        }
    }
}

#[utoipa::path(
    get, path = "/v1/messages", tag = "messages",
    params(
        PageParams,
        OrderParams,
        ("cart_id" = Option<String>, Query, description = "The cart that they are about"),
        ("status" = Option<String>, Query, description = "queued, sending, sent, failed, cancelled or unknown"),
        ("email" = Option<String>, Query, description = "Exactly this address"),
        ("created_after" = Option<String>, Query, description = "ISO 8601; strict"),
        ("created_before" = Option<String>, Query, description = "ISO 8601; strict"),
    ),
    responses((status = 200, description = "A page, by `created_at`", body = List<View>)),
)]
/// List letters
///
/// Scope `messages:read`.
pub(super) async fn list(door: Door) -> HttpResponse {
    let params = door.query();
    door.read(Scope::MessagesRead, move |tx, site| {
        let (created_after, created_before) = query::created(&params)?;
        let filter = Filter {
            step: None,
            cart_id: params.get("cart_id").map(str::to_owned),
            status: params.get("status").map(str::parse).transpose()?,
            address: query::address(&params)?.map(|email| email.matched()),
            created_after,
            created_before,
        };
        Ok(List::of(messages::list(tx, site, &filter, &wanted(&params)?)?, "/v1/messages", View::from))
    })
    .await
}

#[utoipa::path(
    get, path = "/v1/messages/{id}", tag = "messages", params(("id" = String, Path)),
    responses((status = 200, description = "The letter with what it said", body = Full)),
)]
/// Read a letter
///
/// Scope `messages:read`.
pub(super) async fn get(door: Door, id: web::Path<String>) -> HttpResponse {
    door.read(Scope::MessagesRead, move |tx, site| {
        let (message, cart_id, said) = messages::get(tx, site, &id)?;
        let message = View::from((message, cart_id));
        Ok(Full { message, headers: said.headers, html: said.html, text: said.text })
    })
    .await
}
