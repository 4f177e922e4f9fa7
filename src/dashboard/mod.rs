//! The merchant's door, under `/dashboard`: a page is a file here and a template of its name. Figures come from the same
//! operations as the interfaces have, so a screen and an interface cannot differ. README.md beside this file shows the
//! building blocks.

mod account;
mod assets;
mod attention;
mod cart;
mod carts;
mod chart;
mod cookies;
mod csv;
mod definitions;
mod door;
mod erasure;
mod flaw;
mod keys;
mod kit;
mod letters;
mod links;
mod loyalty;
mod overview;
mod password_link;
mod passwords;
mod period;
mod policy;
mod protect;
mod purchases;
mod set_up;
mod settings;
mod shell;
mod show;
mod sign_in;
mod start;
mod subscribers;
mod tiles;
mod users;
mod webhooks;
mod words;

use actix_web::middleware::{Compress, from_fn};
use actix_web::{HttpResponse, ResponseError, web};

use door::Trouble;

/// The pages' paths. One scope, so that no page can be without the headers and the compression.
pub fn routes(config: &mut web::ServiceConfig) {
    let scope = web::scope("/dashboard")
        .wrap(Compress::default())
        .wrap(from_fn(protect::headers))
        .configure(assets::routes)
        .configure(sign_in::routes)
        .configure(set_up::routes)
        .configure(account::routes)
        .configure(overview::routes)
        .configure(letters::routes)
        .configure(loyalty::routes)
        .configure(purchases::routes)
        .configure(subscribers::routes)
        .configure(webhooks::routes)
        .configure(definitions::routes)
        .configure(carts::routes)
        .configure(cart::routes)
        .configure(start::routes)
        .configure(settings::routes)
        .configure(keys::routes)
        .configure(users::routes)
        .configure(password_link::routes)
        .default_service(web::to(unknown));
    config.service(scope);
}

async fn unknown() -> HttpResponse {
    Trouble::NotFound("There is no such page.".into()).error_response()
}
