//! Loyalty campaigns: setting them up, changing, ending and resuming them, and listing those that the user may see.

use super::auth::{Caller, Refusal};
use super::call::Answer;
use super::input::{self, Amount};
use super::output::is_on;
use super::views;
use crate::domain::Result;
use crate::domain::loyalty::{Campaign, CampaignKind};
use crate::domain::time::parse_duration;
use crate::http::params::Params;
use crate::http::tree::{Field, Node, text};
use crate::ops::loyalty::{self, NewCampaign};
use crate::store::{ReadTx, WriteTx};

/// `type=campaigns_list`: active campaigns, by id; ended ones too where they are asked for.
pub(super) fn list(_: &ReadTx, caller: &Caller, params: &Params) -> Answer {
    let kind = match params.get("type_restrict") {
        Some(word) => Some(kind(word)?),
        None => None,
    };
    let ended = is_on(params, "include_deactivated");
    let wanted = |campaign: &&Campaign| (campaign.active || ended) && kind.is_none_or(|kind| campaign.kind == kind);
    let entries = caller.campaigns.iter().filter(wanted);
    let entries = entries.map(|campaign| views::campaign(campaign, &caller.site, caller.zone())).collect();
    Ok(vec![Field::One("campaigns", Node::List("campaign", entries))])
}

fn kind(word: &str) -> std::result::Result<CampaignKind, Refusal> {
    let word = word.trim().to_ascii_lowercase();
    word.parse().map_err(|_| Refusal::Other(format!("campaign_type must be one of {}.", CampaignKind::choices())))
}

/// What a call says of a campaign; what is absent stays, or has its default.
struct Said {
    name: Option<String>,
    points_ratio: Option<String>,
    reward_ratio: Option<String>,
    earned_per_event: Option<i64>,
    product: Option<String>,
    buy_quantity: Option<i64>,
    expires_after_secs: Option<Option<i64>>,
    earns_from_purchases: Option<bool>,
}

impl Said {
    fn read(caller: &Caller, params: &Params) -> std::result::Result<Self, Refusal> {
        // The vendor's pages have a comma for a point here and there.
        let ratio = |name: &str| params.get(name).map(|text| text.trim().replace(',', "."));
        let amount = |names: &[&'static str]| Amount::of(params, names);
        let number = |found: Option<i64>| found.ok_or(Refusal::NumberNotValid);
        Ok(Said {
            name: input::text(params, &["campaign_name", "name"])?,
            points_ratio: ratio("points_ratio"),
            reward_ratio: ratio("reward_ratio"),
            earned_per_event: match amount(&["earned_per_event"])? {
                Some(amount) => Some(number(amount.money(caller.site.currency))?),
                None => None,
            },
            product: input::text(params, &["product", "service_product"])?,
            buy_quantity: match amount(&["buy_quantity", "buyx_quantity"])? {
                Some(amount) => Some(number(amount.whole())?),
                None => None,
            },
            expires_after_secs: match params.get("expires_after").map(str::trim) {
                Some("never") => Some(None),
                Some(length) => Some(Some(parse_duration(length).map_err(|_| Refusal::NumberNotValid)?)),
                None => None,
            },
            earns_from_purchases: params.get("earns_from_purchases").map(|_| is_on(params, "earns_from_purchases")),
        })
    }

    fn put_into(self, campaign: &mut Campaign) {
        campaign.name = self.name.unwrap_or(std::mem::take(&mut campaign.name));
        campaign.points_ratio = self.points_ratio.or(campaign.points_ratio.take());
        campaign.reward_ratio = self.reward_ratio.or(campaign.reward_ratio.take());
        campaign.earned_per_event = self.earned_per_event.or(campaign.earned_per_event);
        campaign.product = self.product.or(campaign.product.take());
        campaign.buy_quantity = self.buy_quantity.or(campaign.buy_quantity);
        campaign.expires_after_secs = self.expires_after_secs.unwrap_or(campaign.expires_after_secs);
        campaign.earns_from_purchases = self.earns_from_purchases.unwrap_or(campaign.earns_from_purchases);
    }
}

/// `type=campaign_new`. The vendor's `action` can be `reward`, `promotion` and so on, none of which is served.
pub(super) fn add(tx: &WriteTx, caller: &Caller, params: &Params) -> Answer {
    if !matches!(params.get("action"), None | Some("campaign")) {
        return Err(Refusal::ActionUndefined.into());
    }
    let reference = input::reference(params)?;
    if let Some(made) = caller.made_before(tx, "campaign_new", reference.as_deref())? {
        return Ok(answer(caller, &loyalty::campaign(tx, &caller.site, &made)?));
    }
    let said = Said::read(caller, params)?;
    let kind = kind(params.get("campaign_type").unwrap_or_default())?;
    let new = NewCampaign {
        points_ratio: said.points_ratio,
        reward_ratio: said.reward_ratio,
        earned_per_event: said.earned_per_event,
        product: said.product,
        buy_quantity: said.buy_quantity,
        expires_after_secs: said.expires_after_secs.flatten(),
        earns_from_purchases: said.earns_from_purchases.unwrap_or(false),
        ..NewCampaign::named(said.name.unwrap_or_default(), kind)
    };
    let made = loyalty::add_campaign(tx, &caller.site, new);
    let campaign = made.map_err(|e| e.renamed("name", "campaign_name"))?;
    caller.remember(tx, "campaign_new", reference.as_deref(), &campaign.id)?;
    Ok(answer(caller, &campaign))
}

/// `type=campaign_update`: what is not said stays, and so does the type.
pub(super) fn update(tx: &WriteTx, caller: &Caller, params: &Params) -> Answer {
    if !matches!(params.get("action"), None | Some("campaign")) {
        return Err(Refusal::ActionUndefined.into());
    }
    let said = Said::read(caller, params)?;
    let campaign = caller.campaign(params)?;
    let changed = loyalty::change_campaign(tx, &caller.site, &campaign.id, |campaign| said.put_into(campaign))?;
    Ok(answer(caller, &changed))
}

/// `type=campaign_deactivate`.
pub(super) fn deactivate(tx: &WriteTx, caller: &Caller, params: &Params) -> Answer {
    let campaign = caller.campaign(params)?;
    Ok(answer(caller, &set_active(tx, caller, campaign, false)?))
}

/// `type=campaign_reactivate`.
pub(super) fn reactivate(tx: &WriteTx, caller: &Caller, params: &Params) -> Answer {
    let campaign = caller.campaign(params)?;
    Ok(answer(caller, &set_active(tx, caller, campaign, true)?))
}

fn set_active(tx: &WriteTx, caller: &Caller, campaign: &Campaign, active: bool) -> Result<Campaign> {
    loyalty::set_active(tx, &caller.site, &campaign.id, active)?;
    loyalty::campaign(tx, &caller.site, &campaign.id)
}

fn answer(caller: &Caller, campaign: &Campaign) -> Vec<Field> {
    vec![
        text("campaign_id", &campaign.id),
        Field::One("campaign", views::campaign(campaign, &caller.site, caller.zone())),
    ]
}
