//! `POST /api/1.0/order/save.json`: the shop's server tells of an order. It is a purchase as every other door's.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, Resource, web};
use serde_json::{Value, json};

use super::{TOO_MANY, order};
use crate::domain::keys::Scope;
use crate::domain::{Error, Site};
use crate::http::body::{Body, BodyError};
use crate::http::limits;
use crate::http::params::Params;
use crate::http::{self, AppData, render};
use crate::ops::access::{self, Refusal};
use crate::ops::purchases;

const PATH: &str = "/api/1.0/order/save.json";

/// What this envelope can say. The vendor's two statuses are a number and a text.
enum Answer {
    Saved,
    /// The order was not saved, and why.
    Error(&'static str),
    /// The caller is nobody.
    Unauthorized(&'static str),
}

impl From<Answer> for HttpResponse {
    fn from(answer: Answer) -> Self {
        let ok = |data: Value| json!({ "version": "1.0", "status": 200, "message": "OK", "data": data });
        let body = match answer {
            Answer::Saved => ok(json!({ "success": true })),
            Answer::Error(text) => ok(json!({ "error": text })),
            Answer::Unauthorized(text) => {
                json!({ "version": "1.0", "status": "401", "message": "Unauthorized", "error": text })
            }
        };
        render::json(StatusCode::OK, &body)
    }
}

pub(super) fn resource() -> Resource {
    let refuse = || async { HttpResponse::from(Answer::Error("Send the order as a form by POST")) };
    web::resource(PATH).route(web::post().to(save)).default_service(web::to(refuse))
}

async fn save(request: HttpRequest, app: AppData, body: Body) -> HttpResponse {
    let answer = match Params::of_call(&request, body).await {
        Ok(params) if limits::admit_call(&request, params.get("api_key")).is_err() => Answer::Error(TOO_MANY),
        Ok(params) => keep(&params, &app).await.unwrap_or_else(|e| {
            log::error!("an order was not saved: {}", e.chain());
            Answer::Error("Something went wrong")
        }),
        Err(BodyError::TooLarge) => Answer::Error("The order is too large"),
        Err(BodyError::TooSlow) => Answer::Error("The order came too slowly"),
        Err(BodyError::Broken) => Answer::Error("The order could not be read"),
    };
    answer.into()
}

async fn keep(params: &Params, app: &AppData) -> Result<Answer, Error> {
    let key = params.get("api_key").unwrap_or_default().to_owned();
    let caller = http::read(app, move |tx| access::by_key(tx, &key, Scope::PurchasesWrite)).await?;
    let site: Site = match caller {
        Ok(caller) => caller.site,
        Err(Refusal::ClosedAccount { allowed: true }) => {
            return Ok(Answer::Unauthorized("Your account is not active!"));
        }
        Err(
            Refusal::UnknownKey
            | Refusal::ExpiredKey
            | Refusal::ClosedAccount { allowed: false }
            | Refusal::MissingScope(_),
        ) => return Ok(Answer::Unauthorized("Invalid Authentication Data")),
    };
    let order = match order::read(params) {
        Ok(order) => order,
        Err(text) => return Ok(Answer::Error(text)),
    };
    let saved = app.store.write_async(move |tx| purchases::confirm_once(tx, &site, order));
    Ok(if saved.await? { Answer::Saved } else { Answer::Error("Order number exists") })
}
