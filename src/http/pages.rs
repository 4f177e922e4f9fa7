//! The few pages that a reader of a letter gets to see. Plain, for any browser and any reader: no script, no cookie, no
//! picture, and nothing about the person, who may have forwarded the letter.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{
    CONTENT_SECURITY_POLICY, HeaderName, HeaderValue, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use data_encoding::BASE64;
use quick_xml::escape::escape;
use sha2::{Digest, Sha256};

use super::render;
use crate::domain::carts::Item;
use crate::domain::links::is_web_link;

const STYLE: &str = "body{font:1.1rem/1.6 Georgia,serif;max-width:34rem;margin:3rem auto;padding:0 1rem;color:#2b2b2b;\
    background:#f4f1ea}h1{font-size:1.6rem;font-weight:normal}a{color:inherit}button{font:inherit;padding:.7rem 1.4rem;\
    color:#fff;background:#5d6b4e;border:0;border-radius:.3rem;cursor:pointer}\
    button:focus-visible{outline:3px solid #2b2b2b;outline-offset:2px}";

/// Asks whether somebody wants no more letters. The button posts to the page's own address.
pub fn ask_to_unsubscribe(shop: &str) -> HttpResponse {
    let text = format!(
        "<p>Don't want to receive checkout reminder emails from {} any more?</p>\
         <form method=\"post\"><button type=\"submit\">Unsubscribe</button></form>",
        escape(shop)
    );
    page(StatusCode::OK, "Unsubscribe", &text)
}

/// Says that it is done. `undo` is where the button that takes it back posts to.
pub fn unsubscribed(shop: &str, undo: Option<&str>) -> HttpResponse {
    let undo = undo.map_or(String::new(), |action| {
        format!(
            "<p>Was this a mistake? You can take it back for an hour.</p>\
             <form method=\"post\" action=\"{}\"><button type=\"submit\">Undo</button></form>",
            escape(action)
        )
    });
    let text = format!("<p>{} sends you no more of these emails, from now on.</p>{undo}", escape(shop));
    page(StatusCode::OK, "You are unsubscribed", &text)
}

/// Says that an unsubscribe was taken back.
pub fn unsubscribe_undone(shop: &str) -> HttpResponse {
    let text = format!("<p>{} may write to you again, as before.</p>", escape(shop));
    page(StatusCode::OK, "Taken back", &text)
}

/// What is in a cart, and nothing else about it.
pub fn cart(shop: &str, items: &[Item]) -> HttpResponse {
    let lines: String = items.iter().map(line).collect();
    let text = if lines.is_empty() { "<p>The cart is empty.</p>".to_owned() } else { format!("<ul>{lines}</ul>") };
    page(StatusCode::OK, &format!("Your cart at {shop}"), &text)
}

fn line(item: &Item) -> String {
    let name = escape(item.name.as_deref().filter(|name| !name.trim().is_empty()).unwrap_or(&item.product_id));
    let name = match item.url.as_deref().filter(|url| is_web_link(url)) {
        Some(url) => format!("<a href=\"{}\" rel=\"noreferrer\">{name}</a>", escape(url)),
        None => name.into_owned(),
    };
    format!("<li>{} &times; {name}</li>", item.quantity)
}

/// Says that a link does not work, and what may be the reason.
pub fn dead_link(status: StatusCode, reason: &str) -> HttpResponse {
    page(status, "This link does not work", &format!("<p>{}</p>", escape(reason)))
}

/// A whole page. `text` is HTML, with everything from outside escaped.
fn page(status: StatusCode, title: &str, text: &str) -> HttpResponse {
    let title = escape(title);
    let html = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width\"><meta name=\"robots\" content=\"noindex\"><title>{title}</title>\
         <style>{STYLE}</style></head>\n<body><main><h1>{title}</h1>{text}</main></body>\n</html>\n"
    );
    let mut answer = render::bytes(status, "text/html; charset=utf-8", html);
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{}'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
        BASE64.encode(&Sha256::digest(STYLE.as_bytes()))
    );
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        answer.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
    }
    protect(&mut answer);
    answer
}

/// Headers of every answer to a link of a letter: its address holds a token, which no other site learns.
pub fn protect(answer: &mut HttpResponse) {
    let headers = answer.headers_mut();
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(HeaderName::from_static("x-robots-tag"), HeaderValue::from_static("noindex"));
}
