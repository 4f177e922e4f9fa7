//! Carts as people look for them: pages that cost as much at a million rows as at ten, and a search by what somebody has
//! at hand.

use crate::domain::carts::Cart;
use crate::domain::{EmailAddress, Result, Site};
use crate::store::carts::{Filter, Page};
use crate::store::{ReadTx, carts};

/// One page of a site's carts and whether there are more. Unlike a listing it counts nothing: a count costs every row.
pub fn walk(tx: &ReadTx, site: &Site, filter: &Filter, page: &Page) -> Result<(Vec<Cart>, bool)> {
    let one_more = Page { limit: page.limit + 1, ..page.clone() };
    let mut rows = carts::page(tx, site.no, filter, &one_more)?;
    let has_more = rows.len() as i64 > page.limit;
    rows.truncate(usize::try_from(page.limit).unwrap_or(0));
    Ok((rows, has_more))
}

/// Carts that a text may mean: by the cart's id, the order's number, the shop's name of the customer, or the beginning of
/// an e-mail address. The ones touched last first, `limit` at most.
pub fn search(tx: &ReadTx, site: &Site, text: &str, limit: i64) -> Result<Vec<Cart>> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    if let Some(cart) = carts::by_id(tx, site.no, text)?.filter(|cart| cart.deleted_at.is_none()) {
        found.push(cart);
    }
    let address = EmailAddress::parse(text).map_or_else(|_| text.to_lowercase(), |address| address.matched());
    found.extend(carts::meant(tx, site.no, text, &address, limit)?);
    found.sort_by_key(|cart| (-cart.last_activity.secs(), -cart.no));
    found.dedup_by_key(|cart| cart.no);
    found.truncate(usize::try_from(limit).unwrap_or(0));
    Ok(found)
}

/// Whether the shop has told of any cart at all, whoever made it.
pub fn any(tx: &ReadTx, site: &Site) -> Result<bool> {
    carts::any(tx, site.no)
}
