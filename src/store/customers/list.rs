//! Customers as lists show them, and what else a shop's server does with them.

use rusqlite::named_params;

use super::{COLUMNS, from_row};
use crate::domain::customers::Customer;
use crate::domain::{Result, SiteNo, Timestamp};
use crate::store::listing::{Conditions, Page};
use crate::store::{ReadTx, WriteTx};

/// Which customers a list is about.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Matched address.
    pub address: Option<String>,
    /// The member's number, exactly.
    pub code: Option<String>,
    /// Known later than this.
    pub created_after: Option<Timestamp>,
    /// Known earlier than this.
    pub created_before: Option<Timestamp>,
}

impl Filter {
    fn conditions(&self, site: SiteNo) -> Conditions<'_> {
        Conditions::default()
            .with(":site", site)
            .when(self.address.as_ref(), ":address", "address = :address")
            .when(self.code.as_ref(), ":code", "code = :code")
            .when(self.created_after, ":after", "created_at > :after")
            .when(self.created_before, ":before", "created_at < :before")
    }
}

/// One page of a site's customers.
pub fn page(tx: &ReadTx, site: SiteNo, filter: &Filter, page: &Page) -> Result<Vec<Customer>> {
    let conditions = filter.conditions(site).of(page, "created_at", "id");
    let (more, direction) = (&conditions.text, page.direction());
    let sql = format!(
        "select {COLUMNS} from customers where site = :site{more}
         order by created_at {direction}, id {direction} limit :limit offset :offset"
    );
    tx.all_made(&sql, conditions.bind().as_slice(), from_row)
}

/// What a member may be known by, as the beginning of it: a condition of a statement, over an index of its own.
const BEGINNINGS: &[&str] = &[
    "code >= :text and code < :end",
    "card_number >= :text and card_number < :end",
    "phone >= :text and phone < :end",
    "address >= :lower and address < :lower_end",
    "first_name is not null and lower(first_name) >= :lower and lower(first_name) < :lower_end",
    "last_name is not null and lower(last_name) >= :lower and lower(last_name) < :lower_end",
];

/// Members of whom something begins with a text: number, card and phone as typed, address and names in either case.
/// `limit` at most for each of these, and those of whom several do as often.
pub fn members_beginning(tx: &ReadTx, site: SiteNo, text: &str, limit: i64) -> Result<Vec<Customer>> {
    let lower = text.to_lowercase();
    let (end, lower_end) = (format!("{text}\u{10ffff}"), format!("{lower}\u{10ffff}"));
    let mut found = Vec::new();
    for beginning in BEGINNINGS {
        let sql = format!(
            "select {COLUMNS} from customers where site = :site and {beginning} and +code is not null limit :limit"
        );
        let mut params: Vec<(&str, &dyn rusqlite::ToSql)> = vec![(":site", &site), (":limit", &limit)];
        match beginning.contains(":lower") {
            true => params.extend([(":lower", &lower as &dyn rusqlite::ToSql), (":lower_end", &lower_end)]),
            false => params.extend([(":text", &text as &dyn rusqlite::ToSql), (":end", &end)]),
        }
        found.extend(tx.all_made(&sql, params.as_slice(), from_row)?);
    }
    Ok(found)
}

/// How many customers match.
pub fn count(tx: &ReadTx, site: SiteNo, filter: &Filter) -> Result<i64> {
    let conditions = filter.conditions(site);
    let sql = format!("select count(*) as count from customers where site = :site{}", conditions.text);
    tx.one_made(&sql, conditions.bind().as_slice(), |row| row.get("count"))
}

/// Whether the loyalty ledger names a customer.
pub fn is_in_ledger(tx: &ReadTx, site: SiteNo, no: i64) -> Result<bool> {
    tx.one(
        "select exists (select 1 from loyalty_entries where customer = :no and +site = :site)
             or exists (select 1 from loyalty_balances where customer = :no and +site = :site) as is_in_ledger",
        named_params! { ":site": site, ":no": no },
        |row| row.get("is_in_ledger"),
    )
}

/// Deletes a customer whom nothing names.
pub fn delete(tx: &WriteTx, site: SiteNo, no: i64) -> Result<()> {
    tx.run("delete from customers where site = :site and no = :no", named_params! { ":site": site, ":no": no })?;
    Ok(())
}
