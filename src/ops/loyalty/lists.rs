//! Pages of campaigns, members and entries for our own REST interface.

use crate::domain::customers::Customer;
use crate::domain::loyalty::Campaign;
use crate::domain::{OrNotFound, Result, Site};
use crate::ops::listing::{Listed, Wanted};
use crate::store::loyalty::NamedEntry;
use crate::store::{ReadTx, customers, loyalty};

/// Campaigns, all or those that are active or not.
pub fn list_campaigns(tx: &ReadTx, site: &Site, active: Option<bool>, wanted: &Wanted) -> Result<Listed<Campaign>> {
    let page = wanted.page(|id| Ok(loyalty::campaign_by_id(tx, site.no, id)?.map(|campaign| campaign.created_at)))?;
    let rows = loyalty::campaigns_page(tx, site.no, active, &page)?;
    Ok(wanted.listed(rows, loyalty::count_campaigns(tx, site.no, active)?))
}

/// Members, all or those of a matched address, each with our own number.
pub fn list_members(
    tx: &ReadTx,
    site: &Site,
    address: Option<&str>,
    wanted: &Wanted,
) -> Result<Listed<(i64, Customer)>> {
    let page = wanted.page(|id| Ok(customers::by_id(tx, site.no, id)?.map(|(_, customer)| customer.created_at)))?;
    let rows = loyalty::members_page(tx, site.no, address, &page)?;
    Ok(wanted.listed(rows, loyalty::count_members(tx, site.no, address)?))
}

/// Entries of the ledger, all or those of a campaign and of a customer by our own numbers.
pub fn list_entries(
    tx: &ReadTx,
    site: &Site,
    of: (Option<i64>, Option<i64>),
    wanted: &Wanted,
) -> Result<Listed<NamedEntry>> {
    let page = wanted.page(|id| Ok(loyalty::named_entry_by_id(tx, site.no, id)?.map(|named| named.entry.at)))?;
    let rows = loyalty::entries_page(tx, site.no, of, &page)?;
    Ok(wanted.listed(rows, loyalty::count_entries(tx, site.no, of)?))
}

/// An entry of the ledger with the public ids around it.
pub fn named_entry(tx: &ReadTx, site: &Site, id: &str) -> Result<NamedEntry> {
    loyalty::named_entry_by_id(tx, site.no, id)?.or_not_found("entry", id)
}
