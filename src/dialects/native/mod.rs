//! Our own door: what no vendor has. The script of a shop's pages and what it tells, the links of letters, reports about
//! letters, the health check, a demo's clock.

mod bounces;
mod capture;
mod clock;
mod coupons;
mod customers;
mod health;
mod letters;
mod loose;
mod loyalty;
mod messages;
mod providers;
mod purchases;
mod script;
mod sequences;
mod shop;
mod stats;
mod subscribers;
mod suppressions;
mod told;
mod webhooks;

use actix_web::http::Method;
use actix_web::web;
use utoipa::OpenApi;

use crate::http::reads;
use crate::http::rest::closed;

/// This dialect's paths, without those of [`page_routes`].
pub fn routes(config: &mut web::ServiceConfig) {
    shop::routes(config);
    letters::routes(config);
    loyalty::routes(config);
    coupons::routes(config);
    webhooks::routes(config);
    nouns(config);
    config
        .route("/healthz", reads().to(health::healthy))
        .route("/readyz", reads().to(health::ready))
        .route("/v1/bounces/{secret}", web::post().to(bounces::take))
        .route("/demo/clock", web::post().to(clock::set));
}

/// What the pages of shops ask, which is asked more often than anything else.
pub fn page_routes(config: &mut web::ServiceConfig) {
    let capture = web::resource("/capture").route(web::post().to(capture::hear));
    config.service(capture.route(web::method(Method::OPTIONS).to(capture::ask)));
    for path in script::PATHS {
        config.service(web::resource(*path).route(reads().to(script::serve)));
    }
}

/// The nouns of our own REST interface.
fn nouns(config: &mut web::ServiceConfig) {
    config
        .service(closed(
            web::resource("/v1/customers").route(reads().to(customers::list)).route(web::post().to(customers::create)),
            "GET, HEAD, POST",
        ))
        .service(closed(
            web::resource("/v1/customers/{id}")
                .route(reads().to(customers::get))
                .route(web::patch().to(customers::change))
                .route(web::delete().to(customers::delete)),
            "GET, HEAD, PATCH, DELETE",
        ))
        .service(closed(
            web::resource("/v1/purchases").route(reads().to(purchases::list)).route(web::post().to(purchases::create)),
            "GET, HEAD, POST",
        ))
        .service(closed(web::resource("/v1/purchases/{id}").route(reads().to(purchases::get)), "GET, HEAD"))
        .service(closed(web::resource("/v1/purchases/{id}/refunds").route(web::post().to(purchases::refund)), "POST"))
        .service(closed(web::resource("/v1/messages").route(reads().to(messages::list)), "GET, HEAD"))
        .service(closed(web::resource("/v1/messages/{id}").route(reads().to(messages::get)), "GET, HEAD"))
        .service(closed(
            web::resource("/v1/suppressions")
                .route(reads().to(suppressions::list))
                .route(web::post().to(suppressions::add)),
            "GET, HEAD, POST",
        ))
        .service(closed(
            web::resource("/v1/suppressions/{id}")
                .route(reads().to(suppressions::get))
                .route(web::delete().to(suppressions::lift)),
            "GET, HEAD, DELETE",
        ))
        .service(closed(
            web::resource("/v1/subscribers")
                .route(reads().to(subscribers::list))
                .route(web::post().to(subscribers::create)),
            "GET, HEAD, POST",
        ))
        .service(closed(web::resource("/v1/subscribers/{id}").route(reads().to(subscribers::get)), "GET, HEAD"))
        .service(closed(
            web::resource("/v1/subscribers/{id}/unsubscribe").route(web::post().to(subscribers::unsubscribe)),
            "POST",
        ))
        .service(closed(web::resource("/v1/sequences").route(reads().to(sequences::list)), "GET, HEAD"))
        .service(closed(
            web::resource("/v1/sequences/{id}")
                .route(reads().to(sequences::get))
                .route(web::put().to(sequences::replace))
                .route(web::delete().to(sequences::reset)),
            "GET, HEAD, PUT, DELETE",
        ))
        .service(closed(
            web::resource("/v1/sequences/{id}/steps/{step}")
                .route(web::patch().to(sequences::change_step))
                .route(web::delete().to(sequences::remove_step)),
            "PATCH, DELETE",
        ))
        .service(closed(web::resource("/v1/stats").route(reads().to(stats::get)), "GET, HEAD"));
}

/// What the nouns' calls are, for the reference.
#[derive(OpenApi)]
#[openapi(
    paths(
        coupons::list,
        coupons::create,
        coupons::get,
        coupons::change,
        coupons::codes,
        coupons::import,
        customers::list,
        customers::create,
        customers::get,
        customers::change,
        customers::delete,
        purchases::list,
        purchases::create,
        purchases::get,
        purchases::refund,
        messages::list,
        messages::get,
        suppressions::list,
        suppressions::add,
        suppressions::get,
        suppressions::lift,
        subscribers::list,
        subscribers::create,
        subscribers::get,
        subscribers::unsubscribe,
        sequences::list,
        sequences::get,
        sequences::replace,
        sequences::reset,
        sequences::change_step,
        sequences::remove_step,
        stats::get,
        webhooks::list,
        webhooks::create,
        webhooks::read,
        webhooks::change,
        webhooks::remove,
        webhooks::deliveries,
        webhooks::replay,
        webhooks::replay_dead,
    ),
    tags(
        (name = "coupons", description = "What letters and carts may take off, and the codes for it."),
        (name = "customers", description = "Whom the shop knows by more than an address."),
        (name = "purchases", description = "Sales, and what was given back of them."),
        (name = "messages", description = "Letters, and what they said."),
        (name = "suppressions", description = "Addresses that are not written to."),
        (name = "subscribers", description = "People whom the shop registered for letters and text messages."),
        (name = "sequences", description = "Which letters are written about an abandoned cart."),
        (name = "stats", description = "The figures, with their definitions."),
        (name = "webhooks", description = "Where the shop is told of what happens."),
    )
)]
struct Reference;

/// This dialect's part of the reference.
pub(super) fn reference() -> utoipa::openapi::OpenApi {
    let mut described = Reference::openapi();
    described.merge(loyalty::reference());
    described
}
