//! Carts: one by one, the clock's view of them, and lists with their summary.

use rusqlite::{Row, ToSql, named_params};

use super::{ReadTx, WriteTx};
use crate::domain::carts::{Cart, CartStatus, Channel};
use crate::domain::{Currency, Result, SiteNo, Timestamp};

const COLUMNS: &str = "no, id, email, identified, customer_id, session_id, visitor, channel, currency, locale, subtotal, \
    discount, tax, shipping, total, item_count, unique_item_count, created_at, updated_at, last_activity, \
    items_changed_at, first_abandoned_at, abandoned_at, status, expires_at, restore_url, class, order_id, \
    shipping_address, metadata, emailed, recovered, imported";

fn from_row(row: &Row) -> rusqlite::Result<Cart> {
    Ok(Cart {
        no: row.get("no")?,
        id: row.get("id")?,
        email: row.get("email")?,
        identified: row.get("identified")?,
        customer_id: row.get("customer_id")?,
        session_id: row.get("session_id")?,
        visitor: row.get("visitor")?,
        channel: row.get("channel")?,
        currency: row.get("currency")?,
        locale: row.get("locale")?,
        subtotal: row.get("subtotal")?,
        discount: row.get("discount")?,
        tax: row.get("tax")?,
        shipping: row.get("shipping")?,
        total: row.get("total")?,
        item_count: row.get("item_count")?,
        unique_item_count: row.get("unique_item_count")?,
        created_at: row.get("created_at")?,
        updated_at: row.get("updated_at")?,
        last_activity: row.get("last_activity")?,
        items_changed_at: row.get("items_changed_at")?,
        first_abandoned_at: row.get("first_abandoned_at")?,
        abandoned_at: row.get("abandoned_at")?,
        status: row.get("status")?,
        expires_at: row.get("expires_at")?,
        restore_url: row.get("restore_url")?,
        class: row.get("class")?,
        order_id: row.get("order_id")?,
        shipping_address: row.get("shipping_address")?,
        metadata: row.get("metadata")?,
        emailed: row.get("emailed")?,
        recovered: row.get("recovered")?,
        imported: row.get("imported")?,
    })
}

/// A site's cart by its public id.
pub fn by_id(tx: &ReadTx, site: SiteNo, id: &str) -> Result<Option<Cart>> {
    tx.first(
        &format!("select {COLUMNS} from carts where site = :site and id = :id"),
        named_params! { ":site": site, ":id": id },
        from_row,
    )
}

/// A site's cart by our own number.
pub fn by_no(tx: &ReadTx, site: SiteNo, no: i64) -> Result<Option<Cart>> {
    tx.first(
        &format!("select {COLUMNS} from carts where no = :no and site = :site"),
        named_params! { ":site": site, ":no": no },
        from_row,
    )
}

/// The open cart that carries this order number, the one touched last where there are several.
pub fn open_by_order(tx: &ReadTx, site: SiteNo, order_id: &str) -> Result<Option<Cart>> {
    tx.first(
        &format!(
            "select {COLUMNS} from carts
             where site = :site and order_id = :order_id and status in ('active', 'abandoned')
             order by last_activity desc, no desc limit 1"
        ),
        named_params! { ":site": site, ":order_id": order_id },
        from_row,
    )
}

/// The open carts of a matched address, the one touched last first.
pub fn open_by_address(tx: &ReadTx, site: SiteNo, address: &str) -> Result<Vec<Cart>> {
    tx.all(
        &format!(
            "select {COLUMNS} from carts
             where site = :site and address = :address and status in ('active', 'abandoned')
             order by last_activity desc, no desc"
        ),
        named_params! { ":site": site, ":address": address },
        from_row,
    )
}

