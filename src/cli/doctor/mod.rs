//! `cartwright doctor`: says what is wrong before it hurts, and lets a shop's letters out to real people.

mod dns;
mod letters;
mod machine;
mod tls;
mod web;

use serde_json::json;

use super::{Ended, Global, clock, find_site, print_json};
use crate::config::{Config, Mail};
use crate::domain::go_lives::{GoLive, How};
use crate::domain::{Error, Result, Site};
use crate::ops::go_lives;
use crate::store::Store;

#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  cartwright doctor                                    the machine
  cartwright doctor --site my-shop                     and what the shop's letters need
  cartwright doctor --site my-shop --go-live           without a fault, they leave from now on
  cartwright doctor --site my-shop --override \"Ann\"   they leave, and Ann answers for it")]
pub(super) struct Args {
    /// Public id of the shop whose letters are looked at too
    #[arg(long)]
    site: Option<String>,
    /// Let the shop's letters out to real people when no fault is found
    #[arg(long, requires = "site")]
    go_live: bool,
    /// Let them out whatever is found; the name of whoever answers for it is kept
    #[arg(long, value_name = "NAME", requires = "site", conflicts_with = "go_live")]
    r#override: Option<String>,
    /// Who lets them out with --go-live [default: the user of this machine]
    #[arg(long, value_name = "NAME", requires = "go_live")]
    by: Option<String>,
    /// Name server to ask [default: the system's]
    #[arg(long, value_name = "ADDRESS:PORT")]
    resolver: Option<std::net::SocketAddr>,
    /// One line of JSON
    #[arg(long)]
    json: bool,
}

/// How one thing is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Health {
    Ok,
    /// Better otherwise; nothing is held up.
    Warning,
    /// Letters must not leave like this, or the store is in danger.
    Fault,
}

impl Health {
    fn as_str(self) -> &'static str {
        match self {
            Health::Ok => "ok",
            Health::Warning => "warning",
            Health::Fault => "fault",
        }
    }
}

/// One thing that was looked at, and one sentence: what is, and what to do.
struct Check {
    name: &'static str,
    health: Health,
    sentence: String,
}

fn ok(name: &'static str, sentence: impl Into<String>) -> Check {
    Check { name, health: Health::Ok, sentence: sentence.into() }
}

fn warning(name: &'static str, sentence: impl Into<String>) -> Check {
    Check { name, health: Health::Warning, sentence: sentence.into() }
}

fn fault(name: &'static str, sentence: impl Into<String>) -> Check {
    Check { name, health: Health::Fault, sentence: sentence.into() }
}

pub(super) fn run(global: &Global, args: Args) -> anyhow::Result<Ended> {
    // A configuration that cannot be read ends the command with a sentence of its own.
    let config = global.load(&[])?;
    let store = Store::open(&config.data, clock::system())?;
    let site = args.site.as_deref().map(|id| find_site(&store, id)).transpose()?;
    if (args.go_live || args.r#override.is_some()) && config.mail == Mail::Captured {
        let sentence = "mail.transport is captured, so no letter leaves for anybody; choose one that does first";
        return Err(Error::Conflict(sentence.into()).into());
    }
    let mut checks = machine::look(&config, &store)?;
    checks.extend(letters::look_at_server(&config));
    checks.extend(tls::look(&config, clock::system()()));
    checks.extend(web::look(&config, site.as_ref()));
    if let Some(site) = &site {
        checks.extend(letters::look_at_shop(site));
        checks.extend(dns::look(&config, site, args.resolver));
    }
    let faults: Vec<String> = found(&checks).map(|check| format!("{}: {}", check.name, check.sentence)).collect();
    let live = match &site {
        Some(site) => let_out(&store, site, &args, &faults)?,
        None => None,
    };
    if args.json {
        print_json(&as_json(&args, &checks, live.as_ref()))?;
    } else {
        print(&checks, &config, site.as_ref(), live.as_ref());
    }
    Ok(if faults.is_empty() || args.r#override.is_some() { Ended::Done } else { Ended::Found })
}

fn found(checks: &[Check]) -> impl Iterator<Item = &Check> {
    checks.iter().filter(|check| check.health == Health::Fault)
}

/// Lets letters out where that was asked for and nothing forbids it. Returns when they were let out last.
fn let_out(store: &Store, site: &Site, args: &Args, faults: &[String]) -> Result<Option<GoLive>> {
    let user = || ["SUDO_USER", "USER", "LOGNAME"].iter().find_map(|name| std::env::var(name).ok());
    let (how, by) = match &args.r#override {
        Some(name) => (How::Overridden, name.clone()),
        None if args.go_live && faults.is_empty() => {
            (How::Passed, args.by.clone().or_else(user).unwrap_or_else(|| "somebody at this machine".to_owned()))
        }
        None => return store.read(|tx| go_lives::newest(tx, site)),
    };
    let (site, faults) = (site.clone(), faults.to_vec());
    store.write(move |tx| go_lives::go_live(tx, &site, how, &by, &faults)).map(Some)
}

fn as_json(args: &Args, checks: &[Check], live: Option<&GoLive>) -> serde_json::Value {
    let checks: Vec<_> = checks
        .iter()
        .map(|check| json!({ "check": check.name, "result": check.health.as_str(), "sentence": check.sentence }))
        .collect();
    let live = live.map(
        |live| json!({ "at": live.at.to_string(), "how": live.how.as_str(), "by": live.by, "faults": live.faults }),
    );
    json!({ "site": args.site, "checks": checks, "live": live })
}

fn print(checks: &[Check], config: &Config, site: Option<&Site>, live: Option<&GoLive>) {
    for check in checks {
        say!("{:<8} {:<12} {}", check.health.as_str(), check.name, check.sentence);
    }
    let faults = found(checks).count();
    let warnings = checks.iter().filter(|check| check.health == Health::Warning).count();
    say!("\n{faults} faults, {warnings} warnings.");
    let Some(site) = site else { return };
    match live {
        Some(live) => say!(
            "Letters of {} leave for real people: {} by {} on {}. What waited for that leaves within the hour.",
            site.site_id,
            live.how,
            live.by,
            live.at
        ),
        None if config.mail == Mail::Captured => say!("Letters are captured: nobody gets them."),
        None => say!(
            "Letters of {} wait: `cartwright doctor --site {} --go-live` lets them out once there is no fault.",
            site.site_id,
            site.site_id
        ),
    }
}
