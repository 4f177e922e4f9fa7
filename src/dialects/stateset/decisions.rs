//! `GET /v1/carts/{id}/decisions`, ours in the vendor's style: why a cart's shopper was written to or not.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::Timestamp;
use crate::domain::keys::Scope;
use crate::domain::letters::Decision;
use crate::domain::messages::Message;
use crate::http::AppData;
use crate::http::limits::RateLimits;
use crate::http::rest::door::Door;
use crate::ops::{carts, outbox};

#[derive(Serialize, ToSchema)]
#[schema(as = DecisionList)]
pub(super) struct List {
    #[schema(value_type = String)]
    object: &'static str,
    data: Vec<Row>,
    has_more: bool,
    total_count: usize,
    url: String,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Decision)]
pub(super) struct Row {
    #[schema(value_type = String)]
    object: &'static str,
    cart_id: String,
    sequence_id: String,
    step: i64,
    at: String,
    #[schema(value_type = String)]
    outcome: &'static str,
    #[schema(value_type = String)]
    reason: &'static str,
    until: Option<String>,
    message_id: Option<String>,
}

#[utoipa::path(
    get, path = "/v1/carts/{id}/decisions", tag = "carts", operation_id = "decisions",
    params(("id" = String, Path, description = "The cart")),
    responses((status = 200, description = "All decisions, oldest first", body = List)),
)]
/// Why a cart's shopper was written to or not
///
/// Scope `carts:read`.
pub(super) async fn handle(
    request: HttpRequest,
    app: AppData,
    limits: web::Data<RateLimits>,
    id: web::Path<String>,
) -> HttpResponse {
    let door = Door::of(&request, app, limits);
    door.read(Scope::CartsRead, move |tx, site| {
        // What is explained stays on the command line when the cart is deleted; here it is gone.
        carts::get(tx, site, &id)?;
        let (cart, decisions, letters) = outbox::explain(tx, site, &id)?;
        let data: Vec<Row> = decisions.iter().map(|decision| row(&cart.id, decision, &letters)).collect();
        let url = format!("/v1/carts/{}/decisions", cart.id);
        Ok(List { object: "list", total_count: data.len(), data, has_more: false, url })
    })
    .await
}

fn row(cart_id: &str, decision: &Decision, letters: &[Message]) -> Row {
    let letter = letters.iter().find(|letter| Some(letter.no) == decision.message);
    Row {
        object: "decision",
        cart_id: cart_id.to_owned(),
        sequence_id: decision.sequence_id.clone(),
        step: decision.step,
        at: decision.at.rfc3339(),
        outcome: decision.outcome.as_str(),
        reason: decision.reason.as_str(),
        until: decision.until.map(Timestamp::rfc3339),
        message_id: letter.map(|letter| letter.id.clone()),
    }
}
