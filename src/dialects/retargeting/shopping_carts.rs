//! `GET /v1/partners-api/shopping-carts`: carts first abandoned in the window, and recovered carts bought in it.

use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;

use super::{Fault, fault, success, window};
use crate::http::params::Params;
use crate::http::{self, AppData};
use crate::ops::dashboard;

#[derive(Serialize)]
struct Counts {
    abandoned: i64,
    recovered: i64,
}

pub(super) async fn handle(request: HttpRequest, app: AppData) -> HttpResponse {
    let params = Params::of_query(&request);
    let answer = http::read(&app, move |tx| {
        let window = match window::read(tx, &params)? {
            Ok(window) => window,
            Err(fault) => return Ok(Err(fault)),
        };
        let (abandoned, recovered) = dashboard::carts_in_window(tx, &window.site, window.from, window.to)?;
        Ok(Ok(Counts { abandoned, recovered }))
    });
    match answer.await {
        Ok(Ok(counts)) => success(&counts),
        Ok(Err(known)) => fault(known),
        Err(e) => {
            log::error!("shopping carts failed: {}", e.chain());
            fault(Fault::Unexpected)
        }
    }
}
