//! The partner interface's figures: `transactions`, `aov` and `traffic-source`.

use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;

use super::in_window;
use super::window::Window;
use crate::domain::money::{decimal, ratio_half_up};
use crate::domain::{Site, Timestamp};
use crate::http::AppData;
use crate::ops::dashboard::{self, Tally};

#[derive(Serialize)]
struct Transactions {
    value: i64,
    percentage: String,
    increase: bool,
}

/// Purchases in the window, and the change against the window of equal length just before it.
pub(super) async fn transactions(request: HttpRequest, app: AppData) -> HttpResponse {
    let view = in_window(&request, &app, |tx, Window { site, from, to }| {
        let before_from = Timestamp::from_secs(2 * from.secs() - to.secs() - 1);
        let value = dashboard::in_window(tx, site, *from, *to)?.all.purchases;
        let before = dashboard::in_window(tx, site, before_from, from.plus(-1))?.all.purchases;
        let hundredths = match before {
            0 => i64::from(value > 0) * 10_000,
            _ => ratio_half_up((value - before).abs(), before, 10_000),
        };
        Ok(Transactions { value, percentage: decimal(hundredths, 2), increase: value > before })
    });
    view.await
}

#[derive(Serialize)]
struct Averages {
    retargeting: String,
    your_site: String,
}

/// The mean purchase that our letters brought, and that of all the others, each in the shop's own currency.
pub(super) async fn averages(request: HttpRequest, app: AppData) -> HttpResponse {
    let view = in_window(&request, &app, |tx, Window { site, from, to }| {
        let own = dashboard::in_window(tx, site, *from, *to)?.own;
        let (others, others_revenue) = (own.purchases - own.recovered, own.revenue - own.recovered_revenue);
        Ok(Averages {
            retargeting: mean(site, own.recovered_revenue, own.recovered),
            your_site: mean(site, others_revenue, others),
        })
    });
    view.await
}

/// `345.00 EUR`. The vendor is Romanian and calls its own currency by its name.
fn mean(site: &Site, sum: i64, count: i64) -> String {
    let unit = match site.currency.code() {
        "RON" => "Lei",
        code => code,
    };
    format!("{} {unit}", site.currency.major(ratio_half_up(sum, count, 1)))
}

#[derive(Serialize)]
struct Source {
    impressions: i64,
    click: i64,
    order: i64,
    revenue: i64,
    source_name: &'static str,
    cvr: String,
    ctr: String,
}

/// What each way of reaching a shopper brought. Of the vendor's four, we run the second.
pub(super) async fn sources(request: HttpRequest, app: AppData) -> HttpResponse {
    let view = in_window(&request, &app, |tx, Window { site, from, to }| {
        let ours = dashboard::in_window(tx, site, *from, *to)?;
        let none = Tally::default();
        Ok([
            source(site, "Newsletter", &none),
            source(site, "Triggered Emails", &ours),
            source(site, "Rec. Engine", &none),
            source(site, "Pop-ups", &none),
        ])
    });
    view.await
}

fn source(site: &Site, source_name: &'static str, tally: &Tally) -> Source {
    let (impressions, click, order) = (tally.all.opened, tally.all.clicked, tally.all.recovered);
    let share = |part, whole| decimal(ratio_half_up(part, whole, 10_000), 2);
    Source {
        impressions,
        click,
        order,
        revenue: ratio_half_up(tally.own.recovered_revenue, 10_i64.pow(site.currency.decimals()), 1),
        source_name,
        cvr: share(order, click),
        ctr: share(click, impressions),
    }
}
