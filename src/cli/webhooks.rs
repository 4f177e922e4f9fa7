//! `cartwright webhooks`: where a shop wants to be told, what is on its way there, and sending it again.

use clap::Subcommand;
use serde_json::json;

use super::{Ended, Global, find_site, print_json};
use crate::domain::webhooks::{Delivery, Event, Events, Format, Webhook, spell_secret};
use crate::domain::{Error, Timestamp};
use crate::ops::listing;
use crate::ops::webhooks::{self, Standing, Wanted};

#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  cartwright webhooks add --site my-shop https://my-shop.example/hooks
  cartwright webhooks add --site my-shop https://my-shop.example/recovered --format form
  cartwright webhooks list --site my-shop
  cartwright webhooks replay --site my-shop evt_0901f083-aa1c-73c5-af5c-0a9d2fc64e30")]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Add an endpoint; its secret is shown this once
    Add {
        /// Public id of the shop
        #[arg(long)]
        site: String,
        /// Where it is
        url: String,
        /// json (signed, the default) or form (the vendor's fields)
        #[arg(long)]
        format: Option<String>,
        /// Names between commas [default: the vendor's four]
        #[arg(long)]
        events: Option<String>,
        /// One line of JSON
        #[arg(long)]
        json: bool,
    },
    /// List the endpoints, with how they do
    List {
        /// Public id of the shop
        #[arg(long)]
        site: String,
        /// One line of JSON for each
        #[arg(long)]
        json: bool,
    },
    /// Change an endpoint
    Set {
        /// Public id of the shop
        #[arg(long)]
        site: String,
        /// As listed
        id: String,
        /// Where it is now
        #[arg(long)]
        url: Option<String>,
        /// json or form
        #[arg(long)]
        format: Option<String>,
        /// Names between commas
        #[arg(long)]
        events: Option<String>,
        /// true or false: whether anything is sent to it
        #[arg(long)]
        active: Option<bool>,
        /// One line of JSON
        #[arg(long)]
        json: bool,
    },
    /// Remove an endpoint, with everything that is on its way to it
    Remove {
        /// Public id of the shop
        #[arg(long)]
        site: String,
        /// As listed
        id: String,
    },
    /// List the newest deliveries to an endpoint
    Deliveries {
        /// Public id of the shop
        #[arg(long)]
        site: String,
        /// As listed
        id: String,
        /// queued, sending, delivered or dead
        #[arg(long)]
        status: Option<String>,
        /// How many
        #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(i64).range(1..=1000))]
        limit: i64,
        /// One line of JSON for each
        #[arg(long)]
        json: bool,
    },
    /// Send a delivery again, or every dead letter of an endpoint
    Replay {
        /// Public id of the shop
        #[arg(long)]
        site: String,
        /// Id of the delivery; with --dead, of the endpoint
        id: String,
        /// Every dead letter of the endpoint
        #[arg(long)]
        dead: bool,
    },
}

pub(super) fn run(global: &Global, args: Args) -> anyhow::Result<Ended> {
    let store = global.store()?;
    let allow_private = global.load(&[])?.webhooks_allow_private;
    match args.command {
        Command::Add { site, url, format, events, json } => {
            let site = find_site(&store, &site)?;
            let wanted = wanted(Some(url), format, events, None)?;
            let webhook = store.write(move |tx| webhooks::add(tx, &site, wanted, allow_private))?;
            let secret = spell_secret(&webhook.secret);
            if json {
                print_json(&json!({ "id": webhook.id, "url": webhook.url, "secret": secret }))?;
            } else {
                say!(
                    "{secret}\n\nThis is the only time that the secret is shown. The endpoint's id is {}.",
                    webhook.id
                );
            }
        }
        Command::List { site, json } => {
            let site = find_site(&store, &site)?;
            for standing in store.read(|tx| webhooks::list(tx, &site))? {
                show(&standing, json)?;
            }
        }
        Command::Set { site, id, url, format, events, active, json } => {
            let site = find_site(&store, &site)?;
            let wanted = wanted(url, format, events, active)?;
            show(&store.write(move |tx| webhooks::change(tx, &site, &id, wanted, allow_private))?, json)?;
        }
        Command::Remove { site, id } => {
            let site = find_site(&store, &site)?;
            let gone = store.write(move |tx| webhooks::remove(tx, &site, &id))?;
            say!("{} is gone, and what was on its way to it", gone.id);
        }
        Command::Deliveries { site, id, status, limit, json } => {
            let site = find_site(&store, &site)?;
            let status = status.map(|status| status.parse()).transpose()?;
            for delivery in
                store.read(|tx| webhooks::deliveries(tx, &site, &id, status, &listing::Wanted::newest(limit)))?.rows
            {
                show_delivery(&delivery, json)?;
            }
        }
        Command::Replay { site, id, dead } => {
            let site = find_site(&store, &site)?;
            if dead {
                let count = store.write(move |tx| webhooks::replay_dead(tx, &site, &id))?;
                say!("{count} dead letters are sent again by a running server");
            } else {
                let delivery = store.write(move |tx| webhooks::replay(tx, &site, None, &id))?;
                say!("{} is sent again within a second of a running server", delivery.id);
            }
        }
    }
    Ok(Ended::Done)
}

fn wanted(
    url: Option<String>,
    format: Option<String>,
    events: Option<String>,
    active: Option<bool>,
) -> Result<Wanted, Error> {
    Ok(Wanted {
        url,
        format: format.map(|format| format.parse::<Format>()).transpose()?,
        events: events.map(|events| Events::parse(&events)).transpose()?,
        active,
    })
}

fn show(standing: &Standing, as_json: bool) -> anyhow::Result<()> {
    let Standing { webhook, waiting, dead } = standing;
    let Webhook { id, url, format, active, created_at, failing_since, .. } = webhook;
    if as_json {
        return print_json(&json!({
            "id": id,
            "url": url,
            "format": format.as_str(),
            "events": webhook.events.iter().map(Event::as_str).collect::<Vec<_>>(),
            "active": active,
            "created_at": created_at.rfc3339(),
            "failing_since": failing_since.map(Timestamp::rfc3339),
            "waiting": waiting,
            "dead": dead,
        }));
    }
    let state = match (active, failing_since) {
        (false, _) => "off".to_owned(),
        (true, Some(since)) => format!("FAILING since {since}"),
        (true, None) => "well".to_owned(),
    };
    say!("{id}  {url}  {format}  {}  {state}  {waiting} waiting  {dead} dead", webhook.events);
    Ok(())
}

fn show_delivery(delivery: &Delivery, as_json: bool) -> anyhow::Result<()> {
    let time = |at: Option<Timestamp>| at.map(Timestamp::rfc3339);
    if as_json {
        return print_json(&json!({
            "id": delivery.id,
            "event": delivery.event.as_str(),
            "status": delivery.status.as_str(),
            "created_at": delivery.created_at.rfc3339(),
            "due_at": time(delivery.due_at),
            "attempts": delivery.attempts,
            "tried_at": time(delivery.tried_at),
            "answer": delivery.answer,
            "detail": delivery.detail,
        }));
    }
    let (said, due) = (delivery.detail.as_deref().unwrap_or(""), time(delivery.due_at));
    let due = due.map_or(String::new(), |due| format!("  due {due}"));
    say!(
        "{}  {}  {}  made {}  attempts {}{due}  {said}",
        delivery.id,
        delivery.event,
        delivery.status,
        delivery.created_at,
        delivery.attempts
    );
    Ok(())
}
