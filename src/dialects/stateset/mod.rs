//! StateSet carts, which is also the style of our own REST interface: JSON, bearer keys, one error envelope, rate
//! limit headers on every answer. README.md says what is taken from the vendor's pages and what is ours.

mod carts;
mod decisions;
mod door;
mod errors;
mod input;
mod items;
mod list;
mod views;

use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, Resource, web};

use errors::{Code, Problem};

/// This dialect's paths.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .service(closed(
            web::resource("/v1/carts").route(web::get().to(list::handle)).route(web::post().to(carts::create)),
            "GET, POST",
        ))
        .service(closed(web::resource("/v1/carts/{id}").route(web::get().to(carts::get)), "GET"))
        .service(closed(web::resource("/v1/carts/{id}/decisions").route(web::get().to(decisions::handle)), "GET"))
        .service(closed(web::resource("/v1/carts/{id}/items").route(web::post().to(items::add)), "POST"))
        .service(closed(
            web::resource("/v1/carts/{id}/items/{item_id}")
                .route(web::put().to(items::change))
                .route(web::delete().to(items::remove)),
            "PUT, DELETE",
        ));
}

/// Answers every other method of a path in the envelope, naming those that there are.
fn closed(resource: Resource, allowed: &'static str) -> Resource {
    resource.default_service(web::to(move |request: HttpRequest| async move {
        let problem = Problem::new(Code::MethodNotAllowed, format!("This path takes {allowed}."));
        let mut answer = door::refuse(&request, problem);
        answer.headers_mut().insert(ALLOW, HeaderValue::from_static(allowed));
        answer
    }))
}

/// The answer to a path under `/v1/` that nobody has.
pub fn unknown(request: &HttpRequest) -> HttpResponse {
    let problem = Problem::new(Code::ResourceNotFound, "There is nothing at this path.".into());
    let answer = door::refuse(request, problem);
    debug_assert_eq!(answer.status(), StatusCode::NOT_FOUND);
    answer
}
