//! The links of letters: unsubscribe, click, restore, and the picture that says that a letter was shown. A token is all
//! that a caller needs and all that it proves. `jobs/links.rs` spells these addresses.

use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, HeaderValue, LOCATION};
use actix_web::{HttpRequest, HttpResponse, web};

use crate::domain::{Error, Result};
use crate::http::{self, AppData, pages, reads, visitor};
use crate::ops::links::{self, Restored};

/// A picture of one transparent point.
const POINT: &[u8] = b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff!\xf9\x04\x01\x00\x00\x00\x00,\
    \x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;";

/// The paths that stand in letters, and the one that stands on our page.
pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .service(web::resource("/u/{token}").route(reads().to(ask)).route(web::post().to(unsubscribe)))
        .route("/u/{token}/undo", web::post().to(undo))
        .service(web::resource("/c/{token}/{position}").route(reads().to(click)))
        .service(web::resource("/r/{token}").route(reads().to(restore)))
        .service(web::resource("/o/{token}.gif").route(reads().to(open)));
}

/// A mail scanner follows every link, so looking changes nothing.
async fn ask(app: AppData, token: web::Path<String>) -> HttpResponse {
    let site = http::read(&app, move |tx| links::look_at_unsubscribe(tx, &token)).await;
    answer(site, |site| pages::ask_to_unsubscribe(&site.name))
}

/// RFC 8058, and our page's button. Whatever the body says or however it is encoded, the POST itself is the wish.
async fn unsubscribe(app: AppData, token: web::Path<String>) -> HttpResponse {
    let done = app.store.write_async(move |tx| links::unsubscribe(tx, &token)).await;
    answer(done, |done| {
        let undo = done.undo.map(|undo| format!("{undo}/undo"));
        pages::unsubscribed(&done.site.name, undo.as_deref())
    })
}

async fn undo(app: AppData, token: web::Path<String>) -> HttpResponse {
    let site = app.store.write_async(move |tx| links::undo(tx, &token)).await;
    answer(site, |site| pages::unsubscribe_undone(&site.name))
}

async fn click(request: HttpRequest, app: AppData, path: web::Path<(String, String)>) -> HttpResponse {
    let (token, position) = path.into_inner();
    let Ok(position) = position.parse::<i64>() else { return unknown() };
    let evidence = visitor::evidence(&request);
    let target = app.store.write_async(move |tx| links::click(tx, &token, position, evidence)).await;
    answer(target, |target| target.map_or_else(unknown, |url| go_to(&url)))
}

async fn restore(request: HttpRequest, app: AppData, token: web::Path<String>) -> HttpResponse {
    let evidence = visitor::evidence(&request);
    let restored = app.store.write_async(move |tx| links::restore(tx, &token, evidence)).await;
    answer(restored, |restored| match restored {
        Restored::At(url) => go_to(&url),
        Restored::Here(site, items) => pages::cart(&site.name, &items),
    })
}

/// The same picture whether or not the token holds: it tells nobody anything.
async fn open(request: HttpRequest, app: AppData, token: web::Path<String>) -> HttpResponse {
    let evidence = visitor::evidence(&request);
    match app.store.write_async(move |tx| links::open(tx, &token, &evidence)).await {
        Ok(()) | Err(Error::NotFound { .. }) => {}
        Err(e) => log::error!("an open was not kept: {}", e.chain()),
    }
    let mut picture = HttpResponse::Ok();
    picture.content_type("image/gif").insert_header((CACHE_CONTROL, HeaderValue::from_static("no-store")));
    let mut picture = picture.body(POINT);
    pages::protect(&mut picture);
    picture
}

fn answer<T>(outcome: Result<T>, page: impl FnOnce(T) -> HttpResponse) -> HttpResponse {
    match outcome {
        Ok(found) => page(found),
        Err(Error::NotFound { .. }) => unknown(),
        Err(e) => {
            log::error!("a letter's link failed: {}", e.chain());
            pages::dead_link(StatusCode::INTERNAL_SERVER_ERROR, "Something went wrong. Please try again later.")
        }
    }
}

fn unknown() -> HttpResponse {
    pages::dead_link(
        StatusCode::NOT_FOUND,
        "It may have ended, or lost a part on its way here. Please follow it from the email once more.",
    )
}

fn go_to(url: &str) -> HttpResponse {
    let Ok(location) = HeaderValue::from_str(url) else { return unknown() };
    let mut answer = HttpResponse::Found();
    answer.insert_header((LOCATION, location)).insert_header((CACHE_CONTROL, HeaderValue::from_static("no-store")));
    let mut answer = answer.finish();
    pages::protect(&mut answer);
    answer
}
