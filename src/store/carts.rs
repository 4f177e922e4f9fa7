//! Carts: one by one, and the clock's view of them; `list.rs` has them as lists show them, `slices.rs` what is said of all that match.

mod changes;
mod filter;
mod list;
mod ranges;
mod slices;

use rusqlite::{Row, named_params};

use super::cells::Cells;
use super::counts::{self, Hourly};
use super::tx::inserted;
use super::{ReadTx, WriteTx};
use crate::domain::carts::{Cart, CartStatus, Class};
use crate::domain::{Currency, Result, SiteNo, Timestamp};

pub use changes::update;
pub use filter::Filter;
pub use list::{Page, Sort, has_more_than, listed, page, with_part};
pub use slices::{Slice, has_slices, slices};

const COLUMNS: &str = "no, id, email, identified, customer_id, session_id, visitor, channel, currency, locale, subtotal, \
    discount, tax, shipping, total, item_count, unique_item_count, created_at, updated_at, last_activity, \
    items_changed_at, first_abandoned_at, abandoned_at, status, expires_at, restore_url, class, order_id, \
    shipping_address, metadata, emailed, recovered, imported, deleted_at";

fn from_row(row: &Row) -> rusqlite::Result<Cart> {
    read(&mut Cells::of(row))
}

fn read(cells: &mut Cells) -> rusqlite::Result<Cart> {
    Ok(Cart {
        no: cells.get("no")?,
        id: cells.get("id")?,
        email: cells.get("email")?,
        identified: cells.get("identified")?,
        customer_id: cells.get("customer_id")?,
        session_id: cells.get("session_id")?,
        visitor: cells.get("visitor")?,
        channel: cells.get("channel")?,
        currency: cells.get("currency")?,
        locale: cells.get("locale")?,
        subtotal: cells.get("subtotal")?,
        discount: cells.get("discount")?,
        tax: cells.get("tax")?,
        shipping: cells.get("shipping")?,
        total: cells.get("total")?,
        item_count: cells.get("item_count")?,
        unique_item_count: cells.get("unique_item_count")?,
        created_at: cells.get("created_at")?,
        updated_at: cells.get("updated_at")?,
        last_activity: cells.get("last_activity")?,
        items_changed_at: cells.get("items_changed_at")?,
        first_abandoned_at: cells.get("first_abandoned_at")?,
        abandoned_at: cells.get("abandoned_at")?,
        status: cells.get("status")?,
        expires_at: cells.get("expires_at")?,
        restore_url: cells.get("restore_url")?,
        class: cells.get("class")?,
        order_id: cells.get("order_id")?,
        shipping_address: cells.get("shipping_address")?,
        metadata: cells.get("metadata")?,
        emailed: cells.get("emailed")?,
        recovered: cells.get("recovered")?,
        imported: cells.get("imported")?,
        deleted_at: cells.get("deleted_at")?,
    })
}

/// A site's cart by its public id.
pub fn by_id(tx: &ReadTx, site: SiteNo, id: &str) -> Result<Option<Cart>> {
    tx.first(
        sql!("select {COLUMNS} from carts where site = :site and id = :id"),
        named_params! { ":site": site, ":id": id },
        from_row,
    )
}

/// A site's cart by our own number.
pub fn by_no(tx: &ReadTx, site: SiteNo, no: i64) -> Result<Option<Cart>> {
    tx.first(
        sql!("select {COLUMNS} from carts where no = :no and site = :site"),
        named_params! { ":site": site, ":no": no },
        from_row,
    )
}

/// What is asked of a cart that is named by many rows.
#[derive(Clone, Copy, Debug)]
pub struct Named {
    /// Our own number.
    pub no: i64,
    /// What it is counted in.
    pub currency: Currency,
    /// Who made it.
    pub class: Class,
    /// Where it stands.
    pub status: CartStatus,
    /// Whether a letter about it was sent.
    pub emailed: bool,
    /// Whether a purchase recovered it.
    pub recovered: bool,
}

/// The same by its public id.
pub fn named(tx: &ReadTx, site: SiteNo, id: &str) -> Result<Option<Named>> {
    tx.first(
        "select no, currency, class, status, emailed, recovered from carts where site = :site and id = :id",
        named_params! { ":site": site, ":id": id },
        |row| {
            let mut cells = Cells::of(row);
            Ok(Named {
                no: cells.get("no")?,
                currency: cells.get("currency")?,
                class: cells.get("class")?,
                status: cells.get("status")?,
                emailed: cells.get("emailed")?,
                recovered: cells.get("recovered")?,
            })
        },
    )
}

