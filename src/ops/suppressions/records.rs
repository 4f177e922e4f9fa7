//! Suppressions as a shop's server lists, adds and lifts them.

use super::{end, suppress};
use crate::domain::suppressions::{Reason, Suppression, hash_address, parse_id};
use crate::domain::{EmailAddress, OrNotFound, Result, Site};
use crate::ops::listing::{Listed, Wanted, unlisted};
use crate::store::suppressions::Filter;
use crate::store::{ReadTx, WriteTx, messages, suppressions};

/// A suppression with the public id of the letter that led to it.
pub type Named = (Suppression, Option<String>);

/// One page of a site's suppressions, by when they began.
pub fn list(tx: &ReadTx, site: &Site, filter: &Filter, wanted: &Wanted) -> Result<Listed<Named>> {
    let after = match &wanted.after {
        Some(id) => Some(find(tx, site, id)?.ok_or_else(unlisted)?),
        None => None,
    };
    let page = Wanted { after: None, ..wanted.clone() }.page(|_| Ok(None))?;
    let rows = suppressions::page(tx, site.no, filter, &page, after.as_ref())?;
    let rows = rows.into_iter().map(|row| named(tx, site, row)).collect::<Result<Vec<_>>>()?;
    Ok(wanted.listed(rows, suppressions::count(tx, site.no, filter)?))
}

pub(super) fn find(tx: &ReadTx, site: &Site, id: &str) -> Result<Option<Suppression>> {
    let Some((hash, reason, at)) = parse_id(id) else { return Ok(None) };
    suppressions::by_name(tx, site.no, &hash, reason, at)
}

fn named(tx: &ReadTx, site: &Site, suppression: Suppression) -> Result<Named> {
    let message = suppression.message.map(|no| messages::by_no(tx, site.no, no)).transpose()?.flatten();
    Ok((suppression, message.map(|message| message.id)))
}

/// A suppression.
pub fn get(tx: &ReadTx, site: &Site, id: &str) -> Result<Named> {
    named(tx, site, find(tx, site, id)?.or_not_found("suppression", id)?)
}

/// Stops writing to an address, by the shop's own will. Returns the suppression in force, and whether it is new.
pub fn add(tx: &WriteTx, site: &Site, email: &EmailAddress, reason: Reason) -> Result<(Named, bool)> {
    let is_new = suppress(tx, site, email, reason, None)?;
    let kept = suppressions::in_force(tx, site.no, &hash_address(site, email), reason)?;
    Ok((named(tx, site, kept.or_not_found("suppression", "of this address")?)?, is_new))
}

/// Lifts a suppression. One that ended stays as it is; the record of a wish is never deleted.
pub fn lift(tx: &WriteTx, site: &Site, id: &str) -> Result<Named> {
    let suppression = find(tx, site, id)?.or_not_found("suppression", id)?;
    if suppression.ended_at.is_none() {
        end(tx, site, &suppression)?;
        let ended_at = Some(tx.now());
        return named(tx, site, Suppression { ended_at, ..suppression });
    }
    named(tx, site, suppression)
}
