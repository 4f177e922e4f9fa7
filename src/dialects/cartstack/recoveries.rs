//! `GET /secure/cartstack_api_recoveries.php`: every recovered order of a range of days.

use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;

use super::call::{Answer, caller, range, reply_to, too_many};
use super::format::Recovered;
use crate::domain::Result;
use crate::http::params::Params;
use crate::http::{self, AppData};
use crate::ops::dashboard;
use crate::store::ReadTx;

#[derive(Serialize)]
struct Reply {
    recoveries: Vec<Recovered>,
}

pub(super) async fn handle(request: HttpRequest, app: AppData) -> HttpResponse {
    let params = Params::of_query(&request);
    if let Some(refused) = too_many(&request, &params) {
        return refused;
    }
    reply_to(http::read(&app, move |tx| answer(tx, &params)).await, "recovered orders")
}

fn answer(tx: &ReadTx, params: &Params) -> Result<Answer<Reply>> {
    let site = match caller(tx, params)? {
        Ok(site) => site,
        Err(refused) => return Ok(Err(refused)),
    };
    let (from, to) = match range(params, site.day_of(tx.now())) {
        Ok(range) => range,
        Err(refused) => return Ok(Err(refused)),
    };
    let orders = dashboard::recoveries(tx, &site, from, to)?;
    Ok(Ok(Reply { recoveries: orders.iter().map(|order| Recovered::of(&site, order)).collect() }))
}
