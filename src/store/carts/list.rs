//! Carts as lists show them: orders and pages.

use rusqlite::{Row, ToSql, named_params};

use super::filter::{Conditions, Filter};
use super::{COLUMNS, from_row, ranges};
use crate::domain::carts::{Cart, Listed};
use crate::domain::{Result, SiteNo, Timestamp};
use crate::store::ReadTx;
use crate::store::cells::Cells;

/// What a list is ordered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Sort {
    /// First seen.
    CreatedAt,
    /// Last written.
    UpdatedAt,
    /// Total.
    Total,
    /// Last abandoned; those never abandoned come last either way.
    AbandonedAt,
}

impl Sort {
    fn column(self) -> &'static str {
        match self {
            Sort::CreatedAt => "created_at",
            Sort::UpdatedAt => "updated_at",
            Sort::Total => "total",
            Sort::AbandonedAt => "abandoned_at",
        }
    }

    /// Has a statement read through the index of this order.
    pub(super) fn indexed_by(self) -> &'static str {
        match self {
            Sort::CreatedAt => "indexed by carts_by_creation",
            Sort::UpdatedAt => "indexed by carts_by_update",
            Sort::Total => "indexed by carts_by_total",
            Sort::AbandonedAt => "indexed by carts_by_abandonment",
        }
    }

    fn value(self, cart: &Cart) -> Option<i64> {
        match self {
            Sort::CreatedAt => Some(cart.created_at.secs()),
            Sort::UpdatedAt => Some(cart.updated_at.secs()),
            Sort::Total => Some(cart.total),
            Sort::AbandonedAt => cart.abandoned_at.map(Timestamp::secs),
        }
    }
}

/// Which part of a list is wanted, in which order. Ties go by id, in the same direction.
#[derive(Clone, Debug)]
pub struct Page {
    /// By what.
    pub sort: Sort,
    /// Largest first.
    pub descending: bool,
    /// Rows at most.
    pub limit: i64,
    /// Rows to pass over.
    pub offset: i64,
    /// The last row of the page before; excludes `offset`.
    pub after: Option<Cart>,
}

/// Of a row that a list shows fifteen columns are asked for: the rest would be more than half of what the page costs.
const LISTED: &str = "id, email, customer_id, channel, currency, subtotal, total, item_count, created_at, last_activity, \
    first_abandoned_at, abandoned_at, status, emailed, recovered";

fn listed_from_row(row: &Row) -> rusqlite::Result<Listed> {
    let mut cells = Cells::of(row);
    Ok(Listed {
        id: cells.get("id")?,
        email: cells.get("email")?,
        customer_id: cells.get("customer_id")?,
        channel: cells.get("channel")?,
        currency: cells.get("currency")?,
        subtotal: cells.get("subtotal")?,
        total: cells.get("total")?,
        item_count: cells.get("item_count")?,
        created_at: cells.get("created_at")?,
        last_activity: cells.get("last_activity")?,
        first_abandoned_at: cells.get("first_abandoned_at")?,
        abandoned_at: cells.get("abandoned_at")?,
        status: cells.get("status")?,
        emailed: cells.get("emailed")?,
        recovered: cells.get("recovered")?,
    })
}

