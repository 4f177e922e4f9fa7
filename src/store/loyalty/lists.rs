//! Pages of campaigns, members and entries, as our own REST interface lists them: the newest first unless it is asked
//! otherwise, ties by id.

use rusqlite::named_params;

use super::named::{NAMED_ENTRIES, NamedEntry, named_from_row};
use super::{CAMPAIGN_COLUMNS, campaign_from_row};
use crate::domain::customers::Customer;
use crate::domain::loyalty::Campaign;
use crate::domain::{Result, SiteNo, Timestamp};
use crate::store::{ReadTx, customers};

/// Which part of a list is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// Rows at most.
    pub limit: i64,
    /// Rows to pass over.
    pub offset: i64,
    /// The last row of the page before: its time and its id.
    pub after: Option<(Timestamp, String)>,
    /// The newest first.
    pub descending: bool,
}

impl Page {
    /// Order and cursor as a statement has them. `time` is the column of the time, `id` that of the id.
    fn clauses(&self, time: &str, id: &str) -> String {
        let (further, direction) = if self.descending { ("<", "desc") } else { (">", "asc") };
        format!(
            "and (:after_id is null or ({time}, {id}) {further} (:after_at, :after_id))
             order by {time} {direction}, {id} {direction} limit :limit offset :offset"
        )
    }

    fn after_at(&self) -> Option<Timestamp> {
        self.after.as_ref().map(|(at, _)| *at)
    }

    fn after_id(&self) -> Option<&str> {
        self.after.as_ref().map(|(_, id)| id.as_str())
    }
}

/// One page of a site's campaigns, all or those that are active or not.
pub fn campaigns_page(tx: &ReadTx, site: SiteNo, active: Option<bool>, page: &Page) -> Result<Vec<Campaign>> {
    let clauses = page.clauses("created_at", "id");
    tx.all(
        &format!(
            "select {CAMPAIGN_COLUMNS} from loyalty_campaigns
             where site = :site and (:active is null or active = :active) {clauses}"
        ),
        named_params! {
            ":site": site,
            ":active": active,
            ":after_at": page.after_at(),
            ":after_id": page.after_id(),
            ":limit": page.limit,
            ":offset": page.offset,
        },
        campaign_from_row,
    )
}

/// How many campaigns that is in all.
pub fn count_campaigns(tx: &ReadTx, site: SiteNo, active: Option<bool>) -> Result<i64> {
    tx.one(
        "select count(*) as count from loyalty_campaigns where site = :site and (:active is null or active = :active)",
        named_params! { ":site": site, ":active": active },
        |row| row.get("count"),
    )
}

/// One page of a site's members, who are its customers with a code, each with our own number.
pub fn members_page(tx: &ReadTx, site: SiteNo, address: Option<&str>, page: &Page) -> Result<Vec<(i64, Customer)>> {
    let clauses = page.clauses("created_at", "id");
    tx.all(
        &format!(
            "select no, id, email, code, card_number, first_name, last_name, phone, custom, created_at from customers
             where site = :site and code is not null and (:address is null or address = :address) {clauses}"
        ),
        named_params! {
            ":site": site,
            ":address": address,
            ":after_at": page.after_at(),
            ":after_id": page.after_id(),
            ":limit": page.limit,
            ":offset": page.offset,
        },
        |row| Ok((row.get("no")?, customers::from_row(row)?)),
    )
}

/// How many members that is in all.
pub fn count_members(tx: &ReadTx, site: SiteNo, address: Option<&str>) -> Result<i64> {
    tx.one(
        "select count(*) as count from customers
         where site = :site and code is not null and (:address is null or address = :address)",
        named_params! { ":site": site, ":address": address },
        |row| row.get("count"),
    )
}

/// One page of a site's entries, those of a campaign and of a customer where they are given by our own numbers.
pub fn entries_page(
    tx: &ReadTx,
    site: SiteNo,
    (campaign, customer): (Option<i64>, Option<i64>),
    page: &Page,
) -> Result<Vec<NamedEntry>> {
    let clauses = page.clauses("e.at", "e.id");
    tx.all(
        &format!(
            "{NAMED_ENTRIES}
             where e.site = :site and (:campaign is null or e.campaign = :campaign)
               and (:customer is null or e.customer = :customer) {clauses}"
        ),
        named_params! {
            ":site": site,
            ":campaign": campaign,
            ":customer": customer,
            ":after_at": page.after_at(),
            ":after_id": page.after_id(),
            ":limit": page.limit,
            ":offset": page.offset,
        },
        named_from_row,
    )
}

/// How many entries that is in all.
pub fn count_entries(tx: &ReadTx, site: SiteNo, (campaign, customer): (Option<i64>, Option<i64>)) -> Result<i64> {
    tx.one(
        "select count(*) as count from loyalty_entries
         where site = :site and (:campaign is null or campaign = :campaign)
           and (:customer is null or customer = :customer)",
        named_params! { ":site": site, ":campaign": campaign, ":customer": customer },
        |row| row.get("count"),
    )
}
