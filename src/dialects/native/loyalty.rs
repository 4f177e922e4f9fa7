//! `/v1/loyalty`: campaigns, members, and the entries of the ledger.

mod campaigns;
mod entries;
mod members;

use actix_web::web;
use utoipa::OpenApi;

use crate::http::reads;
use crate::http::rest::closed;

/// The paths of these nouns.
pub(super) fn routes(config: &mut web::ServiceConfig) {
    let list = |path: &'static str| web::resource(path);
    config
        .service(closed(
            list(campaigns::PATH).route(reads().to(campaigns::list)).route(web::post().to(campaigns::create)),
            "GET, HEAD, POST",
        ))
        .service(closed(
            web::resource("/v1/loyalty/campaigns/{id}")
                .route(reads().to(campaigns::get))
                .route(web::patch().to(campaigns::change)),
            "GET, HEAD, PATCH",
        ))
        .service(closed(
            list(members::PATH).route(reads().to(members::list)).route(web::post().to(members::create)),
            "GET, HEAD, POST",
        ))
        .service(closed(
            web::resource("/v1/loyalty/members/{id}")
                .route(reads().to(members::get))
                .route(web::patch().to(members::change)),
            "GET, HEAD, PATCH",
        ))
        .service(closed(
            list(entries::PATH).route(reads().to(entries::list)).route(web::post().to(entries::create)),
            "GET, HEAD, POST",
        ))
        .service(closed(web::resource("/v1/loyalty/entries/{id}").route(reads().to(entries::get)), "GET, HEAD"));
}

/// What these nouns' calls are, for the reference.
#[derive(OpenApi)]
#[openapi(
    paths(
        campaigns::list,
        campaigns::create,
        campaigns::get,
        campaigns::change,
        members::list,
        members::create,
        members::get,
        members::change,
        entries::list,
        entries::create,
        entries::get,
    ),
    tags((name = "loyalty", description = "Campaigns, members, and the ledger of what they earn and redeem."))
)]
struct Reference;

/// These nouns' part of the reference.
pub(super) fn reference() -> utoipa::openapi::OpenApi {
    Reference::openapi()
}
