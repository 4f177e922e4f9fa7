//! Suppressions that a shop brings along from elsewhere, and takes along.

use super::records;
use crate::domain::suppressions::{Reason, Suppression};
use crate::domain::{EmailAddress, Error, Result, Site};
use crate::ops::listing::unlisted;
use crate::store::listing::Page;
use crate::store::suppressions::Filter;
use crate::store::{ReadTx, WriteTx, suppressions};

/// Addresses that are taken in at once.
pub const MOST_IMPORTED: usize = 20_000;

/// Suppresses addresses that the shop brought from elsewhere. Returns how many are new.
pub fn import(tx: &WriteTx, site: &Site, addresses: &[EmailAddress]) -> Result<usize> {
    if addresses.len() > MOST_IMPORTED {
        return Err(Error::refused("addresses", format!("must not be more than {MOST_IMPORTED} at once")));
    }
    let mut new = 0;
    for email in addresses {
        new += usize::from(super::suppress(tx, site, email, Reason::Import, None)?);
    }
    Ok(new)
}

/// Suppressions that are in force, the oldest first: `limit` at most behind the one with the id `after`, and whether
/// there are more.
pub fn in_force(tx: &ReadTx, site: &Site, after: Option<&str>, limit: i64) -> Result<(Vec<Suppression>, bool)> {
    let last = after.map(|id| records::find(tx, site, id)?.ok_or_else(unlisted)).transpose()?;
    let filter = Filter { active: Some(true), ..Filter::default() };
    let page = Page { descending: false, limit: limit + 1, offset: 0, after: None };
    let mut found = suppressions::page(tx, site.no, &filter, &page, last.as_ref())?;
    let has_more = found.len() as i64 > limit;
    found.truncate(usize::try_from(limit).unwrap_or(0));
    Ok((found, has_more))
}
