//! Earning, redeeming, and voiding at the till.

use super::auth::{Caller, Refusal};
use super::call::Answer;
use super::input::{self, Amount};
use super::views;
use crate::domain::Error;
use crate::domain::loyalty::{Campaign, CampaignKind};
use crate::http::params::Params;
use crate::http::tree::{Field, Node, text};
use crate::ops::loyalty::{self, NewEntry, Receipt};
use crate::store::{ReadTx, WriteTx};

/// `type=record_activity`.
pub(super) fn record(tx: &WriteTx, caller: &Caller, params: &Params) -> Answer {
    let reference = input::reference(params)?;
    if let Some(made) = caller.made_before(tx, "record_activity", reference.as_deref())? {
        return answer(tx, caller, &made);
    }
    let amount = Amount::of(params, &["amount"])?;
    let pieces = Amount::of(params, &["buyx_quantity"])?;
    let item = input::text(params, &["item", "service_product"])?;
    let description = input::text(params, &["authorization"])?;
    let campaign = caller.active_campaign(params)?;
    let (customer, _) = input::customer(tx, caller, params)?;
    let amount = earned(caller, campaign, amount, pieces).ok_or(Refusal::NumberNotValid)?;
    if amount < 1 {
        return Err(Refusal::AmountNotValid.into());
    }
    let entry = NewEntry { item, description, ..new_entry(caller, campaign, customer, amount) };
    let made = loyalty::earn(tx, &caller.site, entry)?.id;
    caller.remember(tx, "record_activity", reference.as_deref(), &made)?;
    answer(tx, caller, &made)
}

/// What is earned. Money spent becomes points by the campaign's ratio; a visit, a purchased piece, or an event that earns
/// money is one unless it is said how many, or how much.
fn earned(caller: &Caller, campaign: &Campaign, amount: Option<Amount>, pieces: Option<Amount>) -> Option<i64> {
    let currency = caller.site.currency;
    match campaign.kind {
        CampaignKind::Points => Some(campaign.points_for(amount?.money(currency)?, currency.decimals())),
        CampaignKind::Giftcard => amount?.money(currency),
        CampaignKind::Earned => match amount {
            Some(amount) => amount.money(currency),
            None => campaign.earned_per_event,
        },
        CampaignKind::Events => amount.map_or(Some(1), |amount| amount.whole()),
        CampaignKind::Buyx => pieces.or(amount).map_or(Some(1), |amount| amount.whole()),
    }
}

fn new_entry(caller: &Caller, campaign: &Campaign, customer: i64, amount: i64) -> NewEntry {
    NewEntry {
        campaign_id: campaign.id.clone(),
        customer,
        amount,
        item: None,
        description: None,
        user: Some(caller.user.user_id.clone()),
    }
}

/// `type=redeem`.
pub(super) fn redeem(tx: &WriteTx, caller: &Caller, params: &Params) -> Answer {
    let reference = input::reference(params)?;
    if let Some(made) = caller.made_before(tx, "redeem", reference.as_deref())? {
        return answer(tx, caller, &made);
    }
    let item = input::text(params, &["item"])?;
    let description = input::text(params, &["authorization"])?;
    let campaign = caller.active_campaign(params)?;
    let (customer, _) = input::customer(tx, caller, params)?;
    let (amount, too_much) = asked(caller, campaign, params)?;
    if amount > loyalty::settled_balance(tx, &caller.site, campaign, customer)? {
        return Err(too_much.into());
    }
    let entry = NewEntry { item, description, ..new_entry(caller, campaign, customer, amount) };
    let made = loyalty::redeem(tx, &caller.site, entry)?.id;
    caller.remember(tx, "redeem", reference.as_deref(), &made)?;
    answer(tx, caller, &made)
}

