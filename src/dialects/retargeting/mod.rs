//! Retargeting's partner and integration interface: JSend bodies, HTTP 200 for every documented one. README.md says
//! what is taken from the vendor's pages and what is ours.

mod discount_codes;
mod figures;
mod integration;
mod order;
mod orders;
mod shopping_carts;
mod subscribers;
mod unsubscribed;
mod window;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, Resource, web};
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::domain::{Error, Result};
use crate::http::limits;
use crate::http::params::Params;
use crate::http::{self, AppData, reads, render};
use crate::store::ReadTx;
use window::Window;

/// The message of a call that is one too many.
const TOO_MANY: &str = "Too many requests";

/// This dialect's paths.
pub fn routes(config: &mut web::ServiceConfig) {
    let get = |path: &'static str| web::resource(path);
    config
        .service(closed(get("/v1/partners-api/shopping-carts").route(reads().to(shopping_carts::handle))))
        .service(closed(get("/v1/partners-api/transactions").route(reads().to(figures::transactions))))
        .service(closed(get("/v1/partners-api/aov").route(reads().to(figures::averages))))
        .service(closed(get("/v1/partners-api/traffic-source").route(reads().to(figures::sources))))
        .service(closed(get("/v1/discount-codes").route(reads().to(discount_codes::handle))))
        .service(closed(get("/v1/unsubscribed-emails").route(reads().to(unsubscribed::handle))))
        .service(closed(get("/v1/subscriber-register").route(web::get().to(subscribers::register))))
        .service(closed(get("/v1/subscriber-unsubscribe").route(web::get().to(subscribers::unsubscribe))))
        .service(closed(get("/v1/subscriber-status").route(reads().to(subscribers::status))))
        .service(orders::resource());
}

/// Every other method of a path is something that went wrong.
fn closed(resource: Resource) -> Resource {
    resource.default_service(web::to(|| async { fault(Fault::Unexpected) }))
}

/// What can be wrong with a call, in the order in which it is looked for.
enum Fault {
    /// Fields with what is wrong with each.
    Validation(Vec<(&'static str, &'static str)>),
    /// The partner interface's key.
    IncorrectKey,
    /// The integration interface's key.
    IncorrectIntegrationKey,
    InactiveAccount,
    TooLong,
    Unexpected,
}

/// A call of the partner interface: key and window are read, then `f` says what the window holds.
async fn in_window<V: Serialize + Send + 'static>(
    request: &HttpRequest,
    app: &AppData,
    f: impl FnOnce(&ReadTx, &Window) -> Result<V> + Send + 'static,
) -> HttpResponse {
    if let Some(refused) = too_many_windows(request) {
        return refused;
    }
    answered(http::read(app, windowed(request, f)).await)
}

/// The same for what is found at once, see [`http::read_briefly`].
async fn in_window_briefly<V: Serialize + Send + 'static>(
    request: &HttpRequest,
    app: &AppData,
    f: impl FnOnce(&ReadTx, &Window) -> Result<V> + Send + 'static,
) -> HttpResponse {
    if let Some(refused) = too_many_windows(request) {
        return refused;
    }
    answered(http::read_briefly(app, windowed(request, f)).await)
}

fn windowed<V: 'static>(
    request: &HttpRequest,
    f: impl FnOnce(&ReadTx, &Window) -> Result<V> + Send + 'static,
) -> impl FnOnce(&ReadTx) -> Result<std::result::Result<V, Fault>> + Send + 'static {
    let params = Params::of_query(request);
    move |tx| match window::read(tx, &params)? {
        Ok(window) => f(tx, &window).map(Ok),
        Err(fault) => Ok(Err(fault)),
    }
}

fn answered(answer: Result<std::result::Result<impl Serialize, Fault>>) -> HttpResponse {
    match answer {
        Ok(Ok(data)) => success(&data),
        Ok(Err(known)) => fault(known),
        Err(e) => failed(&e),
    }
}

fn too_many_windows(request: &HttpRequest) -> Option<HttpResponse> {
    too_many(request, Params::of_query(request).get("rest_key"))
}

/// The answer to a call that is one too many, if it is.
fn too_many(request: &HttpRequest, key: Option<&str>) -> Option<HttpResponse> {
    limits::admit_call(request, key).err().map(|_| error(TOO_MANY))
}

/// What the caller learns of a failure of ours. The log learns all.
fn failed(error: &Error) -> HttpResponse {
    log::error!("a call of the retargeting interface failed: {}", error.chain());
    fault(Fault::Unexpected)
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
        Fault::IncorrectIntegrationKey => "Incorrect key!",
        Fault::InactiveAccount => "Your account is not active!",
        Fault::TooLong => "Interval is greater than 30 days",
        Fault::Unexpected => "Something went wrong",
    };
    error(message)
}

/// `{"status":"error","message":…}`.
fn error(message: &str) -> HttpResponse {
    render::json(StatusCode::OK, &json!({ "status": "error", "message": message }))
}
