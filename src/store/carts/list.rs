//! Carts as lists show them: filters, orders, pages, and what is said of all that match.

use rusqlite::{Row, ToSql, named_params};

use super::{COLUMNS, from_row};
use crate::domain::carts::{Cart, CartStatus, Channel, Listed};
use crate::domain::{Currency, Result, SiteNo, Timestamp};
use crate::store::ReadTx;
use crate::store::cells::Cells;

/// Which carts a list is about. Carts made by machines and those that were deleted are in none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Filter {
    /// The shop's own name of the shopper, exactly.
    pub customer_id: Option<String>,
    /// The visit, exactly.
    pub session_id: Option<String>,
    /// Where the cart stands.
    pub status: Option<CartStatus>,
    /// Where it came from.
    pub channel: Option<Channel>,
    /// Created later than this.
    pub created_after: Option<Timestamp>,
    /// Created earlier than this.
    pub created_before: Option<Timestamp>,
    /// Written later than this.
    pub updated_after: Option<Timestamp>,
    /// With an address, or without.
    pub has_email: Option<bool>,
    /// Won back by a letter, or not.
    pub recovered: Option<bool>,
    /// Total of at least this, minor units.
    pub min_total: Option<i64>,
}

impl Filter {
    /// Whether the kept counts know what it matches: it looks at nothing but status, channel and address.
    pub fn is_counted(&self) -> bool {
        *self == Filter { status: self.status, channel: self.channel, has_email: self.has_email, ..Filter::default() }
    }
}

impl Filter {
    /// Whether it is about one shopper or one visit.
    fn is_of_one_shopper(&self) -> bool {
        self.customer_id.is_some() || self.session_id.is_some()
    }
}

/// What a list is ordered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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

/// Conditions of a statement with the values that they name.
struct Conditions<'a> {
    text: String,
    params: Vec<(&'static str, Box<dyn ToSql + 'a>)>,
}

impl<'a> Conditions<'a> {
    fn of(site: SiteNo, filter: &'a Filter) -> Self {
        let mut all = Conditions {
            text: "site = :site and class <> 'machine' and deleted_at is null".into(),
            params: Vec::new(),
        };
        all.params.push((":site", Box::new(site)));
        all.when(filter.customer_id.as_ref(), "customer_id = :customer_id", ":customer_id");
        all.when(filter.session_id.as_ref(), "session_id = :session_id", ":session_id");
        all.when(filter.status, "status = :status", ":status");
        all.when(filter.channel, "channel = :channel", ":channel");
        all.when(filter.created_after, "created_at > :created_after", ":created_after");
        all.when(filter.created_before, "created_at < :created_before", ":created_before");
        all.when(filter.updated_after, "updated_at > :updated_after", ":updated_after");
        all.when(filter.recovered, "recovered = :recovered", ":recovered");
        all.when(filter.min_total, "total >= :min_total", ":min_total");
        match filter.has_email {
            Some(true) => all.text.push_str(" and has_email = 1"),
            Some(false) => all.text.push_str(" and has_email = 0"),
            None => {}
        }
        all
    }

    fn when(&mut self, value: Option<impl ToSql + 'a>, condition: &str, name: &'static str) {
        if let Some(value) = value {
            self.text.push_str(" and ");
            self.text.push_str(condition);
            self.params.push((name, Box::new(value)));
        }
    }

    fn bind(&self) -> Vec<(&'static str, &dyn ToSql)> {
        self.params.iter().map(|(name, value)| (*name, value.as_ref())).collect()
    }
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
    let segment = |condition: &str, params, limit| segment(tx, site, filter, page, shape, (condition, params, limit));
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

/// A further condition with the values that it names, and rows at most.
type Part<'a> = (&'a str, Vec<(&'static str, Box<dyn ToSql>)>, i64);

fn segment<T>(
    tx: &ReadTx,
    site: SiteNo,
    filter: &Filter,
    page: &Page,
    (columns, map): Shape<T>,
    (condition, params, limit): Part,
) -> Result<Vec<T>> {
    let mut conditions = Conditions::of(site, filter);
    conditions.params.extend(params);
    conditions.params.push((":limit", Box::new(limit)));
    conditions.params.push((":offset", Box::new(page.offset)));
    let column = page.sort.column();
    let direction = if page.descending { "desc" } else { "asc" };
    let sql = if filter.is_of_one_shopper() {
        // Their carts are few: they are found first and put in order then, for which the `+` stands.
        format!(
            "select {columns} from carts where {} and {condition}
             order by +{column} {direction} nulls last, +id {direction} limit :limit offset :offset",
            conditions.text
        )
    } else {
        format!(
            "select {columns} from carts where {} and {condition}
             order by {column} {direction} nulls last, id {direction} limit :limit offset :offset",
            conditions.text
        )
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

/// Per status, what a filter matches when its status is left aside: from the kept counts where they know, else from the
/// rows, or rather the index that has all that is added up.
pub fn slices(tx: &ReadTx, site: SiteNo, filter: &Filter, currency: Currency) -> Result<Vec<(CartStatus, Slice)>> {
    let filter = Filter { status: None, ..filter.clone() };
    let slices = tx.remember("cart slices", (site, filter.clone(), currency), |tx| match filter.is_counted() {
        true => kept_slices(tx, site, &filter, currency).map(Some),
        false => added_up(tx, site, &filter, currency).map(Some),
    })?;
    Ok(slices.unwrap_or_default())
}

fn kept_slices(tx: &ReadTx, site: SiteNo, filter: &Filter, currency: Currency) -> Result<Vec<(CartStatus, Slice)>> {
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

fn added_up(tx: &ReadTx, site: SiteNo, filter: &Filter, currency: Currency) -> Result<Vec<(CartStatus, Slice)>> {
    let mut conditions = Conditions::of(site, filter);
    conditions.params.push((":currency", Box::new(currency)));
    let sql = format!(
        "select status,
                count(*) as carts,
                count(first_abandoned_at) as ever_abandoned,
                sum(recovered) as recovered,
                sum(currency = :currency) as own_carts,
                sum(case when currency = :currency then total else 0 end) as own_value
         from carts where {} group by status",
        conditions.text
    );
    tx.all_made(&sql, conditions.bind().as_slice(), slice_from_row)
}