/// The open cart of a browser, the one touched last where an archive brought several.
pub fn open_by_visitor(tx: &ReadTx, site: SiteNo, visitor: &str) -> Result<Option<Cart>> {
    tx.first(
        &format!(
            "select {COLUMNS} from carts
             where site = :site and visitor = :visitor and status in ('active', 'abandoned')
             order by last_activity desc, no desc limit 1"
        ),
        named_params! { ":site": site, ":visitor": visitor },
        from_row,
    )
}

/// Whether a matched address ever had a cart here.
pub fn address_had_one(tx: &ReadTx, site: SiteNo, address: &str) -> Result<bool> {
    tx.one(
        "select exists (select 1 from carts where site = :site and address = :address) as had",
        named_params! { ":site": site, ":address": address },
        |row| row.get("had"),
    )
}

/// Adds a cart and returns our own number. `due_at` is when the clock changes it next.
pub fn insert(tx: &WriteTx, site: SiteNo, cart: &Cart, due_at: Option<Timestamp>) -> Result<i64> {
    tx.insert(
        "insert into carts
             (site, id, email, address, identified, customer_id, session_id, visitor, channel, currency, locale, subtotal,
              discount, tax, shipping, total, item_count, unique_item_count, created_at, updated_at, last_activity,
              items_changed_at, first_abandoned_at, abandoned_at, status, expires_at, due_at, restore_url, class,
              order_id, shipping_address, metadata, emailed, recovered, imported)
         values
             (:site, :id, :email, :address, :identified, :customer_id, :session_id, :visitor, :channel, :currency, :locale,
              :subtotal, :discount, :tax, :shipping, :total, :item_count, :unique_item_count, :created_at,
              :updated_at, :last_activity, :items_changed_at, :first_abandoned_at, :abandoned_at, :status,
              :expires_at, :due_at, :restore_url, :class, :order_id, :shipping_address, :metadata, :emailed,
              :recovered, :imported)",
        named_params! {
            ":site": site,
            ":id": cart.id,
            ":email": cart.email,
            ":address": cart.email.as_ref().map(|email| email.matched()),
            ":identified": cart.identified,
            ":customer_id": cart.customer_id,
            ":session_id": cart.session_id,
            ":visitor": cart.visitor,
            ":channel": cart.channel,
            ":currency": cart.currency,
            ":locale": cart.locale,
            ":subtotal": cart.subtotal,
            ":discount": cart.discount,
            ":tax": cart.tax,
            ":shipping": cart.shipping,
            ":total": cart.total,
            ":item_count": cart.item_count,
            ":unique_item_count": cart.unique_item_count,
            ":created_at": cart.created_at,
            ":updated_at": cart.updated_at,
            ":last_activity": cart.last_activity,
            ":items_changed_at": cart.items_changed_at,
            ":first_abandoned_at": cart.first_abandoned_at,
            ":abandoned_at": cart.abandoned_at,
            ":status": cart.status,
            ":expires_at": cart.expires_at,
            ":due_at": due_at,
            ":restore_url": cart.restore_url,
            ":class": cart.class,
            ":order_id": cart.order_id,
            ":shipping_address": cart.shipping_address,
            ":metadata": cart.metadata,
            ":emailed": cart.emailed,
            ":recovered": cart.recovered,
            ":imported": cart.imported,
        },
    )
}

