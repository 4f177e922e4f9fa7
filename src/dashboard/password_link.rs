//! A link by which somebody chooses a password: made by an owner, used once.

use actix_web::http::StatusCode;
use actix_web::web;
use askama::Template;

use super::door::{Answer, Guest, GuestForm, Trouble};
use super::kit::Field;
use super::{account, passwords};
use crate::domain::users::{LEAST_PASSWORD, check_password};
use crate::http::read;
use crate::ops::passes;

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config.route("/password/{token}", web::get().to(show)).route("/password/{token}", web::post().to(choose));
}

#[derive(Template)]
#[template(path = "password_link.html")]
struct Page {
    csrf: String,
    action: String,
    user: String,
    shop: String,
    password: Field,
}

async fn show(guest: Guest, path: web::Path<String>) -> Answer {
    answer(&guest, StatusCode::OK, &path.into_inner(), "").await
}

async fn answer(guest: &Guest, status: StatusCode, token: &str, error: &str) -> Answer {
    let link = token.to_owned();
    let whose = read(&guest.app, move |tx| passes::whose_password(tx, &link)).await?.ok_or_else(dead)?;
    let page = Page {
        csrf: guest.csrf()?,
        action: format!("/dashboard/password/{token}"),
        user: whose.1.user_id,
        shop: whose.0.name,
        password: Field::new("password", "New password")
            .kind("password")
            .autocomplete("new-password")
            .hint(format!(
                "At least {LEAST_PASSWORD} characters; a few words that do not belong together are a good one."
            ))
            .error(error)
            .required(),
    };
    guest.page(status, &page)
}

async fn choose(form: GuestForm, path: web::Path<String>) -> Answer {
    let token = path.into_inner();
    let password = form.fields.typed("password").to_owned();
    if let Err(e) = check_password(&password) {
        return answer(&form, StatusCode::UNPROCESSABLE_ENTITY, &token, &account::sentence(e)?).await;
    }
    let link = token.clone();
    // Hashing costs; a link that opens nothing is refused before.
    read(&form.app, move |tx| passes::whose_password(tx, &link)).await?.ok_or_else(dead)?;
    let hash = passwords::hash(password).await?;
    let opened = form.app.store.write_async(move |tx| passes::choose_password(tx, &token, &hash)).await?;
    form.enter("/dashboard", &opened.ok_or_else(dead)?)
}

fn dead() -> Trouble {
    Trouble::NotFound("This link was used, or is older than a day. Ask an owner of the shop for another one.".into())
}
