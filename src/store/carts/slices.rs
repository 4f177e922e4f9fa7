//! What is said of all carts that a list is about.

use rusqlite::{Row, named_params};

use super::filter::{Conditions, Filter};
use super::list::Sort;
use super::ranges;
use crate::domain::carts::CartStatus;
use crate::domain::{Currency, Error, Result, SiteNo};
use crate::store::ReadTx;
use crate::store::cells::Cells;

/// Counts and sums of the carts in one status.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Slice {
    /// Carts of all currencies.
    pub carts: i64,
    /// Of these, ever abandoned.
    pub ever_abandoned: i64,
    /// Of these, recovered.
    pub recovered: i64,
    /// Carts of the asked currency.
    pub own_carts: i64,
    /// Sum of their totals, minor units.
    pub own_value: i64,
}

/// What a reader remembers slices as.
const SLICES: &str = "cart slices";

/// Of each status that has any.
type Slices = Vec<(CartStatus, Slice)>;

/// Per status, what a filter matches when its status is left aside: from the kept counts where they know, else from the
/// rows, or rather the index that has all that is added up. A reader remembers them until the next commit.
pub fn slices(tx: &ReadTx, site: SiteNo, filter: &Filter, currency: Currency) -> Result<Slices> {
    let key = slices_key(site, filter, currency);
    let slices = tx.remember(SLICES, key, |tx| match filter.is_counted() {
        true => kept_slices(tx, site, filter, currency).map(Some),
        false => added_up(tx, site, filter, currency).map(Some),
    })?;
    Ok(slices.unwrap_or_default())
}

/// Whether the slices of a filter are found without adding up.
pub fn has_slices(tx: &ReadTx, site: SiteNo, filter: &Filter, currency: Currency) -> Result<bool> {
    Ok(filter.is_counted() || tx.remembers::<_, Slices>(SLICES, &slices_key(site, filter, currency))?)
}

fn slices_key(site: SiteNo, filter: &Filter, currency: Currency) -> (SiteNo, Filter, Currency) {
    (site, Filter { status: None, ..filter.clone() }, currency)
}

fn kept_slices(tx: &ReadTx, site: SiteNo, filter: &Filter, currency: Currency) -> Result<Slices> {
    tx.all(
        "select status,
                sum(carts) as carts,
                sum(ever_abandoned) as ever_abandoned,
                sum(recovered) as recovered,
                sum(case when currency = :currency then carts else 0 end) as own_carts,
                sum(case when currency = :currency then total else 0 end) as own_value
         from cart_counts
         where site = :site and (:channel is null or channel = :channel) and (:has_email is null or has_email = :has_email)
         group by status",
        named_params! {
            ":site": site,
            ":channel": filter.channel,
            ":has_email": filter.has_email,
            ":currency": currency,
        },
        slice_from_row,
    )
}

fn slice_from_row(row: &Row) -> rusqlite::Result<(CartStatus, Slice)> {
    let mut cells = Cells::of(row);
    let status = cells.get("status")?;
    let slice = Slice {
        carts: cells.get("carts")?,
        ever_abandoned: cells.get("ever_abandoned")?,
        recovered: cells.get("recovered")?,
        own_carts: cells.get("own_carts")?,
        own_value: cells.get("own_value")?,
    };
    Ok((status, slice))
}

fn added_up(tx: &ReadTx, site: SiteNo, filter: &Filter, currency: Currency) -> Result<Slices> {
    let filter = Filter { status: None, ..filter.clone() };
    let index = match filter.is_of_one_shopper() {
        true => "",
        false => {
            let most = ranges::all(tx, site)? / ranges::A_ROW;
            ranges::shortest(tx, site, &filter, most)?.unwrap_or(Sort::UpdatedAt).indexed_by()
        }
    };
    let mut conditions = Conditions::of(site, &filter);
    conditions.params.push((":currency", Box::new(currency)));
    // Added up here: for a `group by` SQLite would first put everything in order.
    let sql = format!(
        "select status, first_abandoned_at is not null as was_abandoned, recovered, currency = :currency as is_own, total
         from carts {index} where {}",
        conditions.text
    );
    let mut slices = Slices::new();
    tx.walk_made(&sql, conditions.bind().as_slice(), |row| {
        let mut cells = Cells::of(row);
        let slice = of(&mut slices, cells.get("status")?);
        slice.carts += 1;
        slice.ever_abandoned += i64::from(cells.get::<bool>("was_abandoned")?);
        slice.recovered += i64::from(cells.get::<bool>("recovered")?);
        if cells.get("is_own")? {
            slice.own_carts += 1;
            slice.own_value = slice.own_value.checked_add(cells.get("total")?).ok_or_else(too_much)?;
        }
        Ok(())
    })?;
    Ok(slices)
}

fn of(slices: &mut Slices, status: CartStatus) -> &mut Slice {
    let at = slices.iter().position(|(of, _)| *of == status).unwrap_or_else(|| {
        slices.push((status, Slice::default()));
        slices.len() - 1
    });
    &mut slices[at].1
}

fn too_much() -> Error {
    Error::internal("the totals of a shop's carts are more than a number holds")
}
