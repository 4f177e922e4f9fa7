//! Suppressions that a shop brings along from elsewhere, and takes along.

use crate::domain::suppressions::{Reason, Suppression};
use crate::domain::{EmailAddress, Error, Result, Site};
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

/// Hands every suppression that is in force to `each`, the oldest first.
pub fn walk_in_force(tx: &ReadTx, site: &Site, mut each: impl FnMut(Suppression) -> Result<()>) -> Result<()> {
    suppressions::walk(tx, site.no, |found| if found.ended_at.is_none() { each(found) } else { Ok(()) })
}