/// Writes everything of a cart that can change.
pub fn update(tx: &WriteTx, cart: &Cart, due_at: Option<Timestamp>) -> Result<()> {
    tx.run(
        "update carts
         set email = :email, address = :address, identified = :identified, customer_id = :customer_id,
             subtotal = :subtotal, discount = :discount, tax = :tax, shipping = :shipping, total = :total,
             item_count = :item_count, unique_item_count = :unique_item_count, updated_at = :updated_at,
             last_activity = :last_activity, items_changed_at = :items_changed_at,
             first_abandoned_at = :first_abandoned_at, abandoned_at = :abandoned_at, status = :status,
             expires_at = :expires_at, due_at = :due_at, restore_url = :restore_url, class = :class,
             order_id = :order_id, shipping_address = :shipping_address, metadata = :metadata, emailed = :emailed, recovered = :recovered,
             imported = :imported
         where no = :no",
        named_params! {
            ":no": cart.no,
            ":email": cart.email,
            ":address": cart.email.as_ref().map(|email| email.matched()),
            ":identified": cart.identified,
            ":customer_id": cart.customer_id,
            ":subtotal": cart.subtotal,
            ":discount": cart.discount,
            ":tax": cart.tax,
            ":shipping": cart.shipping,
            ":total": cart.total,
            ":item_count": cart.item_count,
            ":unique_item_count": cart.unique_item_count,
            ":updated_at": cart.updated_at,
            ":last_activity": cart.last_activity,
            ":items_changed_at": cart.items_changed_at,
            ":first_abandoned_at": cart.first_abandoned_at,
            ":abandoned_at": cart.abandoned_at,
            ":status": cart.status,
            ":expires_at": cart.expires_at,
            ":due_at": due_at,
            ":restore_url": cart.restore_url,
            ":class": cart.class,
            ":order_id": cart.order_id,
            ":shipping_address": cart.shipping_address,
            ":metadata": cart.metadata,
            ":emailed": cart.emailed,
            ":recovered": cart.recovered,
            ":imported": cart.imported,
        },
    )?;
    Ok(())
}

/// Carts of all sites that the clock changes at or before an instant, the earliest first.
pub fn due(tx: &ReadTx, until: Timestamp, limit: i64) -> Result<Vec<(SiteNo, Cart)>> {
    tx.all(
        &format!("select site, {COLUMNS} from carts where due_at <= :until order by due_at, no limit :limit"),
        named_params! { ":until": until, ":limit": limit },
        |row| Ok((row.get("site")?, from_row(row)?)),
    )
}

/// The next instant at which the clock changes any cart.
pub fn next_due(tx: &ReadTx) -> Result<Option<Timestamp>> {
    tx.first("select due_at from carts where due_at is not null order by due_at limit 1", [], |row| row.get("due_at"))
}

/// Recomputes when active carts fall due, after their site's `abandon_after` changed.
pub fn reschedule_active(tx: &WriteTx, site: SiteNo, abandon_after: i64) -> Result<()> {
    tx.run(
        "update carts
         set due_at = case when item_count > 0 or total > 0
                           then min(last_activity + :abandon_after, expires_at)
                           else expires_at end
         where site = :site and status = 'active'",
        named_params! { ":site": site, ":abandon_after": abandon_after },
    )?;
    Ok(())
}

