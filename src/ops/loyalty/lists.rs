//! Pages of campaigns, members and entries for our own REST interface.

use crate::domain::customers::Customer;
use crate::domain::loyalty::Campaign;
use crate::domain::{Error, OrNotFound, Result, Site, Timestamp};
use crate::store::loyalty::{NamedEntry, Page};
use crate::store::{ReadTx, customers, loyalty};

/// Which part of a list is wanted; the last row of the page before by its public id.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Rows at most.
    pub limit: i64,
    /// Rows to pass over.
    pub offset: i64,
    /// Public id of the last row that is known.
    pub after: Option<String>,
    /// The newest first.
    pub descending: bool,
}

/// A cursor that names no row is a parameter that is wrong, and no row that is missing.
fn unlisted(error: Error) -> Error {
    match error {
        Error::NotFound { .. } => Error::refused("after", "must be the id of a row that was listed"),
        other => other,
    }
}

impl Wanted {
    /// One row more than wanted tells whether there are more.
    fn page(&self, find: impl FnOnce(&str) -> Result<Timestamp>) -> Result<Page> {
        let after = match &self.after {
            Some(id) => Some((find(id).map_err(unlisted)?, id.clone())),
            None => None,
        };
        Ok(Page { limit: self.limit + 1, offset: self.offset, after, descending: self.descending })
    }
}

/// A page, and what is said of the whole list.
#[derive(Clone, Debug, PartialEq)]
pub struct Listed<T> {
    /// The rows.
    pub rows: Vec<T>,
    /// Whether more follow.
    pub has_more: bool,
    /// How many there are in all.
    pub total_count: i64,
}

impl<T> Listed<T> {
    fn of(mut rows: Vec<T>, limit: i64, total_count: i64) -> Self {
        let limit = usize::try_from(limit).unwrap_or(0);
        let has_more = rows.len() > limit;
        rows.truncate(limit);
        Listed { rows, has_more, total_count }
    }
}

/// Campaigns, all or those that are active or not.
pub fn list_campaigns(tx: &ReadTx, site: &Site, active: Option<bool>, wanted: &Wanted) -> Result<Listed<Campaign>> {
    let page = wanted.page(|id| Ok(super::campaign(tx, site, id)?.created_at))?;
    let rows = loyalty::campaigns_page(tx, site.no, active, &page)?;
    Ok(Listed::of(rows, wanted.limit, loyalty::count_campaigns(tx, site.no, active)?))
}

/// Members, all or those of a matched address, each with our own number.
pub fn list_members(
    tx: &ReadTx,
    site: &Site,
    address: Option<&str>,
    wanted: &Wanted,
) -> Result<Listed<(i64, Customer)>> {
    let page = wanted.page(|id| Ok(customers::by_id(tx, site.no, id)?.or_not_found("member", id)?.1.created_at))?;
    let rows = loyalty::members_page(tx, site.no, address, &page)?;
    Ok(Listed::of(rows, wanted.limit, loyalty::count_members(tx, site.no, address)?))
}

/// Entries of the ledger, all or those of a campaign and of a customer by our own numbers.
pub fn list_entries(
    tx: &ReadTx,
    site: &Site,
    of: (Option<i64>, Option<i64>),
    wanted: &Wanted,
) -> Result<Listed<NamedEntry>> {
    let page = wanted.page(|id| Ok(named_entry(tx, site, id)?.entry.at))?;
    let rows = loyalty::entries_page(tx, site.no, of, &page)?;
    Ok(Listed::of(rows, wanted.limit, loyalty::count_entries(tx, site.no, of)?))
}

/// An entry of the ledger with the public ids around it.
pub fn named_entry(tx: &ReadTx, site: &Site, id: &str) -> Result<NamedEntry> {
    loyalty::named_entry_by_id(tx, site.no, id)?.or_not_found("entry", id)
}
