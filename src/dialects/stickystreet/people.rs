//! The account and the people who work for it. Owners only.

use super::auth::{Caller, Refusal};
use super::call::Answer;
use super::{input, views};
use crate::domain::users::{Campaigns, Role, User};
use crate::domain::{Result, Zone};
use crate::http::params::Params;
use crate::http::tree::{Field, Node, text};
use crate::ops::loyalty;
use crate::ops::users::{self, Changes, NewUser};
use crate::store::{ReadTx, WriteTx};

/// `type=account_info`.
pub(super) fn account(tx: &ReadTx, caller: &Caller, _: &Params) -> Answer {
    let site = &caller.site;
    let fields = vec![
        text("account_id", &site.account_id),
        text("name", &site.name),
        text("status", site.status),
        text("currency", site.currency),
        text("timezone", site.zone.name()),
        text("customers", loyalty::customers_of_all_time(tx, site)?),
        text("campaigns", caller.campaigns.iter().filter(|campaign| campaign.active).count()),
        text("users", users::list(tx, site)?.len()),
        text("created_stamp", views::stamp(caller.zone(), site.created_at)),
    ];
    Ok(vec![Field::One("account", Node::Fields(fields))])
}

/// `type=users_list`.
pub(super) fn list(tx: &ReadTx, caller: &Caller, _: &Params) -> Answer {
    let users = users::list(tx, &caller.site)?;
    Ok(vec![several(caller, users.iter())])
}

/// `type=campaign_users`: who may see a campaign.
pub(super) fn campaign_users(tx: &ReadTx, caller: &Caller, params: &Params) -> Answer {
    let campaign = caller.campaign(params)?;
    let users = users::list(tx, &caller.site)?;
    Ok(vec![several(caller, users.iter().filter(|user| user.campaigns().contain(&campaign.id)))])
}

fn several<'a>(caller: &Caller, users: impl Iterator<Item = &'a User>) -> Field {
    Field::One("users", Node::List("user", users.map(|user| Node::Fields(fields(caller, user))).collect()))
}

fn fields(caller: &Caller, user: &User) -> Vec<Field> {
    let campaigns = match user.campaigns() {
        Campaigns::All => "all".to_owned(),
        Campaigns::None => "none".to_owned(),
        Campaigns::Some(ids) => ids.join(","),
    };
    vec![
        text("user_name", &user.user_id),
        text("user_role", user.role),
        text("allowed_campaigns", campaigns),
        text("timezone", user.zone.as_ref().map(Zone::name).unwrap_or_default()),
        text("created_stamp", views::stamp(caller.zone(), user.created_at)),
    ]
}

/// `type=user_new`. The key is the caller's `user_new_password`; without one it is made, and shown this once.
pub(super) fn add(tx: &WriteTx, caller: &Caller, params: &Params) -> Answer {
    let reference = input::reference(params)?;
    if let Some(made) = caller.made_before(tx, "user_new", reference.as_deref())? {
        let user = users::find(tx, &caller.site, &made)?;
        return Ok(vec![Field::One("user", Node::Fields(fields(caller, &user)))]);
    }
    let key = params.get("user_new_password").map(str::to_owned);
    let shown = key.is_none();
    let new = NewUser {
        user_id: params.get("user_name").map(str::trim).unwrap_or_default().to_owned(),
        role: role(params)?.ok_or_else(role_is_missing)?,
        zone: zone(params)?,
        campaigns: campaigns(caller, params)?.unwrap_or(Campaigns::None),
        key,
    };
    let made = users::add(tx, &caller.site, new);
    let (user, key) = made.map_err(|e| e.renamed("user_id", "user_name"))?;
    caller.remember(tx, "user_new", reference.as_deref(), &user.user_id)?;
    let mut fields = fields(caller, &user);
    if shown {
        fields.push(text("user_api_key", key));
    }
    Ok(vec![Field::One("user", Node::Fields(fields))])
}

/// `type=user_update`: what is not said stays.
pub(super) fn update(tx: &WriteTx, caller: &Caller, params: &Params) -> Answer {
    let changes = Changes {
        role: role(params)?,
        zone: zone(params)?,
        campaigns: campaigns(caller, params)?,
        key: params.get("user_new_password").map(str::to_owned),
    };
    let name = params.get("user_name").map(str::trim).unwrap_or_default();
    let user = users::change(tx, &caller.site, name, changes)?;
    Ok(vec![Field::One("user", Node::Fields(fields(caller, &user)))])
}

/// `type=user_delete`.
pub(super) fn remove(tx: &WriteTx, caller: &Caller, params: &Params) -> Answer {
    let name = params.get("user_name").map(str::trim).unwrap_or_default();
    let user = users::remove(tx, &caller.site, name)?;
    Ok(vec![Field::One("user", Node::Fields(fields(caller, &user)))])
}

/// A role by our word in any letter case, or by the vendor's letter, as far as its pages tell them: `A` an administrator,
/// `K` a clerk.
fn role(params: &Params) -> std::result::Result<Option<Role>, Refusal> {
    let Some(word) = params.get("user_role").map(|word| word.trim().to_ascii_lowercase()) else { return Ok(None) };
    let role = match word.as_str() {
        "a" => Ok(Role::Admin),
        "k" => Ok(Role::Manager),
        word => word.parse(),
    };
    role.map(Some).map_err(|_| role_is_missing())
}

fn role_is_missing() -> Refusal {
    Refusal::Other(format!("user_role must be one of {}.", Role::choices()))
}

/// An IANA name; the vendor's numbers of zones are not known here, and left aside.
fn zone(params: &Params) -> std::result::Result<Option<Zone>, Refusal> {
    match params.get("timezone").map(str::trim) {
        Some(name) => Zone::parse(name)
            .map(Some)
            .map_err(|_| Refusal::Other("timezone must be a name such as Europe/Paris.".into())),
        None => Ok(None),
    }
}

/// `all`, `none`, or ids of campaigns that there are.
fn campaigns(caller: &Caller, params: &Params) -> std::result::Result<Option<Campaigns>, Refusal> {
    let Some(text) = params.get("allowed_campaigns") else { return Ok(None) };
    let campaigns: Result<Campaigns> = Campaigns::parse(text);
    let campaigns = campaigns.map_err(|_| Refusal::CampaignUnknown)?;
    if let Campaigns::Some(ids) = &campaigns
        && ids.iter().any(|id| !caller.campaigns.iter().any(|campaign| campaign.id == *id))
    {
        return Err(Refusal::CampaignUnknown);
    }
    Ok(Some(campaigns))
}
