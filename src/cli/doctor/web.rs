//! The public address, and the unsubscribe that mailbox providers call.

use ureq::Agent;

use super::{Check, fault, ok, warning};
use crate::cli::here;
use crate::config::{Config, Mail};
use crate::domain::Site;
use crate::ops::links;

pub(super) fn look(config: &Config, site: Option<&Site>) -> Vec<Check> {
    let mut checks = vec![public_url(config)];
    checks.extend(site.map(|site| one_click(config, site)));
    checks
}

/// A client of the public address, which checks its certificate.
fn outside() -> Agent {
    here::patient().build().into()
}

fn public_url(config: &Config) -> Check {
    let name = "public_url";
    let Some(url) = &config.public_url else {
        let sentence = "it is not set, so links in letters would lead nowhere: set it to https://…";
        return if config.mail == Mail::Captured { warning(name, sentence) } else { fault(name, sentence) };
    };
    if !url.starts_with("https://") {
        return fault(name, format!("{url} is not https, which the unsubscribe of letters must be (RFC 8058)"));
    }
    match outside().get(format!("{url}/healthz")).call() {
        Ok(answer) if answer.status() == 200 => ok(name, format!("{url} answers")),
        Ok(answer) => fault(
            name,
            format!("{url}/healthz answers {}: let the proxy pass calls on as they are", answer.status().as_u16()),
        ),
        Err(e) => warning(name, format!("{url} could not be reached from here ({e}): try it from elsewhere")),
    }
}

/// The POST that RFC 8058 describes, with a token that unsubscribes nobody: through the public address, else at the server
/// on this machine.
fn one_click(config: &Config, site: &Site) -> Check {
    let name = "one_click";
    let path = format!("/u/{}", links::trial_token(site));
    let bases = config.public_url.iter().map(|url| (url.clone(), outside()));
    for (base, client) in bases.chain([(here::base(config), here::client())]) {
        let call = client.post(format!("{base}{path}")).header("content-type", "application/x-www-form-urlencoded");
        let Ok(answer) = call.send("List-Unsubscribe=One-Click") else { continue };
        let status = answer.status().as_u16();
        let cookie = answer.headers().contains_key("set-cookie");
        return match status {
            200 if cookie => {
                fault(name, format!("{base} answers with a cookie: let nothing between add one (RFC 8058)"))
            }
            200 => ok(name, format!("{base} takes an unsubscribe by one click")),
            300..=399 => fault(
                name,
                format!("{base} answers with a redirect, which RFC 8058 forbids: set public_url to where it leads"),
            ),
            404 => fault(name, format!("{base} does not know this shop's links: another store answers there")),
            _ => fault(name, format!("{base} answers {status}: let the proxy pass POST /u/… on as it is")),
        };
    }
    warning(name, "neither the public address nor a server here answers: start the server, then look again")
}
