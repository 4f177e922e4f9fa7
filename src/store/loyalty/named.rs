//! Entries with the public ids of what is around them, as the archive and our own REST interface show them.

use rusqlite::{Row, named_params};

use super::entry_from_row;
use crate::domain::loyalty::Entry;
use crate::domain::{Result, SiteNo};
use crate::store::ReadTx;

/// An entry with public ids in place of our own numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct NamedEntry {
    /// The entry itself.
    pub entry: Entry,
    /// Public id of its campaign.
    pub campaign_id: String,
    /// Public id of its customer.
    pub customer_id: String,
    /// Public id of the entry that it reverses.
    pub reverses_id: Option<String>,
    /// Public id of the purchase that earned it.
    pub purchase_id: Option<String>,
    /// Public id of the refund that took it back.
    pub refund_id: Option<String>,
}

pub(super) const NAMED_ENTRIES: &str = "select e.no, e.id, e.campaign, e.customer, e.at, e.cause, e.amount, e.redeemed, \
    e.expires_at, e.item, e.description, e.user, e.reverses, e.purchase, e.refund, e.shortfall, g.id as campaign_id, \
    c.id as customer_id, r.id as reverses_id, p.id as purchase_id, f.id as refund_id \
    from loyalty_entries e \
    join loyalty_campaigns g on g.no = e.campaign \
    join customers c on c.no = e.customer \
    left join loyalty_entries r on r.no = e.reverses \
    left join purchases p on p.no = e.purchase \
    left join refunds f on f.no = e.refund";

pub(super) fn named_from_row(row: &Row) -> rusqlite::Result<NamedEntry> {
    Ok(NamedEntry {
        entry: entry_from_row(row)?,
        campaign_id: row.get("campaign_id")?,
        customer_id: row.get("customer_id")?,
        reverses_id: row.get("reverses_id")?,
        purchase_id: row.get("purchase_id")?,
        refund_id: row.get("refund_id")?,
    })
}

/// A site's entry by its public id, with the public ids around it.
pub fn named_entry_by_id(tx: &ReadTx, site: SiteNo, id: &str) -> Result<Option<NamedEntry>> {
    tx.first(
        sql!("{NAMED_ENTRIES} where e.site = :site and e.id = :id"),
        named_params! { ":site": site, ":id": id },
        named_from_row,
    )
}

/// Hands every entry of a site to `each`, by id.
pub fn walk_entries(tx: &ReadTx, site: SiteNo, mut each: impl FnMut(NamedEntry) -> Result<()>) -> Result<()> {
    tx.walk(sql!("{NAMED_ENTRIES} where e.site = :site order by e.id"), named_params! { ":site": site }, |row| {
        each(named_from_row(row)?)
    })
}
