//! Adding shops and changing what can change of them.

use super::{ids, stats};
use crate::domain::settings::{self, Settings};
use crate::domain::sites::{SiteStatus, check_account_id, check_site_id};
use crate::domain::{Currency, Error, OrNotFound, Result, Site, SiteNo, Zone};
use crate::store::{ReadTx, WriteTx, carts, sites};

/// What `set` changes besides settings.
const FACTS: &[&str] = &["name", "currency", "timezone", "status"];

/// A shop to be added.
#[derive(Clone, Debug)]
pub struct NewSite {
    /// Public id of the cart interfaces.
    pub site_id: String,
    /// Account of the loyalty interface.
    pub account_id: String,
    /// For people.
    pub name: String,
    /// ISO 4217.
    pub currency: Currency,
    /// IANA.
    pub zone: Zone,
    /// State of the account.
    pub status: SiteStatus,
    /// What differs from the defaults.
    pub settings: Settings,
}

/// Adds a shop.
pub fn add(tx: &WriteTx, new: NewSite) -> Result<Site> {
    if new.name.trim().is_empty() {
        return Err(Error::missing("name"));
    }
    add_with_key(tx, new, ids::secret()?)
}

/// Adds a shop that brings the secret of its suppressions along.
pub fn add_with_key(tx: &WriteTx, new: NewSite, suppression_key: [u8; 32]) -> Result<Site> {
    check_site_id(&new.site_id)?;
    check_account_id(&new.account_id)?;
    if sites::by_site_id(tx, &new.site_id)?.is_some() {
        return Err(Error::Conflict(format!("site `{}` exists already", new.site_id)));
    }
    if sites::by_account_id(tx, &new.account_id)?.is_some() {
        return Err(Error::Conflict(format!("account `{}` exists already", new.account_id)));
    }
    let mut site = Site {
        no: SiteNo(0),
        site_id: new.site_id,
        account_id: new.account_id,
        name: new.name,
        currency: new.currency,
        zone: new.zone,
        status: new.status,
        created_at: tx.now(),
        settings: new.settings,
        suppression_key,
    };
    site.no = sites::insert(tx, &site)?;
    Ok(site)
}

/// The shop of a public id.
pub fn find(tx: &ReadTx, site_id: &str) -> Result<Site> {
    sites::by_site_id(tx, site_id)?.or_not_found("site", site_id)
}

/// Every shop.
pub fn all(tx: &ReadTx) -> Result<Vec<Site>> {
    sites::all(tx)
}

/// The shop of our own number, for the clock's jobs.
pub fn by_no(tx: &ReadTx, no: SiteNo) -> Result<Option<Site>> {
    sites::by_no(tx, no)
}

/// Changes one thing of a shop: `name`, `currency`, `timezone`, `status`, or a setting by its name. What depends on
/// it follows in the same transaction: days are cut anew in a new zone, open carts fall due by the new delay, and
/// figures without a cart of their own move to the new currency.
pub fn set(tx: &WriteTx, site: &Site, name: &str, value: &str) -> Result<Site> {
    let mut changed = site.clone();
    match name {
        "name" if value.trim().is_empty() => return Err(Error::missing("name")),
        "name" => changed.name = value.trim().to_owned(),
        "currency" => changed.currency = Currency::parse(value)?,
        "timezone" => changed.zone = Zone::parse(value)?,
        "status" => changed.status = value.parse()?,
        setting => changed.settings.set(setting, value).map_err(|e| meant(setting).unwrap_or(e))?,
    }
    sites::update(tx, &changed)?;
    if changed.zone != site.zone || changed.currency != site.currency {
        stats::rebuild(tx, &changed)?;
    }
    if changed.settings.abandon_after() != site.settings.abandon_after() {
        carts::reschedule_active(tx, site.no, changed.settings.abandon_after())?;
    }
    Ok(changed)
}

/// The refusal of a name that is no setting, and looks like something else that can be changed.
fn meant(name: &str) -> Option<Error> {
    let known = settings::ALL.iter().map(|setting| setting.name).chain(FACTS.iter().copied());
    let near = settings::nearest(name, known).filter(|near| FACTS.contains(near))?;
    Some(Error::refused(name, format!("is not a setting; did you mean `{near}`?")))
}
