//! `GET /v1/unsubscribed-emails`: who unsubscribed in the window, and did not come back.

use actix_web::{HttpRequest, HttpResponse};

use super::in_window;
use crate::http::AppData;
use crate::ops::suppressions;

pub(super) async fn handle(request: HttpRequest, app: AppData) -> HttpResponse {
    let addresses = in_window(&request, &app, |tx, window| {
        let unsubscribed = suppressions::unsubscribed_between(tx, &window.site, window.from, window.to)?;
        Ok(unsubscribed.iter().map(|email| email.shown().to_owned()).collect::<Vec<_>>())
    });
    addresses.await
}
