//! Signing in and out. A wrong password, an unknown user and an unknown shop are told apart neither by the answer nor by
//! how long it takes.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use super::door::{Answer, Form, Guest, GuestForm, Trouble, go_to};
use super::kit::Field;
use super::{cookies, passwords};
use crate::domain::Error;
use crate::http::limits::RateLimits;
use crate::http::read;
use crate::ops::{passes, sessions, users};

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/sign-in", web::get().to(show))
        .route("/sign-in", web::post().to(enter))
        .route("/sign-out", web::post().to(leave))
        .route("/enter/{token}", web::get().to(follow));
}

#[derive(Template)]
#[template(path = "sign_in.html")]
struct Page {
    csrf: String,
    next: String,
    problem: Option<&'static str>,
    /// Whether anybody can sign in at all.
    anybody: bool,
    ask_shop: bool,
    shop: Field,
    user: Field,
    password: Field,
}

async fn show(guest: Guest) -> Answer {
    let next = safe(guest.query.get("next"));
    if known(&guest).await? {
        return Ok(go_to(&next));
    }
    let page = page(&guest, next, "", "", None).await?;
    guest.page(StatusCode::OK, &page)
}

/// Whether whoever comes here is signed in already.
async fn known(guest: &Guest) -> Result<bool, Trouble> {
    let token = guest.token.clone();
    Ok(read(&guest.app, move |tx| sessions::find(tx, &token)).await?.is_some())
}

async fn page(
    guest: &Guest,
    next: String,
    shop: &str,
    user: &str,
    problem: Option<&'static str>,
) -> Result<Page, Trouble> {
    let (shops, anybody) = read(&guest.app, |tx| Ok((sessions::shops(tx)?, users::anybody_signs_in(tx)?))).await?;
    Ok(Page {
        csrf: guest.csrf()?,
        next,
        problem,
        anybody,
        ask_shop: shops > 1,
        shop: Field::new("shop", "Shop").value(shop).hint("Its site id or account id.").required(),
        user: Field::new("user", "User").value(user).autocomplete("username").required(),
        password: Field::new("password", "Password").kind("password").autocomplete("current-password").required(),
    })
}

async fn enter(form: GuestForm, limits: web::Data<RateLimits>) -> Answer {
    let (shop, user_id) = (form.fields.typed("shop").trim().to_owned(), form.fields.typed("user").trim().to_owned());
    limits
        .admit_sign_in(form.address, &format!("{shop}\n{user_id}"))
        .map_err(|exceeded| Trouble::TooOften(exceeded.retry_after_secs))?;
    let (asked_shop, asked_user) = (shop.clone(), user_id.clone());
    let claimed = read(&form.app, move |tx| sessions::claimed(tx, &asked_shop, &asked_user)).await?;
    let hash = claimed.as_ref().and_then(|(_, user)| user.password_hash.clone());
    let proven = passwords::verify(form.fields.typed("password").to_owned(), hash.clone()).await?;
    let next = safe(form.fields.get("next"));
    if let (true, Some((site, user)), Some(hash)) = (proven, claimed, hash) {
        let opened = form.app.store.write_async(move |tx| sessions::open(tx, &site, &user.user_id, &hash)).await?;
        if let Some(token) = opened {
            return form.enter(&next, &token);
        }
    }
    let problem = Some("These do not belong together. Please check them.");
    let page = page(&form, next, &shop, &user_id, problem).await?;
    form.page(StatusCode::UNPROCESSABLE_ENTITY, &page)
}

async fn leave(form: Form) -> Answer {
    form.write(|tx, who| sessions::close(tx, &who.session)).await?;
    let mut answer = go_to("/dashboard/sign-in");
    answer.add_cookie(&cookies::forget(&form.app.config)).map_err(Error::internal)?;
    Ok(answer)
}

/// A demo's link: it signs in once.
async fn follow(guest: Guest, request: HttpRequest, path: web::Path<String>) -> Answer {
    // A browser that fetches ahead would use it up.
    if ["sec-purpose", "purpose"].iter().any(|name| request.headers().contains_key(*name)) {
        return Ok(HttpResponse::NoContent().finish());
    }
    let link = path.into_inner();
    let opened = guest.app.store.write_async(move |tx| passes::sign_in(tx, &link)).await?;
    match opened {
        Some(token) => guest.enter("/dashboard", &token),
        // Whoever follows it twice in one browser is in already.
        None if known(&guest).await? => Ok(go_to("/dashboard")),
        None => Err(Trouble::NotFound(
            "This link was used, or is older than half an hour. Start the demo again for a fresh one.".into(),
        )),
    }
}

/// Where to go after signing in: a page of ours, and never another host's, however it is spelled.
pub(super) fn safe(next: Option<&str>) -> String {
    let fits = |path: &&str| {
        path.strip_prefix("/dashboard").is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?']))
            && path.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\')
            && !path.contains("//")
    };
    next.filter(fits).unwrap_or("/dashboard").to_owned()
}

#[cfg(test)]
mod tests {
    use super::safe;

    #[test]
    fn the_way_after_signing_in_stays_here() {
        for good in ["/dashboard", "/dashboard/carts?status=abandoned&after=cart_1", "/dashboard?days=7"] {
            assert_eq!(safe(Some(good)), good);
        }
        let bad = [
            "https://evil.example/",
            "//evil.example/dashboard",
            "/\\evil.example",
            "/dashboard//evil.example",
            "/dashboard\\evil",
            "/dashboards",
            "dashboard",
            "/dashboard\r\nSet-Cookie: a=b",
            "javascript:alert(1)",
            "/dashboard/\u{202e}",
        ];
        for bad in bad {
            assert_eq!(safe(Some(bad)), "/dashboard", "{bad}");
        }
        assert_eq!(safe(None), "/dashboard");
    }
}
