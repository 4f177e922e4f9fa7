//! StateSet carts, which is also the style of our own REST interface: JSON, bearer keys, one error envelope, rate
//! limit headers on every answer. README.md says what is taken from the vendor's pages and what is ours.

mod bodies;
mod carts;
mod changes;
mod coupons;
mod decisions;
mod items;
mod list;
mod views;

use actix_web::web;
use utoipa::OpenApi;

use crate::http::reads;
use crate::http::rest::closed;

/// This dialect's paths.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .service(closed(
            web::resource("/v1/carts").route(reads().to(list::handle)).route(web::post().to(carts::create)),
            "GET, HEAD, POST",
        ))
        .service(closed(
            web::resource("/v1/carts/{id}")
                .route(reads().to(carts::get))
                .route(web::patch().to(changes::change))
                .route(web::delete().to(changes::delete)),
            "GET, HEAD, PATCH, DELETE",
        ))
        .service(closed(web::resource("/v1/carts/{id}/clear").route(web::post().to(changes::clear)), "POST"))
        .service(closed(web::resource("/v1/carts/{id}/convert").route(web::post().to(changes::convert)), "POST"))
        .service(closed(web::resource("/v1/carts/{id}/coupons").route(web::post().to(coupons::apply)), "POST"))
        .service(closed(web::resource("/v1/carts/{id}/decisions").route(reads().to(decisions::handle)), "GET, HEAD"))
        .service(closed(web::resource("/v1/carts/{id}/items").route(web::post().to(items::add)), "POST"))
        .service(closed(
            web::resource("/v1/carts/{id}/items/{item_id}")
                .route(web::put().to(items::change))
                .route(web::delete().to(items::remove)),
            "PUT, DELETE",
        ));
}

/// What these calls are, for the reference.
#[derive(OpenApi)]
#[openapi(
    paths(
        list::handle,
        carts::create,
        carts::get,
        changes::change,
        changes::delete,
        changes::clear,
        changes::convert,
        coupons::apply,
        decisions::handle,
        items::add,
        items::change,
        items::remove,
    ),
    tags((name = "carts", description = "Carts of the shop's visitors, in StateSet's words."))
)]
struct Reference;

/// This dialect's part of the reference.
pub(super) fn reference() -> utoipa::openapi::OpenApi {
    Reference::openapi()
}
