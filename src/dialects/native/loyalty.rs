//! `/v1/loyalty`: campaigns, members, and the entries of the ledger.

mod campaigns;
mod entries;
mod members;

use actix_web::web;
use serde::Serialize;
use utoipa::{OpenApi, ToSchema};

use crate::domain::{Error, Result};
use crate::http::params::Params;
use crate::http::rest::{closed, query};
use crate::ops::loyalty::{Listed, Wanted};

/// The paths of these nouns.
pub(super) fn routes(config: &mut web::ServiceConfig) {
    let list = |path: &'static str| web::resource(path);
    config
        .service(closed(
            list(campaigns::PATH).route(web::get().to(campaigns::list)).route(web::post().to(campaigns::create)),
            "GET, POST",
        ))
        .service(closed(
            web::resource("/v1/loyalty/campaigns/{id}")
                .route(web::get().to(campaigns::get))
                .route(web::patch().to(campaigns::change)),
            "GET, PATCH",
        ))
        .service(closed(
            list(members::PATH).route(web::get().to(members::list)).route(web::post().to(members::create)),
            "GET, POST",
        ))
        .service(closed(
            web::resource("/v1/loyalty/members/{id}")
                .route(web::get().to(members::get))
                .route(web::patch().to(members::change)),
            "GET, PATCH",
        ))
        .service(closed(
            list(entries::PATH).route(web::get().to(entries::list)).route(web::post().to(entries::create)),
            "GET, POST",
        ))
        .service(closed(web::resource("/v1/loyalty/entries/{id}").route(web::get().to(entries::get)), "GET"));
}

/// A page of a list.
#[derive(Serialize, ToSchema)]
struct Page<T> {
    #[schema(value_type = String)]
    object: &'static str,
    data: Vec<T>,
    has_more: bool,
    total_count: i64,
    #[schema(value_type = String)]
    url: &'static str,
}

impl<T> Page<T> {
    fn of<R>(listed: Listed<R>, url: &'static str, view: impl FnMut(R) -> T) -> Self {
        Page {
            object: "list",
            data: listed.rows.into_iter().map(view).collect(),
            has_more: listed.has_more,
            total_count: listed.total_count,
            url,
        }
    }
}

/// Which part of a list the query wants.
fn wanted(params: &Params) -> Result<Wanted> {
    let after = params.get("after").map(str::to_owned);
    if after.is_some() && params.get("offset").is_some() {
        return Err(Error::refused("after", "excludes offset"));
    }
    Ok(Wanted {
        limit: query::limit(params)?,
        offset: query::offset(params)?,
        after,
        descending: query::descending(params)?,
    })
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
