//! `cartwright loyalty`: a shop's loyalty campaigns.

use clap::Subcommand;
use serde_json::json;

use super::{Ended, Global, find_site, print_json};
use crate::domain::loyalty::{Campaign, CampaignKind};
use crate::domain::time::{format_duration, parse_duration};
use crate::domain::users::Campaigns;
use crate::domain::{Error, Result, Site};
use crate::ops::loyalty::{self, NewCampaign};

#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  cartwright loyalty add --site my-shop --kind points --name 'Linen points' --points-ratio 2
  cartwright loyalty list --site my-shop
  cartwright loyalty set --site my-shop camp_1 --earns-from-purchases on --expires-after 365d")]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Set a campaign up
    Add {
        /// points, giftcard, events, earned or buyx
        #[arg(long)]
        kind: String,
        #[command(flatten)]
        about: Box<About>,
    },
    /// List the campaigns
    List {
        /// Public id of the shop
        #[arg(long)]
        site: String,
        /// One line of JSON for each
        #[arg(long)]
        json: bool,
    },
    /// Change a campaign; what is not named stays
    Set {
        /// Its public id
        id: String,
        /// on or off: whether members earn and redeem in it
        #[arg(long)]
        active: Option<String>,
        #[command(flatten)]
        about: Box<About>,
    },
}

#[derive(clap::Args)]
struct About {
    /// Public id of the shop
    #[arg(long)]
    site: String,
    /// For people
    #[arg(long)]
    name: Option<String>,
    /// Points per major unit spent
    #[arg(long, value_name = "RATIO")]
    points_ratio: Option<String>,
    /// Points per major unit of reward
    #[arg(long, value_name = "RATIO")]
    reward_ratio: Option<String>,
    /// What an event earns, in major units of the shop's currency
    #[arg(long, value_name = "AMOUNT")]
    earned_per_event: Option<String>,
    /// The product that a buyx campaign collects, by product id or SKU
    #[arg(long)]
    product: Option<String>,
    /// How many pieces of it buy a free one [default: 10]
    #[arg(long, value_name = "PIECES")]
    buy_quantity: Option<i64>,
    /// How long after it was earned something expires, such as 365d, or never
    #[arg(long, value_name = "TIME")]
    expires_after: Option<String>,
    /// on or off: whether purchases earn in it once a server confirmed them
    #[arg(long, value_name = "SWITCH")]
    earns_from_purchases: Option<String>,
    /// One line of JSON
    #[arg(long)]
    json: bool,
}

/// What was said, read.
struct Said {
    earned_per_event: Option<i64>,
    expires_after_secs: Option<Option<i64>>,
    earns_from_purchases: Option<bool>,
}

impl About {
    fn read(&self, site: &Site) -> Result<Said> {
        let earned_per_event = match &self.earned_per_event {
            Some(text) => Some(site.currency.parse_major(text).ok_or_else(|| {
                Error::malformed("earned-per-event", format!("must be an amount of {} such as 2.50", site.currency))
            })?),
            None => None,
        };
        let expires_after_secs = match self.expires_after.as_deref() {
            Some("never") => Some(None),
            Some(text) => Some(Some(parse_duration(text).map_err(|e| e.in_field("expires-after"))?)),
            None => None,
        };
        let earns_from_purchases =
            self.earns_from_purchases.as_deref().map(|word| switch("earns-from-purchases", word)).transpose()?;
        Ok(Said { earned_per_event, expires_after_secs, earns_from_purchases })
    }
}

fn switch(field: &'static str, word: &str) -> Result<bool> {
    match word {
        "on" => Ok(true),
        "off" => Ok(false),
        _ => Err(Error::refused(field, "must be on or off")),
    }
}

pub(super) fn run(global: &Global, args: Args) -> anyhow::Result<Ended> {
    let store = global.store()?;
    match args.command {
        Command::Add { kind, about } => {
            let site = find_site(&store, &about.site)?;
            let said = about.read(&site)?;
            let kind: CampaignKind = kind.parse()?;
            let (as_json, currency) = (about.json, site.currency);
            let new = NewCampaign {
                points_ratio: about.points_ratio,
                reward_ratio: about.reward_ratio,
                earned_per_event: said.earned_per_event,
                product: about.product,
                buy_quantity: about.buy_quantity,
                expires_after_secs: said.expires_after_secs.flatten(),
                earns_from_purchases: said.earns_from_purchases.unwrap_or(false),
                ..NewCampaign::named(about.name.unwrap_or_default(), kind)
            };
            let campaign = store.write(move |tx| loyalty::add_campaign(tx, &site, new))?;
            show(&campaign, |minor| currency.major(minor), as_json)?;
        }
        Command::List { site, json } => {
            let site = find_site(&store, &site)?;
            for campaign in store.read(|tx| loyalty::visible_campaigns(tx, &site, &Campaigns::All))? {
                show(&campaign, |minor| site.currency.major(minor), json)?;
            }
        }
        Command::Set { id, active, about } => {
            let site = find_site(&store, &about.site)?;
            let said = about.read(&site)?;
            let active = active.as_deref().map(|word| switch("active", word)).transpose()?;
            let (as_json, currency) = (about.json, site.currency);
            let change = move |campaign: &mut Campaign| {
                campaign.name = about.name.unwrap_or(std::mem::take(&mut campaign.name));
                campaign.active = active.unwrap_or(campaign.active);
                campaign.points_ratio = about.points_ratio.or(campaign.points_ratio.take());
                campaign.reward_ratio = about.reward_ratio.or(campaign.reward_ratio.take());
                campaign.earned_per_event = said.earned_per_event.or(campaign.earned_per_event);
                campaign.product = about.product.or(campaign.product.take());
                campaign.buy_quantity = about.buy_quantity.or(campaign.buy_quantity);
                campaign.expires_after_secs = said.expires_after_secs.unwrap_or(campaign.expires_after_secs);
                campaign.earns_from_purchases = said.earns_from_purchases.unwrap_or(campaign.earns_from_purchases);
            };
            let campaign = store.write(move |tx| loyalty::change_campaign(tx, &site, &id, change))?;
            show(&campaign, |minor| currency.major(minor), as_json)?;
        }
    }
    Ok(Ended::Done)
}

fn show(campaign: &Campaign, money: impl Fn(i64) -> String, as_json: bool) -> anyhow::Result<()> {
    let earned_per_event = campaign.earned_per_event.map(money);
    let expires_after = campaign.expires_after_secs.map(format_duration);
    if as_json {
        return print_json(&json!({
            "id": campaign.id,
            "name": campaign.name,
            "kind": campaign.kind.as_str(),
            "active": campaign.active,
            "points_ratio": campaign.points_ratio,
            "reward_ratio": campaign.reward_ratio,
            "earned_per_event": earned_per_event,
            "product": campaign.product,
            "buy_quantity": campaign.buy_quantity,
            "expires_after": expires_after,
            "earns_from_purchases": campaign.earns_from_purchases,
        }));
    }
    let state = if campaign.active { "active" } else { "ended" };
    let earns = if campaign.earns_from_purchases { "  purchases earn" } else { "" };
    let expires = expires_after.map(|length| format!("  expires after {length}")).unwrap_or_default();
    say!("{}  {}  {}  {state}{earns}{expires}", campaign.id, campaign.kind, campaign.name);
    Ok(())
}
