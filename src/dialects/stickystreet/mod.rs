//! The Sticky Street loyalty API: one handler at `/` and `/api.php`, in which `type` chooses the call. `README.md`
//! beside this file says what is served and where it deviates.

mod activity;
mod auth;
mod call;
mod campaigns;
mod customers;
mod dashboard;
mod input;
mod output;
mod people;
mod reports;
mod views;

use actix_web::http::header::{ALLOW, HeaderValue, LOCATION};
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse, web};

use crate::domain::{Error, Result};
use crate::http::body::{Body, BodyError};
use crate::http::limits;
use crate::http::params::Params;
use crate::http::tree::{Field, Reply, text};
use crate::http::{self, AppData, reads};
use auth::Refusal;
use output::Format;

/// This dialect's paths.
pub fn routes(config: &mut web::ServiceConfig) {
    for path in ["/", "/api.php"] {
        config.service(
            web::resource(path)
                .route(reads().to(handle))
                .route(web::post().to(handle))
                .default_service(web::to(other_method)),
        );
    }
}

async fn handle(request: HttpRequest, app: AppData, body: Body) -> HttpResponse {
    let query = Params::of_query(&request);
    if is_a_browser(&request, &query) {
        return HttpResponse::SeeOther().insert_header((LOCATION, HeaderValue::from_static("/dashboard"))).finish();
    }
    let params = match Params::of_call(&request, body).await {
        Ok(params) => params,
        Err(flaw) => return unreadable(&Format::of(&query), flaw),
    };
    let format = Format::of(&params);
    let access_key = auth::access_key(request.headers());
    if request.method() == Method::HEAD && call::writes(&params) {
        // Whoever asks for a head wants to know, not to do.
        return other_method(request).await;
    }
    let shown = access_key.as_deref().or_else(|| Some(params.first_of(&["user_api_key", "user_password"])?.1));
    if limits::admit_call(&request, shown).is_err() {
        return output::write(&format, StatusCode::OK, &error("Too many requests"));
    }
    match answer(app, access_key, params).await {
        Ok(Ok(fields)) => output::write(&format, StatusCode::OK, &Reply { status: "success", fields }),
        Ok(Err(refusal)) => output::write(&format, StatusCode::OK, &error(refusal.text())),
        Err(failure) => failed(&format, &failure),
    }
}

/// What the call is answered. Nobody keeps the writer busy who may not call.
async fn answer(
    app: AppData,
    access_key: Option<String>,
    params: Params,
) -> Result<std::result::Result<Vec<Field>, Refusal>> {
    if !call::writes(&params) {
        return http::read(&app, move |tx| call::read(tx, access_key.as_deref(), &params)).await;
    }
    let (key, asked) = (access_key.clone(), params.clone());
    match http::read(&app, move |tx| call::check(tx, key.as_deref(), &asked)).await? {
        Ok(_) => app.store.write_async(move |tx| call::write(tx, access_key.as_deref(), &params)).await,
        Err(refusal) => Ok(Err(refusal)),
    }
}

/// A GET of `/` that names no call belongs to the web interface.
fn is_a_browser(request: &HttpRequest, query: &Params) -> bool {
    let reading = [Method::GET, Method::HEAD].contains(request.method());
    reading && request.path() == "/" && query.get("type").is_none()
}

async fn other_method(request: HttpRequest) -> HttpResponse {
    let format = Format::of(&Params::of_query(&request));
    let mut answer = output::write(&format, StatusCode::METHOD_NOT_ALLOWED, &error("Method not allowed"));
    answer.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD, POST"));
    answer
}

/// What a body said is unknown when it could not be read, so the query alone chooses the format.
fn unreadable(format: &Format, flaw: BodyError) -> HttpResponse {
    let (status, sentence) = match flaw {
        BodyError::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "Request too large"),
        BodyError::TooSlow => (StatusCode::REQUEST_TIMEOUT, "Request timed out"),
        BodyError::Broken => (StatusCode::BAD_REQUEST, "Request could not be read"),
    };
    output::write(format, status, &error(sentence))
}

/// A failure of ours. What an operation refuses was told before, so the other kinds are failures of ours too.
fn failed(format: &Format, failure: &Error) -> HttpResponse {
    match failure {
        Error::Internal(_) | Error::NotFound { .. } | Error::Invalid { .. } | Error::Conflict(_) => {
            log::error!("a loyalty call failed: {}", failure.chain());
            output::write(format, StatusCode::INTERNAL_SERVER_ERROR, &error("System error"))
        }
    }
}

fn error(sentence: &str) -> Reply {
    Reply { status: "error", fields: vec![text("error", sentence)] }
}
