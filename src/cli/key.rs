//! `cartwright key`: keys of a shop's servers and plugins.

use clap::Subcommand;
use serde_json::json;

use super::{Ended, Global, find_site, print_json, read_secret};
use crate::domain::keys::{ApiKey, Scopes};
use crate::domain::{Error, Timestamp};
use crate::ops::keys;

#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  cartwright key create --site my-shop --scopes all
  printf %s \"$OLD_KEY\" | cartwright key import --site my-shop --scopes all --key-stdin

Scopes: carts:read carts:write customers:read customers:write purchases:read
        purchases:write coupons:read coupons:write messages:read
        suppressions:read suppressions:write sequences:read sequences:write
        stats:read loyalty:read loyalty:write subscribers:read
        subscribers:write capture bounces:write webhooks:read webhooks:write
        admin all")]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Make a key; it is shown this once
    Create {
        /// Public id of the shop
        #[arg(long)]
        site: String,
        /// What it may do, between commas; unless said, what a CartStack plugin needs
        #[arg(long, default_value = "stats:read,purchases:write")]
        scopes: String,
        /// From when on it is expired, RFC 3339
        #[arg(long, value_name = "TIME")]
        expires: Option<String>,
        /// One line of JSON
        #[arg(long)]
        json: bool,
    },
    /// Bring along a key that a plugin already has
    Import {
        /// Public id of the shop
        #[arg(long)]
        site: String,
        /// What it may do, between commas; unless said, what a CartStack plugin needs
        #[arg(long, default_value = "stats:read,purchases:write")]
        scopes: String,
        /// Read the key from standard input, so that it stands in no shell history
        #[arg(long, required = true)]
        key_stdin: bool,
        /// From when on it is expired, RFC 3339
        #[arg(long, value_name = "TIME")]
        expires: Option<String>,
        /// One line of JSON
        #[arg(long)]
        json: bool,
    },
    /// List a shop's keys; their text is nowhere kept
    List {
        /// Public id of the shop
        #[arg(long)]
        site: String,
        /// One line of JSON for each
        #[arg(long)]
        json: bool,
    },
    /// Take a key back, at once
    Revoke {
        /// Public id of the shop
        #[arg(long)]
        site: String,
        /// As listed
        id: String,
        /// One line of JSON
        #[arg(long)]
        json: bool,
    },
}

pub(super) fn run(global: &Global, args: Args) -> anyhow::Result<Ended> {
    let store = global.store()?;
    match args.command {
        Command::Create { site, scopes, expires, json } => {
            let site = find_site(&store, &site)?;
            let (scopes, expires) = (Scopes::parse(&scopes)?, instant(expires)?);
            let (key, text) = store.write(move |tx| keys::create(tx, &site, scopes, expires))?;
            if json {
                print_json(&json!({ "id": key.id, "key": text }))?;
            } else {
                say!("{text}\n\nThis is the only time that it is shown. Its id is {}.", key.id);
            }
        }
        Command::Import { site, scopes, key_stdin: _, expires, json } => {
            let site = find_site(&store, &site)?;
            let (scopes, expires) = (Scopes::parse(&scopes)?, instant(expires)?);
            let text = read_secret("Paste the key")?;
            let key = store.write(move |tx| keys::import(tx, &site, &text, scopes, expires))?;
            show(&key, json)?;
        }
        Command::List { site, json } => {
            let site = find_site(&store, &site)?;
            for key in store.read(|tx| keys::list(tx, &site))? {
                show(&key, json)?;
            }
        }
        Command::Revoke { site, id, json } => {
            let site = find_site(&store, &site)?;
            show(&store.write(move |tx| keys::revoke(tx, &site, &id))?, json)?;
        }
    }
    Ok(Ended::Done)
}

fn instant(text: Option<String>) -> Result<Option<Timestamp>, Error> {
    text.map(|text| Timestamp::parse_rfc3339(&text).map_err(|e| e.in_field("expires"))).transpose()
}

fn show(key: &ApiKey, as_json: bool) -> anyhow::Result<()> {
    let time = |at: Option<Timestamp>| at.map(Timestamp::rfc3339);
    if as_json {
        return print_json(&json!({
            "id": key.id,
            "scopes": key.scopes.iter().map(|scope| scope.as_str()).collect::<Vec<_>>(),
            "created_at": key.created_at.rfc3339(),
            "expires_at": time(key.expires_at),
            "revoked_at": time(key.revoked_at),
        }));
    }
    let state = match (time(key.revoked_at), time(key.expires_at)) {
        (Some(at), _) => format!("revoked {at}"),
        (None, Some(at)) => format!("expires {at}"),
        (None, None) => "in force".to_owned(),
    };
    say!("{}  {}  made {}  {state}", key.id, key.scopes, key.created_at);
    Ok(())
}
