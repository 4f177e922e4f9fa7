//! A page of carts with what is said of all that match.

use crate::domain::carts::{Cart, CartStatus, Listed};
use crate::domain::money::ratio_half_up;
use crate::domain::{Currency, Error, Result, Site, SiteNo};
use crate::store::carts::{Filter, Page, Slice, Sort};
use crate::store::{ReadTx, carts};

/// A page of carts with what the list says of all of them.
#[derive(Clone, Debug, PartialEq)]
pub struct Listing {
    /// The page.
    pub carts: Vec<Listed>,
    /// Whether there are more behind it.
    pub has_more: bool,
    /// Carts that match every filter.
    pub total_count: i64,
    /// Of the carts that match every filter but the status.
    pub summary: Summary,
}

/// What a list says of all its carts. Amounts cover carts of the site's currency, counts all.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Summary {
    /// Sum of the totals of abandoned carts, minor units.
    pub total_abandoned_value: i64,
    /// Mean total of the carts that match every filter, minor units, rounded half up.
    pub average_cart_value: i64,
    /// Recovered carts per hundred ever abandoned, rounded half up.
    pub recovery_percent: i64,
    /// Carts per status, every status included.
    pub status_breakdown: Vec<(CartStatus, i64)>,
}

/// What is asked of a list. Without `after` the page is a plain offset.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Asked {
    /// Which carts.
    pub filter: Filter,
    /// By what they are ordered.
    pub sort: Sort,
    /// Largest first.
    pub descending: bool,
    /// Rows at most.
    pub limit: i64,
    /// Rows to pass over.
    pub offset: i64,
    /// The id of the last row of the page before; excludes `offset`.
    pub after: Option<String>,
}

/// What a reader remembers listings as, and how many: a hundred carts take some 30 kB.
const LISTING: &str = "cart listing";
const MOST: usize = 16;

/// One page of a site's carts. Where there is a filter, rows are passed over for it, and mostly something is added up, so a reader
/// remembers the page until the next commit.
pub fn list(tx: &ReadTx, site: &Site, asked: &Asked) -> Result<Listing> {
    if asked.filter == Filter::default() {
        return look_up(tx, site, asked);
    }
    let listing = tx.remember_at_most(MOST, LISTING, key(site, asked), |tx| look_up(tx, site, asked).map(Some))?;
    listing.ok_or_else(|| Error::internal("a listing is always there"))
}

fn key(site: &Site, asked: &Asked) -> (SiteNo, Currency, Asked) {
    (site.no, site.currency, asked.clone())
}

fn look_up(tx: &ReadTx, site: &Site, asked: &Asked) -> Result<Listing> {
    let filter = &asked.filter;
    let after = asked.after.as_ref().map(|id| cursor(tx, site, id)).transpose()?;
    let slices = carts::slices(tx, site.no, filter, site.currency)?;
    let total_count: i64 = matching(&slices, filter.status).map(|slice| slice.carts).sum();
    let mut limit = asked.limit + 1;
    if after.is_none() && !filter.is_counted() {
        // Behind the last of those that were just counted there is nothing to look for.
        limit = limit.min(total_count - asked.offset).max(0);
    }
    let page = Page { sort: asked.sort, descending: asked.descending, limit, offset: asked.offset, after };
    let mut rows = carts::listed(tx, site.no, filter, &page)?;
    let has_more = rows.len() as i64 > asked.limit;
    rows.truncate(usize::try_from(asked.limit).unwrap_or(0));
    Ok(Listing { carts: rows, has_more, total_count, summary: summary(&slices, filter.status) })
}

/// The last row of the page before, by the id that a caller names.
pub fn cursor(tx: &ReadTx, site: &Site, id: &str) -> Result<Cart> {
    carts::by_id(tx, site.no, id)?
        .filter(|cart| cart.deleted_at.is_none())
        .ok_or_else(|| Error::refused("after", "must be the id of a cart that was listed"))
}

/// Entries of an index that are walked in a millisecond or two, with a look at the row of each and without.
const BRIEF_WALK: (i64, i64) = (1_000, 10_000);

/// Whether a page is found at once: it is remembered, or it is known how many match, which also says how far it is to the last of its
/// rows, supposing that they are spread evenly.
pub fn is_brief(tx: &ReadTx, site: &Site, asked: &Asked) -> Result<bool> {
    let filter = &asked.filter;
    if *filter != Filter::default() && tx.remembers::<_, Listing>(LISTING, &key(site, asked))? {
        return Ok(true);
    }
    if !carts::has_slices(tx, site.no, filter, site.currency)? {
        return Ok(false);
    }
    let count = |filter: &Filter| -> Result<i64> {
        let slices = carts::slices(tx, site.no, filter, site.currency)?;
        Ok(matching(&slices, filter.status).map(|slice| slice.carts).sum())
    };
    let (all, matched) = (count(&Filter::default())?, count(filter)?);
    let walk = asked.offset.saturating_add(asked.limit).saturating_mul(all / matched.max(1)).min(all);
    // The usual order's index has what is filtered by.
    Ok(walk <= if asked.sort == Sort::UpdatedAt { BRIEF_WALK.1 } else { BRIEF_WALK.0 })
}

fn matching(slices: &[(CartStatus, Slice)], status: Option<CartStatus>) -> impl Iterator<Item = &Slice> {
    slices.iter().filter(move |(of, _)| status.is_none_or(|status| status == *of)).map(|(_, slice)| slice)
}

fn summary(slices: &[(CartStatus, Slice)], status: Option<CartStatus>) -> Summary {
    let abandoned = matching(slices, Some(CartStatus::Abandoned)).map(|slice| slice.own_value).sum();
    let (value, count) = matching(slices, status).fold((0, 0), |(v, c), s| (v + s.own_value, c + s.own_carts));
    let (recovered, ever) = slices.iter().fold((0, 0), |(r, e), (_, s)| (r + s.recovered, e + s.ever_abandoned));
    let status_breakdown = CartStatus::ALL
        .iter()
        .map(|status| (*status, matching(slices, Some(*status)).map(|slice| slice.carts).sum()))
        .collect();
    Summary {
        total_abandoned_value: abandoned,
        average_cart_value: ratio_half_up(value, count, 1),
        recovery_percent: ratio_half_up(recovered, ever, 100),
        status_breakdown,
    }
}