/// What a row is read as: which columns, and by what.
type Shape<T> = (&'static str, fn(&Row) -> rusqlite::Result<T>);

/// One page of a site's carts.
pub fn page(tx: &ReadTx, site: SiteNo, filter: &Filter, page: &Page) -> Result<Vec<Cart>> {
    rows(tx, site, filter, page, (COLUMNS, from_row))
}

/// The same with what a list shows of each.
pub fn listed(tx: &ReadTx, site: SiteNo, filter: &Filter, page: &Page) -> Result<Vec<Listed>> {
    rows(tx, site, filter, page, (LISTED, listed_from_row))
}

fn rows<T>(tx: &ReadTx, site: SiteNo, filter: &Filter, page: &Page, shape: Shape<T>) -> Result<Vec<T>> {
    let way = Way::to(tx, site, filter, page)?;
    let segment =
        |condition: &str, params, limit| segment(tx, site, filter, page, (way, shape), (condition, params, limit));
    let Some(last) = &page.after else { return segment("true", Vec::new(), page.limit) };
    let column = page.sort.column();
    let further = if page.descending { "<" } else { ">" };
    let mut rows = Vec::new();
    // Rows without a value come last, so a walk first ends those that have one. Two plain ranges instead of one
    // `or`: each is a seek into the index, on page 50 000 as on page 1.
    let value = page.sort.value(last);
    if let Some(value) = value {
        let condition = format!("({column}, id) {further} (:last_value, :last_id)");
        let params: Vec<(&'static str, Box<dyn ToSql>)> =
            vec![(":last_value", Box::new(value)), (":last_id", Box::new(last.id.clone()))];
        rows = segment(&condition, params, page.limit)?;
    }
    let missing = page.limit - rows.len() as i64;
    if page.sort == Sort::AbandonedAt && missing > 0 {
        let mut condition = "abandoned_at is null".to_owned();
        let mut params: Vec<(&'static str, Box<dyn ToSql>)> = Vec::new();
        if value.is_none() {
            condition.push_str(&format!(" and id {further} :last_id"));
            params.push((":last_id", Box::new(last.id.clone())));
        }
        rows.extend(segment(&condition, params, missing)?);
    }
    Ok(rows)
}

/// How the rows of a page are come by.
#[derive(Clone, Copy)]
enum Way {
    /// In their order. What does not match is passed over until the page is full.
    InOrder,
    /// By an index of few: all that match are found first, and put in order then.
    Found(&'static str),
}

impl Way {
    /// The one that is shorter, supposing that what matches is spread evenly over the order.
    fn to(tx: &ReadTx, site: SiteNo, filter: &Filter, page: &Page) -> Result<Self> {
        if filter.is_of_one_shopper() {
            return Ok(Way::Found(""));
        }
        if !filter.has_range() {
            return Ok(Way::InOrder);
        }
        // Of so many in a range, as much is looked at one way as the other.
        let even = page.offset.saturating_add(page.limit).saturating_mul(ranges::all(tx, site)?) / ranges::A_ROW;
        Ok(match ranges::shortest(tx, site, filter, even.checked_isqrt().unwrap_or(0))? {
            Some(order) if order != page.sort => Way::Found(order.indexed_by()),
            _ => Way::InOrder,
        })
    }
}

/// A further condition with the values that it names, and rows at most.
type Part<'a> = (&'a str, Vec<(&'static str, Box<dyn ToSql>)>, i64);

fn segment<T>(
    tx: &ReadTx,
    site: SiteNo,
    filter: &Filter,
    page: &Page,
    (way, (columns, map)): (Way, Shape<T>),
    (condition, params, limit): Part,
) -> Result<Vec<T>> {
    let mut conditions = Conditions::of(site, filter);
    conditions.params.extend(params);
    conditions.params.push((":limit", Box::new(limit)));
    conditions.params.push((":offset", Box::new(page.offset)));
    let column = page.sort.column();
    let direction = if page.descending { "desc" } else { "asc" };
    let sql = match way {
        Way::InOrder => {
            let index = page.sort.indexed_by();
            format!(
                "select {columns} from carts {index} where {} and {condition}
                 order by {column} {direction} nulls last, id {direction} limit :limit offset :offset",
                conditions.text
            )
        }
        // The `+` keeps SQLite from their order.
        Way::Found(index) => format!(
            "select {columns} from carts {index} where {} and {condition}
             order by +{column} {direction} nulls last, +id {direction} limit :limit offset :offset",
            conditions.text
        ),
    };
    tx.all_made(&sql, conditions.bind().as_slice(), map)
}

/// Carts that have a part of an address, in lower case, among the `newest` with an address that changed last.
pub fn with_part(tx: &ReadTx, site: SiteNo, part: &str, newest: i64, limit: i64) -> Result<Vec<Cart>> {
    tx.all(
        sql!(
            "select {COLUMNS} from carts
             where site = :site
               and no in (
                   select no from (
                       select no, address from carts
                       where site = :site and class <> 'machine' and deleted_at is null and has_email = 1
                       order by updated_at desc, id desc limit :newest)
                   where instr(address, :part) > 0 limit :limit)"
        ),
        named_params! { ":site": site, ":part": part, ":newest": newest, ":limit": limit },
        from_row,
    )
}

/// Whether a site has more carts with an address than so many.
pub fn has_more_than(tx: &ReadTx, site: SiteNo, newest: i64) -> Result<bool> {
    tx.one(
        "select coalesce(sum(carts), 0) > :newest as has_more from cart_counts where site = :site and has_email = 1",
        named_params! { ":site": site, ":newest": newest },
        |row| row.get("has_more"),
    )
}
