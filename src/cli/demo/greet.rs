//! What a demo prints: one line of JSON for programs, or a greeting with a line to try for each interface.

use std::io::Write;
use std::net::SocketAddr;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;

use super::Access;
use crate::app::App;
use crate::domain::Result;
use crate::domain::carts::CartStatus;
use crate::ops::carts::{self, Asked};
use crate::ops::{passes, sites};
use crate::store::carts::{Filter, Sort};

/// Everything but the characters that RFC 3986 leaves alone, so that names stay readable.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The one line of `--json`, with its keys in this order.
#[derive(Serialize)]
struct Line<'a> {
    address: String,
    site_id: &'a str,
    account_id: &'a str,
    user_id: &'a str,
    user_api_key: &'a str,
    key: &'a str,
    dashboard_url: &'a str,
}

/// Prints what a program needs to begin.
pub(super) fn line(address: SocketAddr, access: &Access, dashboard: &str) -> anyhow::Result<()> {
    let line = Line {
        address: format!("http://{address}"),
        site_id: &access.site_id,
        account_id: &access.account_id,
        user_id: &access.user_id,
        user_api_key: &access.user_api_key,
        key: &access.key,
        dashboard_url: dashboard,
    };
    let mut out = std::io::stdout().lock();
    writeln!(out, "{}", serde_json::to_string(&line)?)?;
    Ok(out.flush()?)
}

/// Prints what a person needs to begin.
pub(super) fn hello(
    app: &App,
    address: SocketAddr,
    access: &Access,
    dashboard: &str,
    data: Option<&str>,
) -> anyhow::Result<()> {
    let base = format!("http://{address}");
    let shopper = app.store.read(|tx| {
        let site = sites::find(tx, &access.site_id)?;
        somebody_with_an_open_cart(tx, &site)
    })?;
    let shopper = shopper.unwrap_or_else(|| "ann@example.com".to_owned());
    let mut out = std::io::stdout().lock();
    writeln!(out, "Larch & Linen, a made-up shop, is open at {base}")?;
    match data {
        Some(folder) => writeln!(out, "Its data stays in {folder}.")?,
        None => writeln!(out, "Its data goes when it ends: press Ctrl-C.")?,
    }
    writeln!(out, "\nThe dashboard, by a link that signs in once:\n\n  {dashboard}")?;
    writeln!(out, "\nThe shop, to fill a cart and leave it:\n\n  {base}/demo/shop")?;
    writeln!(out, "\nTry each interface:")?;
    for (name, command) in commands(&base, access, &shopper) {
        writeln!(out, "\n  # {name}\n  {command}")?;
    }
    if app.hand.is_some() {
        let body = quote("{\"advance\":\"24h\"}");
        writeln!(out, "\n  # a day later\n  curl -s -d {body} {}", quote(&format!("{base}/demo/clock")))?;
    }
    writeln!(
        out,
        "\n{} is an administrator; {} with the key {} sees two of the loyalty campaigns.",
        access.user_id, access.manager_id, access.manager_api_key
    )?;
    Ok(out.flush()?)
}

/// A link that signs the demo's administrator in, once. Only a demo has such links, and only this machine reaches it.
pub(super) fn dashboard(app: &App, address: SocketAddr, access: &Access) -> Result<String> {
    let (site_id, user_id) = (access.site_id.clone(), access.user_id.clone());
    let token = app.store.write(move |tx| {
        let site = sites::find(tx, &site_id)?;
        passes::for_sign_in(tx, &site, &user_id)
    })?;
    Ok(format!("http://{address}/dashboard/enter/{token}"))
}

fn somebody_with_an_open_cart(tx: &crate::store::ReadTx, site: &crate::domain::Site) -> Result<Option<String>> {
    for status in [CartStatus::Active, CartStatus::Abandoned] {
        let filter = Filter { status: Some(status), has_email: Some(true), min_total: Some(1), ..Filter::default() };
        let asked = Asked { filter, sort: Sort::UpdatedAt, descending: true, limit: 1, offset: 0, after: None };
        let found = carts::list(tx, site, &asked)?.carts.into_iter().find_map(|cart| cart.email);
        if let Some(email) = found {
            return Ok(Some(email.shown().to_owned()));
        }
    }
    Ok(None)
}

fn commands(base: &str, access: &Access, shopper: &str) -> Vec<(&'static str, String)> {
    let encode = |text: &str| utf8_percent_encode(text, RESERVED).to_string();
    let (site, key) = (encode(&access.site_id), encode(&access.key));
    let get = |path: String| format!("curl -s {}", quote(&format!("{base}{path}")));
    let fields = [
        ("type", "dashboard"),
        ("API", "1.5"),
        ("output", "JSON"),
        ("account_id", &access.account_id),
        ("user_id", &access.user_id),
        ("user_api_key", &access.user_api_key),
        ("most_active", "5"),
        ("customer_count", "Y"),
        ("total_transactions_this_month", "Y"),
        ("active_campaigns_count", "Y"),
        ("last_X_transactions", "5"),
    ];
    let form: Vec<String> = fields.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect();
    vec![
        ("CartStack: the dashboard's figures", {
            get(format!("/secure/cartstack_api_dashboardstats.php?siteid={site}&apikey={key}"))
        }),
        ("CartStack: somebody bought", {
            get(format!("/ss/v1/?key={key}&siteid={site}&email={}&total=49.90", encode(shopper)))
        }),
        ("StateSet: abandoned carts", {
            let bearer = quote(&format!("Authorization: Bearer {}", access.key));
            format!("curl -s -H {bearer} {}", quote(&format!("{base}/v1/carts?status=abandoned&limit=3")))
        }),
        ("Retargeting: carts of the last 30 days", get(format!("/v1/partners-api/shopping-carts?rest_key={key}"))),
        ("Sticky Street: the loyalty dashboard", {
            format!("curl -s -d {} {}", quote(&form.join("&")), quote(&format!("{base}/")))
        }),
    ]
}

/// A text as one word of a shell.
fn quote(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::quote;

    #[test]
    fn a_quote_in_a_value_does_not_end_the_word() {
        assert_eq!(quote("it's"), "'it'\\''s'");
    }
}