/// The open cart that carries this order number, the one touched last where there are several.
pub fn open_by_order(tx: &ReadTx, site: SiteNo, order_id: &str) -> Result<Option<Cart>> {
    tx.first(
        sql!(
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
        sql!(
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
        sql!(
            "select {COLUMNS} from carts
             where site = :site and visitor = :visitor and status in ('active', 'abandoned')
             order by last_activity desc, no desc limit 1"
        ),
        named_params! { ":site": site, ":visitor": visitor },
        from_row,
    )
}

/// Carts that a text may mean: as the shop's order number, as its name of a customer, or as the beginning of an address
/// when it has three characters; of each kind so many at most. Each is a walk of its own in an index.
pub fn meant(tx: &ReadTx, site: SiteNo, text: &str, address: &str, limit: i64) -> Result<Vec<Cart>> {
    let mut found = tx.all(
        sql!(
            "select {COLUMNS} from carts
             where site = :site and order_id = :text and deleted_at is null and class <> 'machine' limit :limit"
        ),
        named_params! { ":site": site, ":text": text, ":limit": limit },
        from_row,
    )?;
    found.extend(tx.all(
        sql!(
            "select {COLUMNS} from carts
             where site = :site and customer_id = :text and deleted_at is null and class <> 'machine' limit :limit"
        ),
        named_params! { ":site": site, ":text": text, ":limit": limit },
        from_row,
    )?);
    if address.chars().count() >= 3 {
        let end = format!("{address}\u{10ffff}");
        found.extend(tx.all(
            sql!(
                "select {COLUMNS} from carts
                 where site = :site and address >= :address and address < :end and class <> 'machine'
                 order by address, last_activity desc limit :limit"
            ),
            named_params! { ":site": site, ":address": address, ":end": end, ":limit": limit },
            from_row,
        )?);
    }
    Ok(found)
}

/// Whether the site has any cart, whoever made it.
pub fn any(tx: &ReadTx, site: SiteNo) -> Result<bool> {
    tx.one("select exists (select 1 from carts where site = :site) as there", named_params! { ":site": site }, |row| {
        row.get("there")
    })
}

/// Whether a matched address ever had a cart here.
pub fn address_had_one(tx: &ReadTx, site: SiteNo, address: &str) -> Result<bool> {
    tx.one(
        "select exists (select 1 from carts where site = :site and address = :address) as had",
        named_params! { ":site": site, ":address": address },
        |row| row.get("had"),
    )
}

/// The number of the newest cart of all: a mark in the order in which carts are made.
pub fn newest_no(tx: &ReadTx) -> Result<i64> {
    tx.one("select coalesce(max(no), 0) as no from carts", [], |row| row.get("no"))
}

/// Adds a cart, counts it, and returns our own number. `due_at` is when the clock changes it next.
pub fn insert(tx: &WriteTx, site: SiteNo, cart: &Cart, due_at: Option<Timestamp>) -> Result<i64> {
    let no = inserted(insert_new(tx, site, cart, due_at)?)?;
    counts::count_cart(tx, site, cart)?;
    Ok(no)
}

/// Adds a cart unless there is one of this id. Whoever adds many counts them together.
pub fn insert_new(tx: &WriteTx, site: SiteNo, cart: &Cart, due_at: Option<Timestamp>) -> Result<Option<i64>> {
    tx.insert_new(
        "insert into carts
             (site, id, email, address, identified, customer_id, session_id, visitor, channel, currency, locale, subtotal,
              discount, tax, shipping, total, item_count, unique_item_count, created_at, updated_at, last_activity,
              items_changed_at, first_abandoned_at, abandoned_at, status, expires_at, due_at, restore_url, class,
              order_id, shipping_address, metadata, emailed, recovered, imported, deleted_at)
         values
             (:site, :id, :email, :address, :identified, :customer_id, :session_id, :visitor, :channel, :currency, :locale,
              :subtotal, :discount, :tax, :shipping, :total, :item_count, :unique_item_count, :created_at,
              :updated_at, :last_activity, :items_changed_at, :first_abandoned_at, :abandoned_at, :status,
              :expires_at, :due_at, :restore_url, :class, :order_id, :shipping_address, :metadata, :emailed,
              :recovered, :imported, :deleted_at)
         on conflict (site, id) do nothing",
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
            ":deleted_at": cart.deleted_at,
        },
    )
}

/// Writes a cart that was stripped to its skeleton, besides what [`update`] writes.
pub fn strip(tx: &WriteTx, site: SiteNo, cart: &Cart) -> Result<()> {
    update(tx, cart, None)?;
    tx.run(
        "update carts set session_id = null, visitor = null, locale = null, deleted_at = :deleted_at
         where site = :site and no = :no",
        named_params! { ":site": site, ":no": cart.no, ":deleted_at": cart.deleted_at },
    )?;
    Ok(())
}

/// Carts of all sites that the clock changes at or before an instant, the earliest first.
pub fn due(tx: &ReadTx, until: Timestamp, limit: i64) -> Result<Vec<(SiteNo, Cart)>> {
    tx.all(
        sql!("select site, {COLUMNS} from carts where due_at <= :until order by due_at, no limit :limit"),
        named_params! { ":until": until, ":limit": limit },
        |row| {
            let mut cells = Cells::of(row);
            Ok((cells.get("site")?, read(&mut cells)?))
        },
    )
}

/// The next instant at which the clock changes any cart.
pub fn next_due(tx: &ReadTx) -> Result<Option<Timestamp>> {
    tx.first("select due_at from carts where due_at is not null order by due_at limit 1", [], |row| row.get("due_at"))
}

/// Open carts that the clock leaves alone, since they fall due never: an import holds them until its purchases have
/// claimed theirs. By our own number, from the one after `after` on.
pub fn held(tx: &ReadTx, site: SiteNo, after: i64, limit: i64) -> Result<Vec<i64>> {
    tx.all(
        "select no from carts
         where +site = :site and no > :after and due_at is null and status in ('active', 'abandoned')
         order by no limit :limit",
        named_params! { ":site": site, ":after": after, ":limit": limit },
        |row| row.get("no"),
    )
}

/// Lets a held cart fall due as `Cart::due_at` says.
pub fn release(tx: &WriteTx, site: SiteNo, no: i64, abandon_after: i64) -> Result<()> {
    tx.run(
        "update carts
         set due_at = case when status = 'active' and (item_count > 0 or total > 0)
                           then min(last_activity + :abandon_after, expires_at)
                           else expires_at end
         where site = :site and no = :no and due_at is null and status in ('active', 'abandoned')",
        named_params! { ":abandon_after": abandon_after, ":site": site, ":no": no },
    )?;
    Ok(())
}

/// Notes that a letter about a cart was sent, and leaves alone when it falls due.
pub fn mark_emailed(tx: &WriteTx, site: SiteNo, no: i64) -> Result<()> {
    tx.run(
        "update carts set emailed = 1 where site = :site and no = :no and emailed = 0",
        named_params! { ":site": site, ":no": no },
    )?;
    Ok(())
}

/// Notes that a purchase recovered a closed cart.
pub fn mark_recovered(tx: &WriteTx, site: SiteNo, no: i64) -> Result<()> {
    tx.run(
        "update carts set recovered = 1 where site = :site and no = :no and recovered = 0",
        named_params! { ":site": site, ":no": no },
    )?;
    Ok(())
}

/// Recomputes when active carts fall due, after their site's `abandon_after` changed. Those that are held stay so.
pub fn reschedule_active(tx: &WriteTx, site: SiteNo, abandon_after: i64) -> Result<()> {
    tx.run(
        "update carts
         set due_at = case when item_count > 0 or total > 0
                           then min(last_activity + :abandon_after, expires_at)
                           else expires_at end
         where site = :site and status = 'active' and due_at is not null",
        named_params! { ":site": site, ":abandon_after": abandon_after },
    )?;
    Ok(())
}

/// How many carts were first abandoned from one instant up to and including another, with or without an address.
pub fn count_first_abandoned(tx: &ReadTx, site: SiteNo, from: Timestamp, to: Timestamp) -> Result<i64> {
    counts::between(tx, site, (Hourly::Abandoned, "[0]"), (from, to), |from, to| {
        tx.one(
            "select count(*) as count from carts
             where site = :site and first_abandoned_at between :from and :to and class <> 'machine'",
            named_params! { ":site": site, ":from": from, ":to": to },
            |row| row.get("count"),
        )
    })
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
        sql!("select {COLUMNS} from carts where site = :site order by id"),
        named_params! { ":site": site },
        |row| each(from_row(row)?),
    )
}