/// Which carts a list is about. Carts made by machines are in none.
#[derive(Clone, Debug, Default, PartialEq)]
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
    /// Total of at least this, minor units.
    pub min_total: Option<i64>,
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
    fn of(site: SiteNo, filter: &'a Filter, with_status: bool) -> Self {
        let mut all = Conditions { text: "site = :site and class <> 'machine'".into(), params: Vec::new() };
        all.params.push((":site", Box::new(site)));
        all.when(filter.customer_id.as_ref(), "customer_id = :customer_id", ":customer_id");
        all.when(filter.session_id.as_ref(), "session_id = :session_id", ":session_id");
        all.when(filter.status.filter(|_| with_status), "status = :status", ":status");
        all.when(filter.channel, "channel = :channel", ":channel");
        all.when(filter.created_after, "created_at > :created_after", ":created_after");
        all.when(filter.created_before, "created_at < :created_before", ":created_before");
        all.when(filter.updated_after, "updated_at > :updated_after", ":updated_after");
        all.when(filter.min_total, "total >= :min_total", ":min_total");
        match filter.has_email {
            Some(true) => all.text.push_str(" and address is not null"),
            Some(false) => all.text.push_str(" and address is null"),
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

    fn bind(&self) -> Vec<(&str, &dyn ToSql)> {
        self.params.iter().map(|(name, value)| (*name, value.as_ref())).collect()
    }
}

/// One page of a site's carts.
pub fn page(tx: &ReadTx, site: SiteNo, filter: &Filter, page: &Page) -> Result<Vec<Cart>> {
    let Some(last) = &page.after else {
        return segment(tx, site, filter, page, "true", Vec::new(), page.limit);
    };
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
        rows = segment(tx, site, filter, page, &condition, params, page.limit)?;
    }
    let missing = page.limit - rows.len() as i64;
    if page.sort == Sort::AbandonedAt && missing > 0 {
        let mut condition = "abandoned_at is null".to_owned();
        let mut params: Vec<(&'static str, Box<dyn ToSql>)> = Vec::new();
        if value.is_none() {
            condition.push_str(&format!(" and id {further} :last_id"));
            params.push((":last_id", Box::new(last.id.clone())));
        }
        rows.extend(segment(tx, site, filter, page, &condition, params, missing)?);
    }
    Ok(rows)
}

fn segment(
    tx: &ReadTx,
    site: SiteNo,
    filter: &Filter,
    page: &Page,
    condition: &str,
    params: Vec<(&'static str, Box<dyn ToSql>)>,
    limit: i64,
) -> Result<Vec<Cart>> {
    let mut conditions = Conditions::of(site, filter, true);
    conditions.params.extend(params);
    conditions.params.push((":limit", Box::new(limit)));
    conditions.params.push((":offset", Box::new(page.offset)));
    let column = page.sort.column();
    let direction = if page.descending { "desc" } else { "asc" };
    let sql = format!(
        "select {COLUMNS} from carts where {} and {condition}
         order by {column} {direction} nulls last, id {direction} limit :limit offset :offset",
        conditions.text
    );
    tx.all(&sql, conditions.bind().as_slice(), from_row)
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

/// Per status, what a filter matches when its status is left aside.
pub fn slices(tx: &ReadTx, site: SiteNo, filter: &Filter, currency: Currency) -> Result<Vec<(CartStatus, Slice)>> {
    let mut conditions = Conditions::of(site, filter, false);
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
    tx.all(&sql, conditions.bind().as_slice(), |row| {
        let slice = Slice {
            carts: row.get("carts")?,
            ever_abandoned: row.get("ever_abandoned")?,
            recovered: row.get("recovered")?,
            own_carts: row.get("own_carts")?,
            own_value: row.get("own_value")?,
        };
        Ok((row.get("status")?, slice))
    })
}

/// How many carts were first abandoned from one instant up to and including another, with or without an address.
pub fn count_first_abandoned(tx: &ReadTx, site: SiteNo, from: Timestamp, to: Timestamp) -> Result<i64> {
    tx.one(
        "select count(*) as count from carts
         where site = :site and first_abandoned_at between :from and :to and class <> 'machine'",
        named_params! { ":site": site, ":from": from, ":to": to },
        |row| row.get("count"),
    )
}

/// Hands every first abandonment that counts to `each`: when, in which currency, and whether with an address.
pub fn walk_first_abandoned(
    tx: &ReadTx,
    site: SiteNo,
    mut each: impl FnMut(Timestamp, Currency, bool) -> Result<()>,
) -> Result<()> {
    tx.walk(
        "select first_abandoned_at, currency, identified from carts
         where site = :site and first_abandoned_at is not null and class <> 'machine'",
        named_params! { ":site": site },
        |row| each(row.get("first_abandoned_at")?, row.get("currency")?, row.get("identified")?),
    )
}

/// Hands every cart of a site to `each`, by id.
pub fn walk(tx: &ReadTx, site: SiteNo, mut each: impl FnMut(Cart) -> Result<()>) -> Result<()> {
    tx.walk(
        &format!("select {COLUMNS} from carts where site = :site order by id"),
        named_params! { ":site": site },
        |row| each(from_row(row)?),
    )
}
