//! Carts as people look for them: pages that cost as much at a million rows as at ten, and a search by what somebody has
//! at hand.

use crate::domain::carts::Cart;
use crate::domain::{EmailAddress, Result, Site};
use crate::store::carts::{Filter, Page};
use crate::store::{ReadTx, carts};

/// How many of the carts that changed last are looked at for a part of an address.
pub const NEWEST: i64 = 20_000;

/// Shorter texts are in too many addresses.
const LEAST_OF_A_PART: usize = 3;

/// One page of a site's carts and whether there are more. Unlike a listing it counts nothing: a count costs every row.
pub fn walk(tx: &ReadTx, site: &Site, filter: &Filter, page: &Page) -> Result<(Vec<Cart>, bool)> {
    let one_more = Page { limit: page.limit + 1, ..page.clone() };
    let mut rows = carts::page(tx, site.no, filter, &one_more)?;
    let has_more = rows.len() as i64 > page.limit;
    rows.truncate(usize::try_from(page.limit).unwrap_or(0));
    Ok((rows, has_more))
}

/// What a search found.
#[derive(Clone, Debug)]
pub struct Found {
    /// The carts touched last first.
    pub carts: Vec<Cart>,
    /// Whether there are older carts, in whose addresses no part was looked for.
    pub has_older: bool,
}

/// Carts that a text may mean, `limit` at most: by the cart's id, the order's number, the shop's name of the customer, the
/// beginning of an e-mail address, or, among the [`NEWEST`], a part of one.
pub fn search(tx: &ReadTx, site: &Site, text: &str, limit: i64) -> Result<Found> {
    let text = text.trim();
    let mut found = Found { carts: Vec::new(), has_older: false };
    if text.is_empty() {
        return Ok(found);
    }
    if let Some(cart) = carts::by_id(tx, site.no, text)?.filter(|cart| cart.deleted_at.is_none()) {
        found.carts.push(cart);
    }
    let address = EmailAddress::parse(text).map_or_else(|_| text.to_lowercase(), |address| address.matched());
    found.carts.extend(carts::meant(tx, site.no, text, &address, limit)?);
    if (found.carts.len() as i64) < limit && address.chars().count() >= LEAST_OF_A_PART {
        found.carts.extend(carts::with_part(tx, site.no, &address, NEWEST, limit)?);
        found.has_older = carts::has_more_than(tx, site.no, NEWEST)?;
    }
    found.carts.sort_by_key(|cart| (-cart.last_activity.secs(), -cart.no));
    found.carts.dedup_by_key(|cart| cart.no);
    found.carts.truncate(usize::try_from(limit).unwrap_or(0));
    Ok(found)
}

/// Whether the shop has told of any cart at all, whoever made it.
pub fn any(tx: &ReadTx, site: &Site) -> Result<bool> {
    carts::any(tx, site.no)
}
