//! `GET /v1/partners-api/shopping-carts`: carts first abandoned in the window, and recovered carts bought in it.

use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;

use super::in_window_briefly;
use crate::http::AppData;
use crate::ops::dashboard;

#[derive(Serialize)]
struct Counts {
    abandoned: i64,
    recovered: i64,
}

pub(super) async fn handle(request: HttpRequest, app: AppData) -> HttpResponse {
    let counts = in_window_briefly(&request, &app, |tx, window| {
        let (abandoned, recovered) = dashboard::carts_in_window(tx, &window.site, window.from, window.to)?;
        Ok(Counts { abandoned, recovered })
    });
    counts.await
}
