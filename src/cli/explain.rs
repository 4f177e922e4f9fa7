//! `cartwright explain`: why a cart's shopper was written to or not.

use super::{Ended, Global, find_site};
use crate::domain::letters::Decision;
use crate::domain::messages::Message;
use crate::domain::{OrNotFound, Result, Site, Timestamp};
use crate::ops::{coupons, outbox};
use crate::store::{self, Store};

#[derive(clap::Args)]
#[command(after_help = "Example:\n  cartwright explain cart_0901f083-aa1c-43c5-af5c-0a9d2fc64e30 --site my-shop")]
pub(super) struct Args {
    /// The cart's id
    cart: String,
    /// Public id of the shop [default: the one that has this cart]
    #[arg(long)]
    site: Option<String>,
}

pub(super) fn run(global: &Global, args: Args) -> anyhow::Result<Ended> {
    let store = global.store()?;
    let site = owner(&store, &args)?;
    let (cart, decisions, letters) = store.read(|tx| outbox::explain(tx, &site, &args.cart))?;
    say!("{} is {}, last active {}", cart.id, cart.status, cart.last_activity);
    match cart.abandoned_at {
        Some(at) => say!("  abandoned {at}"),
        None => say!("  never abandoned, so nothing was planned"),
    }
    if cart.abandoned_at.is_some() && cart.email.is_none() {
        say!("  no address is known, so nothing was planned");
    }
    for decision in &decisions {
        say!("  {}", sentence(decision));
    }
    for letter in &letters {
        let code = store.read(|tx| coupons::of_letter(tx, &site, letter))?;
        let code = code.map_or(String::new(), |code| format!(", with the code {code}"));
        say!("  {}{code}", fate(letter));
    }
    Ok(Ended::Done)
}

/// The named shop, else the one that has the cart.
fn owner(store: &Store, args: &Args) -> Result<Site> {
    if let Some(site) = &args.site {
        return find_site(store, site);
    }
    store.read(|tx| {
        for site in store::sites::all(tx)? {
            if store::carts::by_id(tx, site.no, &args.cart)?.is_some() {
                return Ok(site);
            }
        }
        None.or_not_found("cart", &args.cart)
    })
}

fn sentence(decision: &Decision) -> String {
    let until = decision.until.map_or(String::new(), |at| format!(" until {at}"));
    format!("{}  letter {}: {}{until}, {}", decision.at, decision.step, decision.outcome, decision.reason)
}

fn fate(letter: &Message) -> String {
    let time = |at: Option<Timestamp>| at.map_or(String::new(), |at| format!(" {at}"));
    let detail = letter.detail.as_ref().map_or(String::new(), |detail| format!(" ({detail})"));
    let when = time(letter.sent_at.or(letter.due_at));
    format!("letter {} {}: {}{when}{detail}", letter.step, letter.id, letter.status)
}