/// What is to be taken off the balance, and what is said when there is not as much. `reward_to_redeem` is an amount where a
/// campaign holds money, the product where it collects pieces, and a level elsewhere.
fn asked(caller: &Caller, campaign: &Campaign, params: &Params) -> std::result::Result<(i64, Refusal), Refusal> {
    let currency = caller.site.currency;
    let amount = |text: &str| Amount::parse(text).ok_or(Refusal::AmountNotValid);
    let unit = |text: &str| amount(text)?.in_campaign(campaign, currency).ok_or(Refusal::AmountNotValid);
    let names = [
        "amount",
        "custom_points_redeem",
        "custom_dollars_redeem",
        "reward_level",
        "reward_to_redeem",
        "buyx_quantity",
    ];
    let Some((name, said)) = params.first_of(&names) else { return Err(Refusal::NothingRequested) };
    let (taken, too_much) = match name {
        "custom_dollars_redeem" if campaign.kind == CampaignKind::Points => {
            let money = amount(said)?.money(currency).ok_or(Refusal::AmountNotValid)?;
            let points = campaign.points_worth(money, currency.decimals()).ok_or(Refusal::AmountNotValid)?;
            (points, Refusal::AmountExceeds)
        }
        "buyx_quantity" | "reward_to_redeem" if campaign.kind == CampaignKind::Buyx => {
            (free_pieces(campaign, params)?, Refusal::LevelExceeds)
        }
        "reward_level" => (unit(said)?, Refusal::LevelExceeds),
        "reward_to_redeem" if !campaign.kind.is_money() => (unit(said)?, Refusal::LevelExceeds),
        _ => (unit(said)?, Refusal::AmountExceeds),
    };
    match taken {
        0 => Err(Refusal::NothingRequested),
        taken => Ok((taken, too_much)),
    }
}

/// How many pieces so many free ones cost.
fn free_pieces(campaign: &Campaign, params: &Params) -> std::result::Result<i64, Refusal> {
    if let (Some(named), Some(product)) = (params.get("reward_to_redeem"), &campaign.product)
        && named.trim() != product
    {
        return Err(Refusal::AmountNotValid);
    }
    let free = match params.get("buyx_quantity") {
        Some(text) => Amount::parse(text).and_then(|amount| amount.whole()).ok_or(Refusal::AmountNotValid)?,
        None => 1,
    };
    free.checked_mul(campaign.pieces_for_one()).ok_or(Refusal::AmountNotValid)
}

/// `type=transaction_delete`: voids a transaction by an entry that names it. The ledger keeps both.
pub(super) fn delete(tx: &WriteTx, caller: &Caller, params: &Params) -> Answer {
    let reference = input::reference(params)?;
    if let Some(made) = caller.made_before(tx, "transaction_delete", reference.as_deref())? {
        return voided(tx, caller, &made);
    }
    let id = params.get("transaction_id").ok_or(Refusal::TransactionNotValid)?;
    let receipt = match loyalty::receipt(tx, &caller.site, id) {
        Err(Error::NotFound { .. }) => return Err(Refusal::TransactionNotValid.into()),
        found => found?,
    };
    caller.must_see(&receipt.campaign)?;
    let made = match loyalty::reverse(tx, &caller.site, id, Some(caller.user.user_id.clone())) {
        // What it gave is spent.
        Err(Error::Conflict(why)) if why.starts_with("the balance") => return Err(Refusal::AmountExceeds.into()),
        done => done?.id,
    };
    caller.remember(tx, "transaction_delete", reference.as_deref(), &made)?;
    voided(tx, caller, &made)
}

/// The receipt of an entry, where its campaign is allowed.
fn answer(tx: &ReadTx, caller: &Caller, entry_id: &str) -> Answer {
    let receipt = loyalty::receipt(tx, &caller.site, entry_id)?;
    caller.must_see(&receipt.campaign)?;
    Ok(vec![Field::One("receipt", Node::Fields(fields(caller, &receipt, receipt.balance)))])
}

/// The receipt of what an entry voided, with the balance after that.
fn voided(tx: &ReadTx, caller: &Caller, entry_id: &str) -> Answer {
    let undoing = loyalty::receipt(tx, &caller.site, entry_id)?;
    let undone = loyalty::named_entry(tx, &caller.site, entry_id)?.reverses_id;
    let undone = loyalty::receipt(tx, &caller.site, undone.as_deref().unwrap_or(entry_id))?;
    caller.must_see(&undone.campaign)?;
    Ok(vec![Field::One("receipt", Node::Fields(fields(caller, &undone, undoing.balance)))])
}

fn fields(caller: &Caller, receipt: &Receipt, balance: i64) -> Vec<Field> {
    let mut fields = views::transaction(&receipt.transaction, &receipt.campaign, &caller.site, caller.zone());
    fields.push(text("time_stamp", views::stamp(caller.zone(), receipt.transaction.entry.at)));
    fields.push(text("balance", views::shown(&receipt.campaign, balance, &caller.site)));
    fields
}
