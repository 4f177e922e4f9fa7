//! The shop of a demo: the site, its campaigns, the people who work there, and their keys.

use super::Scenario;
use super::words::POSTAL_ADDRESS;
use crate::domain::keys::Scopes;
use crate::domain::loyalty::CampaignKind;
use crate::domain::settings::Settings;
use crate::domain::sites::SiteStatus;
use crate::domain::users::{Campaigns, Role};
use crate::domain::{Currency, Result, Site, Zone};
use crate::ops::keys;
use crate::ops::loyalty::{self, NewCampaign};
use crate::ops::sites::{self, NewSite};
use crate::ops::users::{self, NewUser};
use crate::store::{Store, WriteTx};

/// Public names of the shop and of the people who work in it.
const SITE_ID: &str = "demo-shop";
const ACCOUNT_ID: &str = "demo_shop";
pub(super) const ADMIN: &str = "demo_admin";
pub(super) const MANAGER: &str = "demo_manager";
/// Where its letters come from: a name that nobody can own (RFC 2606).
const SENDER: &str = "hello@larch-and-linen.example";

/// What opens a demo's interfaces. Keys of real shops are shown once and kept nowhere; a demo's are no secret.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Access {
    /// Public id in the cart interfaces.
    pub site_id: String,
    /// Account in the loyalty interface.
    pub account_id: String,
    /// An administrator, who sees all campaigns.
    pub user_id: String,
    /// The administrator's key.
    pub user_api_key: String,
    /// A manager, who sees two of the five campaigns.
    pub manager_id: String,
    /// The manager's key.
    pub manager_api_key: String,
    /// A key with every scope.
    pub key: String,
}

/// Kind, name, points per unit, points per unit of reward, minor units per event.
type CampaignRow = (CampaignKind, &'static str, Option<&'static str>, Option<&'static str>, Option<i64>);

const CAMPAIGNS: [CampaignRow; 5] = [
    (CampaignKind::Points, "Linen points", Some("1"), Some("20"), None),
    (CampaignKind::Giftcard, "Gift cards", None, None, None),
    (CampaignKind::Events, "Workshop evenings", None, None, None),
    (CampaignKind::Earned, "Refill and earn", None, None, Some(250)),
    (CampaignKind::Buyx, "Ten mugs, one free", None, None, None),
];

/// Sets the shop up at the beginning of the scenario's history. Without `campaigns` there is nothing but the site,
/// its users and its key, and the manager sees none.
pub fn open_shop(store: &Store, scenario: &Scenario, campaigns: bool) -> Result<(Site, Access)> {
    let begins = scenario.begins();
    store.write(move |tx| {
        let tx = tx.at(begins);
        let site = sites::add(&tx, new_site()?)?;
        let seen = if campaigns { add_campaigns(&tx, &site)? } else { Campaigns::None };
        let (admin, user_api_key) = users::add(&tx, &site, new_user(ADMIN, Role::Admin, Campaigns::All))?;
        let (manager, manager_api_key) = users::add(&tx, &site, new_user(MANAGER, Role::Manager, seen))?;
        let (_, key) = keys::create(&tx, &site, Scopes::parse("all")?, None)?;
        let access = Access {
            site_id: site.site_id.clone(),
            account_id: site.account_id.clone(),
            user_id: admin.user_id,
            user_api_key,
            manager_id: manager.user_id,
            manager_api_key,
            key,
        };
        Ok((site, access))
    })
}

fn new_site() -> Result<NewSite> {
    let mut settings = Settings::default();
    // Nobody of a demo is a real person, so nobody has to be asked.
    settings.set("consent", "not_required")?;
    // What a shop has to say before it writes to anybody; no letter of a demo leaves.
    settings.set("letters.from", SENDER)?;
    settings.set("postal_address", POSTAL_ADDRESS)?;
    Ok(NewSite {
        site_id: SITE_ID.into(),
        account_id: ACCOUNT_ID.into(),
        name: "Larch & Linen".into(),
        currency: Currency::parse("USD")?,
        zone: Zone::parse("America/New_York")?,
        status: SiteStatus::Paid,
        settings,
    })
}

fn new_user(user_id: &str, role: Role, campaigns: Campaigns) -> NewUser {
    NewUser { user_id: user_id.into(), role, zone: None, campaigns, key: None }
}

/// Adds the five campaigns, a minute apart so that they are listed in this order, and returns the first two as what
/// the manager sees.
fn add_campaigns(tx: &WriteTx, site: &Site) -> Result<Campaigns> {
    let mut ids = Vec::new();
    for (minute, (kind, name, points_ratio, reward_ratio, earned_per_event)) in (0_i64..).zip(CAMPAIGNS) {
        let new = NewCampaign {
            points_ratio: points_ratio.map(str::to_owned),
            reward_ratio: reward_ratio.map(str::to_owned),
            earned_per_event,
            ..NewCampaign::named(name, kind)
        };
        ids.push(loyalty::add_campaign(&tx.at(tx.now().plus(60 * minute)), site, new)?.id);
    }
    Ok(Campaigns::listed(ids.into_iter().take(2)))
}
