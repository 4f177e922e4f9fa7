//! Pages of campaigns, members and entries, as our own REST interface lists them: the newest first unless it is asked
//! otherwise, ties by id.

use super::named::{NAMED_ENTRIES, NamedEntry, named_from_row};
use super::{CAMPAIGN_COLUMNS, campaign_from_row};
use crate::domain::customers::Customer;
use crate::domain::loyalty::Campaign;
use crate::domain::{Result, SiteNo};
use crate::store::listing::{Conditions, Page};
use crate::store::{ReadTx, customers};

/// All campaigns, or those that are active or not.
fn campaigns<'a>(site: SiteNo, active: Option<bool>) -> Conditions<'a> {
    Conditions::default().with(":site", site).when(active, ":active", "active = :active")
}

/// One page of a site's campaigns, all or those that are active or not.
pub fn campaigns_page(tx: &ReadTx, site: SiteNo, active: Option<bool>, page: &Page) -> Result<Vec<Campaign>> {
    let conditions = campaigns(site, active).of(page, "created_at", "id");
    let (more, direction) = (&conditions.text, page.direction());
    let sql = format!(
        "select {CAMPAIGN_COLUMNS} from loyalty_campaigns where site = :site{more}
         order by created_at {direction}, id {direction} limit :limit offset :offset"
    );
    tx.all_made(&sql, conditions.bind().as_slice(), campaign_from_row)
}

/// How many campaigns that is in all.
pub fn count_campaigns(tx: &ReadTx, site: SiteNo, active: Option<bool>) -> Result<i64> {
    let conditions = campaigns(site, active);
    let sql = format!("select count(*) as count from loyalty_campaigns where site = :site{}", conditions.text);
    tx.one_made(&sql, conditions.bind().as_slice(), |row| row.get("count"))
}

/// All members, who are the customers with a code, or those of a matched address.
fn members<'a>(site: SiteNo, address: Option<&'a str>) -> Conditions<'a> {
    Conditions::default().with(":site", site).always("code is not null").when(address, ":address", "address = :address")
}

/// One page of a site's members, each with our own number.
pub fn members_page(tx: &ReadTx, site: SiteNo, address: Option<&str>, page: &Page) -> Result<Vec<(i64, Customer)>> {
    let conditions = members(site, address).of(page, "created_at", "id");
    let (more, direction) = (&conditions.text, page.direction());
    let sql = format!(
        "select no, id, email, code, card_number, first_name, last_name, phone, custom, created_at from customers
         where site = :site{more}
         order by created_at {direction}, id {direction} limit :limit offset :offset"
    );
    tx.all_made(&sql, conditions.bind().as_slice(), |row| Ok((row.get("no")?, customers::from_row(row)?)))
}

/// How many members that is in all.
pub fn count_members(tx: &ReadTx, site: SiteNo, address: Option<&str>) -> Result<i64> {
    let conditions = members(site, address);
    let sql = format!("select count(*) as count from customers where site = :site{}", conditions.text);
    tx.one_made(&sql, conditions.bind().as_slice(), |row| row.get("count"))
}

/// All entries, or those of a campaign and of a customer.
fn entries<'a>(site: SiteNo, (campaign, customer): (Option<i64>, Option<i64>)) -> Conditions<'a> {
    Conditions::default().with(":site", site).when(campaign, ":campaign", "e.campaign = :campaign").when(
        customer,
        ":customer",
        "e.customer = :customer",
    )
}

/// One page of a site's entries, those of a campaign and of a customer where they are given by our own numbers.
pub fn entries_page(tx: &ReadTx, site: SiteNo, of: (Option<i64>, Option<i64>), page: &Page) -> Result<Vec<NamedEntry>> {
    let conditions = entries(site, of).of(page, "e.at", "e.id");
    let (more, direction) = (&conditions.text, page.direction());
    let sql = format!(
        "{NAMED_ENTRIES} where e.site = :site{more}
         order by e.at {direction}, e.id {direction} limit :limit offset :offset"
    );
    tx.all_made(&sql, conditions.bind().as_slice(), named_from_row)
}

/// How many entries that is in all.
pub fn count_entries(tx: &ReadTx, site: SiteNo, of: (Option<i64>, Option<i64>)) -> Result<i64> {
    let conditions = entries(site, of);
    let sql = format!("select count(*) as count from loyalty_entries e where e.site = :site{}", conditions.text);
    tx.one_made(&sql, conditions.bind().as_slice(), |row| row.get("count"))
}
