//! What receiving servers look up about a sender: SPF (RFC 7208), DKIM (RFC 6376), DMARC (RFC 7489) and the mail server's
//! reverse name. None of it is this program's to decide, and a network may be missing, so all that is found is a warning.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use hickory_resolver::TokioResolver;
use hickory_resolver::config::{NameServerConfig, ResolverConfig};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::proto::rr::{RData, RecordType};

use super::{Check, ok, warning};
use crate::config::{Config, Mail};
use crate::domain::{Site, bounces};

/// How long one question may take.
const PATIENCE: Duration = Duration::from_secs(3);
/// How long all of them may.
const PATIENCE_WITH_ALL: Duration = Duration::from_secs(12);

/// What a question led to: records, none, or nobody who answers.
enum Found {
    Records(Vec<String>),
    Nothing,
    Silence,
}

pub(super) fn look(config: &Config, site: &Site, server: Option<SocketAddr>) -> Vec<Check> {
    let Some(from) = site.settings.sender() else { return Vec::new() };
    actix_web::rt::System::new().block_on(async {
        let Some(resolver) = resolver(server) else {
            return vec![warning("dns", "this machine names no name server: see /etc/resolv.conf")];
        };
        let all = ask_all(&resolver, config, site, from.shown());
        tokio::time::timeout(PATIENCE_WITH_ALL, all).await.unwrap_or_else(|_| {
            vec![warning("dns", "the name server takes too long: SPF, DKIM and DMARC were not looked at")]
        })
    })
}

fn resolver(server: Option<SocketAddr>) -> Option<TokioResolver> {
    let mut builder = match server {
        Some(server) => {
            let mut named = NameServerConfig::udp(server.ip());
            for connection in &mut named.connections {
                connection.port = server.port();
            }
            let config = ResolverConfig::from_name_servers(vec![named]);
            TokioResolver::builder_with_config(config, TokioRuntimeProvider::default())
        }
        None => TokioResolver::builder_tokio().ok()?,
    };
    let options = builder.options_mut();
    options.timeout = PATIENCE;
    options.attempts = 1;
    builder.build().ok()
}

async fn ask_all(resolver: &TokioResolver, config: &Config, site: &Site, from: &str) -> Vec<Check> {
    let domain = |address: &str| address.rsplit_once('@').map_or(String::new(), |(_, domain)| domain.to_lowercase());
    let (author, envelope) = (domain(from), domain(&bounces::return_path(site, 0, from)));
    // Nobody who answers once is not asked thrice.
    let spf = match ask(resolver, &envelope, RecordType::TXT).await {
        Found::Silence => return vec![warning("dns", "no name server answers: look again where there is a network")],
        found => spf(&envelope, found),
    };
    let dkim = match site.settings.get("letters.dkim_selector") {
        "" => {
            let how = format!("`cartwright site set --site {} letters.dkim_selector NAME`", site.site_id);
            warning("dkim", format!("the selector is not known; the mail server's operator names it: {how}"))
        }
        selector => {
            let name = format!("{selector}._domainkey.{author}");
            dkim(&name, ask(resolver, &name, RecordType::TXT).await)
        }
    };
    let mut checks = vec![spf, dkim, dmarc(resolver, &author).await];
    checks.extend(reverse(resolver, config).await);
    checks
}

async fn ask(resolver: &TokioResolver, name: &str, kind: RecordType) -> Found {
    // With a dot at its end no search list is tried.
    match resolver.lookup(format!("{}.", name.trim_end_matches('.')), kind).await {
        Ok(found) => Found::Records(found.answers().iter().filter_map(|record| text(&record.data)).collect()),
        Err(e) if e.is_no_records_found() => Found::Nothing,
        Err(e) => {
            log::debug!("{name}: {e}");
            Found::Silence
        }
    }
}

fn text(data: &RData) -> Option<String> {
    match data {
        // The parts of a long text are one text (RFC 7208, 3.3).
        RData::TXT(txt) => Some(txt.txt_data.iter().map(|part| String::from_utf8_lossy(part)).collect()),
        RData::A(a) => Some(a.0.to_string()),
        RData::AAAA(aaaa) => Some(aaaa.0.to_string()),
        RData::PTR(ptr) => Some(ptr.0.to_string()),
        _ => None,
    }
}

