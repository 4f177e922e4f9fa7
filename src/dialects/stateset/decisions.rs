//! `GET /v1/carts/{id}/decisions`, ours in the vendor's style: why a cart's shopper was written to or not.

use actix_web::{HttpResponse, web};
use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::Timestamp;
use crate::domain::keys::Scope;
use crate::domain::letters::Decision;
use crate::domain::messages::Message;
use crate::http::rest::door::Door;
use crate::http::rest::list::{self, List};
use crate::ops::{carts, outbox};

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
    params(
        ("id" = String, Path, description = "The cart"),
        ("limit" = Option<i64>, Query, description = "Rows at most; absent: all", minimum = 1, maximum = 100),
        ("offset" = Option<i64>, Query, description = "Rows to pass over", minimum = 0),
        ("sort_order" = Option<String>, Query, description = "`asc` when nothing is said: the oldest first", pattern = "^(asc|desc)$"),
    ),
    responses((status = 200, description = "The decisions about it", body = List<Row>)),
)]
/// Why a cart's shopper was written to or not
///
/// Scope `carts:read`.
pub(super) async fn handle(door: Door, id: web::Path<String>) -> HttpResponse {
    let params = door.query();
    door.read(Scope::CartsRead, move |tx, site| {
        // What is explained stays on the command line when the cart is deleted; here it is gone.
        carts::get(tx, site, &id)?;
        let (cart, decisions, letters) = outbox::explain(tx, site, &id)?;
        let url = format!("/v1/carts/{}/decisions", cart.id);
        Ok(List::of(list::cut(decisions, &params)?, url, |decision| row(&cart.id, &decision, &letters)))
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
