//! Retargeting's partner interface: JSend bodies, HTTP 200 for every documented one. README.md says what is taken
//! from the vendor's pages and what is ours.

mod shopping_carts;
mod window;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::http::render;

/// This dialect's paths.
pub fn routes(config: &mut web::ServiceConfig) {
    config.service(
        web::resource("/v1/partners-api/shopping-carts")
            .route(web::get().to(shopping_carts::handle))
            .default_service(web::to(|| async { fault(Fault::Unexpected) })),
    );
}

/// What can be wrong with a call, in the order in which it is looked for.
enum Fault {
    /// Fields with what is wrong with each.
    Validation(Vec<(&'static str, &'static str)>),
    IncorrectKey,
    InactiveAccount,
    TooLong,
    Unexpected,
}

/// `{"status":"success","data":…}`.
fn success(data: &impl Serialize) -> HttpResponse {
    render::json(StatusCode::OK, &json!({ "status": "success", "data": data }))
}

fn fault(fault: Fault) -> HttpResponse {
    let message = match fault {
        Fault::Validation(fields) => {
            let validator: Map<String, Value> =
                fields.into_iter().map(|(field, text)| (field.to_owned(), json!([text]))).collect();
            let body = json!({ "status": "fail", "data": { "validator": validator } });
            return render::json(StatusCode::OK, &body);
        }
        Fault::IncorrectKey => "Incorrect rest key!",
        Fault::InactiveAccount => "Your account is not active!",
        Fault::TooLong => "Interval is greater than 30 days",
        Fault::Unexpected => "Something went wrong",
    };
    render::json(StatusCode::OK, &json!({ "status": "error", "message": message }))
}
