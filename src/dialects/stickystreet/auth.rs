//! Who is calling, and the vendor's words for whatever is wrong with a call.

use actix_web::http::header::HeaderMap;

use crate::domain::loyalty::Campaign;
use crate::domain::sites::SiteStatus;
use crate::domain::users::{Campaigns, User};
use crate::domain::{Result, Site, Zone};
use crate::http::params::Params;
use crate::ops::{access, loyalty};
use crate::store::{ReadTx, WriteTx};

/// Why a call is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    MissingUsername,
    NoPassword,
    NoAccount,
    /// Unknown account, unknown user and wrong key alike, so that nobody learns which of them exists.
    Mismatch,
    Suspended,
    VersionNotValid,
    OutputNotValid,
    CallbackNotValid,
    ActionUndefined,
    NoPermission,
    OwnersOnly,
    NumberNotValid,
    DateNotValid,
    /// Unknown or ended.
    CampaignNotValid,
    /// Unknown, where an ended one would do.
    CampaignUnknown,
    NoCustomer,
    SeveralCustomers,
    LevelExceeds,
    AmountExceeds,
    AmountNotValid,
    NothingRequested,
    TransactionNotValid,
    /// In words of ours.
    Other(String),
}

impl Refusal {
    /// As the vendor says it; `API version`, `Output`, `Callback` and `Transaction` are ours.
    pub(super) fn text(&self) -> &str {
        match self {
            Refusal::MissingUsername => "Missing username",
            Refusal::NoPassword => "No password provided",
            Refusal::NoAccount => "No Account ID.",
            Refusal::Mismatch => "The password submitted does not match the one on record.",
            Refusal::Suspended => "This account has been suspended",
            Refusal::VersionNotValid => "API version not valid.",
            Refusal::OutputNotValid => "Output not valid.",
            Refusal::CallbackNotValid => "Callback not valid.",
            Refusal::ActionUndefined => "Action Undefined",
            Refusal::NoPermission => "User does not have permission",
            Refusal::OwnersOnly => "Only account owners can access this information",
            Refusal::NumberNotValid => "Not a valid number.",
            Refusal::DateNotValid => "Not a valid date.",
            Refusal::CampaignNotValid => "Campaign not valid or deactivated.",
            Refusal::CampaignUnknown => "Error with campaign ID",
            Refusal::NoCustomer => "No customer matches data provided.",
            Refusal::SeveralCustomers => "More than one customer matches data provided.",
            Refusal::LevelExceeds => "The reward level selected exceeds the available balance",
            Refusal::AmountExceeds => "The amount entered exceeds the available balance",
            Refusal::AmountNotValid => "The amount entered is not valid",
            Refusal::NothingRequested => "Nothing was requested to be redeemed",
            Refusal::TransactionNotValid => "Transaction not valid.",
            Refusal::Other(text) => text,
        }
    }
}

/// The key in the header `api_access_key`, unless it is blank. Bytes that are no UTF-8 make a key that nobody has,
/// rather than none: a header that is there is the only key that counts.
pub(super) fn access_key(headers: &HeaderMap) -> Option<String> {
    let value = headers.get_all("api_access_key").last()?;
    Some(String::from_utf8_lossy(value.as_bytes()).trim().to_owned()).filter(|key| !key.is_empty())
}

/// Who calls, for which shop, and the campaigns that the user may see.
#[derive(Clone, Debug)]
pub(super) struct Caller {
    pub(super) site: Site,
    pub(super) user: User,
    /// By id.
    pub(super) campaigns: Vec<Campaign>,
}

impl Caller {
    /// The user's own zone, else the shop's.
    pub(super) fn zone(&self) -> &Zone {
        self.user.zone.as_ref().unwrap_or(&self.site.zone)
    }

    /// The campaign that the call names. Somebody who does not see all of them is told the same of one that is hidden and
    /// of one that does not exist.
    pub(super) fn campaign(&self, params: &Params) -> std::result::Result<&Campaign, Refusal> {
        let Some(id) = params.get("campaign_id").map(str::trim) else { return Err(Refusal::CampaignUnknown) };
        self.campaigns.iter().find(|campaign| campaign.id == id).ok_or(match self.user.campaigns() {
            Campaigns::All => Refusal::CampaignUnknown,
            Campaigns::Some(_) | Campaigns::None => Refusal::NoPermission,
        })
    }

    /// The same for a call to which an ended campaign is no use.
    pub(super) fn active_campaign(&self, params: &Params) -> std::result::Result<&Campaign, Refusal> {
        match self.campaign(params) {
            Ok(campaign) if campaign.active => Ok(campaign),
            Ok(_) | Err(Refusal::CampaignUnknown) => Err(Refusal::CampaignNotValid),
            Err(other) => Err(other),
        }
    }

    /// The campaigns that a call is about: the one that it names, else all that the user sees.
    pub(super) fn chosen(&self, params: &Params) -> std::result::Result<Vec<Campaign>, Refusal> {
        match params.get("campaign_id") {
            Some(_) => Ok(vec![self.campaign(params)?.clone()]),
            None => Ok(self.campaigns.clone()),
        }
    }

    /// Whether the user may see a campaign that the call did not name.
    pub(super) fn must_see(&self, campaign: &Campaign) -> std::result::Result<(), Refusal> {
        match self.user.campaigns().contain(&campaign.id) {
            true => Ok(()),
            false => Err(Refusal::NoPermission),
        }
    }

    /// What this user's call with the same reference made, by public id.
    pub(super) fn made_before(&self, tx: &ReadTx, call: &str, reference: Option<&str>) -> Result<Option<String>> {
        match reference {
            Some(reference) => loyalty::made_before(tx, &self.site, (&self.user.user_id, call), reference),
            None => Ok(None),
        }
    }

    /// Remembers what a call with a reference made.
    pub(super) fn remember(&self, tx: &WriteTx, call: &str, reference: Option<&str>, made: &str) -> Result<()> {
        match reference {
            Some(reference) => loyalty::remember(tx, &self.site, (&self.user.user_id, call), reference, made),
            None => Ok(()),
        }
    }
}

/// Finds out who calls. The outer error is ours, the inner one the caller's.
pub(super) fn caller(
    tx: &ReadTx,
    access_key: Option<&str>,
    params: &Params,
) -> Result<std::result::Result<Caller, Refusal>> {
    let Some(user_id) = params.get("user_id") else { return Ok(Err(Refusal::MissingUsername)) };
    let in_body = || params.first_of(&["user_api_key", "user_password"]).map(|(_, key)| key);
    let Some(key) = access_key.or_else(in_body) else { return Ok(Err(Refusal::NoPassword)) };
    let Some(account_id) = params.get("account_id") else { return Ok(Err(Refusal::NoAccount)) };
    let Some((site, user)) = access::by_user(tx, account_id, user_id, key)? else {
        return Ok(Err(Refusal::Mismatch));
    };
    match site.status {
        SiteStatus::Paid | SiteStatus::PaymentError => {
            let campaigns = loyalty::visible_campaigns(tx, &site, &user.campaigns())?;
            Ok(Ok(Caller { site, user, campaigns }))
        }
        SiteStatus::Suspended | SiteStatus::Inactive | SiteStatus::Closed => Ok(Err(Refusal::Suspended)),
    }
}
