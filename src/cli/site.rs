//! `cartwright site`: shops and their settings.

use clap::Subcommand;
use serde_json::json;

use super::{Ended, Global, find_site, print_json, read_secret};
use crate::domain::settings::{self, Settings};
use crate::domain::sites::SiteStatus;
use crate::domain::{Currency, Site, Zone};
use crate::ops::sites::{self, NewSite};
use crate::store;

#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  cartwright site add --site-id my-shop --account-id my_shop --name \"My shop\" --currency EUR
  cartwright site set --site my-shop abandon_after 45m
  cartwright site set --site my-shop timezone America/New_York
  cartwright site set --site my-shop --shopify-secret-stdin < secret.txt")]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Add a shop
    Add {
        /// Public id in the cart interfaces
        #[arg(long)]
        site_id: String,
        /// Account in the loyalty interface: 5 to 20 letters, digits or underscores
        #[arg(long)]
        account_id: String,
        /// For people [default: the site id]
        #[arg(long)]
        name: Option<String>,
        /// ISO 4217 code
        #[arg(long, default_value = "USD")]
        currency: String,
        /// IANA zone in which days are cut
        #[arg(long, default_value = "UTC")]
        timezone: String,
        /// paid, payment_error, suspended, inactive or closed
        #[arg(long, default_value = "paid")]
        status: String,
        /// One line of JSON
        #[arg(long)]
        json: bool,
    },
    /// List the shops
    List {
        /// One line of JSON for each
        #[arg(long)]
        json: bool,
    },
    /// Change one thing of a shop: name, currency, timezone, status, or a setting; without KEY, list the settings
    Set {
        /// Public id of the shop
        #[arg(long)]
        site: String,
        /// What to change
        #[arg(requires = "value")]
        key: Option<String>,
        /// To what; blank goes back to the default
        #[arg(requires = "key", allow_hyphen_values = true)]
        value: Option<String>,
        /// Read the secret with which Shopify signs its webhooks from standard input
        #[arg(long, conflicts_with = "key")]
        shopify_secret_stdin: bool,
        /// One line of JSON
        #[arg(long)]
        json: bool,
    },
}

pub(super) fn run(global: &Global, args: Args) -> anyhow::Result<Ended> {
    let store = global.store()?;
    match args.command {
        Command::Add { site_id, account_id, name, currency, timezone, status, json } => {
            let new = NewSite {
                name: name.unwrap_or_else(|| site_id.clone()),
                site_id,
                account_id,
                currency: Currency::parse(&currency)?,
                zone: Zone::parse(&timezone)?,
                status: status.parse::<SiteStatus>()?,
                settings: Settings::default(),
            };
            show(&store.write(move |tx| sites::add(tx, new))?, json)?;
        }
        Command::List { json } => {
            for site in store.read(store::sites::all)? {
                show(&site, json)?;
            }
        }
        Command::Set { site, shopify_secret_stdin: true, json, .. } => {
            let site = find_site(&store, &site)?;
            let secret = read_secret("Paste the secret")?;
            show(&store.write(move |tx| sites::set(tx, &site, "shopify_secret", &secret))?, json)?;
        }
        Command::Set { site, key, value, json, .. } => {
            let site = find_site(&store, &site)?;
            let Some((key, value)) = key.zip(value) else {
                if json {
                    show(&site, true)?;
                    return Ok(Ended::Done);
                }
                for setting in settings::ALL {
                    let value = shown(setting.name, site.settings.get(setting.name));
                    say!("{} = {value}  # {}", setting.name, setting.meaning);
                }
                return Ok(Ended::Done);
            };
            show(&store.write(move |tx| sites::set(tx, &site, &key, &value))?, json)?;
        }
    }
    Ok(Ended::Done)
}

fn show(site: &Site, as_json: bool) -> anyhow::Result<()> {
    if as_json {
        let settings: serde_json::Map<_, _> =
            site.settings.pairs().map(|(name, value)| (name.to_owned(), shown(name, value).into())).collect();
        return print_json(&json!({
            "site_id": site.site_id,
            "account_id": site.account_id,
            "name": site.name,
            "currency": site.currency.code(),
            "timezone": site.zone.name(),
            "status": site.status.as_str(),
            "settings": settings,
        }));
    }
    say!(
        "{}  account {}  {:?}  {}  {}  {}",
        site.site_id,
        site.account_id,
        site.name,
        site.currency,
        site.zone.name(),
        site.status
    );
    Ok(())
}

/// A setting's value, unless it is a secret.
fn shown<'a>(name: &str, value: &'a str) -> &'a str {
    let is_secret = settings::ALL.iter().any(|s| s.name == name && matches!(s.kind, settings::Kind::Secret));
    if is_secret && !value.is_empty() { "(hidden)" } else { value }
}