fn spf(domain: &str, found: Found) -> Check {
    let all = match found {
        Found::Silence => return silent("spf", domain),
        Found::Nothing => Vec::new(),
        Found::Records(all) => all,
    };
    let is_spf = |text: &&String| text.split(' ').next().is_some_and(|first| first.eq_ignore_ascii_case("v=spf1"));
    let records: Vec<&String> = all.iter().filter(is_spf).collect();
    match records[..] {
        [] => warning(
            "spf",
            format!("{domain} says of no server that it may send for it: publish the mail server's SPF record"),
        ),
        [one] if one.split(' ').any(|term| term == "+all" || term == "all") => {
            warning("spf", format!("{domain} lets everybody send for it: end its SPF record with -all or ~all"))
        }
        [_] => ok("spf", format!("{domain} says who may send for it")),
        _ => warning("spf", format!("{domain} has {} SPF records, so none counts: leave one", records.len())),
    }
}

fn dkim(name: &str, found: Found) -> Check {
    let all = match found {
        Found::Silence => return silent("dkim", name),
        Found::Nothing => Vec::new(),
        Found::Records(all) => all,
    };
    match all.iter().find_map(|text| tag(text, "p")) {
        None => warning("dkim", format!("there is no key at {name}: publish the one that the mail server signs with")),
        Some("") => warning("dkim", format!("the key at {name} was withdrawn: publish the one that is signed with")),
        Some(_) => ok("dkim", format!("there is a key at {name}")),
    }
}

/// The policy of the domain itself, else of one above it.
async fn dmarc(resolver: &TokioResolver, author: &str) -> Check {
    let mut domain = author;
    loop {
        match ask(resolver, &format!("_dmarc.{domain}"), RecordType::TXT).await {
            Found::Silence => return silent("dmarc", domain),
            Found::Nothing => {}
            Found::Records(all) => {
                let policy = all.iter().filter(|text| text.starts_with("v=DMARC1")).find_map(|text| tag(text, "p"));
                if let Some(policy) = policy {
                    return ok("dmarc", format!("{domain} says what becomes of forged letters: {policy}"));
                }
            }
        }
        match domain.split_once('.') {
            Some((_, above)) if above.contains('.') => domain = above,
            _ => break,
        }
    }
    warning(
        "dmarc",
        format!(
            "{author} has no DMARC record, which big providers ask for: publish \"v=DMARC1; p=none\" at _dmarc.{author} to begin with"
        ),
    )
}

/// The value of a tag in `a=b; c=d`.
fn tag<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    text.split(';')
        .filter_map(|part| part.split_once('='))
        .find(|(tag, _)| tag.trim() == name)
        .map(|(_, value)| value.trim())
}

/// Whether the mail server's address has a name that leads back to it.
async fn reverse(resolver: &TokioResolver, config: &Config) -> Option<Check> {
    if config.mail != Mail::Smtp {
        return None;
    }
    let host = config.smtp.host.as_str();
    let addresses = match host.parse::<IpAddr>() {
        Ok(address) => vec![address.to_string()],
        Err(_) => match ask(resolver, host, RecordType::A).await {
            Found::Records(all) => all,
            Found::Nothing => Vec::new(),
            Found::Silence => return Some(silent("ptr", host)),
        },
    };
    let Some(address) = addresses.iter().find_map(|text| text.parse::<IpAddr>().ok()) else {
        return Some(warning("ptr", format!("{host} stands for no address of version 4: ask its operator")));
    };
    if address.is_loopback() {
        return Some(warning("ptr", "the mail server is this machine: see that its public address has a name (PTR)"));
    }
    let names = match resolver.reverse_lookup(address).await {
        Ok(found) => found.answers().iter().filter_map(|record| text(&record.data)).collect(),
        Err(e) if e.is_no_records_found() => Vec::new(),
        Err(_) => return Some(silent("ptr", host)),
    };
    for name in &names {
        if let Found::Records(back) = ask(resolver, name, RecordType::A).await
            && back.contains(&address.to_string())
        {
            return Some(ok("ptr", format!("{address} is {name}, and that is {address}")));
        }
    }
    Some(warning(
        "ptr",
        format!("{address} has no name that leads back to it: ask the mail server's operator for a PTR record"),
    ))
}

fn silent(name: &'static str, about: &str) -> Check {
    warning(name, format!("no name server answers about {about}: look again where there is a network"))
}
